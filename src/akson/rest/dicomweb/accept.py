"""Which form of a picture the client takes (PS3.18 8.7.4 and 8.7.5): media types, those of parts, and transfer syntaxes."""

import re
from dataclasses import dataclass, field

from akson.kit.errors import NotAcceptable
from akson.rest.wire.http import Request

DICOM, JSON, OCTETS = "application/dicom", "application/dicom+json", "application/octet-stream"
RELATED = "multipart/related"
_PART = re.compile(r'(?:[^,"]|"[^"]*")+')
_PARAMETER = re.compile(r';\s*([A-Za-z0-9-]+)\s*=\s*(?:"([^"]*)"|([^;"\s]+))')


@dataclass(frozen=True, slots=True)
class Taken:
    """One form that the client takes."""

    media: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def inner(self) -> str:
        """The media type of the content, also where it comes in parts."""
        return self.parameters.get("type", "*/*").lower() if self.media == RELATED else self.media

    @property
    def syntax(self) -> str:
        return self.parameters.get("transfer-syntax", "")

    def takes(self, media: str) -> bool:
        """Whether content of this media type will do."""
        return self.inner in {media, "*/*", f"{media.partition('/')[0]}/*", "multipart/*"}


def forms(request: Request) -> list[Taken]:
    """What the client takes, in its order; the parameter `accept` goes before the header, and nothing said is all."""
    told = request.parameter("accept") or request.headers.get("accept", "")
    found = [_one(part.strip()) for part in _PART.findall(told) if part.strip()]
    return [each for each in found if each.parameters.get("q", "1") not in {"0", "0.0", "0.00", "0.000"}] or (
        [] if found else [Taken("*/*")]
    )


def _one(part: str) -> Taken:
    said = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(part)}
    return Taken(part.partition(";")[0].strip().lower(), said)


def require(request: Request, *media: str) -> Taken:
    """The first form in which one of these media types will do. NotAcceptable when there is none."""
    for each in forms(request):
        if any(each.takes(one) for one in media):
            return each
    raise NotAcceptable(f"The answer is {' or '.join(media)}")

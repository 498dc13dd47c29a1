"""Binary: content of any type, written and read as it is, or as a resource where FHIR is asked for.

http://hl7.org/fhir/R4/binary.html#rest. What a browser could run is only ever given to be saved.
"""

import base64
import binascii
import re

import orjson

from akson.fhir import strict_json
from akson.fhir.model import split_reference
from akson.fhir.spec import spec
from akson.kit.errors import Malformed, NotAcceptable
from akson.rest.wire import negotiate
from akson.rest.wire.http import FHIR_JSON, FHIR_XML, Answer, Request, Wanted

BINARY = "Binary"
CONTEXT = "x-security-context"
UNKNOWN = "application/octet-stream"
_FHIR = frozenset({FHIR_JSON, FHIR_XML})
_MEDIA = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}(?:;[ -~]{1,200})?")
_REFERENCE = re.compile(r"[!-~]{3,500}")
_HARMLESS = frozenset(
    {
        *("application/pdf", "application/json", "application/dicom", "text/plain"),
        *(f"image/{name}" for name in ("bmp", "gif", "jpeg", "png", "webp")),
        *("audio/mpeg", "audio/ogg", "audio/wav", "video/mp4", "video/webm"),
    }
)
"""What a browser shows without running anything in it; the rest is saved."""


def is_raw(request: Request) -> bool:
    """Whether the body is the content of a Binary: written to Binary, and not as FHIR."""
    if request.path[:1] != (BINARY,) or request.media in _FHIR:
        return False
    return len(request.path) == 1 if request.method == "POST" else request.method == "PUT"


def of_raw(request: Request, raw: bytes) -> bytes:
    """The Binary, as JSON, of a body that is its content."""
    media = request.headers.get("content-type", "").strip() or UNKNOWN
    if not _MEDIA.fullmatch(media):
        raise Malformed(
            "The content type is not a media type, e.g. application/pdf", expression=("Binary.contentType",)
        )
    made: dict[str, object] = {"resourceType": BINARY}
    if request.method == "PUT" and len(request.path) == 2:
        made["id"] = request.path[1]
    made["contentType"] = media
    context = request.headers.get(CONTEXT)
    if context is not None:
        if split_reference(context)[0] not in spec().types:
            raise Malformed(
                "X-Security-Context is a reference, e.g. Patient/1", expression=("Binary.securityContext",)
            )
        made["securityContext"] = {"reference": context}
    if raw:
        made["data"] = base64.b64encode(raw).decode("ascii")
    return orjson.dumps(made)


def is_read(request: Request) -> bool:
    """Whether one Binary is read."""
    path = request.path
    return (
        len(path) in (2, 4)
        and path[0] == BINARY
        and request.method in {"GET", "HEAD"}
        and path[1] != "_history"
    )


def wanted(request: Request) -> Wanted:
    """The resource where FHIR is named, the content otherwise."""
    ranges = negotiate.ranges_of(request.headers.get("accept", ""))
    if request.parameter("_format") is not None or any(
        each.media in _FHIR and each.quality for each in ranges
    ):
        return negotiate.wanted(request)
    return Wanted(raw=True)


def raw_answer(request: Request, answer: Answer) -> Answer | None:
    """The content with its own type. None when the client does not take that type."""
    resource = strict_json.loads(answer.body)
    if resource.get("resourceType") != BINARY:
        return None
    media = str(resource.get("contentType", ""))
    media = media if _MEDIA.fullmatch(media) else UNKNOWN
    plain = media.partition(";")[0].strip().lower()
    if not _taken(request.headers.get("accept", ""), plain):
        return None
    try:
        content = base64.b64decode("".join(resource.get("data", "").split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotAcceptable(
            "The data is not base64: it is to be had as a resource only, by _format=json"
        ) from error
    headers = answer.headers | {"x-content-type-options": "nosniff"}
    if plain not in _HARMLESS:
        headers |= {
            "content-disposition": "attachment",
            "content-security-policy": "default-src 'none'; sandbox",
        }
    context = (resource.get("securityContext") or {}).get("reference", "")
    if _REFERENCE.fullmatch(context):
        headers[CONTEXT] = context
    return Answer(answer.status, content, headers, media=media)


def _taken(accept: str, media: str) -> bool:
    """Whether an Accept header takes this type; the most specific range that fits decides."""
    quality = {each.media: each.quality for each in negotiate.ranges_of(accept)}
    for fitting in (media, f"{media.partition('/')[0]}/*", "*/*"):
        if fitting in quality:
            return quality[fitting] > 0
    return not quality

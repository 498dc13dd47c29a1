"""Which format the client speaks and wants: JSON both ways for now, and a clear refusal of the rest.

http://hl7.org/fhir/R4/http.html#mime-type. FHIR XML and Turtle are refused with 406 and 415.
"""

from akson.kit.errors import NotAcceptable, UnsupportedMedia
from akson.rest.http import FHIR_JSON, JSON_TYPES, Request

_FORMATS = JSON_TYPES | {"json"}
_WILD = frozenset({"*/*", "application/*"})
_USUAL = frozenset({"", "*/*", FHIR_JSON, "application/json"})


def check_accept(request: Request) -> None:
    """NotAcceptable unless the client takes JSON. `_format` goes before Accept (R4 http.html#parameters)."""
    wanted = request.parameter("_format")
    if wanted is not None:
        # A plus sign that was not escaped arrives as a blank.
        if wanted.partition(";")[0].strip().lower().replace(" ", "+") not in _FORMATS:
            raise NotAcceptable("This server answers in JSON: _format=json")
        return
    accept = request.headers.get("accept", "")
    if accept in _USUAL:
        return
    for part in accept.split(","):
        media, _, rest = part.strip().lower().partition(";")
        known = media.strip() in JSON_TYPES or media.strip() in _WILD
        if known and "q=0" not in rest.replace(" ", "").replace("q=0.", ""):
            return
    raise NotAcceptable(f"This server answers in {FHIR_JSON}")


def check_content(request: Request) -> None:
    """UnsupportedMedia unless the body says that it is JSON."""
    if request.media not in JSON_TYPES:
        said = request.media or "none"
        raise UnsupportedMedia(f"The body must be {FHIR_JSON}; the content type says {said[:80]}")

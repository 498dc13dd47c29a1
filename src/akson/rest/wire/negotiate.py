"""Which format the client wants and which it sends: JSON or XML, both ways, and a clear refusal of the rest.

http://hl7.org/fhir/R4/http.html#mime-type. `_format` goes before Accept; of what Accept names, the greatest q wins, then
what is named over what a wildcard lets in, then what stands first. A browser gets JSON laid out for people.
"""

import re
from dataclasses import dataclass, replace

from akson.kit.errors import NotAcceptable, UnsupportedMedia, UnsupportedParameter
from akson.rest.wire.http import FHIR_JSON, FHIR_XML, JSON_TYPES, USUAL, Request, Wanted

XML_TYPES = frozenset({FHIR_XML, "application/xml", "text/xml"})
_JSON, _XML = "json", "xml"
_NAMES = dict.fromkeys([*JSON_TYPES, _JSON], _JSON) | dict.fromkeys([*XML_TYPES, _XML], _XML)
_WILD = frozenset({"*/*", "application/*"})
_USUAL = frozenset({"", "*/*", FHIR_JSON, "application/json"})
_VERSIONS = frozenset({"4.0", "4.0.1"})
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})
_QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_FLAGS = {"true": True, "false": False}
_HINT = f"This server answers in {FHIR_JSON} and {FHIR_XML}, FHIR version 4.0, in UTF-8"


@dataclass(frozen=True, slots=True)
class Range:
    """One part of an Accept header."""

    media: str
    quality: float = 1.0
    version: str = ""
    charset: str = ""

    @property
    def fits(self) -> bool:
        """Whether its parameters are what this server speaks."""
        return self.version in _VERSIONS | {""} and self.charset in _CHARSETS | {""}


def wanted(request: Request) -> Wanted:
    """What the client wants back; NotAcceptable when this server cannot give it."""
    accept = request.headers.get("accept", "")
    if not request.scope["query_string"]:
        return USUAL if accept in _USUAL else _by_accept(accept)
    return _by_parameters(request.parameter("_format"), request.parameter("_pretty"), accept)


def wanted_of_form(request: Request, pairs: list[tuple[str, str]]) -> Wanted:
    """The same for a posted search, whose form may say it too."""
    posted = dict(pairs)
    form = posted.get("_format", request.parameter("_format"))
    return _by_parameters(
        form, posted.get("_pretty", request.parameter("_pretty")), request.headers.get("accept", "")
    )


def _by_parameters(form: str | None, pretty: str | None, accept: str) -> Wanted:
    found = _by_format(form) if form is not None else USUAL if accept in _USUAL else _by_accept(accept)
    if pretty is None:
        return found
    if pretty not in _FLAGS:
        raise UnsupportedParameter("_pretty is true or false")
    return replace(found, pretty=_FLAGS[pretty])


def _by_format(form: str) -> Wanted:
    # A plus sign that was not escaped arrives as a blank.
    asked = _range(form.strip().replace(" ", "+").replace(";+", ";"))
    name = _NAMES.get(asked.media)
    if name is None or not asked.fits:
        raise NotAcceptable(f"{_HINT}: _format=json or _format=xml")
    return Wanted(xml=name == _XML, version=bool(asked.version))


def _by_accept(accept: str) -> Wanted:
    ranges = ranges_of(accept)
    named: dict[str, Range] = {}
    wild = Range("", 0)
    for each in ranges:
        if not each.fits:
            continue
        name = _NAMES.get(each.media) if "/" in each.media else None
        if name and (name not in named or each.quality > named[name].quality):
            named[name] = each
        elif each.media in _WILD and each.quality > wild.quality:
            wild = each
    quality = {name: named.get(name, wild).quality for name in (_JSON, _XML)}
    if quality[_JSON] and any(each.media == "text/html" for each in ranges):
        return Wanted(pretty=True)  # a browser, which lists XML for reasons of its own
    order = [*named, _JSON, _XML]
    best = max(order, key=lambda name: (quality[name], name in named, -order.index(name)))
    if not quality[best]:
        raise NotAcceptable(_HINT)
    return Wanted(xml=best == _XML, version=best in named and bool(named[best].version))


def ranges_of(accept: str) -> list[Range]:
    """The parts of an Accept header, in their order; without those whose q is none."""
    return [found for part in accept.split(",") if part.strip() and (found := _range(part)).quality >= 0]


def _range(text: str) -> Range:
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    said = {
        name.strip(): value.strip().strip('"') for name, _, value in (p.partition("=") for p in parameters)
    }
    quality = said.get("q", "1")
    return Range(
        media,
        float(quality) if _QUALITY.fullmatch(quality) else -1.0,
        said.get("fhirversion", ""),
        said.get("charset", ""),
    )


def check_content(request: Request) -> None:
    """UnsupportedMedia unless the body says that it is JSON; XML has become JSON at the edge by then."""
    if request.media not in JSON_TYPES:
        said = request.media or "none"
        raise UnsupportedMedia(
            f"The body must be {FHIR_JSON} or {FHIR_XML}; the content type says {said[:80]}"
        )


def check_parameters(request: Request) -> None:
    """UnsupportedMedia when a body that says it is FHIR is of another version of FHIR, or not in UTF-8."""
    said = request.headers.get("content-type", "")
    if ";" in said and not _range(said).fits:
        raise UnsupportedMedia("The body must be FHIR version 4.0 in UTF-8; its content type says otherwise")

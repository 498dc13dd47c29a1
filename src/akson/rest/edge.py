"""Both ends of a request: what comes in becomes FHIR JSON before anything looks at it, what goes out what was asked for.

Between the two there is JSON only, and a request that is JSON both ways passes through here untouched.
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace

import orjson

from akson.fhir import strict_json, xml
from akson.fhir.model import Resource
from akson.kit.errors import AksonError, NotAcceptable
from akson.rest import openapi
from akson.rest.bulk.started import PATH as BULK
from akson.rest.wire import binary, growing
from akson.rest.wire.http import (
    FHIR_JSON,
    FHIR_XML,
    FORM,
    JSON_TYPES,
    USUAL,
    Answer,
    Growing,
    Request,
    Scope,
    Wanted,
    pairs_of,
)
from akson.rest.wire.negotiate import XML_TYPES, check_parameters, wanted, wanted_of_form
from akson.rest.wire.outcome import error_answer, resource_of
from akson.rest.wire.packing import packed, packed_stream, takes_gzip
from akson.security.one_patient import Asked

PACK_FROM = 32_768
"""Bytes from which an answer is packed for who takes gzip: below it, packing costs more time than it saves on the way."""
_INERT = {"content-security-policy": "default-src 'none'; sandbox", "x-content-type-options": "nosniff"}
"""A browser draws XML with XHTML in it: a narrative must run nothing there."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_IDENTITY = re.compile(r"(?<!\d)\d{11}(?!\d)")
_SAY_ABOUT_WRITING = (b"_format", b"_pretty")


def look(request: Request) -> None:
    """See how the answer is wanted; NotAcceptable when it cannot be given so."""
    if request.path[:1] == (BULK,) or request.path == openapi.PATH:  # not FHIR resources
        return
    request.wanted = binary.wanted(request) if binary.is_read(request) else wanted(request)


async def take_in(request: Request) -> None:
    """Read the body. XML, and whatever is written to Binary, becomes FHIR JSON; Malformed when it cannot be read."""
    raw = await request.body()
    media = request.media
    if binary.is_raw(request):
        request.become(binary.of_raw(request, raw), FHIR_JSON)
        return
    if media in XML_TYPES:
        check_parameters(request)
        raw = strict_json.dumps(xml.loads(raw)) if raw else raw
        request.become(raw, FHIR_JSON)
    if request.depth < strict_json.DEEPEST:
        strict_json.check_depth(raw, request.depth)
    if media in JSON_TYPES:
        check_parameters(request)
    elif request.path[-1:] == ("_search",) and any(name in raw for name in _SAY_ABOUT_WRITING):
        request.wanted = wanted_of_form(request, pairs_of(raw))


async def give_out(request: Request, answer: Answer) -> Answer:
    """The answer as the client wants it."""
    asked = request.wanted
    if answer.bundle is not None:
        answer = await _streamed(request, answer, answer.bundle, asked)
    elif asked is not USUAL and not answer.media and answer.body:
        answer = _written(request, answer, asked)
    large = answer.stream is not None or len(answer.body) >= PACK_FROM
    if (
        large
        and "content-encoding" not in answer.headers
        and takes_gzip(request.headers.get("accept-encoding", ""))
    ):
        if answer.stream is not None:
            answer.stream = packed_stream(answer.stream)
        else:
            answer.body = packed(answer.body)
        answer.headers["content-encoding"] = "gzip"
    if name := client_request(request.headers):
        answer.headers["x-request-id"] = name
    return answer


def client_request(headers: Mapping[str, str]) -> str:
    """What the client calls the request; empty where it says nothing, or what could be an identity number."""
    name = headers.get("x-request-id", "")
    return name if _REQUEST_ID.fullmatch(name) and not _IDENTITY.search(name) else ""


async def about(request: Request) -> Asked:
    """What a request says, for who has to know whom it is about. What cannot be read is left to the interaction."""
    writes = request.method in {"POST", "PUT", "PATCH"}
    form, body = "", None
    if writes and request.media == FORM:
        form = (await request.body()).decode("latin-1")
    elif writes:
        with suppress(AksonError):
            body = strict_json.loads_any(await request.body())
    query = request.scope["query_string"].decode("latin-1")
    return Asked(request.path, query, form, request.headers.get("if-none-exist", ""), body)


def tell(scope: Scope, resource: Resource) -> tuple[bytes, str]:
    """A resource for who is refused before the API is reached, in the format asked for: body and content type."""
    request = Request(scope, _nothing, "", 0)
    with suppress(AksonError):
        look(request)
    answer = _written(request, Answer(400, orjson.dumps(resource)), request.wanted)
    return answer.body, answer.media


async def _nothing() -> dict[str, object]:
    return {"type": "http.disconnect"}


def _written(request: Request, answer: Answer, asked: Wanted) -> Answer:
    if asked.raw and answer.status == 200:
        try:
            return binary.raw_answer(request, answer) or _written(request, answer, wanted(request))
        except NotAcceptable as error:
            return error_answer(error)
    if asked.xml:
        try:
            body = xml.dumps(strict_json.loads(answer.body), pretty=asked.pretty)
        except xml.CannotWrite as error:
            return _unwritable(request, answer, error)
        return replace(answer, body=body, headers=answer.headers | _INERT, media=_media(FHIR_XML, asked))
    body = strict_json.dumps(strict_json.loads_any(answer.body), pretty=True) if asked.pretty else answer.body
    return replace(answer, body=body, media=_media(FHIR_JSON, asked))


async def _streamed(request: Request, answer: Answer, bundle: Growing, asked: Wanted) -> Answer:
    """A Bundle as a stream. It is begun here, so that what cannot be written at its beginning is refused as a whole."""
    if not asked.xml:
        write = growing.as_pretty_json if asked.pretty else growing.as_json
        return replace(answer, stream=write(bundle), media=_media(FHIR_JSON, asked))
    pieces = growing.as_xml(bundle, pretty=asked.pretty)
    try:
        first = await anext(pieces)
    except xml.CannotWrite as error:
        return _unwritable(request, replace(answer, bundle=None), error)
    headers = answer.headers | _INERT
    return replace(answer, stream=_joined(first, pieces), headers=headers, media=_media(FHIR_XML, asked))


async def _joined(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for each in others:
        yield each


def _media(name: str, asked: Wanted) -> str:
    return f"{name}; fhirVersion=4.0; charset=utf-8" if asked.version else f"{name}; charset=utf-8"


def _unwritable(request: Request, answer: Answer, error: xml.CannotWrite) -> Answer:
    """What is told instead of content that XML cannot hold. What a write has done stays done, and is told as done."""
    if request.method in {"GET", "HEAD"}:
        made = error_answer(error)
    else:
        issues = tuple(replace(issue, severity="warning") for issue in error.issues)
        made = replace(answer, body=orjson.dumps(resource_of(issues)))
    return replace(made, body=xml.dumps(orjson.loads(made.body)), media=_media(FHIR_XML, request.wanted))

"""FHIR searches across all record systems: a batch of searches about one patient.

`POST /oppslag` takes a batch Bundle of GET searches, `POST /oppslag/{type}/_search` one search as a form. Where a service declares an operation (`Task/$reported`), a batch may ask for that in
place of a search. Each names the patient by
`patient.identifier`, in the body alone. `POST /oppslag/Patient/$summary` composes the International Patient Summary. The answers are searchsets with the sources' own resources, and an
OperationOutcome that names the sources that did not answer.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.exchange.declare import operations
from akson.exchange.hub.look import AskSource, Look, Search
from akson.exchange.hub.summary import Asking, compose
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import Malformed, NotAuthenticated
from akson.kit.text import LANGUAGES
from akson.record.context import Context
from akson.record.identity import SYSTEMS
from akson.rest.platform.serving import Serve, body, with_outcomes
from akson.security.scopes import require_scope

FHIR_JSON = "application/fhir+json"
LIMIT = 1_000_000
"""Bytes of a batch."""
MOST = 50
"""Searches of one batch."""
PATIENT = "patient.identifier"

ForAsker = Callable[[Request], AskSource]
"""How the sources are asked on behalf of the one who sent this request."""
Opens = Callable[[Request, str], AbstractAsyncContextManager[tuple[Context, Resource]]]
"""The transaction of the asker, and the Patient of an identity number whom the asker's token opens; NotFound without."""


def look_routes(look: Look, asker: ForAsker, opens: Opens) -> list[BaseRoute]:
    """The routes, for the platform node."""

    async def batch(request: Request) -> Response:
        pid, searches = _batch(loads(await body(request, limit=LIMIT)))
        async with opens(request, pid) as (ctx, patient):
            found = await look.find(ctx, asker(request), patient, pid, searches)
        entries = [{"resource": bundle, "response": {"status": "200"}} for bundle in found]
        return _json({"resourceType": "Bundle", "type": "batch-response", "entry": entries})

    async def search(request: Request) -> Response:
        form = parse_qsl((await body(request, limit=LIMIT)).decode("utf-8", "replace"), max_num_fields=100)
        pid, one = _search(request.path_params["type"], form, "")
        async with opens(request, pid) as (ctx, patient):
            (found,) = await look.find(ctx, asker(request), patient, pid, [one])
        return _json(found)

    async def summary(request: Request) -> Response:
        pid = _identifier(loads(await body(request, limit=LIMIT)))
        language = request.headers.get("accept-language", "nb")[:2]
        async with opens(request, pid) as (ctx, patient):
            spoken = language if language in LANGUAGES else "nb"
            found = await compose(ctx, Asking(look, asker(request), patient, pid, spoken))
        return _json(found)

    return [
        Route("/oppslag/Patient/$summary", answered(summary), methods=["POST"]),
        Route("/oppslag", answered(batch), methods=["POST"]),
        Route("/oppslag/{type}/_search", answered(search), methods=["POST"]),
    ]


def answered(view: Serve) -> Serve:
    """Only for those who are known; errors as OperationOutcome."""

    async def serve(request: Request) -> Response:
        if request.state.actor is None:
            raise NotAuthenticated("A token is needed")
        require_scope(request.state.caller, request.state.node)
        return await view(request)

    return with_outcomes(serve)


def _json(resource: Resource) -> Response:
    return Response(dumps(resource), media_type=FHIR_JSON, headers={"cache-control": "no-store"})


def _batch(body: Resource) -> tuple[str, Sequence[Search]]:
    """The identity number that all searches name, and the searches without it."""
    entries = body.get("entry")
    if body.get("resourceType") != "Bundle" or not isinstance(entries, list) or not 0 < len(entries) <= MOST:
        raise Malformed(f"A batch Bundle of 1 to {MOST} searches is needed", expression=("Bundle.entry",))
    found: dict[str, None] = {}
    searches = []
    for place, entry in enumerate(entries):
        where = f"Bundle.entry[{place}].request"
        request = entry.get("request") if isinstance(entry, dict) else None
        if not isinstance(request, dict) or request.get("method") != "GET":
            raise Malformed("Only searches are asked of the sources (GET)", expression=(where,))
        kind, _, query = str(request.get("url", "")).partition("?")
        pid, search = _search(kind, parse_qsl(query, keep_blank_values=True), where)
        found[pid] = None
        searches.append(search)
    if len(found) > 1:
        raise Malformed("All searches are about one patient", expression=("Bundle.entry",))
    return next(iter(found)), searches


def _identifier(parameters: Resource) -> str:
    """The identity number in the Parameters of $summary (`identifier`, as IPS has it)."""
    found = parameters.get("parameter", []) if parameters.get("resourceType") == "Parameters" else []
    values = [each.get("valueIdentifier") or {} for each in found if each.get("name") == "identifier"]
    if len(values) != 1 or values[0].get("system") not in SYSTEMS or not values[0].get("value"):
        raise Malformed(
            "One identifier is needed, a national identity number", expression=("Parameters.parameter",)
        )
    return str(values[0]["value"])


def _search(kind: str, pairs: Sequence[tuple[str, str]], where: str) -> tuple[str, Search]:
    system, _, pid = next((value for name, value in pairs if name == PATIENT), "").partition("|")
    if system not in SYSTEMS or not pid:
        raise Malformed(
            "patient.identifier must be a national identity number", expression=(where or PATIENT,)
        )
    rest = tuple((name, value) for name, value in pairs if name != PATIENT)
    if part := operations().get(kind):
        return pid, Search(part.type, rest, part.operation)
    parse(kind, [(PATIENT, f"{system}|{pid}"), *rest], base="")  # refused here, rather than by every source
    return pid, Search(kind, rest)

"""AuditEvent: the node's access log, read and searched, never written (405).

Rendered from the table that the accesses themselves wrote. On the plain FHIR server, which keeps no log, AuditEvent is a
resource as any other. http://hl7.org/fhir/R4/auditevent.html
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import orjson

from akson.care import access_log
from akson.fhir.model import Resource
from akson.fhir.search import DateTerm, Filter, Query, ReferenceTerm, TokenTerm
from akson.fhir.search_parse import parse
from akson.kit.errors import Malformed, NotFound, UnsupportedParameter
from akson.kit.settings import Role
from akson.record.context import Context
from akson.record.identity import SYSTEMS
from akson.record.people import People
from akson.rest.wire import bundle
from akson.rest.wire.addresses import address
from akson.rest.wire.attempt import Handler
from akson.rest.wire.http import Answer, Pairs, Request
from akson.rest.wire.incoming import ID
from akson.rest.wire.outcome import WrongMethod
from akson.security.audit.codes import DONE, REFUSED
from akson.security.rules.access_log import LOG
from akson.store.access.audit import Wanted

PARAMS = ("date", "outcome", "patient")
INSIDE = "patient.identifier"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATE_PREFIXES = frozenset({"eq", "ge", "gt", "le", "lt"})


def methods(path: tuple[str, ...], stored: dict[str, Handler]) -> dict[str, Handler]:
    """What each method does at a path below AuditEvent; `stored` is what it does for other types."""
    own: dict[str, Handler] = {}
    if len(path) == 1:
        own = {"GET": search}
    elif path[1] == "_search":
        own = {"POST": search_posted}
    elif len(path) == 2 and not path[1].startswith("_"):
        own = {"GET": partial(read, event=path[1])}
    return {method: partial(_either, stored=handler, own=own) for method, handler in stored.items()}


async def _either(ctx: Context, request: Request, *, stored: Handler, own: dict[str, Handler]) -> Answer:
    if Role.FHIR in ctx.node.roles:
        return await stored(ctx, request)
    method = "GET" if request.method == "HEAD" else request.method
    if method not in own:
        raise WrongMethod(method, tuple(own))
    return await own[method](ctx, request)


async def read(ctx: Context, _request: Request, *, event: str) -> Answer:
    """One event. NotFound when it is not there or not for this reader."""
    if not ID.fullmatch(event):
        raise NotFound("No such resource")
    found = await access_log.page(ctx, Wanted(event=event, count=1))
    if not found.events:
        raise NotFound("No such resource")
    return Answer(200, orjson.dumps(found.events[0]))


async def search(ctx: Context, request: Request) -> Answer:
    """A searchset, newest first."""
    if any(name == INSIDE for name, _ in request.pairs):
        raise Malformed("An identity number is never in an address: POST to _search", expression=(INSIDE,))
    return await _searched(ctx, request, request.pairs)


async def search_posted(ctx: Context, request: Request) -> Answer:
    """The same for a form, where the patient may be named by identity number."""
    if any(name == INSIDE for name, _ in request.pairs):
        raise Malformed("An identity number is never in an address", expression=(INSIDE,))
    return await _searched(ctx, request, [*request.pairs, *await request.form()])


async def _searched(ctx: Context, request: Request, pairs: Pairs) -> Answer:
    query = parse(LOG, pairs, base=request.base)
    wanted = await _wanted(ctx, query)
    page = await access_log.page(ctx, wanted, query.cursor)
    entries = [
        orjson.dumps(
            {
                "fullUrl": f"{request.base}/{LOG}/{event['id']}",
                "resource": event,
                "search": {"mode": "match"},
            }
        )
        for event in page.events
    ]
    told = _told(query, wanted)
    links = [("self", _url(request.base, told))]
    if page.next:
        links.append(("next", _url(request.base, [*told, ("_cursor", page.next)])))
    return Answer(200, bundle.assemble("searchset", entries, links=links))


async def _wanted(ctx: Context, query: Query) -> Wanted:
    """The search as rows of the log. UnsupportedParameter for what it cannot do."""
    newest_first = all(sort.param.code == "date" and sort.descending for sort in query.sort)
    if query.includes or not newest_first or query.summary or query.elements or query.total != "none":
        raise UnsupportedParameter("The log is searched newest first, without includes, totals and summaries")
    wanted = Wanted(count=max(query.count, 1))
    for each in query.filters:
        if not isinstance(each, Filter) or each.param.code not in PARAMS or each.modifier:
            raise UnsupportedParameter(f"The log is searched by {', '.join(PARAMS)}")
        if each.param.code == "date":
            wanted = _during(wanted, each)
        elif each.param.code == "outcome":
            wanted = replace(wanted, granted=_granted(each))
        else:
            ids = await _patients(ctx, each)
            wanted = replace(wanted, patients=ids if wanted.patients is None else ids & wanted.patients)
    return wanted


def _during(wanted: Wanted, each: Filter) -> Wanted:
    """The bounds of a date criterion; the narrower of it and of those before."""
    term = each.terms[0]
    if len(each.terms) != 1 or not isinstance(term, DateTerm) or term.prefix not in DATE_PREFIXES:
        raise UnsupportedParameter(f"date takes one value with {', '.join(sorted(DATE_PREFIXES))}")
    since = {"ge": term.low, "eq": term.low, "gt": term.high + 1}.get(term.prefix)
    until = {"le": term.high + 1, "eq": term.high + 1, "lt": term.low}.get(term.prefix)
    starts = [moment for moment in (wanted.since, _moment(since)) if moment]
    ends = [moment for moment in (wanted.until, _moment(until)) if moment]
    return replace(wanted, since=max(starts, default=None), until=min(ends, default=None))


def _moment(microseconds: int | None) -> datetime | None:
    try:
        return None if microseconds is None else EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as error:
        raise Malformed("date is out of range", expression=("date",)) from error


def _granted(each: Filter) -> bool | None:
    codes = {term.code for term in each.terms if isinstance(term, TokenTerm)}
    if not codes <= {DONE, REFUSED}:
        raise UnsupportedParameter(f"outcome is {DONE} or {REFUSED}")
    return None if len(codes) == 2 else DONE in codes


async def _patients(ctx: Context, each: Filter) -> frozenset[str]:
    """Ids of the Patients meant; one that is not here is left out."""
    if each.chain is None:
        return frozenset(_ids(each.terms))
    inner = each.chain
    if not isinstance(inner, Filter) or inner.param.code != "identifier":
        raise UnsupportedParameter(f"A patient is named by reference or {INSIDE}")
    numbers = [term.code for term in inner.terms if isinstance(term, TokenTerm) and term.system in SYSTEMS]
    people = People(ctx.place)
    found = [await people.patient(ctx.tx, number) for number in numbers if number]
    return frozenset(patient["id"] for patient in found if patient)


def _ids(terms: Iterable[object]) -> Iterable[str]:
    for term in terms:
        if isinstance(term, ReferenceTerm) and term.type in {None, "Patient"} and term.id:
            yield term.id


def _told(query: Query, wanted: Wanted) -> Pairs:
    """The search as links may tell it: by id where it was asked by identity number."""
    pairs = [(name, value) for name, value in query.executed if not name.startswith("patient")]
    return pairs + [("patient", f"Patient/{patient}") for patient in sorted(wanted.patients or ())]


def _url(base: str, pairs: Pairs) -> str:
    return address(f"{base}/{LOG}", pairs)


def capability(resource: Resource) -> Resource:
    """What a CapabilityStatement says of the log: read and search, by what it is searched."""
    named = [param for param in resource["searchParam"] if param["name"] in PARAMS]
    kept = {"type": LOG, "profile": resource["profile"]}
    return kept | {"interaction": [{"code": "read"}, {"code": "search-type"}], "searchParam": named}

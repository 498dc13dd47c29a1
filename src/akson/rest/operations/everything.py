"""$everything: the whole record of a patient or around an encounter, at once as a stream or in pages.

http://hl7.org/fhir/R4/patient-operation-everything.html, encounter-operation-everything.html. Without `_count` the answer
is written while the record is read, piece by piece, each in a transaction of its own: a slow client holds no
connection to the database, and a long record takes no more memory than a short one.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from akson.fhir.precision import EARLIEST, LATEST, interval
from akson.kit.errors import Malformed
from akson.record.context import Context, opened
from akson.record.whole import Told, everything, root
from akson.rest.operations.operation import Operation, Target
from akson.rest.operations.parameters import Given, given
from akson.rest.wire import bundle, subset
from akson.rest.wire.addresses import address
from akson.rest.wire.http import Answer, Growing, Request
from akson.rest.wire.incoming import check_id, given_type
from akson.rest.wire.subset import Shape
from akson.store.operations.whole import Piece, Whole
from akson.store.record.resources import Stored

_URL = "http://hl7.org/fhir/OperationDefinition/"
_OF_PATIENT = ("start", "end", "_since", "_type", "_count", "_cursor")
_OF_ENCOUNTER = ("_since", "_type", "_count", "_cursor")
_SHAPE = frozenset({"_elements", "_summary"})
"""How much of each resource comes, on every page."""
_FIRST, _PIECE = 50, 200
"""Resources of the first piece of a stream, which is to come at once, and of the others."""
_PAGE, _LARGEST_PAGE = 100, 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One call, read and checked."""

    whole: Whole
    count: int | None
    mark: str | None
    shape: Shape | None
    pairs: tuple[tuple[str, str], ...]
    """What was asked for, for the links."""

    def url(self, base: str, mark: str | None = None) -> str:
        place = "/".join(part for part in (base, self.whole.type, self.whole.id, "$everything") if part)
        pairs = [*self.pairs, *([("_cursor", mark)] if mark else [])]
        return address(place, pairs)


async def run(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with a searchset: the patient or encounter first, then what is of it, then what that refers to."""
    wanted = await _wanted(request, target)
    whole, mark = wanted.whole, wanted.mark
    if target.id:
        check_id(target.id)
    found = await root(ctx, whole) if target.id else None
    at_once = found is not None and wanted.count is None and mark is None and not request.inside
    told = Told(found, at_once)
    size = _FIRST if at_once else wanted.count or _PAGE
    piece = await everything(ctx, whole, told, count=size, mark=mark)
    if found is not None and mark is None and _asked(whole, found):
        piece = replace(piece, found=(found, *piece.found))
    links = [("self", wanted.url(request.base))]
    if at_once:
        batches = _batches(ctx, request, wanted, piece, told)
        return Answer(200, bundle=Growing(bundle.head("searchset", links=links), batches))
    links += [("next", wanted.url(request.base, piece.next))] if piece.next else []
    made = bundle.assemble("searchset", _entries(request, wanted, piece), links=links)
    return Answer(200, made)


async def _wanted(request: Request, target: Target) -> _Wanted:
    values = await given(request, _OF_PATIENT if target.type == "Patient" else _OF_ENCOUNTER)
    kinds = [kind for value in values.texts("_type") for kind in value.split(",") if kind]
    start, end = values.text("start"), values.text("end")
    whole = Whole(
        target.type,
        target.id,
        frozenset(given_type(kind, "Parameters._type") for kind in kinds),
        _since(values),
        (_bound("start", start)[0], _bound("end", end)[1]) if start or end else None,
    )
    count = values.whole("_count")
    pairs = [(name, str(value)) for name in _OF_PATIENT[:-1] for value in values.all(name)]
    pairs += [(name, value) for name, value in request.pairs if name in _SHAPE]
    return _Wanted(
        whole,
        None if count is None else max(1, min(count, _LARGEST_PAGE)),
        values.text("_cursor"),
        subset.shape(subset.names_of(request), request.parameter("_summary")),
        tuple(pairs),
    )


def _since(values: Given) -> datetime | None:
    raw = values.text("_since")
    return _EPOCH + timedelta(microseconds=_bound("_since", raw)[0]) if raw else None


def _bound(name: str, raw: str | None) -> tuple[int, int]:
    if not raw:
        return EARLIEST, LATEST
    try:
        return interval(raw.replace(" ", "+"))
    except ValueError as error:
        raise Malformed(
            f"The parameter {name} is a date, e.g. 2026-11-23", expression=(f"Parameters.{name}",)
        ) from error


def _asked(whole: Whole, root: Stored) -> bool:
    """Whether the patient or encounter itself is among what was asked for."""
    of_type = not whole.types or root.type in whole.types
    return of_type and (whole.since is None or root.updated >= whole.since)


def _entries(request: Request, wanted: _Wanted, piece: Piece) -> list[bytes]:
    base = request.base.encode()
    return [
        *(bundle.found_entry(base, stored, b"match", wanted.shape) for stored in piece.found),
        *(bundle.found_entry(base, stored, b"include", wanted.shape) for stored in piece.supporting),
    ]


async def _batches(
    ctx: Context, request: Request, wanted: _Wanted, piece: Piece, told: Told
) -> AsyncIterator[list[bytes]]:
    """The entries: of the first piece, which is read already, then of one after the other."""
    yield _entries(request, wanted, piece)
    while piece.next is not None:
        async with opened(ctx.place, ctx.actor, ctx.purpose) as later:
            same = replace(later, request_id=ctx.request_id, client_request=ctx.client_request)
            piece = await everything(same, wanted.whole, told, count=_PIECE, mark=piece.next)
        yield _entries(request, wanted, piece)


OPERATIONS = (
    Operation(
        "everything",
        f"{_URL}Patient-everything",
        run,
        types=frozenset({"Patient"}),
        instances=frozenset({"Patient"}),
    ),
    Operation("everything", f"{_URL}Encounter-everything", run, instances=frozenset({"Encounter"})),
)

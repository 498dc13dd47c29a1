"""The codes of a value set: all of them, a page of them, or those that some words find."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from akson.fhir.model import Resource
from akson.fhir.terminology import text
from akson.fhir.terminology.concept import Concept
from akson.fhir.terminology.memory import Held
from akson.kit.errors import NotFound, TooCostly, Unprocessable
from akson.store.database.pool import Tx
from akson.store.fragment import Sql, sql
from akson.store.terms import concepts
from akson.store.terms.concepts import COUNTED, EVERY, Found
from akson.store.terms.search import search
from akson.store.terms.sets import Piece, Plan
from akson.store.terms.sources import Source

LIMIT = 10_000
"""Codes in one answer."""
DEEPEST = 1_000_000
"""The largest offset."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What of a value set: codes whose terms hold these words; a page. count None: all, TooCostly beyond `limit`."""

    words: str = ""
    offset: int = 0
    count: int | None = None
    active_only: bool = False
    selectable_only: bool = False
    limit: int = LIMIT


@dataclass(frozen=True, slots=True)
class Expanded:
    """The codes of one page; `total` None: there are more than are counted."""

    found: list[Found]
    total: int | None
    listed: dict[tuple[str, str], Resource]
    """How the set itself says a code, by (system, code)."""


async def expand(tx: Tx, plan: Plan, ask: Ask) -> Expanded:
    """The codes of a value set. NotFound when a code system of it is not known, TooCostly when there are too many."""
    ask = replace(ask, active_only=ask.active_only or plan.active_only)
    wanted = text.words(ask.words)
    if ask.words.strip() and not wanted:
        return Expanded([], 0, {})
    pieces = [_ready(piece, ask) for piece in plan.pieces]
    size = min(ask.limit if ask.count is None else ask.count, ask.limit)
    offset = min(ask.offset, DEEPEST)
    search = _Search(tx, wanted, ask)
    found = await search.first(pieces, offset, size + 1)
    if ask.count is None and len(found) > size:
        raise TooCostly(
            f"The value set has more than {ask.limit} codes: ask for pages (count, offset), or for less (filter)"
        )
    reached_end = len(found) <= size and (found or not offset)
    total = offset + len(found) if reached_end else await search.count(pieces)
    listed = {
        (piece.canonical.url, code): said for piece in plan.pieces for code, said in piece.listed.items()
    }
    return Expanded(found[:size], total, listed)


def _ready(piece: Piece, ask: Ask) -> Piece:
    """The piece with the conditions of the question. NotFound when its code system is not known."""
    system = piece.system
    if system is None:
        raise NotFound(f"The code system {str(piece.canonical)[:200]} is not known here")
    if system.grammar:
        raise Unprocessable(f"The code system {system.url} is a grammar: its codes cannot be listed")
    if piece.condition is None:
        return piece
    condition = piece.condition if piece.condition == EVERY else sql("(") + piece.condition + sql(")")
    if ask.active_only:
        condition += sql(" and not c.inactive")
    if ask.selectable_only:
        condition += sql(" and not c.abstract")
    return replace(piece, condition=condition)


def _source(piece: Piece) -> Source:
    """The source of a piece that has a condition."""
    assert piece.system is not None  # noqa: S101  made with the condition
    assert piece.system.source is not None  # noqa: S101
    return piece.system.source


class _Search:
    """One question put to the pieces of a value set, in the database or in memory."""

    def __init__(self, tx: Tx, wanted: list[str], ask: Ask) -> None:
        self._tx = tx
        self._wanted = wanted
        self._ask = ask
        self._counts: dict[str, int] = {}

    async def first(self, pieces: list[Piece], offset: int, count: int) -> list[Found]:
        """`count` concepts from `offset`: by how well they match, else piece after piece."""
        if len(pieces) == 1 and pieces[0].condition is not None:
            return await self._rows(pieces[0], pieces[0].condition, offset, count)
        found: list[Found] = []
        for piece in pieces:
            if piece.condition is None:
                found += self._held(piece)
            else:
                found += await self._rows(piece, piece.condition, 0, offset + count)
            if len(found) >= offset + count and not self._wanted:
                break
        if self._wanted:
            found.sort(key=lambda each: (each.rank, len(each.concept.display)))
        return found[offset : offset + count]

    async def count(self, pieces: list[Piece]) -> int | None:
        """How many there are in all; None for more than are counted."""
        total = 0
        for piece in pieces:
            part = self._counts.get(str(piece.canonical))
            if part is None:
                part = await self._counted(piece)
            if part > COUNTED and (self._wanted or piece.condition not in {None, EVERY}):
                return None
            total += part
        return total

    async def _counted(self, piece: Piece) -> int:
        if piece.condition is None:
            return len(self._held(piece))
        return await concepts.counted(self._tx, _source(piece), piece.condition)

    async def _rows(self, piece: Piece, condition: Sql, offset: int, count: int) -> list[Found]:
        source, page = _source(piece), (offset, count)
        if not self._wanted:
            return await concepts.listing(self._tx, source, condition, piece.order, page)
        found, total = await search(self._tx, source, condition, self._wanted, page)
        self._counts[str(piece.canonical)] = total
        return found

    def _held(self, piece: Piece) -> list[Found]:
        system = piece.system
        assert system is not None  # noqa: S101  looked at before
        assert system.held is not None  # noqa: S101  neither in the database nor a grammar
        admitted = list(self._admitted(system.held, piece))
        if self._wanted:
            ranked = system.held.search(self._wanted, iter(admitted))
            return [Found(system.url, system.version, each, rank) for rank, each in ranked]
        if piece.order:
            places = {code: place for place, code in enumerate(piece.order)}
            admitted.sort(key=lambda each: places.get(each.code, len(places)))
        return [Found(system.url, system.version, each) for each in admitted]

    def _admitted(self, held: Held, piece: Piece) -> Iterator[Concept]:
        for each in held.select(piece.rule):
            if self._ask.active_only and each.inactive:
                continue
            if not (self._ask.selectable_only and each.abstract):
                yield each

"""Concepts out of the database: one with all that is known of it, or many as an expansion lists them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from akson.fhir import strict_json
from akson.fhir.terminology.concept import Concept, Designation, Property
from akson.store.database.pool import Tx
from akson.store.fragment import Sql, sql
from akson.store.terms.sources import Source

COLUMNS = "c.code, c.display, c.inactive, c.abstract, c.detail"
COUNTED = 1_000
"""Concepts beyond this are not counted."""
EVERY = sql("true")
PLACES = 24
"""Bits of a concept's number that are its place in its source."""


@dataclass(frozen=True, slots=True)
class Found:
    """A concept in a list, and how well it matched the words that were asked for (0 is best)."""

    system: str
    version: str
    concept: Concept
    rank: int = 0


def number(source: int, place: int) -> int:
    """The number of a concept. Places are dense, from 0: a page of a whole system begins at a number."""
    return (source << PLACES) | place


def designations_of(detail: bytes) -> tuple[Designation, ...]:
    return tuple(Designation(*row) for row in strict_json.loads(detail).get("designation", ()))


def properties_of(detail: bytes) -> tuple[Property, ...]:
    return tuple(Property(*row) for row in strict_json.loads(detail).get("property", ()))


def concept_of(row: Sequence[Any]) -> Concept:
    """A concept from COLUMNS, without its parents."""
    code, display, inactive, abstract, detail = row
    made = strict_json.loads(detail)
    return Concept(
        code,
        display,
        made.get("definition", ""),
        designations=tuple(Designation(*each) for each in made.get("designation", ())),
        properties=tuple(Property(*each) for each in made.get("property", ())),
        inactive=inactive,
        abstract=abstract,
    )


async def get(tx: Tx, source: Source, code: str) -> Concept | None:
    """One concept."""
    rows = await some(tx, source, [code])
    return rows.get(source.key(code))


async def some(tx: Tx, source: Source, codes: Iterable[str]) -> dict[str, Concept]:
    """Those of the codes that there are, by what they are compared by."""
    rows = await tx.fetch(
        f"select c.key, {COLUMNS} from term_concept c where c.source = %s and c.key = any(%s::text[])",  # noqa: S608
        [source.id, sorted({source.key(code) for code in codes})],
    )
    return {row[0]: concept_of(row[1:]) for row in rows}


async def relatives(tx: Tx, source: Source, code: str, side: str) -> list[tuple[str, str]]:
    """(code, display) of the parents, children, ancestors or descendants of a concept."""
    conditions = {
        "parent": "c.id = any(x.parents)",
        "ancestor": "c.id = any(x.ancestors)",
        "child": "c.parents @> array[x.id]",
        "descendant": "c.ancestors @> array[x.id]",
    }
    condition = conditions[side]
    rows = await tx.fetch(
        "select c.code, c.display from term_concept x"  # noqa: S608
        f" join term_concept c on {condition}"
        " where x.source = %s and x.key = %s order by c.id",
        [source.id, source.key(code)],
    )
    return [(row[0], row[1]) for row in rows]


async def listing(
    tx: Tx, source: Source, condition: Sql, order: Sequence[str], page: tuple[int, int]
) -> list[Found]:
    """Concepts under a condition, from `page` (offset, count): those in `order` first, then in the system's order."""
    offset, count = page
    where = within(source, condition)
    keys = list(dict.fromkeys(source.key(code) for code in order))
    arrange = sql(" order by c.id")
    if keys:
        arrange = sql(" order by array_position(%s::text[], c.key), c.id", keys)
    elif condition == EVERY:
        where = sql("c.id >= %s and c.id < %s", number(source.id, offset), number(source.id + 1, 0))
        offset = 0
    statement = (
        sql(f"select {COLUMNS} from term_concept c where ")  # noqa: S608
        + where
        + arrange
        + sql(" limit %s offset %s", count, offset)
    )
    rows = await tx.fetch(statement.text, statement.params, prepare=False)
    return [Found(source.url, source.version, concept_of(row)) for row in rows]


async def counted(tx: Tx, source: Source, condition: Sql) -> int:
    """How many there are; COUNTED + 1 for more than COUNTED, but of a whole system the exact number."""
    if condition == EVERY:
        return source.concepts
    statement = (
        sql("select count(*) from (select 1 from term_concept c where ")
        + within(source, condition)
        + sql(" limit %s) found", COUNTED + 1)
    )
    row = (await tx.fetch(statement.text, statement.params, prepare=False))[0]
    return int(row[0])


def within(source: Source, condition: Sql) -> Sql:
    """The condition, inside one source."""
    return sql("c.source = %s and (", source.id) + condition + sql(")")

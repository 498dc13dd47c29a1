"""What an export reads: first the plan, which resources in which part; then each part, as it was at one moment.

A version counts when it is the newest one up to the moment of the export. Nothing is locked: a resource that changed
since is read from its history.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from akson.fhir.search import Query
from akson.store.database.pool import Tx
from akson.store.scope import Scope
from akson.store.scope_sql import within
from akson.store.search import statements
from akson.store.underway.transfers import File

PART = 1000
"""Resources of a part."""
UPPER = "select last_value from resource_rid"
# The version of a resource at a moment, and whether it changed between two others.
VERSION = """
cross join lateral (
    (select r.version, r.updated, r.deleted, r.body where r.updated <= %s)
    union all
    (select h.version, h.updated, h.deleted, h.body from history h
     where r.updated > %s and h.key = r.key and h.rid = r.rid and h.updated <= %s and {history}
     order by h.version desc limit 1)
) v
where {resource} and v.updated > coalesce(%s, '-infinity'::timestamptz)
  and v.updated <= coalesce(%s, 'infinity'::timestamptz)"""


@dataclass(frozen=True, slots=True)
class Times:
    """The moment of the export, and between which times a version must have been made to be in it."""

    moment: datetime
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which resources a step of the plan looks at: some types, perhaps of some patients or what searches find."""

    types: Sequence[str]
    """Empty: all."""
    patients: Sequence[int] | None = None
    """Numbers of patients (hashing.patient_number); None: whatever they are about."""
    is_patients: bool = False
    """Only what is about some patient."""
    queries: Sequence[Query] = ()
    """What any of these finds; of one type."""
    since: datetime | None = None
    after: int = 0
    upper: int = 2**62


@dataclass(frozen=True, slots=True)
class Planned:
    """What a step of the plan found: parts, resources, and the number of the last."""

    parts: int
    count: int
    last: int


@dataclass(frozen=True, slots=True)
class Row:
    """A resource of a part: its place in it, size, whether it was deleted, type and id, patient."""

    rid: int
    size: int
    deleted: bool
    type: str
    id: str


async def upper(tx: Tx) -> int:
    """The largest number that a resource has: later ones are newer."""
    row = await tx.one(UPPER)
    return int(row[0]) if row else 0


async def plan(tx: Tx, scope: Scope, transfer: str, choice: Choice, first: int, limit: int | None) -> Planned:
    """Write the parts of a choice, numbered from `first`, of at most `limit` resources."""
    condition, values = _chosen(scope, choice)
    statement = f"""
with found as materialized (
    select type, rid, row_number() over (partition by type order by rid) - 1 as n
    from (select r.type, r.rid from resource r where {condition} order by r.rid limit %s) few
), parts as (
    insert into transfer_part (transfer, number, type, rids)
    select %s, %s + row_number() over (order by type, n / {PART}) - 1, type, array_agg(rid order by rid)
    from found group by type, n / {PART} returning cardinality(rids) as count
)
select count(*), coalesce(sum(count), 0)::bigint, coalesce((select max(rid) from found), 0) from parts"""  # noqa: S608
    (row,) = await tx.fetch(statement, [*values, limit, transfer, first], prepare=False)
    return Planned(*row)


def _chosen(scope: Scope, choice: Choice) -> tuple[str, list[Any]]:
    condition, values = within(scope, "r")
    parts = [condition, "r.rid > %s", "r.rid <= %s"]
    values += [choice.after, choice.upper]
    if len(choice.types) == 1:
        parts.append("r.type = %s")
        values.append(choice.types[0])
    elif choice.types:
        parts.append("r.type = any(%s::text[])")
        values.append(list(choice.types))
    if choice.patients is not None:
        parts.append("r.pat = any(%s::bigint[])")
        values.append(list(choice.patients))
    elif choice.is_patients:
        parts.append("r.pat <> 0")
    if choice.since is not None:
        parts.append("r.updated > %s")
        values.append(choice.since)
    if choice.queries:
        found = [statements.numbers(scope, query) for query in choice.queries]
        parts.append("(" + " or ".join(f"r.rid in ({each.text})" for each in found) + ")")
        values += [value for each in found for value in each.params]
    return " and ".join(parts), values


async def rows(tx: Tx, scope: Scope, rids: Sequence[int], times: Times) -> list[Row]:
    """What a part holds, without the bodies."""
    versions, values = _versions(scope, times)
    statement = f"""
select r.rid, octet_length(v.body), v.deleted, r.type, r.id
from unnest(%s::bigint[]) u(rid) join resource r on r.rid = u.rid {versions} order by r.rid"""  # noqa: S608
    return [Row(*row) for row in await tx.fetch(statement, [list(rids), *values])]


async def lines(tx: Tx, scope: Scope, rids: Sequence[int], times: Times) -> tuple[int, bytes]:
    """How many bodies, and the bodies themselves, a line each, put together by the database."""
    versions, values = _versions(scope, times)
    statement = f"""
select count(*), coalesce(string_agg(v.body, '\\x0a'::bytea order by r.rid) || '\\x0a'::bytea, '')
from unnest(%s::bigint[]) u(rid) join resource r on r.rid = u.rid {versions} and not v.deleted"""  # noqa: S608
    (row,) = await tx.fetch(statement, [list(rids), *values])
    return int(row[0]), bytes(row[1])


async def piece(tx: Tx, scope: Scope, rid: int, times: Times, place: tuple[int, int]) -> bytes:
    """Some bytes of one large body: (from, how many)."""
    versions, values = _versions(scope, times)
    start, length = place
    statement = f"""
select substring(v.body from %s::integer for %s::integer)
from unnest(%s::bigint[]) u(rid) join resource r on r.rid = u.rid {versions}"""  # noqa: S608
    row = await tx.one(statement, [start + 1, length, [rid], *values])
    return bytes(row[0]) if row else b""


async def patients(
    tx: Tx, scope: Scope, transfer: str, times: Times, file: File | None = None
) -> dict[int, int]:
    """How many resources of each patient are in an export, or in one file of it, by the patient's number."""
    await tx.take_time(10)
    versions, values = _versions(scope, times)
    if file is None:
        of, chosen = "true", list[Any]()
    elif file.kind == "deleted":
        of, chosen = "v.deleted and p.number between %s and %s", [file.first, file.last]
    else:
        of = "not v.deleted and p.type = %s and p.number between %s and %s"
        chosen = [file.type, file.first, file.last]
    statement = f"""
select r.pat, count(*) from transfer_part p cross join lateral unnest(p.rids) u(rid)
join resource r on r.rid = u.rid {versions} and p.transfer = %s and r.pat <> 0 and {of}
group by r.pat order by r.pat"""  # noqa: S608
    return {row[0]: row[1] for row in await tx.fetch(statement, [*values, transfer, *chosen])}


def _versions(scope: Scope, times: Times) -> tuple[str, list[Any]]:
    history, first = within(scope, "h")
    resource, second = within(scope, "r")
    text = VERSION.format(history=history, resource=resource)
    return text, [times.moment] * 3 + [*first, *second, times.since, times.until]


def slices(found: Iterable[Row], largest: int) -> list[list[Row]]:
    """Rows that follow each other, of together at most `largest` bytes; a larger one stands alone."""
    made: list[list[Row]] = []
    size = 0
    for row in found:
        if not made or size + row.size > largest:
            made.append([])
            size = 0
        made[-1].append(row)
        size += row.size
    return made

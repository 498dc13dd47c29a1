"""Closure tables that clients maintain: which of the codes they have met stand above which, version by version."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from akson.kit.errors import TooCostly
from akson.store.database.pool import Tx
from akson.store.record.writes import lock
from akson.store.terms.systems import Known

MOST = 10_000
"""Codes of one system in one table."""
TABLES = 1000
"""Tables of one owner."""
START = """
insert into term_closure (owner, name, version) values (%s, %s, 0)
on conflict (owner, name) do update set version = 0"""
ADD_CODES = """
insert into term_closure_code (owner, name, system, code, version)
select %s, %s, %s, x, %s from unnest(%s::text[]) x on conflict do nothing returning code"""
ADD_PAIRS = """
insert into term_closure_pair (owner, name, system, below, above, version)
select %s, %s, %s, b, a, %s from unnest(%s::text[], %s::text[]) x(b, a) on conflict do nothing"""
IN_DATABASE = """
select low.code, up.code from term_concept low join term_concept up on up.id = any(low.ancestors)
where low.source = %s and low.key = any(%s::text[]) and up.key = any(%s::text[])
and (low.key = any(%s::text[]) or up.key = any(%s::text[]))"""


class Pair(NamedTuple):
    """One code below another."""

    system: str
    below: str
    above: str


@dataclass(frozen=True, slots=True)
class Table:
    """A closure table, held so that nobody else changes it before this transaction ends."""

    owner: str
    name: str
    version: int


async def start(tx: Tx, owner: str, name: str) -> Table:
    """A new table, or an old one emptied. TooCostly when the owner has enough of them."""
    await lock(tx, [f"closure tables of {owner}"])
    await tx.execute(START, [owner, name])
    row = await tx.one("select count(*) from term_closure where owner = %s", [owner])
    if row and row[0] > TABLES:
        raise TooCostly(f"You have {TABLES} closure tables: begin one of them anew by its name")
    await tx.execute("delete from term_closure_code where owner = %s and name = %s", [owner, name])
    await tx.execute("delete from term_closure_pair where owner = %s and name = %s", [owner, name])
    return Table(owner, name, 0)


async def held(tx: Tx, owner: str, name: str) -> Table | None:
    """The table; None when it was never started."""
    row = await tx.one(
        "select version from term_closure where owner = %s and name = %s for update", [owner, name]
    )
    return Table(owner, name, row[0]) if row else None


async def raise_version(tx: Tx, table: Table) -> Table:
    """The same table at its next version."""
    version = table.version + 1
    await tx.execute(
        "update term_closure set version = %s where owner = %s and name = %s",
        [version, table.owner, table.name],
    )
    return Table(table.owner, table.name, version)


async def add(tx: Tx, table: Table, system: Known, codes: Iterable[str]) -> None:
    """Add codes, as their system writes them, and all pairs that they make with the codes that were there."""
    key = [table.owner, table.name, system.url]
    fresh = [row[0] for row in await tx.fetch(ADD_CODES, [*key, table.version, sorted(set(codes))])]
    if not fresh:
        return
    rows = await tx.fetch(
        "select code from term_closure_code where owner = %s and name = %s and system = %s limit %s",
        [*key, MOST + 1],
    )
    if len(rows) > MOST:
        raise TooCostly(f"A closure table holds at most {MOST} codes of one code system")
    pairs = await _pairs(tx, system, [row[0] for row in rows], fresh)
    if pairs:
        below, above = zip(*pairs, strict=True)
        await tx.execute(ADD_PAIRS, [*key, table.version, list(below), list(above)])


async def _pairs(tx: Tx, system: Known, codes: Sequence[str], fresh: Sequence[str]) -> list[tuple[str, str]]:
    """(below, above) among the codes, where one of the two is fresh."""
    if system.source is not None:
        keys = [system.source.key(code) for code in codes]
        new = [system.source.key(code) for code in fresh]
        rows = await tx.fetch(IN_DATABASE, [system.source.id, keys, keys, new, new])
        return [(row[0], row[1]) for row in rows]
    if system.held is None:
        return []
    every, latest = set(codes), set(fresh)
    return [
        (code, above)
        for code in codes
        for above in system.held.above(code) & every
        if code in latest or above in latest
    ]


async def since(tx: Tx, table: Table, version: int) -> list[Pair]:
    """The pairs that came after a version, oldest first."""
    rows = await tx.fetch(
        "select system, below, above from term_closure_pair where owner = %s and name = %s and version > %s"
        " order by version, system, below, above",
        [table.owner, table.name, version],
    )
    return [Pair(*row) for row in rows]

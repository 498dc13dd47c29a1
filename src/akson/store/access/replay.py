"""The access log and what was known when its rows were written, for asking what other rules would have decided.

Reads only. Who treated whom, what was closed and opened, and where somebody worked are as they were known then.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from akson.store.access.audit import COLUMNS, AuditRow, Entry
from akson.store.database.pool import Tx
from akson.store.scope_holds import Block

ROWS = f"""
select number, event, {", ".join(COLUMNS)} from audit
where moment >= %s and moment < %s and (moment, number) > (%s, %s) order by moment, number limit %s"""  # noqa: S608
COUNT = "select count(*) from audit where moment >= %s and moment < %s"
# Whom a session or token was about: the same for all that was done with it.
TOKENS = """
select token, min(pat) filter (where pat <> 0), max(pat) filter (where pat <> 0),
    bool_or(reason = 'reason.system_admin'), bool_or(reason = 'reason.own_privacy')
from audit where moment >= %s and moment < %s and granted and token <> ''
  and (actor_kind in ('citizen', 'system') or actor_kind = 'personnel' and client_id <> '') group by token"""
IDS = "select pat, id from resource where type = 'Patient' and pat = any(%s::bigint[])"
RELATIONS = """
select pat, party, kind, source, low, high, recorded, ended from care_relation where pat = any(%s::bigint[])"""
BLOCKS = """
select pat, types, key, subjects, excepted, listed, holds_in_emergency, low, high, greatest(recorded, '0001-01-01'::timestamptz) as recorded, '9999-12-31'::timestamptz as ended
from access_block where pat = any(%s::bigint[])
union all
select pat, types, key, subjects, excepted, listed, holds_in_emergency, low, high, greatest(recorded, '0001-01-01'::timestamptz), ended
from access_block_past where pat = any(%s::bigint[])"""
OPENINGS = (
    "select practitioner, patient, low, high from opened_access where low >= %s and low < %s order by low"
)
LABELS = """
select key, version, labels from resource where key = any(%s::bigint[])
union all select key, version, labels from history where key = any(%s::bigint[])"""
VERSIONS = """
select type || '/' || id, updated, deleted, body from resource where key = any(%s::bigint[])
union all select type || '/' || id, updated, deleted, body from history where key = any(%s::bigint[])"""
OF_TYPES = """
select type || '/' || id, updated, deleted, body from resource where type = any(%s::text[])
union all select type || '/' || id, updated, deleted, body from history where type = any(%s::text[])"""


class Token(NamedTuple):
    """What a session or token was for, as the log tells."""

    pat: int
    """The one patient whose data was seen by it; 0 where it was several or none."""
    administers: bool
    follows: bool


class Relation(NamedTuple):
    """A care relation, with when it was known."""

    party: str
    kind: str
    source: str
    low: datetime
    high: datetime
    recorded: datetime
    ended: datetime | None


class Closed(NamedTuple):
    """What was closed, with when it was known."""

    block: Block
    recorded: datetime
    ended: datetime


class Opening(NamedTuple):
    """A record that was opened in an emergency."""

    practitioner: str
    patient: str
    low: datetime
    high: datetime


class Version(NamedTuple):
    """A version of a resource."""

    reference: str
    updated: datetime
    deleted: bool
    body: bytes


async def count(tx: Tx, since: datetime, until: datetime) -> int:
    """How many rows the log has between two moments."""
    found = await tx.one(COUNT, [since, until])
    return int(found[0]) if found else 0


async def rows(
    tx: Tx, since: datetime, until: datetime, after: tuple[datetime, int], most: int
) -> list[Entry]:
    """Rows of the log in their order, after the row of a moment and number."""
    found = await tx.fetch(ROWS, [since, until, *after, most])
    return [Entry(number, event, AuditRow(*rest)) for number, event, *rest in found]


async def tokens(tx: Tx, since: datetime, until: datetime) -> dict[str, Token]:
    """What sessions and tokens of those who are not personnel here were for."""
    return {
        token: Token(low if low is not None and low == high else 0, administers, follows)
        for token, low, high, administers, follows in await tx.fetch(TOKENS, [since, until])
    }


async def patients(tx: Tx, pats: Collection[int]) -> dict[int, str]:
    """Ids of the Patients of these numbers."""
    return {row[0]: row[1] for row in await tx.fetch(IDS, [list(pats)])}


async def relations(tx: Tx, pats: Collection[int]) -> dict[int, list[Relation]]:
    """All care relations that these patients (numbers) have or had."""
    found: dict[int, list[Relation]] = {}
    for pat, *rest in await tx.fetch(RELATIONS, [list(pats)]):
        found.setdefault(pat, []).append(Relation(*rest))
    return found


async def blocks(tx: Tx, pats: Collection[int]) -> dict[int, list[Closed]]:
    """All that these patients (numbers) have or had closed."""
    found: dict[int, list[Closed]] = {}
    for row in await tx.fetch(BLOCKS, [list(pats), list(pats)]):
        pat, types, key, subjects, excepted, listed, emergency, low, high, recorded, ended = row
        block = Block(
            frozenset(subjects), low, high, listed, frozenset(types), key, emergency, frozenset(excepted)
        )
        found.setdefault(pat, []).append(Closed(block, recorded, ended))
    return found


async def openings(tx: Tx, since: datetime, until: datetime) -> list[Opening]:
    """Emergency openings that began between two moments."""
    return [Opening(*row) for row in await tx.fetch(OPENINGS, [since, until])]


async def labels(tx: Tx, keys: Collection[int]) -> dict[tuple[int, int], frozenset[int]]:
    """The security labels of each version of resources, by key and version."""
    found = await tx.fetch(LABELS, [list(keys), list(keys)])
    return {(key, version): frozenset(some) for key, version, some in found}


async def versions(tx: Tx, keys: Collection[int]) -> list[Version]:
    """All versions of resources, by their keys."""
    return [Version(*row) for row in await tx.fetch(VERSIONS, [list(keys), list(keys)])]


async def of_types(tx: Tx, types: Sequence[str]) -> list[Version]:
    """All versions of all resources of some types, which are about no patient."""
    return [Version(*row) for row in await tx.fetch(OF_TYPES, [list(types), list(types)])]

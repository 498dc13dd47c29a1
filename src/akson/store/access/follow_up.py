"""Looks as those see them who follow up: who looked at whom, how often. What was decided is in `judgments.py`."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from akson.store.database.pool import Tx

MOST = 20_000
"""Pairs of somebody who looked and a patient that are judged at once: the latest."""
# What a search for a person lists is not a look at that person's record; emergencies and errands have lists of their own.
LOOKS = """
select practitioner, max(actor_name), max(role), max(unit), pat, count(*)::int, min(moment), max(moment)
from audit
where moment >= %s and actor_kind = 'personnel' and client_id = '' and granted and pat <> 0 and practitioner <> ''
  and (%s or unit = any(%s)) and not (action = 'search' and type = 'Patient') and type <> 'AuditEvent'
  and purpose not in ('HOPERAT', 'ETREAT') and reason <> 'reason.supplier_errand'
group by practitioner, pat order by max(moment) desc limit %s"""
PATIENTS = (
    "select pat, id, body from resource where type = 'Patient' and pat = any(%s::bigint[]) and not deleted"
)
STAFF = """
select body from resource where type in ('Practitioner', 'PractitionerRole', 'Organization') and pat = 0 and not deleted"""
HELD = "select pat, party, low, high from care_relation where pat = any(%s::bigint[])"


class Look(NamedTuple):
    """All looks of one person at one patient's record."""

    practitioner: str
    """Reference of the Practitioner."""
    name: str
    role: str
    unit: str
    pat: int
    times: int
    first: datetime
    last: datetime


class Known(NamedTuple):
    """A patient whose record was looked at."""

    pat: int
    id: str
    body: bytes


class Relation(NamedTuple):
    """A care relation, also one that is over."""

    pat: int
    party: str
    low: datetime
    high: datetime


async def looks(tx: Tx, since: datetime, units: frozenset[str] | None) -> list[Look]:
    """Who of this node looked at whose record since a moment; of units with these names, or (None) of all."""
    found = await tx.fetch(LOOKS, [since, units is None, list(units or ()), MOST])
    return [Look(*row) for row in found]


async def patients(tx: Tx, pats: Sequence[int]) -> list[Known]:
    """The Patients with these numbers."""
    return [Known(row[0], row[1], bytes(row[2])) for row in await tx.fetch(PATIENTS, [list(pats)])]


async def staff(tx: Tx) -> list[bytes]:
    """The Practitioners, PractitionerRoles and Organizations of this node."""
    return [bytes(row[0]) for row in await tx.fetch(STAFF)]


async def relations(tx: Tx, pats: Sequence[int]) -> list[Relation]:
    """All care relations that these patients have or had."""
    return [Relation(*row) for row in await tx.fetch(HELD, [list(pats)])]


def case(practitioner: str, pat: int, kind: str) -> str:
    """What the judgments of something that stood out are kept under."""
    return f"look/{practitioner}/{pat}/{kind}"

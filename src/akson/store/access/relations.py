"""Care relations: which party treats which patient, from when to when, and which resource says so.

What the scope CareRelation asks. Rows follow their source; what the source takes back is ended and kept, so that one can
tell at any time who could read then.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC)

ADD = """
insert into care_relation (pat, party, kind, source, low, high)
select * from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])
on conflict do nothing"""
OF_SOURCE = "select pat, party, kind, low, high from care_relation where source = %s and ended is null"
CLOSE = """
update care_relation c set ended = now(), high = least(c.high, now())
from unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[]) g(pat, party, kind, low)
where c.source = %s and c.ended is null and (c.pat, c.party, c.kind, c.low) = (g.pat, g.party, g.kind, g.low)"""
OF_PATIENT = """
select party, kind, low, high from care_relation
where pat = %s and ended is null and low <= now() and high > now() order by kind, party"""
AT = """
select party, kind, source, low, high from care_relation
where pat = %s and low <= %s and high > %s and recorded <= %s order by kind, party, source"""
PARTIES = """
select distinct pat, party from care_relation
where pat = any(%s::bigint[]) and ended is null and low <= now() and high > now()"""


class Relation(NamedTuple):
    """One care relation; None is without limit."""

    patient: str
    """Id of the Patient."""
    party: str
    """Reference of an Organization, PractitionerRole or Practitioner."""
    kind: str
    """What makes it: general_practitioner, service, stay, team, appointment, referral."""
    low: datetime | None = None
    high: datetime | None = None


class Held(NamedTuple):
    """A care relation that held at some time, with the reference of what says so."""

    party: str
    kind: str
    source: str
    low: datetime
    high: datetime


_Row = tuple[int, str, str, datetime, datetime]
"""Number of the patient, party, kind, from when, to when."""


async def replace(tx: Tx, source: str, rows: Sequence[Relation]) -> None:
    """The relations that `source` (a reference) gives are these from now on. Those it gave and gives no more are ended."""
    there: set[_Row] = {tuple(row) for row in await tx.fetch(OF_SOURCE, [source])}
    wanted = {_row(row) for row in rows}
    if gone := sorted(there - wanted):
        pats, parties, kinds, lows, _ = map(list, zip(*gone, strict=True))
        await tx.execute(CLOSE, [pats, parties, kinds, lows, source])
    await _add(tx, source, sorted(wanted - there))


async def _add(tx: Tx, source: str, rows: Sequence[_Row]) -> None:
    if rows:
        pats, parties, kinds, lows, highs = map(list, zip(*rows, strict=True))
        await tx.execute(ADD, [pats, parties, kinds, [source] * len(rows), lows, highs])


def _row(row: Relation) -> _Row:
    return patient_number(row.patient), row.party, row.kind, row.low or BEGINNING, row.high or END


async def of_source(tx: Tx, source: str) -> frozenset[tuple[int, str]]:
    """Number of the patient and party of each relation that a source gives, now or later."""
    return frozenset((row[0], row[1]) for row in await tx.fetch(OF_SOURCE, [source]))


async def of_patient(tx: Tx, patient: str) -> list[Relation]:
    """The relations that a patient has now."""
    rows = await tx.fetch(OF_PATIENT, [patient_number(patient)])
    return [Relation(patient, *row) for row in rows]


async def at(tx: Tx, patient: str, moment: datetime) -> list[Held]:
    """The relations that opened the record of a patient (id) at some moment, as far as they were known then."""
    rows = await tx.fetch(AT, [patient_number(patient), moment, moment, moment])
    return [Held(*row) for row in rows]


async def parties(tx: Tx, patients: Sequence[int]) -> dict[int, frozenset[str]]:
    """Who has a relation now with each of these patients (numbers)."""
    found: dict[int, set[str]] = {}
    for pat, party in await tx.fetch(PARTIES, [list(patients)]):
        found.setdefault(pat, set()).add(party)
    return {pat: frozenset(each) for pat, each in found.items()}

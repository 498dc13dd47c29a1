"""Care relations: which party treats which patient, from when to when, and which resource says so.

What the scope CareRelation asks. Rows follow their source: when it changes, its rows are replaced.
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
CLEAR = "delete from care_relation where source = %s"
OF_PATIENT = """
select party, kind, low, high from care_relation
where pat = %s and low <= now() and high > now() order by kind, party"""


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


async def replace(tx: Tx, source: str, rows: Sequence[Relation]) -> None:
    """The relations that `source` (a reference) gives are these and no others."""
    await tx.execute(CLEAR, [source])
    await add(tx, source, rows)


async def add(tx: Tx, source: str, rows: Sequence[Relation]) -> None:
    """The relations of a source that is new."""
    if rows:
        columns = [
            [patient_number(row.patient) for row in rows],
            [row.party for row in rows],
            [row.kind for row in rows],
            [source] * len(rows),
            [row.low or BEGINNING for row in rows],
            [row.high or END for row in rows],
        ]
        await tx.execute(ADD, columns)


async def of_patient(tx: Tx, patient: str) -> list[Relation]:
    """The relations that a patient has now."""
    rows = await tx.fetch(OF_PATIENT, [patient_number(patient)])
    return [Relation(patient, *row) for row in rows]

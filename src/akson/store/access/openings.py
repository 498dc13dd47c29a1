"""Records that somebody opened in an emergency: who, whose, why, from when to when, and what the follow-up came to.

A row is never taken away: it belongs to the access log, and is kept as long as that. One that ends early keeps when it
began. It holds the latest judgment of those who follow up, and `judgments.py` all of them. The words of a reason go when
their entry of the log is erased openly (`forget`).
"""

from collections.abc import Collection
from dataclasses import astuple, dataclass
from datetime import datetime

from akson.store.access import judgments
from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number

COLUMNS = "id, patient, practitioner, name, role, unit, organization, reason, why, low, high"
ADD = f"insert into opened_access ({COLUMNS}, pat) values ({', '.join(['%s'] * 12)})"  # noqa: S608  the columns are ours
LASTING = """
select patient, true from opened_access where practitioner = %s and low <= now() and high > now()
union all
select patient, false from consent_opening where subjects && %s::text[] and low <= now() and high > now()"""
SELECT = f"select {COLUMNS}, outcome, note, reviewer, reviewed from opened_access"  # noqa: S608
CURRENT = f"{SELECT} where practitioner = %s and pat = %s and low <= now() and high > now() order by high desc limit 1"
FORGET = """
update opened_access set why = '', note = '' where practitioner = %s and pat = %s
  and low between %s - interval '10 seconds' and %s returning id"""
AT = f"{SELECT} where pat = %s and low <= %s and high > %s order by low desc"
END = "update opened_access set high = now() where practitioner = %s and pat = %s and high > now()"
LIST = f"""{SELECT} where low >= %s and (%s or unit = any(%s) and organization = %s)
order by (outcome <> ''), low desc, id limit %s"""
ONE = f"{SELECT} where id = %s for update"
REVIEW = "update opened_access set outcome = %s, note = %s, reviewer = %s, reviewed = now() where id = %s"


@dataclass(frozen=True, slots=True)
class Opening:
    """One record, opened by one person."""

    id: str
    patient: str
    """Id of the Patient."""
    practitioner: str
    """Reference of the one who opened."""
    name: str
    role: str
    unit: str
    organization: str
    reason: str
    """Code: what kind of emergency."""
    why: str
    """In the words of the one who opened; the patient sees them."""
    low: datetime
    high: datetime


@dataclass(frozen=True, slots=True)
class Followed:
    """An opening and its follow-up; texts are empty until there is one."""

    opening: Opening
    outcome: str
    note: str
    reviewer: str
    reviewed: datetime | None


async def add(tx: Tx, opening: Opening) -> None:
    """Open."""
    await tx.execute(ADD, [*astuple(opening), patient_number(opening.patient)])


async def at(tx: Tx, patient: str, moment: datetime) -> list[Opening]:
    """Who had the record of a patient (id) open at some moment, the latest first."""
    return [_followed(row).opening for row in await tx.fetch(AT, [patient_number(patient), moment, moment])]


async def forget(tx: Tx, practitioner: str, pat: int, told: datetime) -> None:
    """Take the words out of the opening that an entry of the log of this moment tells of, those of its follow-up too."""
    gone = await tx.fetch(FORGET, [practitioner, pat, told, told])
    await judgments.forget(tx, [case(id_) for (id_,) in gone])


async def lasting(
    tx: Tx, practitioner: str, subjects: Collection[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Ids of the Patients whose record this person has opened in an emergency now, and of those who have opened it by consent."""
    rows = await tx.fetch(LASTING, [practitioner, sorted(subjects)])
    return (
        frozenset(patient for patient, is_emergency in rows if is_emergency),
        frozenset(patient for patient, is_emergency in rows if not is_emergency),
    )


async def current(tx: Tx, practitioner: str, patient: str) -> Opening | None:
    """The opening of this patient that lasts."""
    found = await tx.one(CURRENT, [practitioner, patient_number(patient)])
    return Opening(*found[:11]) if found else None


async def end(tx: Tx, practitioner: str, patient: str) -> int:
    """Close what this person has open of the patient; how many openings that were."""
    return await tx.execute(END, [practitioner, patient_number(patient)])


async def since(
    tx: Tx, moment: datetime, units: Collection[str] | None, organization: str, count: int
) -> list[Followed]:
    """Openings since a moment, those that nobody has followed up first, newest first. `units`: names; None for all."""
    rows = await tx.fetch(LIST, [moment, units is None, list(units or ()), organization, count])
    return [_followed(row) for row in rows]


async def one(tx: Tx, id_: str) -> Followed | None:
    """The opening of this id, held for its follow-up."""
    found = await tx.one(ONE, [id_])
    return _followed(found) if found else None


async def review(tx: Tx, opening: Opening, outcome: str, note: str, reviewer: str) -> None:
    """Keep what the follow-up came to, beside what it came to before."""
    await judgments.add(tx, case(opening.id), patient_number(opening.patient), outcome, note, reviewer)
    await tx.execute(REVIEW, [outcome, note, reviewer, opening.id])


def case(id_: str) -> str:
    """What the judgments of an opening are kept under."""
    return f"emergency/{id_}"


def _followed(row: tuple[object, ...]) -> Followed:
    return Followed(Opening(*row[:11]), *row[11:])  # type: ignore[arg-type]

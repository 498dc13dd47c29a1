"""Errands of a supplier's people: who asks for what on which ticket, who lets them, from when to when, what became of it.

A row is never taken away: it belongs to the access log. One that ends early keeps when it began. It holds the latest
judgment of those who follow up, and `judgments.py` all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from akson.store.access import judgments
from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number

ASKED, APPROVED, DECLINED = "asked", "approved", "declined"
COLUMNS = (
    "id, practitioner, name, supplier, supplier_number, ticket, why, kind, topics, starts, hours, asked, state,"
    " decider, decider_name, decided, note, patient, low, high, ended_by, outcome, remark, reviewer, reviewed"
)
ADD = """
insert into supplier_errand (id, practitioner, name, supplier, supplier_number, ticket, why, kind, topics, starts, hours)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
SELECT = f"select {COLUMNS} from supplier_errand"  # noqa: S608  the columns are ours
LASTING = f"{SELECT} where practitioner = %s and low <= now() and high > now() order by low, id"
OF_PATIENT = f"{SELECT} where pat = %s and pat <> 0 and low <= %s and high > %s order by low, id"
OF_PERSON = f"{SELECT} where practitioner = %s and asked >= %s order by asked desc, id limit %s"
# What waits for a decision, then what lasts, then what waits for its follow-up, then the rest.
LIST = f"""{SELECT} where asked >= %s and (%s or state = 'asked' or decider = %s)
order by (state <> 'asked'), not coalesce(high > now(), false), (state = 'declined' or outcome <> ''), asked desc, id
limit %s"""
ONE = f"{SELECT} where id = %s for update"
DECIDE = """
update supplier_errand set state = %s, decider = %s, decider_name = %s, decided = now(), note = %s, patient = %s, pat = %s,
    low = case when %s then greatest(starts, now()) end,
    high = case when %s then greatest(starts, now()) + make_interval(hours => hours) end
where id = %s"""
END = "update supplier_errand set high = greatest(low, now()), ended_by = %s where id = %s and high > now()"
REVIEW = "update supplier_errand set outcome = %s, remark = %s, reviewer = %s, reviewed = now() where id = %s"
LOOKS = """
select count(*)::int, count(distinct type)::int from audit
where practitioner = %s and pat = %s and moment >= %s and moment <= %s and granted and actor_kind = 'personnel'
  and reason = 'reason.supplier_errand'"""
SINCE = f"{SELECT} where low is not null and low < %s and high > %s order by low, id"


@dataclass(frozen=True, slots=True)
class Asking:
    """What somebody of a supplier asks for."""

    id: str
    practitioner: str
    """Reference of the one who asks."""
    name: str
    supplier: str
    supplier_number: str
    ticket: str
    why: str
    """The errand in words; the patient sees them."""
    kind: str
    """patient or technical."""
    topics: tuple[str, ...]
    """Parts of the record, of the kind patient."""
    starts: datetime
    hours: int


@dataclass(frozen=True, slots=True)
class Errand:
    """What was asked for, and what became of it. Texts that do not apply are empty."""

    asking: Asking
    asked: datetime
    state: str
    decider: str
    """Reference of the one who decided."""
    decider_name: str
    decided: datetime | None
    note: str
    patient: str
    """Id of the Patient, named by the one who approved."""
    low: datetime | None
    high: datetime | None
    ended_by: str
    outcome: str
    remark: str
    reviewer: str
    reviewed: datetime | None

    def lasts(self, at: datetime) -> bool:
        """Whether it opens anything at a moment."""
        return self.low is not None and self.high is not None and self.low <= at < self.high


async def add(tx: Tx, asking: Asking) -> None:
    """Ask."""
    values = [asking.id, asking.practitioner, asking.name, asking.supplier, asking.supplier_number]
    values += [asking.ticket, asking.why, asking.kind]
    await tx.execute(ADD, [*values, list(asking.topics), asking.starts, asking.hours])


async def lasting(tx: Tx, practitioner: str) -> list[Errand]:
    """Errands of a person that open something now."""
    return [_errand(row) for row in await tx.fetch(LASTING, [practitioner])]


async def of_patient(tx: Tx, patient: str, at: datetime) -> list[Errand]:
    """Errands that opened the record of a patient (id) at some moment."""
    return [_errand(row) for row in await tx.fetch(OF_PATIENT, [patient_number(patient), at, at])]


async def of_person(tx: Tx, practitioner: str, since: datetime, count: int) -> list[Errand]:
    """What a person has asked for since a moment, newest first."""
    return [_errand(row) for row in await tx.fetch(OF_PERSON, [practitioner, since, count])]


async def since(tx: Tx, moment: datetime, decider: str | None, count: int) -> list[Errand]:
    """What was asked for since a moment: what waits first. `decider`: what waits and what this one decided; None: all."""
    rows = await tx.fetch(LIST, [moment, decider is None, decider or "", count])
    return [_errand(row) for row in rows]


async def one(tx: Tx, id_: str) -> Errand | None:
    """The errand of this id, held for what is decided about it."""
    found = await tx.one(ONE, [id_])
    return _errand(found) if found else None


async def decide(tx: Tx, id_: str, state: str, decider: tuple[str, str], note: str, patient: str) -> None:
    """Approve or decline. `decider`: reference and name. One that is approved begins at its start, and not before now."""
    is_open, pat = state == APPROVED, patient_number(patient) if patient else 0
    await tx.execute(DECIDE, [state, *decider, note, patient, pat, is_open, is_open, id_])


async def end(tx: Tx, id_: str, name: str) -> int:
    """End what lasts or is to begin, by somebody; 0 when it is over already."""
    return await tx.execute(END, [name, id_])


async def review(tx: Tx, errand: Errand, outcome: str, remark: str, reviewer: str) -> None:
    """Keep what the follow-up came to, beside what it came to before."""
    pat = patient_number(errand.patient) if errand.patient else 0
    await judgments.add(tx, case(errand.asking.id), pat, outcome, remark, reviewer)
    await tx.execute(REVIEW, [outcome, remark, reviewer, errand.asking.id])


def case(id_: str) -> str:
    """What the judgments of an errand are kept under."""
    return f"errand/{id_}"


async def looks(tx: Tx, errand: Errand) -> tuple[int, int]:
    """How many rows of the log rest on an errand, and of how many types of content."""
    pat = patient_number(errand.patient) if errand.patient else 0
    found = await tx.one(LOOKS, [errand.asking.practitioner, pat, errand.low, errand.high])
    return (found[0], found[1]) if found else (0, 0)


async def between(tx: Tx, low: datetime, high: datetime) -> Sequence[Errand]:
    """Errands that opened something at some time between two moments."""
    return [_errand(row) for row in await tx.fetch(SINCE, [high, low])]


def _errand(row: tuple[object, ...]) -> Errand:
    asking = Asking(*row[:8], tuple(row[8]), *row[9:11])  # type: ignore[arg-type,call-arg]
    return Errand(asking, *row[11:])  # type: ignore[arg-type]

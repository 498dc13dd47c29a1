"""What citizens have agreed that cooperating services see, as a node knows it; and, at the platform, who asks them to agree."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number

# What was agreed and has ended stays, under a name of its own, so that it can be told who saw what at an earlier time.
CLEAR = """
update partner_consent set rule = rule || '@' || version, high = least(high, clock_timestamp())
where rule = %s and version < %s"""
FORGET_SAME = "delete from partner_consent where rule = %s"
ADD = """
insert into partner_consent (rule, version, patient, subjects, services, low, high, pat)
values (%s, %s, %s, %s, %s, %s, %s, %s)"""
_AGREED = "rule, version, patient, subjects, services, low, high"
LASTING = f"""
select {_AGREED} from partner_consent
where subjects && %s::text[] and low <= clock_timestamp() and high > clock_timestamp()
order by low desc limit %s"""  # noqa: S608  the columns are ours
OF_PATIENT = f"select {_AGREED} from partner_consent where pat = %s and low <= %s and high > %s order by high"  # noqa: S608
_WISH = "id, pid, pat, subject, organization, name, services, until, why"
WISH = f"insert into partner_wish ({_WISH}) values ({', '.join(['%s'] * 9)})"  # noqa: S608
# Who asks again takes back what waits.
FORGET = "delete from partner_wish where pid = %s and subject = %s and answered is null"
_WAITS = "answered is null and made > now() - interval '60 days' and until > now()"
WAITING = f"select {_WISH} from partner_wish where pid = %s and {_WAITS} order by made limit 50"  # noqa: S608
ANSWER = f"""
update partner_wish set answered = now(), agreed = %s where id = %s and pid = %s and {_WAITS} returning {_WISH}"""  # noqa: S608
MOST = 5000
"""Citizens who share with one service, of whom it sees those who agreed last."""


BEGIN = "insert into partner_case (case_id, patient, pat, party) values (%s, %s, %s, %s)"
END = "update partner_case set ended = now() where case_id = %s and ended is null"
OF_PARTY = """
select distinct patient from partner_case
where party = %s and (ended is null or ended > now() - interval '1 year') limit %s"""


class Agreed(NamedTuple):
    """What a rule of a citizen lets cooperating services see: nobody, when it is withdrawn."""

    rule: str
    version: int
    patient: str
    """Id of the Patient."""
    subjects: frozenset[str]
    """`org:<number>` or `unit:<number>`."""
    services: frozenset[str]
    low: datetime
    high: datetime


class Wanted(NamedTuple):
    """A cooperating service asks a citizen to agree."""

    id: str
    pid: str
    pat: int
    subject: str
    organization: str
    name: str
    services: list[str]
    until: datetime
    why: str


async def replace(tx: Tx, agreed: Agreed) -> None:
    """The rule lets these see these services, and nobody else."""
    await tx.execute(CLEAR, [agreed.rule, agreed.version])
    await tx.execute(FORGET_SAME, [agreed.rule])
    if agreed.subjects:
        row = [*agreed, patient_number(agreed.patient)]
        row[3:5] = [sorted(agreed.subjects), sorted(agreed.services)]
        await tx.execute(ADD, row)


async def lasting(tx: Tx, subjects: Collection[str]) -> list[Agreed]:
    """What these cooperating services are let see now, what was agreed last first."""
    return [_agreed(row) for row in await tx.fetch(LASTING, [sorted(subjects), MOST])]


async def of_patient(tx: Tx, patient: str, at: datetime) -> list[Agreed]:
    """Who was let see what of a Patient (id) at a moment; what was taken back counts until then, as this node heard of it."""
    return [_agreed(row) for row in await tx.fetch(OF_PATIENT, [patient_number(patient), at, at])]


async def begin(tx: Tx, case: str, patient: str, party: str) -> None:
    """A case (id of the Task) about a Patient (id) begins; `party` is the organisation number of one of its two."""
    await tx.execute(BEGIN, [case, patient, patient_number(patient), party])


async def end(tx: Tx, case: str) -> None:
    """A case is at its end; its parties read it for a year."""
    await tx.execute(END, [case])


async def of_party(tx: Tx, party: str) -> frozenset[str]:
    """Ids of the Patients about whom an organisation has cases, or had within a year."""
    return frozenset(patient for (patient,) in await tx.fetch(OF_PARTY, [party, MOST]))


async def ask(tx: Tx, wanted: Wanted) -> None:
    """Ask; what the same service asked before, and has no answer, is taken back."""
    await tx.execute(FORGET, [wanted.pid, wanted.subject])
    await tx.execute(WISH, list(wanted))


async def waiting(tx: Tx, pid: str) -> list[Wanted]:
    """Those who ask a citizen and have no answer; after two months nobody waits any more. The oldest first."""
    return [Wanted(*row) for row in await tx.fetch(WAITING, [pid])]


async def answer(tx: Tx, pid: str, id_: str, *, agreed: bool) -> Wanted | None:
    """Answer one; None when it is not there, somebody else's, or answered before."""
    row = await tx.one(ANSWER, [agreed, id_, pid])
    return Wanted(*row) if row else None


def _agreed(row: tuple[object, ...]) -> Agreed:
    found = Agreed._make(row)
    return found._replace(subjects=frozenset(found.subjects), services=frozenset(found.services))

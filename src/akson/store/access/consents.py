"""What patients have opened to somebody by consent, as a node knows it; and, at the platform, who asks a citizen to."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number

CLEAR = "delete from consent_opening where rule = %s"
ADD = """
insert into consent_opening (rule, version, patient, subjects, low, high, pat) values (%s, %s, %s, %s, %s, %s, %s)"""
UNTIL = """
select max(high) from consent_opening
where pat = %s and subjects && %s::text[] and low <= clock_timestamp() and high > clock_timestamp()"""
AT = (
    "select subjects, high from consent_opening where pat = %s and low <= %s and high > %s order by high desc"
)
STANDING = (
    "select rule from access_block where pat = %s union select rule from consent_opening where pat = %s"
    " union select rule from partner_consent where pat = %s"
)
_COLUMNS = "id, pid, pat, hpr, subject, name, role, unit, organization, why, hours"
ASK = f"insert into consent_request ({_COLUMNS}) values ({', '.join(['%s'] * 11)})"  # noqa: S608  the columns are ours
# Who asks again takes back what waits.
FORGET = "delete from consent_request where pid = %s and hpr = %s and answered is null"
WAITING = f"""
select {_COLUMNS} from consent_request
where pid = %s and answered is null and made > now() - interval '7 days' order by made limit 50"""  # noqa: S608
ANSWER = f"""
update consent_request set answered = now(), agreed = %s
where id = %s and pid = %s and answered is null and made > now() - interval '7 days' returning {_COLUMNS}"""  # noqa: S608


class Let(NamedTuple):
    """Whom a rule of a citizen lets in: nobody, when it is withdrawn."""

    rule: str
    version: int
    patient: str
    """Id of the Patient."""
    subjects: frozenset[str]
    """`hpr:<number>` or `unit:<number>`."""
    low: datetime
    high: datetime


class Wanted(NamedTuple):
    """Somebody asks a citizen to open what is closed."""

    id: str
    pid: str
    pat: int
    hpr: str
    subject: str
    """For whom: `hpr:<number>` or `unit:<number>`."""
    name: str
    role: str
    unit: str
    organization: str
    why: str
    """In the words of the one who asks; the citizen sees them."""
    hours: int


async def standing(tx: Tx, patient: str) -> frozenset[str]:
    """Names of the rules that close or open something of a patient (id)."""
    number = patient_number(patient)
    return frozenset(rule for (rule,) in await tx.fetch(STANDING, [number] * 3))


async def replace(tx: Tx, opening: Let) -> None:
    """The rule lets in these and no others."""
    await tx.execute(CLEAR, [opening.rule])
    if opening.subjects:
        row = [*opening, patient_number(opening.patient)]
        row[3] = sorted(opening.subjects)
        await tx.execute(ADD, row)


async def until(tx: Tx, patient: str, subjects: Collection[str]) -> datetime | None:
    """Until when the patient (id) has opened to somebody who is all of these; None for not now."""
    row = await tx.one(UNTIL, [patient_number(patient), sorted(subjects)])
    return row[0] if row else None


async def at(tx: Tx, patient: str, moment: datetime) -> list[tuple[frozenset[str], datetime]]:
    """To whom the patient (id) has opened at a moment, and until when, what lasts longest first; what was taken back is not here."""
    rows = await tx.fetch(AT, [patient_number(patient), moment, moment])
    return [(frozenset(subjects), high) for subjects, high in rows]


async def ask(tx: Tx, wanted: Wanted) -> None:
    """Ask; what the same person asked before, and has no answer, is taken back."""
    await tx.execute(FORGET, [wanted.pid, wanted.hpr])
    await tx.execute(ASK, list(wanted))


async def waiting(tx: Tx, pid: str) -> list[Wanted]:
    """Those who ask a citizen and have no answer; after a week nobody waits any more. The oldest first."""
    return [Wanted(*row) for row in await tx.fetch(WAITING, [pid])]


async def answer(tx: Tx, pid: str, id_: str, *, agreed: bool) -> Wanted | None:
    """Answer one; None when it is not there, somebody else's, or answered before."""
    row = await tx.one(ANSWER, [agreed, id_, pid])
    return Wanted(*row) if row else None

"""The access log: who did what to which data, why, and by which decision. Rows are only ever added.

A row is written in the transaction of the access itself: no audit, no answer. Source: pasientjournalforskriften
section 14 and pasientjournalloven section 18 (the citizen's right to see who has looked).
"""

from dataclasses import astuple, dataclass, fields
from datetime import datetime

from akson.store.hashing import patient_number
from akson.store.pool import Tx


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One access. References and ids are of this node; texts that do not apply are empty."""

    moment: datetime
    actor_kind: str
    action: str
    purpose: str
    granted: bool
    reason: str
    """Key of the rule that decided."""
    actor_name: str = ""
    actor_id: str = ""
    """HPR number for personnel; never a national identity number."""
    practitioner: str = ""
    role: str = ""
    unit: str = ""
    organization: str = ""
    organization_name: str = ""
    client_id: str = ""
    node: str = ""
    basis: str = ""
    """The legal basis, as the rule names it."""
    pat: int = 0
    """Number of the patient whose data it was (`hashing.patient_number`); 0 for data of nobody."""
    type: str = ""
    id: str = ""
    version: int = 0
    count: int = 0
    """Resources that were shown, for a search."""
    request_id: str = ""


COLUMNS = [field.name for field in fields(AuditRow)]
_PLACES = ", ".join(["%s"] * len(COLUMNS))
APPEND = f"insert into audit ({', '.join(COLUMNS)}) values ({_PLACES})"  # noqa: S608  the columns are ours
FIND = f"""
select {", ".join(COLUMNS)} from audit
where pat = %s and moment >= coalesce(%s, '-infinity'::timestamptz)
order by moment desc, number desc limit %s"""  # noqa: S608


async def append(tx: Tx, row: AuditRow) -> None:
    """Write one row, in the transaction of what it tells of."""
    await tx.execute(APPEND, astuple(row))


async def find(tx: Tx, *, patient: str, since: datetime | None = None, count: int = 100) -> list[AuditRow]:
    """Accesses to the data of the patient with this id, newest first."""
    found = await tx.fetch(FIND, [patient_number(patient), since, count])
    return [AuditRow(*row) for row in found]

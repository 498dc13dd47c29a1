"""The access log: who did what to which data, why, and by which decision. Rows are only ever added.

A row is written in the transaction of the access itself: no audit, no answer. Source: pasientjournalforskriften
section 14 and pasientjournalloven section 18 (the citizen's right to see who has looked).
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from datetime import datetime

from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number


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
_OF_MANY = ", ".join({"pat": "u.pat", "count": "u.count"}.get(name, "%s") for name in COLUMNS)
APPEND_MANY = (
    f"insert into audit ({', '.join(COLUMNS)})"  # noqa: S608  the columns are ours
    f" select {_OF_MANY} from unnest(%s::bigint[], %s::integer[]) u(pat, count)"
)
FIND = f"""
select {", ".join(COLUMNS)} from audit
where pat = %s and moment >= coalesce(%s, '-infinity'::timestamptz)
order by moment desc, number desc limit %s"""  # noqa: S608
_SELECT = f"select number, {', '.join(COLUMNS)} from audit where "  # noqa: S608  the columns are ours
_REST = """(%s or unit = any(%s) and organization = %s)
  and (%s::bigint is null or number = %s)
  and (%s::boolean is null or granted = %s)
  and moment >= coalesce(%s, '-infinity'::timestamptz)
  and moment < coalesce(%s, 'infinity'::timestamptz)
  and (moment, number) < (coalesce(%s, 'infinity'::timestamptz), %s)
order by moment desc, number desc limit %s"""
PAGE = _SELECT + _REST
PAGE_OF = f"{_SELECT} pat = any(%s) and {_REST}"
LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A row and its number on this node: what it is called, and where it stands among those of one moment."""

    number: int
    row: AuditRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows a reader asks for. Times: from `since` (included) to `until` (not included)."""

    patients: frozenset[str] | None = None
    """Ids of Patients; None for everyone, also rows about nobody."""
    units: frozenset[str] | None = None
    """Names of the units that looked; None for all."""
    organization: str = ""
    """Organisation number of the owner of those units."""
    granted: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    number: int | None = None
    """The one row of this number."""
    after: tuple[datetime, int] | None = None
    """Moment and number of the last row of the page before."""
    count: int = 100


async def append(tx: Tx, row: AuditRow) -> None:
    """Write one row, in the transaction of what it tells of."""
    await tx.execute(APPEND, astuple(row))


async def append_many(tx: Tx, row: AuditRow, shown: Mapping[int, int]) -> None:
    """Write a row for each patient (number) with how much was shown; the rest of it is the same for all."""
    values = [
        value for name, value in zip(COLUMNS, astuple(row), strict=True) if name not in {"pat", "count"}
    ]
    await tx.execute(APPEND_MANY, [*values, list(shown), list(shown.values())])


async def find(tx: Tx, *, patient: str, since: datetime | None = None, count: int = 100) -> list[AuditRow]:
    """Accesses to the data of the patient with this id, newest first."""
    found = await tx.fetch(FIND, [patient_number(patient), since, count])
    return [AuditRow(*row) for row in found]


async def page(tx: Tx, wanted: Wanted) -> list[Entry]:
    """Rows that fit, newest first, at most `count`."""
    moment, number = wanted.after or (None, LARGEST)
    values: list[object] = [wanted.units is None, list(wanted.units or ()), wanted.organization]
    values += [wanted.number, wanted.number, wanted.granted, wanted.granted, wanted.since, wanted.until]
    values += [moment, number, wanted.count]
    if wanted.patients is None:
        found = await tx.fetch(PAGE, values)
    else:
        pats = [patient_number(patient) for patient in wanted.patients]
        found = await tx.fetch(PAGE_OF, [pats, *values])
    return [Entry(number, AuditRow(*rest)) for number, *rest in found]

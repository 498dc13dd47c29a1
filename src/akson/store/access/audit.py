"""The access log: who did what to which data, why, and by which decision. Rows are only ever added.

A row is written in the transaction of the access itself: no audit, no answer. Source: pasientjournalforskriften
section 14 and pasientjournalloven section 18 (the citizen's right to see who has looked).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from akson.kit.ids import new_id
from akson.kit.value import value
from akson.store.database.arrays import bigints, texts
from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number
from akson.store.scope import Predicate
from akson.store.scope_sql import Fragment, may_hold


@value
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
    decision: str = ""
    """What the decision is called in this log, and in an attest that rests on it (`decision_ref`)."""
    decision_text: str = ""
    """Why, in the words of whoever decided; empty where the rule says it all."""
    user_selected: bool = False
    """Whether the person gave oneself this access."""
    toa: int = 0
    """When the attest was made, in seconds since 1970; 0 where there is none."""
    profession: str = ""
    """Category of health personnel, V9060."""
    unit_number: str = ""
    """Organisation number of the unit."""
    assurance: int = 0
    """Security level of the e-ID, 3 or 4; 0 for what needed none."""
    service: str = ""
    """The health service that an attest names, as `system|code`."""
    purpose_detail: str = ""
    """What an attest says of the purpose in detail, as `system|code`."""
    query: str = ""
    """The parameters of a search, without values that are about a person."""
    token: str = ""
    """`jti` of the token, or the name of the session."""
    client_request: str = ""
    """What the client calls the request (X-Request-Id)."""


@value
class About:
    """What differs between rows that are written together."""

    pat: int = 0
    count: int = 0
    type: str = ""
    id: str = ""
    version: int = 0
    decision: str = ""
    kind: str = ""
    """Type of what was shown, by which the ground is found, where `type` says only what was asked for. Not in the log."""


class Why(NamedTuple):
    """One of several grounds on which rows may have been shown."""

    predicate: Predicate
    reason: str
    basis: str


Look = tuple[AuditRow, Sequence[About], Sequence[Why]]
"""Rows that are written together; with several grounds, each row tells its own."""

_VARYING = [field.name for field in fields(About) if field.name != "kind"]
_about = attrgetter(*_VARYING)
_PACK: tuple[Callable[[Any], bytes], ...] = (bigints, bigints, texts, texts, bigints, texts)
"""How each of them is packed."""


def about(row: AuditRow) -> About:
    """What a single row has where others written with it would differ."""
    return About(*_about(row))


COLUMNS = [field.name for field in fields(AuditRow)]
"""Columns are only ever added, at the end: empty in older rows, so that what was sealed before stays as it was."""
_SAME = [name for name in COLUMNS if name not in _VARYING]
_same_values = attrgetter(*_SAME)
APPEND_ONE = (
    f"insert into audit (event, {', '.join(_VARYING)}, {', '.join(_SAME)})"  # noqa: S608  the columns are ours
    f" values (%s{', %s' * len(COLUMNS)})"
)
SEEN = (
    f"insert into audit (event, {', '.join(_VARYING)}, {', '.join(_SAME)})"  # noqa: S608  the columns are ours
    f" select %s, s.pat, 1, s.type, s.id, s.version{', %s' * (len(_SAME) + 1)} from seen s"
)
"""The row of a look at the one resource that is `seen` in the same statement (`seen_values`)."""
APPEND_MANY = (
    f"insert into audit (event, {', '.join(_VARYING)}, {', '.join(_SAME)})"  # noqa: S608  the columns are ours
    f" select u.*{', %s' * len(_SAME)} from"
    " unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[]) u"
)
_OF_GROUND = ["reason", "basis"]
_COMMON = [name for name in _SAME if name not in _OF_GROUND]
_common_values = attrgetter(*_COMMON)
_APPEND_BY_GROUND = (
    f"insert into audit (event, {', '.join(_VARYING + _COMMON + _OF_GROUND)})"  # noqa: S608  the columns are ours
    f" select u.event, {', '.join(f'u.{name}' for name in _VARYING)}{', %s' * len(_COMMON)}"
    ", (%s::text[])[g.number], (%s::text[])[g.number] from"
    " unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[])"
    f" u(event, {', '.join(_VARYING)}, kind)"
)
DECIDED = "select from audit where pat = %s and decision = %s and granted order by moment desc limit 1"
FIND = f"""
select {", ".join(COLUMNS)} from audit
where pat = %s and moment >= coalesce(%s, '-infinity'::timestamptz)
order by moment desc, number desc limit %s"""  # noqa: S608
_SELECT = f"select number, event, {', '.join(COLUMNS)} from audit where "  # noqa: S608  the columns are ours
_REST = """(%s or unit = any(%s) and organization = %s and practitioner <> %s)
  and (%s::text is null or event = %s)
  and (%s::boolean is null or granted = %s)
  and moment >= coalesce(%s, '-infinity'::timestamptz)
  and moment < coalesce(%s, 'infinity'::timestamptz)
  and (moment, number) < (coalesce(%s, 'infinity'::timestamptz), %s)
order by moment desc, number desc limit %s"""
PAGE = _SELECT + _REST
PAGE_OF = f"{_SELECT} pat = any(%s) and {_REST}"
ATTESTED = f"""
select {", ".join(COLUMNS)} from (
    select distinct on (client_id, actor_id, actor_name) * from audit
    where pat = %s and granted and toa > %s and toa <= %s and moment <= %s
    order by client_id, actor_id, actor_name, toa desc) a order by organization_name, unit, actor_name"""  # noqa: S608
LARGEST = 2**63 - 1
SEVERAL = 2
"""Grounds from which on there is something to choose."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as it stands in the log."""

    number: int
    """Where it stands among those of one moment. Not told: it would say how much everyone does here."""
    event: str
    """What it is called: an id that says nothing of others."""
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
    others_than: str = ""
    """Reference of a Practitioner of those units whose own rows are left out."""
    granted: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    event: str | None = None
    """The one row of this name."""
    after: tuple[datetime, int] | None = None
    """Moment and number of the last row of the page before."""
    count: int = 100


def seen_values(row: AuditRow) -> list[object]:
    """The values of SEEN. Whose resource it is, and which, the statement finds out."""
    return [new_id(), row.decision, *_same_values(row)]


async def append(tx: Tx, row: AuditRow) -> None:
    """Write one row, in the transaction of what it tells of."""
    await append_many(tx, row, [about(row)])


async def append_many(tx: Tx, row: AuditRow, about: Sequence[About], whys: Sequence[Why] = ()) -> None:
    """Write a row for each of `about`, in one statement; the rest of it is the same for all.

    With several grounds each row tells the first that opens the patient to it, or what `row` says where none does.
    """
    if not about:
        return
    if len(about) == 1 and len(whys) < SEVERAL:  # most looks are at one patient, and arrays would cost more
        await tx.later(APPEND_ONE, [new_id(), *_about(about[0]), *_same_values(row)])
        return
    columns = [
        pack(column) for pack, column in zip(_PACK, zip(*map(_about, about), strict=True), strict=True)
    ]
    events = texts([new_id() for _ in about])
    if len(whys) < SEVERAL:
        await tx.later(APPEND_MANY, [*_same_values(row), events, *columns])
        return
    ground, asked = _first_of(whys)
    told = [[*(why.reason for why in whys), row.reason], [*(why.basis for why in whys), row.basis]]
    kinds = texts([each.kind or each.type for each in about])
    await tx.later(_APPEND_BY_GROUND + ground, [*_common_values(row), *told, events, *columns, kinds, *asked])


def _first_of(whys: Sequence[Why]) -> Fragment:
    """The number of the first ground that holds for patient and type of a row, from 1; one more where none does."""
    compiled = [may_hold(why.predicate, "r") for why in whys]
    cases = " ".join(f"when {held} then {number}" for number, (held, _) in enumerate(compiled, 1))
    # Found once for each row (offset), and used for both columns.
    # The last condition always holds: with it PostgreSQL expects one row and not ten, and keeps one plan for all times
    # instead of planning each time, which took as long as the statement.
    found = (
        f", lateral (select case {cases} else {len(whys) + 1} end as number"  # noqa: S608
        " from (select u.pat, u.kind as type) r offset 0) g where u.pat %% 1 = 0"
    )
    return found, [value for _, values in compiled for value in values]


async def decided(tx: Tx, pat: int, decision: str) -> bool:
    """Whether the log has an access to a patient by this decision."""
    return await tx.one(DECIDED, [pat, decision]) is not None


async def find(tx: Tx, *, patient: str, since: datetime | None = None, count: int = 100) -> list[AuditRow]:
    """Accesses to the data of the patient with this id, newest first."""
    found = await tx.fetch(FIND, [patient_number(patient), since, count])
    return [AuditRow(*row) for row in found]


async def attested(tx: Tx, pat: int, at: datetime, lasts: timedelta) -> list[AuditRow]:
    """The latest row of each who had come by an attest for a patient (number) that was still good at a moment."""
    low, high = int((at - lasts).timestamp()), int(at.timestamp())
    found = await tx.fetch(ATTESTED, [pat, low, high, at])
    return [AuditRow(*row) for row in found]


async def page(tx: Tx, wanted: Wanted) -> list[Entry]:
    """Rows that fit, newest first, at most `count`."""
    moment, number = wanted.after or (None, LARGEST)
    values: list[object] = [wanted.units is None, list(wanted.units or ())]
    values += [wanted.organization, wanted.others_than]
    values += [wanted.event, wanted.event, wanted.granted, wanted.granted, wanted.since, wanted.until]
    values += [moment, number, wanted.count]
    if wanted.patients is None:
        found = await tx.fetch(PAGE, values)
    else:
        pats = [patient_number(patient) for patient in wanted.patients]
        found = await tx.fetch(PAGE_OF, [pats, *values])
    return [Entry(number, event, AuditRow(*rest)) for number, event, *rest in found]

"""Everything of a patient or an encounter, a piece at a time, in the order in which it was written.

A piece is bounded in rows and in bytes, so that whoever passes it on needs the same memory for any record. It ends with
a mark; the next begins after it, whatever was written meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from akson.fhir.search import Compartment
from akson.fhir.spec import spec
from akson.kit.errors import Malformed
from akson.store import cursor as marks
from akson.store.database.pool import Row, Tx
from akson.store.fragment import Sql, Table, Tables, both, either, index_row, sql
from akson.store.index import hashing
from akson.store.record.stored import Stored
from akson.store.scope import Scope
from akson.store.search.compartment import refers
from akson.store.search.including import Found

COLUMNS = "{0}.type, {0}.id, {0}.version, {0}.updated, {0}.body, {0}.deleted, {0}.pat, {0}.rid, {0}.key"
WIDTH = 9
LARGEST = 4_000_000
"""Bytes of one piece, unless a single resource is larger."""
DEEPEST = 5
"""Rounds of what the rest refers to: a role, its organisation, the organisation above."""
NOT_CARE = frozenset({"birthdate", "death-date", "value-date", "payment-date", "_lastUpdated"})
"""Dates that say nothing of when care was given."""
OWN, LINKED = 0, 1
"""Parts of a walk: the patient's own record; what else is in the compartment of the patient or encounter."""
SMALLEST = -(2**63)


@dataclass(frozen=True, slots=True)
class Whole:
    """Whose everything, and how much of it. `id` is empty for that of all patients."""

    type: str
    id: str = ""
    types: frozenset[str] = frozenset()
    """Resource types wanted; none: all."""
    since: datetime | None = None
    care: tuple[int, int] | None = None
    """Care that took place in this time: microseconds since 1970 UTC, both ends inclusive."""

    @property
    def compartment(self) -> Compartment | None:
        return Compartment(self.type, self.id) if self.id else None


@dataclass(frozen=True, slots=True)
class Piece:
    """Resources, what they refer to, and the mark of the next piece (None at the end)."""

    found: tuple[Stored, ...]
    supporting: tuple[Stored, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class _Mark:
    """The last row of a piece."""

    part: int
    pat: int = SMALLEST
    rid: int = 0

    @staticmethod
    def first(whole: Whole) -> "_Mark":
        return _Mark(OWN if whole.type == "Patient" else LINKED)

    @staticmethod
    def read(text: str, secret: bytes) -> "_Mark":
        _, part, high, low, rid = marks.read(text, "w", secret, 4)
        if part not in {OWN, LINKED}:
            raise Malformed("the page mark is damaged: start again")
        return _Mark(part, (high << 32) + low, rid)

    def written(self, secret: bytes) -> str:
        return marks.write(["w", self.part, self.pat >> 32, self.pat & 0xFFFFFFFF, self.rid], secret)


async def piece(
    tx: Tx, scope: Scope, whole: Whole, *, count: int, mark: str | None, known: set[int]
) -> Piece:
    """The next piece. `known` holds the supporting resources that were given before; those of this one are added."""
    secret = await marks.secret_of(tx)
    at = _Mark.first(whole) if mark is None else _Mark.read(mark, secret)
    statement = _rows(*_part(scope, whole, at), count)
    rows = await tx.fetch(statement.text, statement.params, prepare=False)
    found = [_found(row) for row in rows]
    if found and rows[0][WIDTH] > len(found):
        following: _Mark | None = _Mark(at.part, found[-1].pat, found[-1].rid)
    else:
        following = _Mark(LINKED) if at.part == OWN and whole.id else None
    sources = [each.rid for each in found] + (await _root(tx, scope, whole) if mark is None else [])
    supporting = await _supporting(tx, scope, whole, sources, known)
    return Piece(
        tuple(each.stored for each in found),
        tuple(supporting),
        following.written(secret) if following else None,
    )


def statements(scope: Scope, whole: Whole, count: int) -> list[Sql]:
    """The SQL of the first piece of each part: for tests of plans."""
    parts = (_Mark(OWN), _Mark(LINKED)) if whole.type == "Patient" else (_Mark(LINKED),)
    return [_rows(*_part(scope, whole, at), count) for at in parts]


async def count(tx: Tx, scope: Scope, whole: Whole) -> int:
    """How many resources the patient's own record has, or how many refer to the encounter."""
    of, conditions = _part(scope, whole, _Mark.first(whole))
    statement = sql(f"select count(*) from resource {of.alias} where ") + both(conditions)  # noqa: S608
    rows = await tx.fetch(statement.text, statement.params, prepare=False)
    return int(rows[0][0])


def _part(scope: Scope, whole: Whole, at: _Mark) -> tuple[Table, list[Sql]]:
    """The rows of a part that follow a mark, except the patient or encounter itself."""
    tables = Tables(scope)
    of = tables.resource(sorted(whole.types))
    conditions = [of.condition]
    if whole.id:
        pat = hashing.patient_number(whole.id)
        conditions += [
            sql(f"{of.alias}.rid > %s", at.rid),
            sql(f"{of.alias}.key <> %s", hashing.resource_key(whole.type, whole.id)),
        ]
        if at.part == OWN:
            conditions.append(sql(f"{of.alias}.pat = %s", pat))
        else:
            link = refers(Compartment(whole.type, whole.id), of, tables)
            # Found first, by an array: the planner would rather walk along all resources until the page is full.
            linked = sql(f"(select {link.alias}.rid from idx_ref {link.alias} where ") + link.where  # noqa: S608
            conditions.append(sql(f"{of.alias}.rid = any(array") + linked + sql("))"))
            conditions += [sql(f"{of.alias}.pat <> %s", pat)] if whole.type == "Patient" else []
    else:
        conditions.append(
            sql(f"({of.alias}.pat, {of.alias}.rid) > (%s, %s) and {of.alias}.pat <> 0", at.pat, at.rid)
        )
    if whole.since is not None:
        conditions.append(sql(f"{of.alias}.updated >= %s", whole.since))
    if whole.care is not None:
        conditions.append(_in_care(of, tables, whole.care))
    return of, conditions


def _in_care(of: Table, tables: Tables, care: tuple[int, int]) -> Sql:
    """Some date of care is within the time, or there is none that could tell."""
    kinds = of.kinds or sorted(spec().types)
    dated = [
        (kind, code)
        for kind in kinds
        for code, param in spec().params(kind).items()
        if param.type == "date" and code not in NOT_CARE
    ]
    alias = tables.name()
    hashes = [hashing.parameter(*pair) for pair in dated]
    overlaps = sql(
        f"{alias}.hash = any(%s::bigint[]) and {alias}.low <= %s and {alias}.high >= %s",
        hashes,
        care[1],
        care[0],
    )
    undated = sql(f"not ({of.alias}.tok && %s::bigint[])", [hashing.present(*pair) for pair in dated])
    return either([undated, index_row("idx_date", alias, of, overlaps)])


def _rows(of: Table, conditions: list[Sql], count: int) -> Sql:
    """At most `count` rows and some megabytes; each tells how many were at hand."""
    chosen = (
        sql(
            f"with c as (select {of.alias}.pat, {of.alias}.rid, octet_length({of.alias}.body) as size"  # noqa: S608
            f" from resource {of.alias} where "
        )
        + both(conditions)
        + sql(f" order by {of.alias}.pat, {of.alias}.rid limit %s)", count + 1)
    )
    return chosen + sql(
        ", s as (select rid, row_number() over w as place, sum(size) over w - size as before"  # noqa: S608
        " from c window w as (order by pat, rid))"
        f" select {COLUMNS.format('r')}, (select count(*) from c) from s join resource r on r.rid = s.rid"
        " where s.place <= %s and s.before < %s order by s.place",
        count,
        LARGEST,
    )


async def _root(tx: Tx, scope: Scope, whole: Whole) -> list[int]:
    """The row number of the patient or encounter itself."""
    of = Tables(scope).resource([whole.type])
    statement = (
        sql(f"select {of.alias}.rid from resource {of.alias} where ")  # noqa: S608
        + of.condition
        + sql(f" and {of.alias}.key = %s", hashing.resource_key(whole.type, whole.id))
    )
    return [row[0] for row in await tx.fetch(statement.text, statement.params, prepare=False)]


async def _supporting(
    tx: Tx, scope: Scope, whole: Whole, sources: Sequence[int], known: set[int]
) -> list[Stored]:
    """What is in nobody's record and is referred to: personnel, organisations, places; of an encounter its patient too."""
    result: list[Stored] = []
    own = whole.type == "Encounter"
    for _ in range(DEEPEST):
        targets = await tx.fetch(
            "select distinct target from idx_ref where rid = any(%s::bigint[])",
            [list(sources)],
            prepare=False,
        )
        fresh = [row[0] for row in targets if row[0] not in known]
        if not fresh:
            break
        statement = _by_key(scope, whole, fresh, own=own)
        rows = [_found(row) for row in await tx.fetch(statement.text, statement.params, prepare=False)]
        known |= {each.key for each in rows}
        result += [each.stored for each in rows]
        sources, own = [each.rid for each in rows], False
    return result


def _by_key(scope: Scope, whole: Whole, keys: list[int], *, own: bool) -> Sql:
    """Of these, what is in nobody's record; with `own`, of anybody's, since an encounter refers to its patient's only."""
    tables = Tables(scope)
    of = tables.resource(sorted(whole.types))
    conditions = [
        of.condition,
        sql(f"{of.alias}.key = any(%s::bigint[])", keys),
    ]
    if not own:
        conditions.append(sql(f"{of.alias}.pat = 0"))
    if whole.since is not None:
        conditions.append(sql(f"{of.alias}.updated >= %s", whole.since))
    if whole.compartment is not None:
        conditions.append(sql("not ") + refers(whole.compartment, of, tables))
        conditions.append(sql(f"{of.alias}.key <> %s", hashing.resource_key(whole.type, whole.id)))
    head = sql(f"select {COLUMNS.format(of.alias)} from resource {of.alias} where ")  # noqa: S608
    return head + both(conditions) + sql(f" order by {of.alias}.rid")


def _found(row: Row) -> Found:
    stored = Stored(*row[:7])
    return Found(stored, row[6], row[7], row[8])

"""Powers of attorney, at the platform and as the nodes know them, and whose parent or guardian somebody is."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from akson.store.access.mirror import person
from akson.store.access.privacy import Mark
from akson.store.access.registers import Entry
from akson.store.database.pool import Tx

_COLUMNS = "id, giver, holder, giver_name, holder_name, areas, pat, high, made, withdrawn, version, xid::text, sequence"
ADD = """
insert into power_of_attorney (id, giver, holder, giver_name, holder_name, areas, pat, high)
values (%s, %s, %s, %s, %s, %s, %s, %s)"""
GIVEN = f"select {_COLUMNS} from power_of_attorney where giver = %s order by made"  # noqa: S608  the columns are ours
RECEIVED = f"select {_COLUMNS} from power_of_attorney where holder = %s order by made"  # noqa: S608
HELD = f"""
select {_COLUMNS} from power_of_attorney
where holder = %s and withdrawn is null and high > now() order by made"""  # noqa: S608
_END = """
update power_of_attorney set withdrawn = now(), version = version + 1,
    xid = pg_current_xact_id(), sequence = nextval('privacy_setting_sequence_seq')
where withdrawn is null and high > now() and """
WITHDRAW = f"{_END} id = %s and giver = %s"
END_ALL = f"{_END} (giver = any(%s) or holder = any(%s))"
AFTER = f"""
select {_COLUMNS} from power_of_attorney
where (xid, sequence) > (%s::text::xid8, %s) and xid < pg_snapshot_xmin(pg_current_snapshot())
order by xid, sequence limit %s"""  # noqa: S608
# Versions may come again, and in two processes at once: an older one never takes the place of a newer.
KEEP = """
insert into power_mirror (id, version, giver, holder, areas, high) values (%s, %s, %s, %s, %s, %s)
on conflict (id) do update set version = excluded.version, areas = excluded.areas, high = excluded.high
    where power_mirror.version < excluded.version"""
KNOWN = """
select areas from power_mirror where giver = %s and holder = %s and high > now()
    and exists (select from privacy_followed where whole_since is not null and heard > now() - %s)"""
OF_GIVER = """
select id, version, areas, high from power_mirror where giver = %s and first_heard <= %s and high > %s order by high"""
NAMED = """
select id, keys, body from register_entry
where register = 'person' and (body @> %s::jsonb or body @> %s::jsonb) order by id limit 100"""


class Power(NamedTuple):
    """One power of attorney."""

    id: str
    giver: str
    holder: str
    giver_name: str
    holder_name: str
    areas: list[str]
    pat: int
    """Number of the giver's Patient at the platform."""
    high: datetime
    """Until when, if it is not taken back."""
    made: datetime | None = None
    withdrawn: datetime | None = None
    version: int = 1
    mark: Mark = Mark()

    @property
    def end(self) -> datetime:
        """When it ends, or ended."""
        return min(self.high, self.withdrawn) if self.withdrawn else self.high


async def add(tx: Tx, power: Power) -> None:
    """Give one."""
    await tx.execute(ADD, power[:8])


async def given(tx: Tx, giver: str) -> list[Power]:
    """All that somebody has given, those that ended too; the oldest first."""
    return _powers(await tx.fetch(GIVEN, [giver]))


async def received(tx: Tx, holder: str) -> list[Power]:
    """All that somebody was given, those that ended too; the oldest first."""
    return _powers(await tx.fetch(RECEIVED, [holder]))


async def held(tx: Tx, holder: str) -> list[Power]:
    """Those that somebody may act by now."""
    return _powers(await tx.fetch(HELD, [holder]))


async def withdraw(tx: Tx, giver: str, id_: str) -> bool:
    """Take one back; False when it is not there, somebody else's, or ended."""
    return await tx.execute(WITHDRAW, [id_, giver]) == 1


async def end_all(tx: Tx, pids: Collection[str]) -> int:
    """End all that people with these identity numbers have given and were given; how many."""
    return await tx.execute(END_ALL, [list(pids), list(pids)])


async def after(tx: Tx, mark: Mark, limit: int) -> list[Power]:
    """What was given or ended after a mark, in the order that the citizens' rules stand in too."""
    return _powers(await tx.fetch(AFTER, [str(mark.xid), mark.sequence, limit], prepare=False))


class Told(NamedTuple):
    """A power as the platform tells it to the nodes."""

    id: str
    version: int
    giver: str
    holder: str
    areas: list[str]
    high: datetime


async def keep(tx: Tx, power: Told) -> None:
    """Keep one as this node knows it, unless a later version is kept already; no identity number is."""
    row = [power.id, power.version, person(power.giver), person(power.holder), power.areas, power.high]
    await tx.execute(KEEP, row)


async def known(tx: Tx, giver: str, holder: str, fresh: timedelta) -> frozenset[str]:
    """What one may do for another by powers that this node knows of; nothing when the register was last heard before `fresh`."""
    rows = await tx.fetch(KNOWN, [person(giver), person(holder), fresh])
    return frozenset(area for (areas,) in rows for area in areas)


async def of_giver(tx: Tx, giver: str, at: datetime) -> list[Told]:
    """The powers that somebody (identity number) had given at some moment, as this node knows them; holders stay unknown."""
    rows = await tx.fetch(OF_GIVER, [person(giver), at, at])
    return [Told(id_, version, giver, "", areas, high) for id_, version, areas, high in rows]


def _powers(rows: Sequence[tuple[Any, ...]]) -> list[Power]:
    return [Power._make([*row[:-2], Mark(int(row[-2]), row[-1])]) for row in rows]


async def charges(tx: Tx, pid: str) -> list[Entry]:
    """People of whom the register says that somebody has parental responsibility, or is guardian."""
    parent = Jsonb({"parentalResponsibility": [{"responsible": pid}]})
    guardian = {"norwegianIdentificationNumber": pid}
    of_guardian = Jsonb({"guardianshipOrFuturePowerOfAttorney": [{"guardian": guardian}]})
    return [Entry(id_, tuple(keys), body) for id_, keys, body in await tx.fetch(NAMED, [parent, of_guardian])]

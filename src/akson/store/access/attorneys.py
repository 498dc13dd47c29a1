"""Powers of attorney, and whose parent or guardian somebody is by the register of persons."""

from datetime import datetime
from typing import NamedTuple

from psycopg.types.json import Jsonb

from akson.store.access.registers import Entry
from akson.store.database.pool import Tx

_COLUMNS = "id, giver, holder, giver_name, holder_name, areas, made, withdrawn"
ADD = """
insert into power_of_attorney (id, giver, holder, giver_name, holder_name, areas) values (%s, %s, %s, %s, %s, %s)"""
GIVEN = f"select {_COLUMNS} from power_of_attorney where giver = %s order by made"  # noqa: S608  the columns are ours
HELD = f"select {_COLUMNS} from power_of_attorney where holder = %s and withdrawn is null order by made"  # noqa: S608
WITHDRAW = "update power_of_attorney set withdrawn = now() where id = %s and giver = %s and withdrawn is null"
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
    made: datetime | None = None
    withdrawn: datetime | None = None


async def add(tx: Tx, power: Power) -> None:
    """Give one."""
    await tx.execute(ADD, power[:6])


async def given(tx: Tx, giver: str) -> list[Power]:
    """All that somebody has given, those withdrawn too; the oldest first."""
    return [Power(*row) for row in await tx.fetch(GIVEN, [giver])]


async def held(tx: Tx, holder: str) -> list[Power]:
    """Those that somebody may act by now."""
    return [Power(*row) for row in await tx.fetch(HELD, [holder])]


async def withdraw(tx: Tx, giver: str, id_: str) -> bool:
    """Take one back; False when it is not there, somebody else's, or taken back before."""
    return await tx.execute(WITHDRAW, [id_, giver]) == 1


async def charges(tx: Tx, pid: str) -> list[Entry]:
    """People of whom the register says that somebody has parental responsibility, or is guardian."""
    parent = Jsonb({"parentalResponsibility": [{"responsible": pid}]})
    guardian = {"norwegianIdentificationNumber": pid}
    of_guardian = Jsonb({"guardianshipOrFuturePowerOfAttorney": [{"guardian": guardian}]})
    return [Entry(id_, tuple(keys), body) for id_, keys, body in await tx.fetch(NAMED, [parent, of_guardian])]

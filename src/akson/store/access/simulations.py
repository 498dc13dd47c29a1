"""Questions of what a changed rule would have decided, and how far each is worked out. They name no patient."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from akson.store.database.pool import Tx

COLUMNS = "id, by_practitioner, by_name, change, since, until, total, at_moment, at_number, tally, is_done, made, touched"
ADD = """
insert into rule_simulation (id, by_practitioner, by_name, change, since, until, total, at_moment, at_number, tally)
values (%s, %s, %s, %s, %s, %s, %s, %s, 0, '{}')"""
ONE = f"select {COLUMNS} from rule_simulation where id = %s"  # noqa: S608  the columns are ours
LATEST = f"select {COLUMNS} from rule_simulation order by made desc limit %s"  # noqa: S608
SAVE = """
update rule_simulation set at_moment = %s, at_number = %s, tally = %s, is_done = %s, touched = now() where id = %s"""


@dataclass(frozen=True, slots=True)
class Simulation:
    """One question."""

    id: str
    by_practitioner: str
    by_name: str
    change: str
    """As it was written (record/replay/change.py)."""
    since: datetime
    until: datetime
    total: int
    """Rows of the log in that time."""
    at_moment: datetime
    at_number: int
    tally: dict[str, Any]
    is_done: bool
    made: datetime
    touched: datetime


async def add(tx: Tx, made: Simulation) -> None:
    """Ask."""
    values = [made.id, made.by_practitioner, made.by_name, made.change, made.since, made.until, made.total]
    await tx.execute(ADD, [*values, made.at_moment])


async def one(tx: Tx, id_: str) -> Simulation | None:
    """The question of this id."""
    found = await tx.one(ONE, [id_])
    return Simulation(*found) if found else None


async def latest(tx: Tx, most: int) -> list[Simulation]:
    """The last ones that were asked."""
    return [Simulation(*row) for row in await tx.fetch(LATEST, [most])]


async def save(
    tx: Tx, id_: str, after: tuple[datetime, int], tally: dict[str, Any], *, is_done: bool
) -> None:
    """How far it is worked out."""
    await tx.execute(SAVE, [*after, Jsonb(tally), is_done, id_])

"""Reports to registers: what may have to be told, and where the report about each thing stands.

A report is an outgoing message that refers to the resource it tells of (store/underway/messages.py).
"""

from collections.abc import Sequence
from datetime import timedelta

from akson.store.database.pool import Tx
from akson.store.underway.messages import FIELDS, Message, of_row

READY = """
select k.key from keep k where k.kind = %s and k.expires > now() and not exists (
    select from message m where m.direction = 'out' and m.reference = k.key and m.type = %s and m.state = any(%s))
order by k.key limit %s"""
LATEST = f"""
select distinct on (type, reference) {FIELDS} from message
where direction = 'out' and type = any(%s) and from_her = any(%s) order by type, reference, made desc, id desc"""  # noqa: S608
LIST = f"select {FIELDS} from ({LATEST}) m where (%s::text[] is null or state = any(%s::text[])) order by made desc, id desc limit %s"  # noqa: S608
COUNT = f"select type, state, count(*) from ({LATEST}) m group by type, state"  # noqa: S608
LATE = f"select type, count(*) from ({LATEST}) m where state <> 'acknowledged' and made < now() - %s group by type"  # noqa: S608


async def ready(tx: Tx, kept: str, message: str, opened: Sequence[str], limit: int) -> list[str]:
    """References of what may have to be told to a register, and whose last report is not under way."""
    return [row[0] for row in await tx.fetch(READY, [kept, message, list(opened), limit])]


async def latest(
    tx: Tx, types: Sequence[str], her_ids: Sequence[str], states: Sequence[str] | None = None, limit: int = 50
) -> list[Message]:
    """The last report about each thing, from these addresses and in these states, the newest first."""
    wanted = list(states) if states is not None else None
    rows = await tx.fetch(LIST, [list(types), list(her_ids), wanted, wanted, limit], prepare=False)
    return [of_row(row) for row in rows]


async def counts(tx: Tx, types: Sequence[str], her_ids: Sequence[str]) -> dict[tuple[str, str], int]:
    """How many things there are of each type of report and state of their last one."""
    rows = await tx.fetch(COUNT, [list(types), list(her_ids)])
    return {(row[0], row[1]): row[2] for row in rows}


async def late(tx: Tx, types: Sequence[str], her_ids: Sequence[str], within: timedelta) -> dict[str, int]:
    """How many have not been taken by the register in time, by type of report."""
    return {row[0]: row[1] for row in await tx.fetch(LATE, [list(types), list(her_ids), within])}

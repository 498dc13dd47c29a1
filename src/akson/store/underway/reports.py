"""Reports to registers: what may have to be told, and where the report about each thing stands.

A submission is an outgoing message (store/underway/messages.py) with an item for each thing that it tells of. An item stands
as its message does until the register has said what it makes of that one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number
from akson.store.underway.messages import OF_MESSAGE, Message, of_row

ACCEPTED, REFUSED = "accepted", "refused"
STATE = """case i.state when 'accepted' then 'acknowledged'
    when 'refused' then case m.state when 'failed' then 'failed' else 'rejected' end else m.state end"""
ITEM_FIELDS = f"{OF_MESSAGE}, i.place, i.reference, i.patient, i.key, {STATE}, i.detail"
READY = """
select k.key, k.value from keep k where k.kind = %s and k.expires > now() and not exists (
    select from report_item i join message m on m.id = i.message
    where i.reference = k.key and i.state = 'open' and m.type = any(%s) and m.state = any(%s))
order by k.key limit %s"""
ADD = """
insert into report_item (message, place, reference, pat, patient, key) values (%s, %s, %s, %s, %s, %s)
on conflict do nothing"""
SETTLE = "update report_item set state = %s, detail = %s where message = %s and place = %s"
ITEMS = f"""
select {ITEM_FIELDS} from report_item i join message m on m.id = i.message where m.id = %s order by i.place"""  # noqa: S608
TOLD = f"""
select {ITEM_FIELDS} from report_item i join message m on m.id = i.message
where i.reference = %s and m.type = any(%s) order by m.made desc, m.id desc, i.place desc"""  # noqa: S608
LATEST = f"""
select distinct on (i.reference) {ITEM_FIELDS}, {STATE} as stands, i.pat as whose
from report_item i join message m on m.id = i.message
where m.direction = 'out' and m.type = any(%s) and m.from_her = any(%s)
order by i.reference, m.made desc, m.id desc, i.place desc"""  # noqa: S608
COLUMNS = len(OF_MESSAGE.split(", ")) + 6
LIST = f"""
select * from ({LATEST}) l where (%s::text[] is null or stands = any(%s::text[])) order by made desc, id desc, place limit %s"""  # noqa: S608
# The rows of access_block that a reader sees are those that close something to this reader: what is about such a patient is
# counted one by one, by those who know what is closed.
COUNT = f"""
select stands, stands <> 'acknowledged' and made < now() - %s as late, count(*) from ({LATEST}) l
where not exists (select from access_block b where b.pat = l.whose) group by 1, 2"""  # noqa: S608
CLOSED_TO_SOME = f"""
select l.*, stands <> 'acknowledged' and made < now() - %s from ({LATEST}) l
where exists (select from access_block b where b.pat = l.whose)"""  # noqa: S608
NEWEST_OF_PATIENT = f"""
select distinct on (i.reference) {ITEM_FIELDS} from report_item i join message m on m.id = i.message
where i.pat = %s and m.direction = 'out' and m.type = any(%s)
order by i.reference, m.made desc, m.id desc, i.place desc"""  # noqa: S608
NEVER_TOLD = """
select k.key, k.value from keep k join resource r on k.key = r.type || '/' || r.id
where r.pat = %s and not r.deleted and k.kind = %s and k.expires > now() and not exists (
    select from report_item i join message m on m.id = i.message where i.reference = k.key and m.type = any(%s))"""
OF_PATIENT = """
select distinct i.reference from report_item i join message m on m.id = i.message where i.pat = %s and m.type = any(%s)"""


@dataclass(frozen=True, slots=True)
class Item:
    """What one submission says of one thing."""

    message: Message
    place: int
    reference: str
    patient: str
    """Id of the Patient."""
    key: str
    """What the register calls it in its receipt."""
    state: str
    """In the words of the message engine."""
    detail: str

    @property
    def id(self) -> str:
        """Of the item, for those who choose one."""
        return f"{self.message.id}.{self.place}"


async def ready(
    tx: Tx, kept: str, types: Sequence[str], opened: Sequence[str], limit: int
) -> dict[str, dict[str, Any]]:
    """References of what may have to be told to a register and whose last report is not under way, with what is kept of each."""
    return dict(await tx.fetch(READY, [kept, list(types), list(opened), limit]))


async def add(tx: Tx, message: str, items: Iterable[tuple[str, str, str]]) -> None:
    """What a submission tells of, in its order: reference, id of the Patient, and what the register calls it."""
    for place, (reference, patient, key) in enumerate(items):
        await tx.execute(ADD, [message, place, reference, patient_number(patient), patient, key])


async def settle(tx: Tx, item: Item, state: str, detail: str) -> None:
    """What the register has said of one item (ACCEPTED, REFUSED), and why."""
    await tx.execute(SETTLE, [state, detail, item.message.id, item.place])


async def items(tx: Tx, message: str) -> list[Item]:
    """What a submission tells of, in its order."""
    return [_item(row) for row in await tx.fetch(ITEMS, [message])]


async def told(tx: Tx, reference: str, types: Sequence[str]) -> list[Item]:
    """All that was told about a thing, the newest first."""
    return [_item(row) for row in await tx.fetch(TOLD, [reference, list(types)])]


async def of_patient(tx: Tx, patient: str, types: Sequence[str]) -> list[str]:
    """References of what was told about a patient (id)."""
    return [row[0] for row in await tx.fetch(OF_PATIENT, [patient_number(patient), list(types)])]


async def newest_of_patient(tx: Tx, patient: str, types: Sequence[str]) -> list[Item]:
    """The last report about each thing of a patient (id)."""
    rows = await tx.fetch(NEWEST_OF_PATIENT, [patient_number(patient), list(types)])
    return [_item(row) for row in rows]


async def never_told(tx: Tx, patient: str, kept: str, types: Sequence[str]) -> dict[str, dict[str, Any]]:
    """References of what may have to be told of a patient (id) and never was, with what is kept of each."""
    return dict(await tx.fetch(NEVER_TOLD, [patient_number(patient), kept, list(types)]))


async def latest(
    tx: Tx, types: Sequence[str], her_ids: Sequence[str], states: Sequence[str] | None = None, limit: int = 50
) -> list[Item]:
    """The last report about each thing, from these addresses and in these states, the newest first."""
    wanted = list(states) if states is not None else None
    rows = await tx.fetch(LIST, [list(types), list(her_ids), wanted, wanted, limit], prepare=False)
    return [_item(row) for row in rows]


async def counts(
    tx: Tx, types: Sequence[str], her_ids: Sequence[str], within: timedelta
) -> dict[tuple[str, bool], int]:
    """How many things there are by the state of their last report and whether it is late, those of `some_closed` left out."""
    rows = await tx.fetch(COUNT, [within, list(types), list(her_ids)])
    return {(row[0], row[1]): row[2] for row in rows}


async def some_closed(
    tx: Tx, types: Sequence[str], her_ids: Sequence[str], within: timedelta
) -> list[tuple[Item, bool]]:
    """The last report about each thing of patients who have closed something to the reader, and whether it is late."""
    rows = await tx.fetch(CLOSED_TO_SOME, [within, list(types), list(her_ids)])
    return [(_item(row), row[-1]) for row in rows]


def _item(row: Sequence[Any]) -> Item:
    fields = COLUMNS - 6
    return Item(of_row(row[:fields]), *row[fields:COLUMNS])

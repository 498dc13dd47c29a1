"""Reports whose register has answered: what it took and what it refused is noted, item by item (reports/answers.py)."""

from akson.exchange.reports import answers
from akson.messaging import receipts
from akson.messaging.outbox import ACKNOWLEDGED, FAILED, REJECTED
from akson.store.database.pool import Tx
from akson.store.underway import messages, reports
from akson.store.underway.messages import Message
from akson.store.underway.reports import ACCEPTED, REFUSED, Item


async def settle(tx: Tx, message: Message) -> list[Item]:
    """Note what a submission has come to; the items that somebody must see to.

    Where a receipt says that something is wrong and not with what, all count as taken and somebody must see to each.
    """
    if message.state not in (ACKNOWLEDGED, REJECTED, FAILED):
        return []
    items = await reports.items(tx, message.id)
    told = [each for each in await messages.receivers(tx, message.id) if each.her_id == message.to_her]
    errors = [error for each in told for error in each.errors]
    in_part = any(each.status == receipts.PARTLY for each in told)
    is_named = any(answers.names(error, item.key) for error in errors for item in items)
    for item in items:
        mine = [error for error in errors if not is_named or answers.names(error, item.key)]
        is_refused = message.state != ACKNOWLEDGED or (in_part and bool(mine) and is_named)
        why = ". ".join(filter(None, (answers.words(error, item.key) for error in mine)))
        detail = why or (message.detail if is_refused else "")
        await reports.settle(tx, item, REFUSED if is_refused else ACCEPTED, detail)
    after = await reports.items(tx, message.id)
    return after if in_part and not is_named else [each for each in after if each.state in (REJECTED, FAILED)]

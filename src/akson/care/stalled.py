"""Letters of a unit that do not go their way, and what no letter alone shows. Tasks about patients stand beside these."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from akson.care import correspondence
from akson.care.correspondence import Entry
from akson.kit.errors import NotFound
from akson.messaging.addresses import AddressBook
from akson.messaging.inbox import REFUSED, Why
from akson.record.context import Context
from akson.store.underway import messages, notices
from akson.store.underway.messages import Wanted
from akson.store.underway.notices import Notice


@dataclass(frozen=True, slots=True)
class Stalled:
    """What a unit must look at."""

    unread: tuple[Entry, ...]
    unknown: tuple[Entry, ...]
    """Accepted, and nobody or several here match the patient."""
    unreadable: tuple[Entry, ...]
    notices: tuple[Notice, ...]
    names: Mapping[str, str]
    """Names of the addresses in the notices."""


async def overview(ctx: Context, book: AddressBook, language: str) -> Stalled:
    """All of the actor's units."""
    own = await correspondence.addresses(ctx)
    marked = [each for each in await correspondence.waiting(ctx, language) if each.why]
    unread = f"messaging.why_{Why.UNREAD.value}"
    refused = await messages.find(ctx.tx, "in", Wanted(states=(REFUSED,), her_ids=own)) if own else []
    unreadable = [each for each in refused if each.owner_role == Why.UNREADABLE]
    found = await notices.open_of(ctx.tx, own)
    names = {}
    for her_id in {h for each in found for h in (each.sender, each.receiver)}:
        entry = await book.entry(her_id)
        names[her_id] = entry.name if entry else her_id
    return Stalled(
        unread=tuple(each for each in marked if each.why == unread),
        unknown=tuple(each for each in marked if each.why != unread),
        unreadable=tuple([await correspondence.entry(ctx, each, language) for each in unreadable]),
        notices=tuple(found),
        names=names,
    )


async def seen_to(ctx: Context, id_: str) -> None:
    """Somebody has looked into a notice, or into a message that could not be read. NotFound when it is another unit's."""
    own = await correspondence.addresses(ctx)
    if await notices.done(ctx.tx, id_, own, ctx.actor.name):
        return
    message = await messages.get(ctx.tx, id_, hold=True)
    if message is None or message.to_her not in own or message.owner_role != Why.UNREADABLE:
        raise NotFound("nothing here to see to")
    await messages.change(ctx.tx, replace(message, owner_role=""))

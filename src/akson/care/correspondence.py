"""Letters between care units as people see them: what waits in a unit's inbox, and what became of what was sent."""

from dataclasses import dataclass
from datetime import datetime

from akson.care.relations import is_related
from akson.exchange.reports.catalogue import MESSAGES
from akson.fhir.strict_json import loads
from akson.kit.errors import AksonError
from akson.kit.norwegian import HER
from akson.messaging import inbox
from akson.messaging.inbox import Why
from akson.messaging.mapping import reading
from akson.messaging.model import Letter
from akson.record import closed, gate
from akson.record.context import Context
from akson.store.underway import messages
from akson.store.underway.messages import Message, Wanted

STATES = {
    "queued": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "acknowledged": "acknowledged",
    "rejected": "rejected",
    "overdue": "overdue",
    "failed": "failed",
    "new": "received",
    "opened": "opened",
    "done": "done",
    "refused": "rejected",
}
"""State of the engine to the word on the screen (`web.status_*`)."""


NEEDS_PERSON = frozenset(Why)


@dataclass(frozen=True, slots=True)
class Entry:
    """One letter in a list. `incoming` tells who `other` is: its sender, else its receiver."""

    id: str
    incoming: bool
    title: str
    other: str
    state: str
    when: datetime | None
    detail: str
    patient: str
    patient_name: str
    why: str = ""
    """Why a person must look (key of the catalogues); empty while it goes its way by itself."""

    @property
    def moving(self) -> bool:
        """It will change by itself."""
        return self.state in ("queued", "sent", "delivered")

    @property
    def address(self) -> str:
        """The page of the letter, below the node's own path."""
        return f"/{'innboks' if self.incoming else 'sendt'}/{self.id}"


async def addresses(ctx: Context) -> list[str]:
    """The addresses (HER-ids) of the actor's units."""
    found: list[str] = []
    for unit in sorted(ctx.actor.units):
        organization = loads((await gate.read(ctx, *unit.split("/", 1))).body)
        found += [each["value"] for each in organization.get("identifier", []) if each.get("system") == HER]
    return found


async def waiting(ctx: Context, language: str) -> list[Entry]:
    """What stands in the inbox of the actor's units, the newest first."""
    own = await addresses(ctx)
    found = await closed.open_letters(ctx, await inbox.entries(ctx.tx, own)) if own else []
    return [await entry(ctx, each, language) for each in found]


async def dealt_with(ctx: Context, language: str, limit: int = 20) -> list[Entry]:
    """What the actor's units have finished, the newest first."""
    wanted = Wanted(states=(inbox.DONE, inbox.REFUSED), her_ids=await addresses(ctx))
    found = await messages.find(ctx.tx, "in", wanted, limit=limit) if wanted.her_ids else []
    return [await entry(ctx, each, language) for each in await closed.open_letters(ctx, found)]


async def count(ctx: Context) -> int:
    """How many letters wait in the inbox of the actor's units."""
    own = await addresses(ctx)
    return len(await closed.open_letters(ctx, await inbox.entries(ctx.tx, own))) if own else 0


async def about(ctx: Context, patient: str, language: str) -> list[Entry]:
    """Letters in and out about a patient, the newest first; none without a care relation."""
    if not await is_related(ctx, patient):
        return []
    wanted = Wanted(patient=patient)
    found = [*await messages.find(ctx.tx, "in", wanted), *await messages.find(ctx.tx, "out", wanted)]
    # Reports to registers are no letters between people: they have a page of their own.
    found = await closed.open_letters(ctx, [each for each in found if each.type not in MESSAGES])
    found.sort(key=lambda each: each.id, reverse=True)
    return [await entry(ctx, each, language) for each in found]


async def entry(ctx: Context, message: Message, language: str) -> Entry:
    """One letter as a line of a list."""
    incoming = message.direction == "in"
    letter = await _letter(ctx, message)
    title, other, person = "", "", ""
    if letter is not None:
        title = reading.title(letter, language)
        other = (letter.header.sender if incoming else letter.header.receiver).name
        about = letter.header.patient
        person = about.name or " ".join(filter(None, (about.given, about.family)))
    return Entry(
        id=message.id,
        incoming=incoming,
        title=title,
        other=other,
        state=STATES.get(message.state, "received" if incoming else "queued"),
        when=message.made,
        detail=message.detail,
        patient=message.patient,
        patient_name=person,
        why=_why(message),
    )


def _why(message: Message) -> str:
    """An incoming letter whose patient is not known, an own one that was not answered or not taken."""
    reason = message.owner_role if message.direction == "in" else message.state
    return f"messaging.why_{reason}" if reason in NEEDS_PERSON and message.state != inbox.DONE else ""


async def _letter(ctx: Context, message: Message) -> Letter | None:
    """What a message says; None for one that cannot be read, which the list must still show."""
    try:
        return await inbox.letter(ctx.tx, message.id)
    except AksonError:
        return None

"""Send, how a request is followed: the one who is asked tells how far it has come, the one who asks answers or takes it back,
and the summary ends it. State, documents and letter are written in the context's transaction, all or nothing.
"""

from dataclasses import dataclass, replace

from akson.exchange import cases
from akson.exchange.cases import Side, State, Step
from akson.exchange.edge import send
from akson.exchange.edge.mailroom import Mailroom
from akson.exchange.edge.send import NONE, Along
from akson.fhir.model import Resource, reference
from akson.kit.errors import Unprocessable
from akson.kit.ids import new_id
from akson.kit.text import text
from akson.messaging import inbox, outbox
from akson.messaging.mapping import outgoing, reading, status, terms
from akson.messaging.mapping.outgoing import Record, Summary
from akson.messaging.model import Epikrise, Referral
from akson.messaging.outbox import Sending
from akson.record import closed, gate
from akson.record.change import Change
from akson.record.context import Context
from akson.security.actor import Action
from akson.store.underway import messages
from akson.store.underway.messages import Message

SUMMARY = "EPIKRISE"


@dataclass(frozen=True, slots=True)
class CaseAt:
    """A case with the message that opened it here: where one acts on it."""

    case: Resource
    message: Message

    @property
    def side(self) -> Side:
        """Whose part this node has in it."""
        return Side.PERFORMER if self.message.direction == "in" else Side.ASKER

    @property
    def moves(self) -> frozenset[State]:
        """What one may do with it here by a word alone; a referral ends with its summary."""
        is_referral = any(c.get("code") == cases.Kind.REFERRAL for c in self.case["code"]["coding"])
        found = cases.follows(cases.state(self.case), self.side) - {
            State.RECEIVED if self.side is Side.PERFORMER else None
        }
        return found - {State.COMPLETED} if is_referral else found


async def case_of(ctx: Context, message: Message) -> CaseAt | None:
    """The case that a message opened, or that it tells of; None for other messages."""
    first: Message | None = message
    if message.conversation not in ("", message.msg_id):
        own, other = (
            (message.to_her, message.from_her)
            if message.direction == "in"
            else (message.from_her, message.to_her)
        )
        first = await messages.by_msg_id(ctx.tx, "out", own, message.conversation)
        first = first or await messages.by_msg_id(ctx.tx, "in", other, message.conversation)
    if first is None or not first.reference.startswith("ServiceRequest/"):
        return None
    case = await cases.case_about(ctx, first.reference)
    return CaseAt(case, first) if case else None


async def brought(ctx: Context, mailroom: Mailroom, what: str) -> list[Message]:
    """The messages of the actor's units that a resource (reference) came with or went out in."""
    wanted = messages.Wanted(reference=what, her_ids=mailroom.of_units(ctx.actor.units))
    found = [each for way in ("in", "out") for each in await messages.find(ctx.tx, way, wanted)]
    return await closed.open_letters(ctx, found)


async def opener_of(ctx: Context, mailroom: Mailroom, case: Resource) -> Message | None:
    """The message of one of the actor's units that opened a case here."""
    found = await brought(ctx, mailroom, case["focus"]["reference"])
    return found[0] if found else None


async def tell(ctx: Context, mailroom: Mailroom, message_id: str, step: Step) -> Message:
    """Bring the case of a sent or received request to its next state, and tell the other side.

    Unprocessable where the message opened no case, Conflict when the case cannot come there.
    """
    message = await send.mine(ctx, mailroom, message_id)
    at = await case_of(ctx, message)
    if at is None or at.message.id != message.id:
        raise Unprocessable("only a request whose patient is known can be decided on")
    await cases.move(ctx, at.case, step, at.side)
    asked = (await inbox.letter(ctx.tx, message_id)).header
    is_performer = at.side is Side.PERFORMER
    own = message.to_her if is_performer else message.from_her
    other = asked.sender if is_performer else asked.receiver
    sender, her_id = await send.sender_of(ctx, mailroom, own)
    told = status.Status(
        state=step.to.value,
        label=text(f"case.state_{step.to.name.lower()}"),
        words=step.words,
        until=step.until,
        until_label=text("case.due"),
    )
    head = outbox.header(status.TYPE, sender, other, asked.patient, asked)
    sending = Sending(
        patient=message.patient, reference=reference(at.case), answers=message.id, owner_role=ctx.actor.role
    )
    return await send.enqueue(ctx, mailroom, status.letter(head, told), sending, her_id)


async def compose_epikrise(
    ctx: Context, mailroom: Mailroom, message_id: str, summary: Summary, record: Record, shared: Along = NONE
) -> tuple[Message, Epikrise]:
    """The discharge summary that answers a received referral, as it would be sent, and the message it answers."""
    message = await send.mine(ctx, mailroom, message_id)
    letter = await inbox.letter(ctx.tx, message_id)
    if not isinstance(letter, Referral) or not message.patient:
        raise Unprocessable("only a referral whose patient is known can be answered with a summary")
    patient = await send.read(ctx, "Patient", message.patient)
    sender, _ = await send.sender_of(ctx, mailroom, message.to_her)
    head = outbox.header(SUMMARY, sender, letter.header.sender, terms.person(patient), letter.header)
    along = shared.to(await mailroom.book.entry(letter.header.sender.her_id))
    made = outgoing.epikrise(head, summary, along.beside(record))
    return message, replace(made, precautions=tuple(along.precautions))


async def send_epikrise(
    ctx: Context, mailroom: Mailroom, message_id: str, summary: Summary, record: Record, shared: Along = NONE
) -> Message:
    """Answer a received referral: the summary becomes a document of this record and goes to the one who referred."""
    message, made = await compose_epikrise(ctx, mailroom, message_id, summary, record, shared)
    binary = new_id()
    unit = mailroom.unit(message.to_her)
    content, document = reading.document(made, f"Patient/{message.patient}", unit, f"Binary/{binary}")
    await gate.transact(
        ctx,
        [
            Change(Action.CREATE, {**content, "id": binary}),
            Change(Action.CREATE, {**document, "id": summary.document_id}),
        ],
    )
    became = f"DocumentReference/{summary.document_id}"
    if at := await case_of(ctx, message):
        await cases.move(ctx, at.case, Step(to=State.COMPLETED, results=(became,)), Side.PERFORMER)
    sending = Sending(
        patient=message.patient,
        reference=became,
        answers=message.id,
        owner_role=ctx.actor.role,
    )
    return await send.enqueue(ctx, mailroom, made, sending, message.to_her)

"""What leaves: a message is written in the transaction that made its content, and has a state until it is answered.

queued ─ sent ─ delivered ─ acknowledged
│       └───────┴─ overdue ─ acknowledged (late) | rejected
└─ failed (the transport will not take it)
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from akson.kit.clock import now
from akson.kit.ids import new_id
from akson.messaging import codec, receipts, times
from akson.messaging.codes import MESSAGE_TYPES
from akson.messaging.fhir import sealing, wire
from akson.messaging.laboratory import Report, Requisition
from akson.messaging.model import Asked, Care, Dialog, Epikrise, Header, Party, Person, Referral, national
from akson.messaging.sign import Signer, sign
from akson.messaging.transport import Status
from akson.store.database.pool import Tx
from akson.store.underway import messages, messages_many
from akson.store.underway.messages import Message, Receiver
from akson.store.underway.messages_many import New

BELL = "outbox"
"""Rings when something was written to be sent."""
QUEUED, SENT, DELIVERED = "queued", "sent", "delivered"
ACKNOWLEDGED, REJECTED, OVERDUE, FAILED = "acknowledged", "rejected", "overdue", "failed"
OPEN = (QUEUED, SENT, DELIVERED, OVERDUE)
FOLLOWED = (SENT, DELIVERED, OVERDUE)
LETTER = "application/xml"
_TYPES = {
    "2.0": ("HENVISNING_NYTILSTAND", "HENVISNING_VIDERE"),
    "1.2": ("EPIKRISE",),
    "1.0": ("DIALOG_FORESPORSEL", "DIALOG_SVAR", "DIALOG_AVVIK", "DIALOG_NOTAT"),
    "1.1": ("DIALOG_HELSEFAGLIG", "DIALOG_STATUS_HENVISNING", "DIALOG_TIL_ARKIVERING"),
    "1.6": (
        *("HELSEOPPL_SOKNAD", "HELSEOPPLYSNINGER_LEGE", "INNLEGGELSESRAPPORT", "UTSKRIVNINGSRAPPORT"),
        *("MEDISINSKE_OPPLYSNINGER", "ORIENTERING_TJENESTETILBUD"),
        *("LOG_INNLAGT", "LOG_UTSKRIVNINGSKLAR", "LOG_AVMELDING", "LOG_UTSKREVET", "LOG_DOD"),
    ),
}
_VERSIONS: Mapping[str, str] = {type_: version for version, types in _TYPES.items() for type_ in types}
"""The version of its standard that a new message of a type (V8279) is written in."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What a message belongs to on this node."""

    patient: str = ""
    """Id of the Patient."""
    reference: str = ""
    """The ServiceRequest or DocumentReference that it carries."""
    answers: str = ""
    """Id (in the store) of the message that it answers."""
    owner_role: str = ""
    """The role on whose work list it lands when it needs a person."""
    answer_within: timedelta = receipts.ANSWER_WITHIN
    content_type: str = LETTER
    """What it is written in: what is no LETTER goes another way than those, and does not count among them."""


def header(
    type_: str,
    sender: Party,
    receiver: Party,
    patient: Person,
    follows: Header | None = None,
    *,
    version: str = "",
) -> Header:
    """The header of a new message; `follows` is that of the message it continues a conversation with.

    `version` is that of its standard, of what is no letter between people.
    """
    conversation = (follows.conversation or follows.msg_id) if follows else ""
    return Header(
        msg_id=new_id(),
        type=national(MESSAGE_TYPES, type_),
        generated=times.current(),
        sender=sender,
        receiver=receiver,
        patient=patient,
        parent=follows.msg_id if follows else "",
        conversation=conversation,
        version=version or _VERSIONS[type_],
    )


async def enqueue(
    tx: Tx,
    letter: Referral | Epikrise | Dialog | Care | Requisition | Report | Asked,
    sending: Sending,
    signer: Signer | None = None,
) -> Message:
    """Write a letter to the outbox, in the transaction of its content. A MsgId that is there already is left alone."""
    return await post(tx, letter.header, codec.write(letter), sending, signer)


async def post(tx: Tx, head: Header, raw: bytes, sending: Sending, signer: Signer | None = None) -> Message:
    """Write a message that is written already to the outbox; as `enqueue`."""
    if signer:
        raw = sealing.sign(raw, signer) if wire.is_fhir(raw) else sign(raw, signer)
    moment = now()
    message = Message(
        id=new_id(),
        direction="out",
        msg_id=head.msg_id,
        type=head.type.code,
        state=QUEUED,
        from_her=head.sender.her_id,
        to_her=head.receiver.her_id,
        patient=sending.patient,
        reference=sending.reference,
        answers=sending.answers,
        conversation=head.conversation or head.msg_id,
        owner_role=sending.owner_role,
        due=moment,
        deadline=receipts.deadline(times.moment(head.generated), sending.answer_within),
        made_at_sender=head.generated,
        content_type=sending.content_type,
        day=times.day(times.moment(head.generated)) if sending.content_type == LETTER else None,
    )
    her_ids = dict.fromkeys(p.her_id for p in (head.receiver, *head.copies) if p.her_id)
    new = New(message, raw, tuple(Receiver(message.id, her_id, "waiting") for her_id in her_ids))
    if not await messages_many.add(tx, [new]):
        found = await messages.by_msg_id(tx, "out", message.from_her, message.msg_id)
        return found or message
    tx.ring(BELL)
    return message


async def note(tx: Tx, message: Message, status: Status, due: datetime | None) -> Message:
    """Take in what is known of one receiver of an own message; gives the message as it then is, stored."""
    known = {r.her_id: r for r in await messages.receivers(tx, message.id)}
    changed, receiver = noted(message, known.get(status.receiver), status, due)
    if receiver:
        await messages.put_receiver(tx, receiver)
    if changed is not message:
        await messages.change(tx, changed)
    return changed


def noted(
    message: Message, before: Receiver | None, status: Status, due: datetime | None
) -> tuple[Message, Receiver | None]:
    """What a message and one of its receivers become; the very same message, and None, where nothing changes.

    The first receipt of a receiver is final. The primary receiver decides the state of the message.
    """
    if before is None or before.status:
        return message, None
    state = "delivered" if status.delivered or status.status else before.state
    receiver = replace(before, state=state, status=status.status, errors=status.errors)
    if status.receiver != message.to_her:
        return message, receiver
    after = message.state
    if status.status:
        after = receipts.state_after(message.state, status.status)
    elif status.delivered and message.state in (QUEUED, SENT):
        after = DELIVERED
    if after == message.state:
        return message, receiver
    is_final = after in (ACKNOWLEDGED, REJECTED)
    changed = replace(
        message,
        state=after,
        detail="; ".join(_error(e) for e in status.errors) if is_final else "",
        due=None if is_final else due,
        deadline=None if is_final else message.deadline,
    )
    return changed, receiver


def _error(error: Mapping[str, object]) -> str:
    parts = (error.get("errorCode"), error.get("description"), error.get("details"))
    return " ".join(str(part) for part in parts if part)

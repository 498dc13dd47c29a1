"""What comes in: each message is stored once, judged, answered once for each own receiver, and stands in an inbox.

new ─ opened ─ done          (positive receipt)
refused                      (negative receipt; kept for the record of what came)
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from cryptography import x509

from akson.fhir.model import Resource
from akson.kit.errors import AksonError, Conflict, Issue, NotFound
from akson.kit.ids import new_id
from akson.kit.log import Event, log
from akson.messaging import codec, receipts, times
from akson.messaging.codec import Document, UnknownFormat
from akson.messaging.envelope import header as read_header
from akson.messaging.fhir import sealing
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.kith.msghead import NAMESPACE as MSGHEAD
from akson.messaging.laboratory import Report, Requisition
from akson.messaging.mapping import incoming, laboratory, ordering, reading
from akson.messaging.model import Asked, Header, Letter, Person, Receipt, Received
from akson.messaging.receipts import ACCEPTED, Answer, rejection
from akson.messaging.schemas import Schemas
from akson.messaging.sign import BadSignature, Signed, is_signed, verify
from akson.messaging.transport import Notice
from akson.store.database.pool import Tx
from akson.store.underway import messages, messages_many
from akson.store.underway.messages import Message, Receiver, Wanted
from akson.store.underway.messages_many import New

NEW, OPENED, DONE, REFUSED = "new", "opened", "done", "refused"


class Why(StrEnum):
    """Why a message needs a person: the text key is `messaging.why_` and the value."""

    OVERDUE = "overdue"
    REJECTED = "rejected"
    FAILED = "failed"
    UNMATCHED = "unmatched"
    SEVERAL = "several"
    UNREADABLE = "unreadable"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Match:
    """Whom a message is about on this node."""

    patient: str = ""
    """Id of the Patient; empty when nobody or several match."""
    several: bool = False


class Surroundings(Protocol):
    """What the engine asks of the node it runs in. All in the transaction of the message."""

    async def match_patient(self, tx: Tx, person: Person) -> Match:
        """Who is it here?"""

    async def certificates(self, her_id: str) -> Sequence[x509.Certificate]:
        """Certificates of a sender, from the address register. None at all: its messages need no signature."""

    async def faults(self, resource: Resource) -> Sequence[Issue]:
        """What is wrong with the focus of a FHIR message, by the profile of what it asks."""

    async def arrived(self, tx: Tx, message: Message, letter: Letter) -> None:
        """A letter was accepted and stands in the inbox."""

    async def settled(self, tx: Tx, message: Message) -> None:
        """An own message came to another state."""

    async def needs_person(self, tx: Tx, message: Message, why: Why) -> None:
        """The message goes to a work list."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a message is found to be, before the patient is looked up."""

    answer: Answer
    header: Header | None = None
    content: Letter | None = None


Certificates = Callable[[str], Awaitable[Sequence[x509.Certificate]]]
Holds = Callable[[Resource], Awaitable[Sequence[Issue]]]


async def judge(
    raw: bytes,
    certificates: Certificates,
    at: datetime,
    schemas: Schemas | None = None,
    holds: Holds | None = None,
) -> Judgement:
    """Read a letter and decide its receipt, as far as the message alone decides it.

    `holds` tells what is wrong with what a FHIR message carries, by its profile.
    """
    head: Header | None = None
    try:
        root = codec.parse(raw)
        found, fault = _read(root)
        head = _header(root, found)
        signed = await _trusted(root, head, certificates, at)
        if signed is not None and not signed.whole:
            root = signed.root
            found, fault = _read(root)
        if found is None:
            raise fault or UnknownFormat("a message that cannot be read")
        letter = _letter(found)
        _try_out(letter)
        answer = receipts.judge(letter, found.unread)
        checked = schemas is not None and answer == ACCEPTED
        faults = schemas.errors(root) if schemas and checked and not isinstance(root, dict) else None
        if faults:
            answer = rejection("T02", "; ".join(faults[:3]))
        if isinstance(letter, Asked) and holds and answer == ACCEPTED:
            answer = _as_profiled(await holds(letter.request))
    except AksonError as error:
        log(Event.MESSAGE_REFUSED, error=type(error).__name__)
        return Judgement(rejection(receipts.error_code(error), error.diagnostics), head)
    return Judgement(answer, head, letter)


def _as_profiled(wrong: Sequence[Issue]) -> Answer:
    """One error for each element at fault."""
    told = [rejection("T02", each.diagnostics or each.code).errors[0] for each in wrong[:10]]
    return Answer(receipts.REJECTED, tuple(told)) if told else ACCEPTED


def _try_out(letter: Letter) -> None:
    """Make what the record would get, so that a value that cannot be used is found before the letter is accepted."""
    times.moment(letter.header.generated)
    reading.plain_text(letter)
    incoming.proposals(letter, "Patient/x")
    if isinstance(letter, Report):
        laboratory.taken_in(letter, "Patient/x")
    if isinstance(letter, Requisition):
        ordering.requested(letter, "Patient/x", {"display": letter.header.receiver.name})


def _letter(found: Received) -> Letter:
    if isinstance(found.content, Receipt):
        raise UnknownFormat("a receipt where a letter was expected")
    return found.content


def _read(root: Document) -> tuple[Received | None, AksonError | None]:
    """What a message says, or why it cannot be read: that its signature does not hold is told first."""
    try:
        return codec.read_element(root), None
    except AksonError as error:
        return None, error


def _header(root: Document, found: Received | None) -> Header:
    if found is None or isinstance(found.content, Receipt):
        return read_header(root)
    return found.content.header


async def _trusted(root: Document, head: Header, certificates: Certificates, at: datetime) -> Signed | None:
    """What the sender's signature covers; None where there is none and none is needed."""
    known = await certificates(head.sender.her_id)
    if isinstance(root, dict):
        if sealing.is_signed(root):
            sealing.verify(root, lambda certificate: certificate in known, at)
        elif known:
            raise BadSignature("S99", "the sender signs its messages, and this one is not signed")
        return None
    if not is_signed(root):
        if known and root.tag == f"{{{MSGHEAD}}}MsgHead":
            raise BadSignature("S99", "the sender signs its messages, and this one is not signed")
        return None
    return verify(root, lambda certificate: certificate in known, at)


@dataclass(frozen=True, slots=True)
class Came:
    """A letter that came: where from, its bytes, and what it was found to be."""

    notice: Notice
    raw: bytes
    judged: Judgement


@dataclass(frozen=True, slots=True)
class _Placed:
    new: New
    letter: Letter | None
    why: Why | None


async def take_in(tx: Tx, came: Sequence[Came], here: Surroundings) -> list[Message]:
    """Store what notices brought and decide the receipts; gives what was not there already.

    A second own receiver of the same message gets the first one's answer, and the content is not taken in again.
    """
    placed = [await _placed(tx, each, here) for each in came]
    added = await messages_many.add(tx, [each.new for each in placed])
    taken = []
    for each, found in zip(came, placed, strict=True):
        message = found.new.message
        if message.id not in added:
            await _again(tx, message.from_her, message.msg_id, each.notice)
            continue
        taken.append(message)
        if found.letter:
            await here.arrived(tx, message, found.letter)
        if found.why:
            await here.needs_person(tx, message, found.why)
    return taken


async def _placed(tx: Tx, came: Came, here: Surroundings) -> _Placed:
    notice, judged = came.notice, came.judged
    sender = notice.sender or (judged.header.sender.her_id if judged.header else "")
    msg_id = notice.msg_id or (judged.header.msg_id if judged.header else "") or notice.id
    answer, match, why = await _place(tx, judged, here, sender)
    is_refused = answer.status == receipts.REJECTED
    message = replace(
        _message(notice, judged, sender, msg_id),
        patient=match.patient,
        state=REFUSED if is_refused else NEW,
    )
    new = New(message, came.raw, (_pending(message.id, notice.receiver, answer),))
    return _Placed(new, None if is_refused else judged.content, why)


def _message(notice: Notice, judged: Judgement, sender: str, msg_id: str) -> Message:
    head = judged.header
    return Message(
        id=new_id(),
        direction="in",
        msg_id=msg_id,
        type=head.type.code if head else "",
        state=NEW,
        from_her=sender,
        to_her=notice.receiver,
        conversation=(head.conversation or head.msg_id) if head else "",
        detail="; ".join(" ".join(p for p in (e.code, e.display, e.text) if p) for e in judged.answer.errors),
        transport_id=notice.id,
        made_at_sender=head.generated if head else notice.generated,
        day=_day(notice.generated or (head.generated if head else "")),
    )


def _day(generated: str) -> date | None:
    """The day a letter counts for; None when nobody can say, as of one that cannot be read."""
    try:
        return times.day(times.moment(generated))
    except NotOfSchema:
        return None


async def _place(
    tx: Tx, judged: Judgement, here: Surroundings, sender: str
) -> tuple[Answer, Match, Why | None]:
    """The final answer, the patient, and whether a person must look."""
    if judged.answer.status == receipts.REJECTED or judged.header is None:
        return judged.answer, Match(), Why.UNREADABLE if judged.header is None else None
    if judged.header.sender.her_id != sender:
        return rejection("X99", "the sender in the message is not the one that sent it"), Match(), None
    match = await here.match_patient(tx, judged.header.patient)
    if match.several:
        return ACCEPTED, Match(), Why.SEVERAL
    if match.patient:
        return judged.answer, match, None
    # A referral or notice is how one first hears of somebody; a summary about a stranger went astray.
    if judged.content and judged.content.introduces:
        return ACCEPTED, Match(), Why.UNMATCHED
    return rejection("E35"), Match(), None


async def _again(tx: Tx, sender: str, msg_id: str, notice: Notice) -> None:
    """A duplicate is ignored without a receipt, unless another own receiver got it for the first time."""
    first = await messages.by_msg_id(tx, "in", sender, msg_id)
    if first is None:
        return
    known = await messages.receivers(tx, first.id)
    if known and notice.receiver not in {r.her_id for r in known}:
        one = known[0]
        await messages.put_receiver(
            tx, Receiver(first.id, notice.receiver, "pending", one.status, one.errors)
        )


def _pending(id_: str, her_id: str, answer: Answer) -> Receiver:
    return Receiver(id_, her_id, "pending", answer.status, answer.as_json())


async def entries(tx: Tx, her_ids: Sequence[str], states: Sequence[str] = (NEW, OPENED)) -> list[Message]:
    """The inbox of some addresses, newest first."""
    return await messages.find(tx, "in", Wanted(states=states, her_ids=her_ids))


async def letter(tx: Tx, id_: str) -> Letter:
    """What an entry of the inbox (or outbox) says. NotFound when there is none."""
    raw = await messages.payload(tx, id_)
    if not raw:
        raise NotFound("no such message")
    return _letter(codec.read(raw))


async def move(tx: Tx, id_: str, state: str, *, patient: str = "", reference: str = "") -> Message:
    """Open or finish an entry; `patient` and `reference` are noted when they became known.

    Conflict when the message was refused.
    """
    message = await messages.get(tx, id_, hold=True)
    if message is None or message.direction != "in":
        raise NotFound("no such message")
    if message.state == REFUSED:
        raise Conflict("the message was refused")
    if message.state == DONE and state == OPENED:
        return message
    changed = replace(
        message,
        state=state,
        patient=patient or message.patient,
        reference=reference or message.reference,
        owner_role="" if state == DONE or message.owner_role == Why.UNREAD else message.owner_role,
    )
    await messages.change(tx, changed)
    return changed

"""The platform's side of the message API: holds messages for receivers, tells senders what became of them.

Shaped after MSH API v2 (Norsk helsenett). Framework-free: each function takes the open transaction, the addresses that
the caller may act for, and JSON-shaped values. A message is held once, whatever number of receivers it has.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from akson.kit.clock import instant
from akson.kit.errors import Malformed, NotAllowed, NotFound
from akson.kit.ids import new_id
from akson.messaging import answering, codec, receipts, tally, times
from akson.messaging.codec import Document
from akson.messaging.envelope import Envelope, envelope, of_receipt
from akson.messaging.fhir import wire
from akson.messaging.kith import xml
from akson.messaging.model import Receipt
from akson.messaging.receipts import Answer
from akson.messaging.transport import NAMES, STATUSES
from akson.store.database.pool import Tx
from akson.store.underway import messages, tallies
from akson.store.underway.messages import Message, Receiver

RELAY = "relay"
XML = "application/xml"
SEND_LIMIT = xml.SIZE_LIMIT
MOST = 100


class BadRequest(Malformed):
    """A request that the API answers with 400 and a list of what was wrong."""

    def __init__(self, diagnostics: str, *errors: str) -> None:
        super().__init__(diagnostics)
        self.errors = errors


Known = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Which of these HER-ids the address register has."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A system, with the HER-ids that its owner sends and receives for."""

    her_ids: frozenset[str]

    def must_act_for(self, *her_ids: str) -> None:
        """NotAllowed when one of them is somebody else's."""
        others = sorted(set(her_ids) - self.her_ids)
        if others:
            raise NotAllowed(f"Not authorized for HerId(s): {', '.join(others)}")


async def post_message(tx: Tx, caller: Caller, body: Any, known: Known) -> str:
    """Take a message for its receivers; its id. The same message twice is one message.

    BadRequest: not base64 or XML, not a message, an address that the register does not have, a MsgId used before for
    something else. NotAllowed: the sender in the message is not the caller's.
    """
    raw = document_of(body)
    root = codec.parse(raw)
    outside = envelope(root)
    sender = outside.sender.her_id
    caller.must_act_for(sender)
    receivers = subset(outside.receivers, body.get("receiverHerIdsSubset"))
    unknown = sorted(set(receivers) - set(await known(receivers)))
    if unknown:
        raise BadRequest("Unknown receiver", *(f"Unknown HER-id: {her_id}" for her_id in unknown))
    message = held_message(outside, receivers[0], raw)
    if not await messages.add(tx, message, raw):
        return await same(tx, message, raw)
    for her_id in receivers:
        await messages.put_receiver(tx, Receiver(message.id, her_id, "waiting"))
    if outside.is_receipt:
        await note_receipt(tx, sender, root)
    for her_id in receivers:
        tx.ring(bell(her_id))
    return message.id


def bell(her_id: str) -> str:
    """What rings when something came for a receiver."""
    return f"relay {her_id}"


def document_of(body: Any) -> bytes:
    """The document that a request carries."""
    if not isinstance(body, dict) or not isinstance(body.get("businessDocument"), str):
        raise BadRequest("Model validation error occurred", "businessDocument is required")
    said = body.get("contentType")
    if body.get("contentTransferEncoding") != "base64" or said not in (XML, wire.TYPE):
        raise BadRequest(
            "Model validation error occurred", f"the document must be {XML} or {wire.TYPE} in base64"
        )
    try:
        raw = binascii.a2b_base64(body["businessDocument"], strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest("Model validation error occurred", "businessDocument is not base64") from error
    if wire.is_fhir(raw) is not (said == wire.TYPE):
        raise BadRequest("Model validation error occurred", "the document is not of its content type")
    return raw


def subset(receivers: Sequence[str], wanted: Any) -> Sequence[str]:
    """Those of the receivers that a request names; all where it names none."""
    if not wanted:
        return receivers
    if not isinstance(wanted, list):
        raise BadRequest("Model validation error occurred", "receiverHerIdsSubset must be a list")
    chosen = [her_id for her_id in receivers if her_id in {str(w) for w in wanted}]
    if not chosen:
        raise BadRequest(
            "Model validation error occurred", "receiverHerIdsSubset names no receiver of the document"
        )
    return chosen


def held_message(outside: Envelope, receiver: str, raw: bytes) -> Message:
    """A message as the platform holds it."""
    return Message(
        id=new_id(),
        direction=RELAY,
        msg_id=outside.msg_id,
        type=outside.type,
        state="held",
        from_her=outside.sender.her_id,
        to_her=receiver,
        content_type=wire.TYPE if wire.is_fhir(raw) else XML,
        made_at_sender=instant(times.moment(outside.generated)),
        day=times.day(times.moment(outside.generated)),
    )


async def same(tx: Tx, message: Message, raw: bytes) -> str:
    """The id of the message that was sent before. BadRequest when it was another."""
    first = await messages.by_msg_id(tx, RELAY, message.from_her, message.msg_id)
    if first is None or await messages.payload(tx, first.id) != raw:
        raise BadRequest("Model validation error occurred", "another message with this MsgId was sent before")
    return first.id


async def note_receipt(tx: Tx, sender: str, root: Document) -> None:
    """A receipt that came as a document counts as one that came by its own request."""
    content = codec.read_element(root).content
    if not isinstance(content, Receipt):
        return
    original = await messages.by_msg_id(tx, RELAY, content.receiver.her_id, content.original_id)
    known = {r.her_id: r for r in await messages.receivers(tx, original.id)} if original else {}
    if sender in known and not known[sender].status:
        errors = Answer(content.status, content.errors).as_json()
        await messages.put_receiver(tx, replace(known[sender], status=content.status, errors=errors))


@dataclass(frozen=True, slots=True)
class Listing:
    """Which waiting messages, as the query of GET /Messages says."""

    her_ids: tuple[str, ...]
    sender: str = ""
    msg_id: str = ""
    newest: bool = False
    limit: int = 10
    metadata: bool = False
    documents: bool = False
    """With the documents, and what `together` adds."""


def must_list(caller: Caller, listing: Listing) -> None:
    """BadRequest, NotAllowed for a listing that is not answered."""
    if not listing.her_ids:
        raise BadRequest("Model validation error occurred", "ReceiverHerIds is required")
    caller.must_act_for(*listing.her_ids)
    if not 1 <= listing.limit <= MOST:
        raise BadRequest("Model validation error occurred", f"MessagesToFetch must be 1 to {MOST}")


async def list_messages(tx: Tx, caller: Caller, listing: Listing) -> list[dict[str, Any]]:
    """What the receivers have not read."""
    must_list(caller, listing)
    found = await messages.waiting(
        tx,
        listing.her_ids,
        sender=listing.sender or None,
        msg_id=listing.msg_id or None,
        newest=listing.newest,
        limit=listing.limit,
    )
    return [listed(her_id, message, metadata=listing.metadata) for her_id, message in found]


def listed(her_id: str, message: Message, *, metadata: bool) -> dict[str, Any]:
    """An entry of the list."""
    bare = {"id": message.id, "receiverHerId": int(her_id)}
    return bare | _metadata(message) if metadata else bare


def _metadata(message: Message) -> dict[str, Any]:
    return {
        "contentType": message.content_type,
        "senderHerId": int(message.from_her),
        "businessDocumentId": message.msg_id,
        "businessDocumentGenDate": message.made_at_sender,
        "isAppRec": message.type == "APPREC",
    }


async def get_message(tx: Tx, caller: Caller, id_: str) -> dict[str, Any]:
    """One message's metadata, for sender and receivers."""
    message, _ = await _found(tx, caller, id_)
    return {"id": message.id, "receiverHerId": int(message.to_her)} | _metadata(message)


async def business_document(tx: Tx, caller: Caller, id_: str) -> dict[str, Any]:
    """The message itself. When a receiver fetches it, it counts as delivered."""
    message, receivers = await _found(tx, caller, id_)
    for receiver in receivers:
        if receiver.her_id in caller.her_ids and receiver.state == "waiting":
            await messages.put_receiver(tx, replace(receiver, state="fetched"))
    return {
        "businessDocument": base64.b64encode(await messages.payload(tx, id_)).decode(),
        "contentType": message.content_type,
        "contentTransferEncoding": "base64",
    }


async def status(tx: Tx, caller: Caller, id_: str) -> list[dict[str, Any]]:
    """Delivery and receipt, receiver by receiver."""
    _, receivers = await _found(tx, caller, id_)
    return [
        {
            "receiverHerId": int(r.her_id),
            "transportDeliveryState": "Unconfirmed" if r.state == "waiting" else "Acknowledged",
            "appRecStatus": NAMES.get(r.status),
        }
        for r in receivers
    ]


async def apprec_info(tx: Tx, caller: Caller, id_: str) -> list[dict[str, Any]]:
    """Receipts with their errors, receiver by receiver."""
    _, receivers = await _found(tx, caller, id_)
    return [
        {
            "receiverHerId": int(r.her_id),
            "appRecStatus": NAMES.get(r.status),
            "appRecErrorList": list(r.errors),
        }
        for r in receivers
    ]


async def post_apprec(tx: Tx, caller: Caller, id_: str, her_id: str, body: Any) -> str:
    """Make the receipt of one receiver, addresses mirrored, and hold it for the sender; its id.

    A receipt is final: the same answer again gives the same id, another one is refused.
    """
    caller.must_act_for(her_id)
    await messages.get(tx, id_, hold=True)
    message, receivers = await _found(tx, caller, id_)
    receiver = next((r for r in receivers if r.her_id == her_id), None)
    if receiver is None or message.type == "APPREC":
        raise BadRequest("Model validation error occurred", "the message was not sent to this HER-id")
    answer = answer_of(body)
    receipt_id = str(uuid5(NAMESPACE_OID, f"{message.id}:{her_id}"))
    if receiver.status:
        if receiver.status == answer.status:
            return await _receipt_id(tx, her_id, receipt_id)
        raise BadRequest("Model validation error occurred", "the message has another receipt already")
    made, raw = answering.written(await messages.payload(tx, id_), her_id, answer, receipt_id)
    held = held_message(of_receipt(made), message.from_her, raw)
    await messages.add(tx, held, raw)
    await messages.put_receiver(tx, Receiver(held.id, message.from_her, "waiting"))
    state = "fetched" if receiver.state == "waiting" else receiver.state
    await messages.put_receiver(
        tx, replace(receiver, state=state, status=answer.status, errors=answer.as_json())
    )
    tx.ring(bell(message.from_her))
    return held.id


async def _receipt_id(tx: Tx, her_id: str, receipt_id: str) -> str:
    found = await messages.by_msg_id(tx, RELAY, her_id, receipt_id)
    return found.id if found else receipt_id


def answer_of(body: Any) -> Answer:
    """The receipt that a request gives."""
    value = body.get("appRecStatus") if isinstance(body, dict) else None
    number = STATUSES.get(str(value), str(value))
    errors = body.get("appRecErrorList") or () if isinstance(body, dict) else ()
    if (
        number not in NAMES
        or not isinstance(errors, list | tuple)
        or not all(isinstance(e, dict) and e.get("errorCode") for e in errors)
    ):
        raise BadRequest(
            "Model validation error occurred", "appRecStatus or appRecErrorList is not as it should be"
        )
    if number == receipts.REJECTED and not errors:
        raise BadRequest("Model validation error occurred", "a rejection needs an error")
    return Answer(number, tuple(codec.error_from_json(e) for e in errors))


async def mark_read(tx: Tx, caller: Caller, id_: str, her_id: str) -> None:
    """The receiver has the message: it is not offered again."""
    caller.must_act_for(her_id)
    _, receivers = await _found(tx, caller, id_)
    receiver = next((r for r in receivers if r.her_id == her_id), None)
    if receiver is None:
        raise NotFound("Could not find database document")
    if receiver.state != "read":
        await messages.put_receiver(tx, replace(receiver, state="read"))


async def exchange_tallies(tx: Tx, caller: Caller, day: str, body: Any) -> dict[str, Any]:
    """Keep what a party counts of a day (`herIds`, `counts`), and tell what is known of its pairs and who has told."""
    asked = body if isinstance(body, dict) else {}
    her_ids = [str(each) for each in asked.get("herIds") or ()]
    caller.must_act_for(*her_ids)
    try:
        at = date.fromisoformat(day)
        counts = tally.of_json(asked.get("counts"), (tallies.SENDER, tallies.RECEIVER))
    except (ValueError, Malformed) as error:
        raise BadRequest("Model validation error occurred", "a day, and counts as they should be") from error
    if any((c.sender if c.by == tallies.SENDER else c.receiver) not in her_ids for c in counts):
        raise BadRequest("Model validation error occurred", "each counts for its own addresses alone")
    await tallies.tell(tx, at, her_ids, counts)
    known = [*await tallies.told(tx, at, her_ids), *await tallies.passed_on(tx, at, her_ids)]
    return {"told": sorted(await tallies.tellers(tx, at)), "counts": tally.as_json(known)}


async def _found(tx: Tx, caller: Caller, id_: str) -> tuple[Message, list[Receiver]]:
    """A message that the caller sent or receives; for anyone else it is as if it were not there."""
    message = await messages.get(tx, id_)
    receivers = await messages.receivers(tx, id_) if message else []
    return must_concern(caller, message, [r.her_id for r in receivers]), receivers


def must_concern(caller: Caller, message: Message | None, receivers: Collection[str]) -> Message:
    """NotFound when a message is neither from the caller nor to it: to anyone else it is as if it were not there."""
    concerned = {message.from_her if message else "", *receivers}
    if message is None or message.direction != RELAY or not concerned & caller.her_ids:
        raise NotFound("Could not find database document")
    return message

"""The outside of a message: who sends what to whom, whatever stands inside. Enough to pass it on."""

import hashlib
from collections import OrderedDict
from dataclasses import replace

from akson.kit.value import value
from akson.messaging import codec
from akson.messaging.codec import Document, head
from akson.messaging.codec.receipt import version_for
from akson.messaging.kith import msghead
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.model import Header, Party, Person, Receipt


@value
class Envelope:
    """What a broker reads."""

    msg_id: str
    type: str
    """V8279."""
    generated: str
    sender: Party
    receiver: Party
    copies: tuple[Party, ...] = ()
    answers: str = ""
    """For a receipt: MsgId of the message it is for."""
    status: str = ""
    """For a receipt: V8258."""

    @property
    def is_receipt(self) -> bool:
        return self.type == "APPREC"

    @property
    def receivers(self) -> tuple[str, ...]:
        """HER-ids of all receivers that have one, the primary first."""
        return tuple(dict.fromkeys(p.her_id for p in (self.receiver, *self.copies) if p.her_id))


@value
class Outside:
    """What stands on a message: enough to pass it on, and to write its receipt."""

    envelope: Envelope
    header: Header | None
    """Without the patient, whom nobody who passes on needs to know; None for a receipt."""
    answered_in: str
    """The version of AppRec that answers it; empty where another kind of receipt does."""


REMEMBERED = 1_000
_seen: OrderedDict[bytes, Outside] = OrderedDict()
"""What stood on the last messages, by the digest of their bytes: who passes one on is soon asked to write its receipt."""


def outside(raw: bytes) -> Outside:
    """What stands on a message. Raises what `codec.parse` and `read_element` do."""
    key = hashlib.sha256(raw).digest()
    if (known := _seen.get(key)) is not None:
        return known
    found = _seen[key] = _outside(codec.parse(raw))
    while len(_seen) > REMEMBERED:
        _seen.popitem(last=False)
    return found


def envelope_of(raw: bytes) -> Envelope:
    """As `envelope`, of bytes."""
    return _addressed(outside(raw).envelope)


def envelope(root: Document) -> Envelope:
    """The envelope of a parsed message. NotOfSchema when sender or receiver has no address, UnknownFormat ..."""
    return _addressed(_outside(root).envelope)


def _addressed(found: Envelope) -> Envelope:
    if not (found.msg_id and found.sender.her_id and found.receivers):
        raise NotOfSchema("a message needs MsgId, and sender and receiver with HER-id")
    return found


def header(root: Document) -> Header:
    """The header of a letter, also where its payload cannot be read."""
    if not isinstance(root, dict) and root.tag == f"{{{msghead.NAMESPACE}}}MsgHead":
        return head.header(msghead.info(root))
    content = codec.read_element(root).content
    if isinstance(content, Receipt):
        raise NotOfSchema("a receipt has no header")
    return content.header


def _outside(root: Document) -> Outside:
    if not isinstance(root, dict) and root.tag == f"{{{msghead.NAMESPACE}}}MsgHead":
        found = header(root)
    else:
        content = codec.read_element(root).content
        if isinstance(content, Receipt):
            return Outside(of_receipt(content), None, "")
        found = content.header
    answered_in = "" if isinstance(root, dict) else version_for(root)
    return Outside(_of_header(found), replace(found, patient=Person()), answered_in)


def of_receipt(receipt: Receipt) -> Envelope:
    """The envelope of a receipt."""
    return Envelope(
        receipt.id,
        "APPREC",
        receipt.generated,
        receipt.sender,
        receipt.receiver,
        answers=receipt.original_id,
        status=receipt.status,
    )


def _of_header(found: Header) -> Envelope:
    return Envelope(
        found.msg_id, found.type.code, found.generated, found.sender, found.receiver, found.copies
    )

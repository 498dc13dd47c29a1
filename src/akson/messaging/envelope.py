"""The outside of a message: who sends what to whom, whatever stands inside. Enough to pass it on."""

from dataclasses import dataclass

from akson.messaging import codec
from akson.messaging.codec import Document, head
from akson.messaging.kith import msghead
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.model import Header, Party, Receipt


@dataclass(frozen=True, slots=True)
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


def envelope(root: Document) -> Envelope:
    """The envelope of a parsed message. NotOfSchema when sender or receiver has no address, UnknownFormat ..."""
    found = _read(root)
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


def _read(root: Document) -> Envelope:
    if not isinstance(root, dict) and root.tag == f"{{{msghead.NAMESPACE}}}MsgHead":
        return _of_header(header(root))
    content = codec.read_element(root).content
    if isinstance(content, Receipt):
        return of_receipt(content)
    return _of_header(content.header)


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

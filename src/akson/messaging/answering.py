"""The receipt of a message as a document, made from the message itself: for transports where the receiver writes it."""

from akson.messaging import codec, receipts, times
from akson.messaging.codec.receipt import version_for
from akson.messaging.envelope import header
from akson.messaging.kith import xml
from akson.messaging.receipts import Answer


def apprec(raw: bytes, her_id: str, answer: Answer, id_: str) -> bytes:
    """What one receiver (HER-id) answers to a message: addresses mirrored, in the version that its sender reads."""
    root = xml.parse(raw)
    head = header(root)
    made = receipts.receipt(
        head,
        answer,
        own=receipts.own_party(head, her_id),
        primary=her_id == head.receiver.her_id,
        id_=id_,
        generated=times.current(),
    )
    return codec.write(receipts.in_version(made, version_for(root)))

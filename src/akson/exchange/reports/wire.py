"""A report as the bytes of a message (MsgHead 1.2), and back."""

from typing import Any

from akson.exchange.reports.declare import Register
from akson.kit.errors import AksonError
from akson.messaging.codec import head
from akson.messaging.kith import msghead
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.model import Header


def write(register: Register, header: Header, report: Any) -> bytes:
    """The message."""
    return msghead.write(head.to_kith(header, register.format.binding.write(report), ()))


def read(register: Register, raw: bytes) -> Any:
    """The report in a message. NotWellFormed or NotOfSchema where it is none, or says what its schema does not know."""
    found = msghead.parse(raw)
    payload = msghead.payload(found.document[0]) if found.document else None
    if payload is None:
        raise NotOfSchema("the message has no payload that is XML")
    said = register.format.binding.read(payload)
    if said.unread:
        raise NotOfSchema(f"unknown: {', '.join(said.unread[:3])}")
    return said.value


def read_own(register: Register, raw: bytes) -> Any | None:
    """The report in a message of ours; None for one that was never written."""
    try:
        return read(register, raw) if raw else None
    except AksonError:
        return None

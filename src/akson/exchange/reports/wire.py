"""Reports as the bytes of a message (MsgHead 1.2), and back."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from lxml import etree

from akson.exchange.reports.declare import Register, Submission
from akson.kit.errors import AksonError
from akson.messaging.codec import head
from akson.messaging.kith import msghead
from akson.messaging.kith.binding import Binding, NotOfSchema

T = TypeVar("T")


def in_message(
    binding: Binding[Any], pack: Callable[[Sequence[T]], Any], unpack: Callable[[Any], tuple[T, ...]]
) -> tuple[Callable[[Submission[T]], bytes], Callable[[bytes], tuple[T, ...]]]:
    """How reports that are the payload of a MsgHead are written and read."""

    def write(what: Submission[T]) -> bytes:
        return msghead.write(head.to_kith(what.header, binding.text(pack(what.items)), ()))

    def read(raw: bytes) -> tuple[T, ...]:
        said = binding.read(payload(raw))
        if said.unread:
            raise NotOfSchema(f"unknown: {', '.join(said.unread[:3])}")
        return unpack(said.value)

    return write, read


def payload(raw: bytes) -> etree._Element:
    """The XML in the first document of a message."""
    found = msghead.parse(raw)
    inner = msghead.payload(found.document[0]) if found.document else None
    if inner is None:
        raise NotOfSchema("the message has no payload that is XML")
    return inner


def read_own(register: Register, message: str, raw: bytes) -> tuple[Any, ...]:
    """The reports in a submission of ours, by the type of its message; none in one that was never written."""
    try:
        return register.way(message).read(raw) if raw else ()
    except AksonError:
        return ()

"""The type system of AMQP 1.0 (part 1): what goes over the wire, and what Python value each is.

Python's own types are written as the nearest of AMQP's; where the protocol wants another, a value wears one of the classes
below. What is read comes as plain Python, symbols as Symbol, described values as Described.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from akson.kit.errors import PeerFailed

DEEPEST = 20


class Symbol(str):
    """Text of the protocol's own."""

    __slots__ = ()


class UByte(int):
    """0 to 255."""


class UShort(int):
    """16 bits."""


class UInt(int):
    """32 bits."""


class Timestamp(int):
    """Milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Described:
    """A value with a code that says what it is: performatives, sections, outcomes."""

    code: int
    value: Any


class NotAmqp(PeerFailed):
    """Bytes that are not AMQP."""


_FIXED: dict[int, tuple[str, Any]] = {
    0x40: ("", None), 0x41: ("", True), 0x42: ("", False), 0x43: ("", 0), 0x44: ("", 0), 0x45: ("", []),
    0x50: ("B", None), 0x51: ("b", None), 0x52: ("B", None), 0x53: ("B", None), 0x54: ("b", None), 0x55: ("b", None),
    0x56: ("?", None), 0x60: ("H", None), 0x61: ("h", None), 0x70: ("I", None), 0x71: ("i", None), 0x72: ("f", None),
    0x73: ("I", None), 0x80: ("Q", None), 0x81: ("q", None), 0x82: ("d", None), 0x83: ("q", None), 0x98: ("16s", None),
}  # fmt: skip
"""Code to the struct format of a value of fixed size, or to the value itself where there are no bytes."""
_BINARY, _STRING, _SYMBOL = (0xA0, 0xB0), (0xA1, 0xB1), (0xA3, 0xB3)
_LIST, _MAP, _ARRAY = (0xC0, 0xD0), (0xC1, 0xD1), (0xE0, 0xF0)


def encode(value: Any) -> bytes:  # noqa: PLR0911 - one line for each type
    """A value as bytes. TypeError for what AMQP has no type for."""
    match value:
        case None:
            return b"\x40"
        case bool():
            return b"\x41" if value else b"\x42"
        case Described():
            return b"\x00" + b"\x53" + bytes([value.code]) + encode(value.value)
        case int():
            return _number(value)
        case Symbol():
            return _sized(_SYMBOL, value.encode("ascii"))
        case str():
            return _sized(_STRING, value.encode())
        case bytes():
            return _sized(_BINARY, value)
        case Mapping():
            parts = [encode(part) for pair in value.items() for part in pair]
            return _compound(_MAP, parts)
        case Sequence():
            return _compound(_LIST, [encode(each) for each in value])
    raise TypeError(type(value).__name__)


def _number(value: int) -> bytes:
    code, form = {UByte: (0x50, "B"), UShort: (0x60, "H"), UInt: (0x70, "I"), Timestamp: (0x83, "q")}.get(
        type(value), (0x81, "q")
    )
    return bytes([code]) + struct.pack(f">{form}", value)


def _sized(codes: tuple[int, int], content: bytes) -> bytes:
    if len(content) < 256:
        return bytes([codes[0], len(content)]) + content
    return bytes([codes[1]]) + struct.pack(">I", len(content)) + content


def _compound(codes: tuple[int, int], parts: Sequence[bytes]) -> bytes:
    content = b"".join(parts)
    return bytes([codes[1]]) + struct.pack(">II", len(content) + 4, len(parts)) + content


class Reader:
    """Reads values one after the other. NotAmqp when the bytes are none, or end too early."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    @property
    def rest(self) -> bytes:
        """What has not been read."""
        return self.data[self.at :]

    def value(self, depth: int = 0) -> Any:
        """The next value."""
        if depth > DEEPEST:
            raise NotAmqp("nested too deeply")
        return self._of(self._take(1)[0], depth)

    def _take(self, size: int) -> bytes:
        part = self.data[self.at : self.at + size]
        if len(part) < size:
            raise NotAmqp("ends too early")
        self.at += size
        return part

    def _of(self, code: int, depth: int) -> Any:
        if code == 0x00:
            described = self.value(depth + 1)
            return Described(described if isinstance(described, int) else -1, self.value(depth + 1))
        if code in _FIXED:
            form, value = _FIXED[code]
            if not form:
                return list(value) if isinstance(value, list) else value
            return struct.unpack(f">{form}", self._take(struct.calcsize(form)))[0]
        size = struct.unpack(">I", self._take(4))[0] if code & 0x10 else self._take(1)[0]
        if code in _BINARY:
            return self._take(size)
        if code in (*_STRING, *_SYMBOL):
            try:
                text = self._take(size).decode()
            except UnicodeDecodeError as error:
                raise NotAmqp("text that is no text") from error
            return Symbol(text) if code in _SYMBOL else text
        if code in (*_LIST, *_MAP, *_ARRAY):
            return self._compound(code, self._take(size), depth)
        raise NotAmqp("an unknown type")

    def _compound(self, code: int, content: bytes, depth: int) -> Any:
        inner = Reader(content)
        count = struct.unpack(">I", inner._take(4))[0] if code & 0x10 else inner._take(1)[0]
        if count > len(content):
            raise NotAmqp("counts more than there is")
        if code in _ARRAY:
            kind = inner._take(1)[0]
            return [inner._of(kind, depth + 1) for _ in range(count)]
        values = [inner.value(depth + 1) for _ in range(count)]
        return dict(zip(values[::2], values[1::2], strict=False)) if code in _MAP else values

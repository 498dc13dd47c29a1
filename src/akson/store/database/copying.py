"""PostgreSQL's binary COPY format, written by hand: several times faster than value by value.

Source: PostgreSQL manual, COPY, "Binary Format".
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from akson.store.database import arrays

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
NULL = b"\xff\xff\xff\xff"

_eight = struct.Struct("!iq").pack
_float = struct.Struct("!id").pack
_two = struct.Struct("!ih").pack
_length = struct.Struct("!i").pack
_fields = struct.Struct("!h").pack


def bigint(value: int) -> bytes:
    return _eight(8, value)


def smallint(value: int) -> bytes:
    return _two(2, value)


def double(value: float | None) -> bytes:
    return NULL if value is None else _float(8, value)


def boolean(value: bool) -> bytes:  # noqa: FBT001  one value of a column
    return b"\0\0\0\1\1" if value else b"\0\0\0\1\0"


def text(value: str) -> bytes:
    return raw(value.encode())


def raw(value: bytes) -> bytes:
    return _length(len(value)) + value


def timestamp(value: datetime) -> bytes:
    past = value - EPOCH
    return _eight(8, (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds)


def bigints(values: Sequence[int]) -> bytes:
    return raw(arrays.bigints(values))


Column = Callable[[Any], bytes]
SIZES: dict[Column, tuple[int, str]] = {bigint: (8, "q"), smallint: (2, "h"), double: (8, "d")}
"""Columns of a fixed size that are never null in a table without texts or arrays."""


def stream(columns: Sequence[Column], rows: Iterable[Sequence[Any]], chunk: int = 2000) -> Iterable[bytes]:
    """The data of a COPY of these rows, in pieces of `chunk` rows."""
    pack = _packer(columns)
    buffer = [HEADER]
    for number, row in enumerate(rows, 1):
        buffer.append(pack(row))
        if number % chunk == 0:
            yield b"".join(buffer)
            buffer.clear()
    buffer.append(TRAILER)
    yield b"".join(buffer)


def _packer(columns: Sequence[Column]) -> Callable[[Sequence[Any]], bytes]:
    """What makes the bytes of one row. A row of numbers only, as index tables have, takes one call."""
    start = _fields(len(columns))
    sizes = [SIZES.get(column) for column in columns]
    if None in sizes:
        return lambda row: b"".join(
            [start, *[column(value) for column, value in zip(columns, row, strict=True)]]
        )
    shape = struct.Struct("!h" + "".join(f"i{kind}" for _, kind in filter(None, sizes))).pack
    values: list[Any] = [len(columns)]
    for size, _ in filter(None, sizes):
        values += [size, None]

    def pack(row: Sequence[Any]) -> bytes:
        values[2::2] = row
        return shape(*values)

    return pack

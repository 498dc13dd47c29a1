"""Arrays in PostgreSQL's binary form, packed by hand: several times faster than value by value.

Source: PostgreSQL, array_recv; the types' own forms as in `copying`.
"""

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from psycopg.adapt import Dumper
from psycopg.pq import Format

BIGINT, DOUBLE, TEXT, BYTEA, MOMENT, DAY, JSONB = 20, 701, 25, 17, 1184, 1082, 3802
EMPTY = 12
"""Bytes of an array without elements."""
_EMPTY = struct.Struct("!iii").pack
_NULL = b"\xff\xff\xff\xff"
_length = struct.Struct("!i").pack
_eight = struct.Struct("!id").pack
_moment, _day = struct.Struct("!iq").pack, struct.Struct("!ii").pack
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST = _BEGINNING.toordinal()
"""Where PostgreSQL counts moments and days from."""


class Bigints(bytes):
    """A packed bigint[]."""

    __slots__ = ()


class Doubles(bytes):
    """A packed double precision[]."""

    __slots__ = ()


class Texts(bytes):
    """A packed text[]."""

    __slots__ = ()


class Blobs(bytes):
    """A packed bytea[]."""

    __slots__ = ()


class Moments(bytes):
    """A packed timestamptz[]."""

    __slots__ = ()


class Days(bytes):
    """A packed date[]."""

    __slots__ = ()


class Documents(bytes):
    """A packed jsonb[]."""

    __slots__ = ()


def bigints(values: Sequence[int]) -> Bigints:
    many = len(values)
    if not many:
        return Bigints(_EMPTY(0, 0, BIGINT))
    pairs: list[int] = [8] * (2 * many)
    pairs[1::2] = values
    return Bigints(struct.pack(f"!iiiii{'iq' * many}", 1, 0, BIGINT, many, 1, *pairs))


def doubles(values: Sequence[float | None]) -> Doubles:
    if not values:
        return Doubles(_EMPTY(0, 0, DOUBLE))
    parts = [_NULL if value is None else _eight(8, value) for value in values]
    return Doubles(struct.pack("!iiiii", 1, 1, DOUBLE, len(values), 1) + b"".join(parts))


def texts(values: Sequence[str]) -> Texts:
    if not values:
        return Texts(_EMPTY(0, 0, TEXT))
    parts = [struct.pack("!iiiii", 1, 0, TEXT, len(values), 1)]
    for value in values:
        raw = value.encode()
        parts.append(_length(len(raw)))
        parts.append(raw)
    return Texts(b"".join(parts))


def blobs(values: Sequence[bytes]) -> Blobs:
    if not values:
        return Blobs(_EMPTY(0, 0, BYTEA))
    parts = [struct.pack("!iiiii", 1, 0, BYTEA, len(values), 1)]
    for value in values:
        parts += (_length(len(value)), value)
    return Blobs(b"".join(parts))


def moments(values: Sequence[datetime | None]) -> Moments:
    """Aware ones."""
    if not values:
        return Moments(_EMPTY(0, 0, MOMENT))
    parts = [
        _NULL if value is None else _moment(8, (value - _BEGINNING) // timedelta(microseconds=1))
        for value in values
    ]
    return Moments(struct.pack("!iiiii", 1, 1, MOMENT, len(values), 1) + b"".join(parts))


def days(values: Sequence[date | None]) -> Days:
    if not values:
        return Days(_EMPTY(0, 0, DAY))
    parts = [_NULL if value is None else _day(4, value.toordinal() - _FIRST) for value in values]
    return Days(struct.pack("!iiiii", 1, 1, DAY, len(values), 1) + b"".join(parts))


def documents(values: Sequence[bytes]) -> Documents:
    """Of JSON that was written already."""
    if not values:
        return Documents(_EMPTY(0, 0, JSONB))
    parts = [struct.pack("!iiiii", 1, 0, JSONB, len(values), 1)]
    for value in values:
        # The first byte is the version of the form.
        parts += (_length(len(value) + 1), b"\x01", value)
    return Documents(b"".join(parts))


def array(values: Iterable[Any]) -> str:
    """An array as PostgreSQL writes it in text, for what the binary forms do not cover."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


class _Packed(Dumper):
    format = Format.BINARY

    def dump(self, obj: bytes) -> bytes:
        return obj


class _BigintsDumper(_Packed):
    oid = 1016


class _DoublesDumper(_Packed):
    oid = 1022


class _TextsDumper(_Packed):
    oid = 1009


class _BlobsDumper(_Packed):
    oid = 1001


class _MomentsDumper(_Packed):
    oid = 1185


class _DaysDumper(_Packed):
    oid = 1182


class _DocumentsDumper(_Packed):
    oid = 3807


DUMPERS = {
    Bigints: _BigintsDumper, Doubles: _DoublesDumper, Texts: _TextsDumper, Blobs: _BlobsDumper, Moments: _MomentsDumper,
    Days: _DaysDumper, Documents: _DocumentsDumper,
}  # fmt: skip
"""How the driver sends them: as they are."""

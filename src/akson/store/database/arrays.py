"""Arrays in PostgreSQL's binary form, packed by hand: several times faster than value by value.

Source: PostgreSQL, array_recv; the types' own forms as in `copying`.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Any

from psycopg.adapt import Dumper
from psycopg.pq import Format

BIGINT, DOUBLE, TEXT = 20, 701, 25
EMPTY = 12
"""Bytes of an array without elements."""
_EMPTY = struct.Struct("!iii").pack
_NULL = b"\xff\xff\xff\xff"
_length = struct.Struct("!i").pack
_eight = struct.Struct("!id").pack


class Bigints(bytes):
    """A packed bigint[]."""

    __slots__ = ()


class Doubles(bytes):
    """A packed double precision[]."""

    __slots__ = ()


class Texts(bytes):
    """A packed text[]."""

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


DUMPERS = {Bigints: _BigintsDumper, Doubles: _DoublesDumper, Texts: _TextsDumper}
"""How the driver sends them: as they are."""

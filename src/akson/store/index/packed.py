"""The rows of resources as the bytes of PostgreSQL's binary COPY, table by table.

What all rows of a resource end with, its patient and number, is packed once and the rows are joined by it: several times
faster than value by value. Source: PostgreSQL manual, COPY, "Binary Format".
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from akson.store.database.copying import HEADER, TRAILER, bigints, boolean, double, raw, text, timestamp
from akson.store.index.rows import Rows

COLUMNS = {
    "resource": "key, type, id, version, updated, deleted, tok, labels, body, pat, rid",
    "idx_token": "hash, pat, rid",
    "idx_ref": "target, param, pat, rid",
    "idx_date": "hash, low, high, first, pat, rid",
    "idx_qty": "hash, value, low, high, unit, first, pat, rid",
    "idx_string": "hash, norm, exact, first, pat, rid",
    "idx_composite": "hash, tok, low1, high1, low2, high2, pat, rid",
}
CHUNK = 100
"""Resources whose rows are sent at once."""

_end = struct.Struct("!iqiq").pack
_hash = struct.Struct("!q").pack
_head = struct.Struct("!hiq").pack
_reference = struct.Struct("!hiqiq").pack
_date = struct.Struct("!hiqiqiqih").pack
_quantity = struct.Struct("!hiqidididiqih").pack
_small = struct.Struct("!ih").pack
_eight = struct.Struct("!iq").pack
_TOKEN = b"\0\3\0\0\0\x08"
"""Three columns, the first of eight bytes."""


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """A row of the table resource, without its tokens."""

    pat: int
    rid: int
    key: int
    type: str
    id: str
    version: int
    updated: datetime
    deleted: bool
    labels: Sequence[int]
    body: bytes


class Tables:
    """What is to be copied into each table."""

    def __init__(self) -> None:
        self._rows: dict[str, list[bytes]] = {name: [] for name in COLUMNS}

    def add(self, row: ResourceRow, found: Rows) -> None:
        """The row of a resource and those of its index, but for its text."""
        self._rows["resource"].append(_resource(row, found.tok) + _end(8, row.pat, 8, row.rid))
        self.add_index(found, row.pat, row.rid)

    def add_index(self, found: Rows, pat: int, rid: int) -> None:
        """The rows that a resource is found by."""
        end = _end(8, pat, 8, rid)
        tables = self._rows
        if found.tokens:
            hashes = [_hash(token) for token in found.tokens]
            tables["idx_token"].append(_TOKEN + (end + _TOKEN).join(hashes) + end)
        for table, rows in (
            ("idx_ref", [_reference(4, 8, target, 8, param) for target, param in found.references]),
            (
                "idx_date",
                [_date(6, 8, hashed, 8, low, 8, high, 2, f) for hashed, low, high, f in found.dates],
            ),
            (
                "idx_qty",
                [
                    _quantity(8, 8, hashed, 8, value, 8, low, 8, high, 8, unit, 2, first)
                    for hashed, value, low, high, unit, first in found.quantities
                ],
            ),
            ("idx_string", [_string(*each) for each in found.strings]),
            ("idx_composite", [_composite(*each) for each in found.composites]),
        ):
            if rows:
                tables[table].append(end.join(rows) + end)

    def copies(self) -> Iterator[tuple[str, str, Iterable[bytes]]]:
        """(table, its columns, the data of a COPY into them) of each table that has rows."""
        for table, rows in self._rows.items():
            if rows:
                yield table, COLUMNS[table], _stream(rows)


def _stream(rows: list[bytes]) -> Iterator[bytes]:
    yield HEADER
    for start in range(0, len(rows), CHUNK):
        yield b"".join(rows[start : start + CHUNK])
    yield TRAILER


def _resource(row: ResourceRow, tokens: Sequence[int]) -> bytes:
    return b"".join(
        (
            _head(11, 8, row.key),
            text(row.type),
            text(row.id),
            _eight(8, row.version),
            timestamp(row.updated),
            boolean(row.deleted),
            bigints(tokens),
            bigints(row.labels),
            raw(row.body),
        )
    )


def _string(hashed: int, norm: str, exact: str, first: int) -> bytes:
    return _head(6, 8, hashed) + text(norm) + text(exact) + _small(2, first)


def _composite(hashed: int, tokens: Sequence[int], *numbers: float | None) -> bytes:
    return _head(8, 8, hashed) + bigints(tokens) + b"".join([double(number) for number in numbers])

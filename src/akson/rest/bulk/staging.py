"""What an import takes in, cut into parts of whole lines; and kept, where it comes over the network, until its turn."""

import asyncio
from collections.abc import Iterator
from typing import Any

from akson.kit.packing import pack
from akson.record.bulk.imports import PATIENCE
from akson.record.bulk.steps import Over
from akson.record.context import Place
from akson.rest.bulk.sources import Unreadable
from akson.store.database.pool import Tx
from akson.store.database.reader import NODE
from akson.store.underway import transfers
from akson.store.underway.transfers import Chunk

PART = 1_500_000
"""Bytes of a part; it ends with the line that reaches them."""
LINE = 100_000_000
"""Bytes of one line; more is refused, and with it the source."""


class Cutter:
    """Cuts a stream of bytes into parts of whole lines."""

    def __init__(self, line: int = 1) -> None:
        self._left = bytearray()
        self.line = line
        """Number of the first line of the next part."""

    def add(self, raw: bytes) -> Iterator[tuple[bytes, int]]:
        """Parts that are complete: (bytes, number of the first line)."""
        self._left += raw
        while len(self._left) >= PART:
            end = self._left.rfind(b"\n", 0, PART) + 1 or self._left.find(b"\n") + 1
            if not end:
                if len(self._left) > LINE:
                    raise Unreadable(f"line {self.line} is longer than {LINE} bytes")
                return
            yield self._cut(end)

    def end(self) -> Iterator[tuple[bytes, int]]:
        """What is left."""
        if self._left:
            yield self._cut(len(self._left))

    def _cut(self, end: int) -> tuple[bytes, int]:
        part, line = bytes(self._left[:end]), self.line
        del self._left[:end]
        self.line += part.count(b"\n")
        return part, line


class Stage:
    """Keeps what comes in over the network, part by part, until a process takes it in.

    `is_upload`: it comes with the request, and goes no further before all of it is there.
    """

    def __init__(
        self, place: Place, id_: str, where: dict[str, Any], total: int = 0, *, is_upload: bool = False
    ) -> None:
        self._place = place
        self._id = id_
        self._where = where
        self._cutter = Cutter(where["line"])
        self._total = total
        self._is_upload = is_upload
        self.kept = 0
        """Parts."""

    async def add(self, raw: bytes) -> None:
        for part, line in self._cutter.add(raw):
            await self._keep(part, line)

    async def end(self) -> None:
        for part, line in self._cutter.end():
            await self._keep(part, line)
        self._where |= {"input": self._where["input"] + 1, "offset": 0, "line": 1}
        async with self._place.database.transaction(reader=NODE) as tx:
            await self._moved(tx)

    async def _keep(self, part: bytes, line: int) -> None:
        number = self._where["number"]
        packed = await asyncio.to_thread(pack, part)
        self._total += resources(part)
        self._where |= {
            "number": number + 1,
            "offset": self._where["offset"] + len(part),
            "line": self._cutter.line,
        }
        numbers = (self._where["offset"] - len(part), len(part), line)
        async with self._place.database.transaction(reader=NODE) as tx:
            await transfers.add_parts(tx, self._id, number, [(str(self._where["input"]), numbers)])
            await transfers.add_chunk(tx, self._id, Chunk("source", "", number, 0, 0, packed))
            await self._moved(tx)
        self.kept += 1

    async def _moved(self, tx: Tx) -> None:
        state = "waiting" if self._is_upload else "planning"
        await moved(tx, self._id, state, self._where, self._total)
        if self._is_upload:
            await transfers.wait(tx, self._id, PATIENCE)


async def moved(tx: Tx, id_: str, state: str, place: dict[str, Any], total: int) -> None:
    """Write down how far it has come. Over when it goes no further: nothing of it is written then."""
    if not await transfers.move(tx, id_, state, place, total):
        raise Over


def resources(part: bytes) -> int:
    """Lines that hold something."""
    return sum(1 for line in part.split(b"\n") if line.strip())

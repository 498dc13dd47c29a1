"""A copy of the access log, item by item: from a database, from a file, into a file. A line of JSON each.

It holds all that a check needs and everything that is in the log, so it is kept as the log itself is kept.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson

from akson.kit.errors import Malformed
from akson.store.access import checkpoints, leaves
from akson.store.database.pool import Database
from akson.store.database.reader import NODE

PAGE = 2000
Item = dict[str, Any]


async def of_database(database: Database) -> AsyncIterator[Item]:
    """The items of the log of a database, as it stands at one moment; others write on meanwhile, nothing is changed."""
    async with database.transaction(read_only=True, reader=NODE, one_moment=True) as tx:
        await leaves.must_be_there(tx)
        for vkey in await checkpoints.keys(tx):
            yield {"kind": "key", "vkey": vkey}
        for name in sorted(await leaves.indexes(tx)):
            yield {"kind": "index", "name": name}
        for each in await checkpoints.witnesses(tx):
            yield {
                "kind": "witness",
                "witness": each.witness,
                "size": each.size,
                "line": each.line,
                "vkey": each.vkey,
            }
        size = 0
        while found := await checkpoints.notes(tx, size, PAGE):
            for at, note in found:
                yield {"kind": "checkpoint", "size": at, "note": note}
            size = found[-1][0]
        last = -1
        while rows := await leaves.page(tx, last, PAGE):
            for row in rows:
                yield _leaf(row)
            last = rows[-1].leaf
        last = -1
        while fresh := await leaves.fresh(tx, last, PAGE):
            for _, raw in fresh:
                yield {"kind": "fresh", "row": orjson.loads(raw)}
            last = fresh[-1][0]


def _leaf(row: leaves.Leaf) -> Item:
    return {
        "kind": "leaf",
        "leaf": row.leaf,
        "number": row.number,
        "salt": row.salt.hex() if row.salt is not None else None,
        "hash": row.hash.hex(),
        "above": row.above.hex(),
        "row": orjson.loads(row.row) if row.row is not None else None,
    }


def of_file(path: Path) -> Iterator[Item]:
    """The items of a copy. Malformed with the line that cannot be read."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                item = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise Malformed(f"line {number} of the copy is not JSON") from error
            if not isinstance(item, dict):
                raise Malformed(f"line {number} of the copy is no object")
            yield item


def line(item: Item) -> bytes:
    """An item as a line of a file."""
    return orjson.dumps(item) + b"\n"

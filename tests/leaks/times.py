"""How long what is hidden takes beside what is absent: pairs asked in turn, and how well one can tell them apart by time.

python -m tests.leaks.times [--pairs N] prints a line for each kind of request; it ends with 1 where a difference is
larger than what a network hides. Asked in this process, without a network: what is left is what an attacker beside the
machine would see after averaging away everything else.
"""

import argparse
import asyncio
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import erfc, sqrt
from pathlib import Path
from statistics import quantiles

import httpx

from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.store.database.embedded import Embedded
from akson.store.database.migrate import migrate
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from tests.leaks.worlds import World
from tests.record.making import NURSE, condition

LARGE = 100_000
"""Letters of text in what is hidden: fetching it takes time."""
TOLD_APART = 0.65
"""Probability with which one slower answer is that of the hidden, from which on it counts (0.5: none)."""
VISIBLE = 50e-6
"""Seconds between the fastest tenths from which on it counts: less than the jitter of any network between machines."""
Ask = Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]


def _get(path: str, **headers: str) -> Ask:
    async def ask(client: httpx.AsyncClient, id_: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.get(path.format(id_), headers=named)

    return ask


KINDS: dict[str, Ask] = {
    "read": _get("/Condition/{}"),
    "read, if changed": _get("/Condition/{}", if_none_match='W/"1"'),
    "version": _get("/Condition/{}/_history/1"),
    "history": _get("/Condition/{}/_history"),
    "search by id": _get("/Condition?_id={}"),
    "search by id, counted": _get("/Condition?_id={}&_total=accurate"),
    "compartment": _get("/Patient/per/Condition?_id={}"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What the times of one kind of request tell. `chance`: that a hidden one takes longer than an absent one."""

    kind: str
    hidden: float
    absent: float
    """Tenths of the times, in seconds: of the fastest tenth, which others on the machine disturb least, the slowest."""
    chance: float
    p: float

    @property
    def tells(self) -> bool:
        return abs(self.chance - 0.5) > TOLD_APART - 0.5 and abs(self.hidden - self.absent) > VISIBLE

    def __str__(self) -> str:
        names = f"{self.kind:24} hidden {self.hidden * 1e6:7.0f} µs, absent {self.absent * 1e6:7.0f} µs"
        return (
            f"{names}, {(self.hidden - self.absent) * 1e6:+5.0f} µs, chance {self.chance:.3f}, p {self.p:.2g}"
        )


def mann_whitney(one: list[float], other: list[float]) -> tuple[float, float]:
    """The chance that a value of `one` is larger than one of `other`, and the two-sided p (normal approximation)."""
    ranked = sorted((value, group) for group, values in enumerate((one, other)) for value in values)
    ranks = sum(place for place, (_, group) in enumerate(ranked, 1) if group == 0)
    n, m = len(one), len(other)
    u = ranks - n * (n + 1) / 2
    z = (u - n * m / 2) / sqrt(n * m * (n + m + 1) / 12)
    return u / (n * m), erfc(abs(z) / sqrt(2))


async def measured(
    client: httpx.AsyncClient, kind: str, hidden: list[str], absent: list[str], pairs: int
) -> Found:
    """Pairs in random order: each of both is asked so many times."""
    chance = random.Random(4)
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(pairs):
        both = [(0, hidden[number % len(hidden)]), (1, absent[number % len(absent)])]
        chance.shuffle(both)
        for which, id_ in both:
            began = time.perf_counter()
            await KINDS[kind](client, id_)
            times[which].append(time.perf_counter() - began)
    return Found(kind, quantiles(times[0], n=10)[0], quantiles(times[1], n=10)[0], *mann_whitney(*times))


HIDDEN = [f"hidden-{number:04}" for number in range(20)]
ABSENT = [f"absent-{number:04}" for number in range(20)]


async def filled(database: Database) -> World:
    """A world in which what is hidden is large."""
    world = await World(database).fill(with_secret=False)
    async with opened(world.place, NODE_ITSELF) as ctx:
        for name in HIDDEN:
            await gate.update(ctx, condition(name, "per", note=[{"text": secrets.token_hex(LARGE // 2)}]))
    return world


async def all_measured(uri: str, pairs: int) -> list[Found]:
    """Every kind, on a database of its own."""
    database = Database(uri, 2, reader=OWNER)
    await database.open()
    await migrate(database)
    world = await filled(database)
    found = []
    async with world.asked_by(NURSE) as client:
        for kind in KINDS:
            await measured(client, kind, HIDDEN, ABSENT, 100)  # warm
            found.append(await measured(client, kind, HIDDEN, ABSENT, pairs))
    await database.close()
    return found


def main() -> int:
    """Measure and tell; 1 where times tell what is hidden."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1000)
    pairs = parser.parse_args().pairs
    with tempfile.TemporaryDirectory() as folder:
        server = Embedded(Path(folder), {})
        server.start()
        try:
            found = asyncio.run(all_measured(server.uri("times"), pairs))
        finally:
            server.stop()
    for each in found:
        sys.stdout.write(f"{each}{'  TELLS' if each.tells else ''}\n")
    return 1 if any(each.tells for each in found) else 0


if __name__ == "__main__":
    sys.exit(main())

"""Send: signed referrals from one party to another, through the platform's message API and over a service bus.

The sender with the generator, the receiver, and the platform or the broker are programs of their own; each of the three databases is of
one PostgreSQL and waits for the disk at each commit.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.messaging import broker, makers
from tests.messaging.world import GP_HER, HOSPITAL_HER

from akson.kit.ids import new_id
from akson.messaging import codec, outbox, sign, times
from akson.messaging.engine import Engine
from akson.messaging.outbox import Sending
from akson.messaging.sign import Signer
from akson.store.database.embedded import Embedded
from akson.store.database.migrate import migrate
from akson.store.database.pool import Database
from akson.store.database.reader import NODE
from bench import parties
from bench.server import TICKS, below, free_port, ticks

GOAL = 300
"""Messages a second: letters, and the receipts that answer them."""
WRITERS = 4
WARM = 100
IDLE = 20
"""Letters that are written one a second."""
MADE = "select msg_id, extract(epoch from made)::float8 from message where direction = 'out'"
GIVEN = "select count(*) from message_receiver r join message m on m.id = r.message where m.direction = 'out' and r.status <> ''"
CAME = "select msg_id, extract(epoch from made)::float8 from message where direction = 'in'"


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one way: letters and messages a second, processor milliseconds a letter with its receipt, and milliseconds from outbox to inbox."""

    name: str
    rate: float
    messages: float
    python: float
    postgres: float
    broker: float
    at: float
    busy: list[float]
    idle: list[float]

    def row(self) -> str:
        """A line of the table."""
        busy, idle = sorted(self.busy), sorted(self.idle)
        return (
            f"| {self.name} | {self.rate:,.0f} | **{self.messages:,.0f}** | {self.python:.1f} | {self.postgres:.1f} | {self.broker or 0:.1f} "
            f"| {self.at:,.0f} | {busy[len(busy) // 2]:,.0f} | **{busy[int(len(busy) * 0.99)]:,.0f}** "
            f"| {idle[len(idle) // 2]:,.0f} | {idle[-1]:,.0f} |"
        )


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:
    """The block of the page."""
    del bundles
    server = Embedded(folder / "postgres")
    server.start()
    try:
        rows = asyncio.run(_measure(server, folder, int(seconds * GOAL)))
    finally:
        server.stop()
    lines = "\n".join(each.row() for each in rows)
    return f"""## Letters between parties

Referrals of {len(_letter(parties.signer(folder, parties.GP))) // 1000} kB, each signed by its sender (XML-DSig, ECDSA) and checked by its
receiver, with a receipt that comes back. Sender with generator ({WRITERS} writers), receiver and platform are a Python program each, and
share the cores with PostgreSQL and the broker; a checked token is in the message API not part of it. CPU is processor time a
letter with its receipt, Python's of all programs together. The way is measured from the row in the outbox to the row in the inbox, at the
rate that is named, and with engines that were idle (a letter a second). The goal is {GOAL} messages/s on 2 cores with a p99 below 1,000 ms.

A message is a document that the platform or the broker takes, keeps until it is fetched and hands over by itself: a letter is one, and the
receipt that answers it (AppRec) another, which counts when the sender has it. A receipt is a fifth as long and has no place for a signature:
over the message API the platform writes it at the receiver's word, over the bus it comes in a parcel that the receiver signed.

| way | letters/s | messages/s | Python CPU ms | PostgreSQL CPU ms | broker CPU ms | at letters/s | p50 ms | p99 ms | idle p50 ms | idle slowest ms |
|---|---|---|---|---|---|---|---|---|---|---|
{lines}
"""


def _letter(signer: Signer) -> bytes:
    return sign.sign(codec.write(makers.referral()), signer)


async def _measure(server: Embedded, folder: Path, letters: int) -> list[Figures]:
    uris = [server.uri(f"bench_{number}") for number in range(4)]
    for uri in uris:
        await migrate(Database(uri, 1))
    port = free_port()
    found = []
    with _program("platform", uris[0], str(port)):
        await _answering(f"http://127.0.0.1:{port}/Messages")
        async with _way(uris[1], uris[2], folder, "api", f"http://127.0.0.1:{port}") as (gp, hospital):
            found.append(await _figures("message API", gp, hospital, folder, letters))
    if broker.program():
        place = folder / "rabbit"
        place.mkdir()
        with broker.rabbit(place, [GP_HER, HOSPITAL_HER]) as bus:
            async with _way(uris[3], uris[0], folder, "bus", str(bus.port)) as (gp, hospital):
                found.append(await _figures("service bus (RabbitMQ 3.10)", gp, hospital, folder, letters))
    return found


@contextmanager
def _program(*arguments: str) -> Iterator[None]:
    program = subprocess.Popen([sys.executable, "-m", "bench.parties", *arguments], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        program.terminate()
        program.wait(60)


async def _answering(url: str) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(300):
            try:
                await client.get(url)
            except httpx.HTTPError:
                await asyncio.sleep(0.2)
            else:
                return
    raise RuntimeError("the platform does not answer")


@asynccontextmanager
async def _way(
    gp: str, hospital: str, folder: Path, way: str, where: str
) -> AsyncIterator[tuple[Engine, Database]]:
    """The engine of the sender, and the receiver's database."""
    # The keys are made before the other program asks for them.
    for party in (parties.GP, parties.HOSPITAL):
        parties.signer(folder, party), parties.signer(folder, party, encrypts=True)
    base = Database(hospital, 2, reader=NODE)
    await base.open()
    with _program("receiver", hospital, str(folder), way, where):
        async with parties.engine(gp, folder, parties.GP, way, where) as engine:
            yield engine, base
    await base.close()


async def _figures(name: str, gp: Engine, hospital: Database, folder: Path, letters: int) -> Figures:
    signer = parties.signer(folder, parties.GP)
    running = asyncio.create_task(gp.run())
    try:
        await _letters(gp, signer, WARM, 0)
        given = await _given(gp)
        began, before = time.monotonic(), _cpu()
        await _letters(gp, signer, letters, 0)
        took = time.monotonic() - began
        rate, messages = letters / took, (letters + await _given(gp) - given) / took
        used = [(after - start) / letters * 1000 for start, after in zip(before, _cpu(), strict=True)]
        at = min(GOAL / 2, rate * 0.8)
        busy = await _letters(gp, signer, letters, at)
        idle = await _letters(gp, signer, IDLE, 1)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    ways = [await _latencies(gp, hospital, sent) for sent in (busy, idle)]
    return Figures(name, rate, messages, *used, at, *ways)


async def _letters(gp: Engine, signer: Signer, count: int, rate: float) -> set[str]:
    """Write letters, as fast as the writers can or at a rate, until the last is acknowledged; their MsgIds."""
    sent: set[str] = set()
    began = time.monotonic()
    numbers = iter(range(count))

    async def write() -> None:
        for number in numbers:
            if rate:
                await asyncio.sleep(max(0, began + number / rate - time.monotonic()))
            letter = makers.referral(header=makers.header(new_id(), generated=times.current()))
            async with gp.database.transaction(reader=NODE) as tx:
                sent.add((await outbox.enqueue(tx, letter, Sending(), signer)).msg_id)

    await asyncio.gather(*(write() for _ in range(WRITERS)))
    while await _open(gp):  # noqa: ASYNC110 - the engine tells nobody outside when it is done
        await asyncio.sleep(0.1)
    return sent


async def _open(gp: Engine) -> bool:
    async with gp.database.transaction(read_only=True, reader=NODE) as tx:
        row = await tx.one(
            "select 1 from message where direction = 'out' and state <> 'acknowledged' limit 1"
        )
    return row is not None


async def _given(gp: Engine) -> int:
    """Receipts that the sender has."""
    async with gp.database.transaction(read_only=True, reader=NODE) as tx:
        row = await tx.one(GIVEN)
    return int(row[0]) if row else 0


async def _latencies(gp: Engine, hospital: Database, sent: set[str]) -> list[float]:
    """Milliseconds from outbox to inbox, by the clock of the one database server."""
    found = []
    for base, query in ((gp.database, MADE), (hospital, CAME)):
        async with base.transaction(read_only=True, reader=NODE) as tx:
            found.append({row[0]: row[1] for row in await tx.fetch(query)})
    return [(found[1][msg_id] - found[0][msg_id]) * 1000 for msg_id in sent]


def _cpu() -> tuple[float, float, float]:
    """Processor seconds of our Python programs, of PostgreSQL and of the broker: all below this process, by name."""
    used = {"python": ticks(os.getpid(), own=True), "postgres": 0.0, "broker": 0.0}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and below(int(entry.name), os.getpid()):
            used[_kind(entry)] += ticks(int(entry.name), own=True)
    return used["python"] / TICKS, used["postgres"] / TICKS, used["broker"] / TICKS


def _kind(process: Path) -> str:
    try:
        name = (process / "comm").read_text(encoding="utf-8").strip()
    except OSError:
        return "broker"
    if name.startswith("python"):
        return "python"
    return "postgres" if name.startswith("postgres") else "broker"

"""Send: signed referrals from one party to another, through the platform's message API and over a service bus.

Both message engines, the platform's routes and the generator are one Python process, so the rate is what
one core does for all three; three databases of one PostgreSQL wait for the disk at each commit.
"""

import asyncio
import resource
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.messaging import broker, makers
from tests.messaging.test_amqp import GP, GP_OPENER, HOSPITAL, HOSPITAL_OPENER, SIGNS, parcels
from tests.messaging.world import GP_HER, HOSPITAL_HER, Here, world

from akson.kit.ids import new_id
from akson.messaging import outbox, times
from akson.messaging.amqp.transport import BusTransport
from akson.messaging.engine import Engine
from akson.messaging.inbox import Match
from akson.messaging.outbox import Sending
from akson.store.database.embedded import Embedded
from akson.store.database.migrate import migrate
from akson.store.database.pool import Database
from akson.store.database.reader import NODE, OWNER

if TYPE_CHECKING:
    from akson.messaging.transport import Transport

LETTERS = 300
INTERVAL = 0.2
"""Seconds between two looks of an idle engine."""
MADE = "select msg_id, extract(epoch from made)::float8 from message where direction = %s"


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:
    """The block of the page."""
    del bundles, seconds
    server = Embedded(folder / "postgres")
    server.start()
    try:
        rows = asyncio.run(_measure(server, folder))
    finally:
        server.stop()
    lines = "\n".join(
        f"| {name} | **{rate:,.0f}** | {cpu:.1f} | {paced:,.0f} | {p50:,.0f} | {p99:,.0f} |"
        for name, rate, cpu, paced, p50, p99 in rows
    )
    return f"""## Letters between parties

Referrals of {len(_letter()) // 1000} kB, each signed by its sender (XML-DSig, ECDSA) and checked by its receiver, with a receipt that comes
back. Both engines, the platform and the generator share one Python process. CPU is that process's, for all four; PostgreSQL is
not in it. The way is measured from the row in the outbox to the row in the inbox, at half the rate; an idle engine looks every
{INTERVAL} s. The goal is 300 letters/s on 2 cores with a p99 below 1,000 ms.

| way | letters/s | CPU ms a letter | at letters/s | p50 ms | p99 ms |
|---|---|---|---|---|---|
{lines}
"""


def _letter() -> bytes:
    from akson.messaging import codec, sign

    return sign.sign(codec.write(makers.referral()), GP)


async def _measure(server: Embedded, folder: Path) -> list[tuple[str, float, float, float, float, float]]:
    uris = [server.uri(f"bench_{number}") for number in range(3)]
    for uri in uris:
        await migrate(Database(uri, 1))
    rows = []
    async with world(iter(uris).__next__) as made:
        made.hospital.here.trusted = made.gp.here.trusted = SIGNS
        made.hospital.here.patients[makers.NUMBER] = Match("kari")
        rows.append(await _way("message API", made.gp.engine, made.hospital.engine))
    if broker.program():
        place = folder / "rabbit"
        place.mkdir()
        with broker.rabbit(place, [GP_HER, HOSPITAL_HER]) as bus:
            async with _over_the_bus(bus, uris) as (gp, hospital):
                rows.append(await _way("service bus (RabbitMQ 3.10)", gp, hospital))
    return rows


@asynccontextmanager
async def _over_the_bus(bus: broker.Broker, uris: Sequence[str]) -> AsyncIterator[tuple[Engine, Engine]]:
    engines = []
    for uri, pair, her_id in (
        (uris[1], (GP, GP_OPENER), GP_HER),
        (uris[2], (HOSPITAL, HOSPITAL_OPENER), HOSPITAL_HER),
    ):
        base = Database(uri, 8, reader=OWNER)
        await base.open()
        here = Here(patients={makers.NUMBER: Match("kari")}, trusted=dict(SIGNS))
        transport: Transport = BusTransport(bus, parcels(*pair))
        engines.append(Engine(base, transport, {her_id}, here))
    yield engines[0], engines[1]
    for engine in engines:
        assert isinstance(engine.transport, BusTransport)
        await engine.transport.close()
        await engine.database.close()


async def _way(name: str, gp: Engine, hospital: Engine) -> tuple[str, float, float, float, float, float]:
    await _letters(gp, hospital, 50, 0)
    began, cpu = time.monotonic(), _cpu()
    await _letters(gp, hospital, LETTERS, 0)
    took, used = time.monotonic() - began, _cpu() - cpu
    rate = LETTERS / took
    sent = await _letters(gp, hospital, LETTERS // 2, rate / 2)
    ways = sorted(await _latencies(gp, hospital, sent))
    return name, rate, used / LETTERS * 1000, rate / 2, ways[len(ways) // 2], ways[int(len(ways) * 0.99)]


async def _letters(gp: Engine, hospital: Engine, count: int, rate: float) -> set[str]:
    """Write letters, all at once or at a rate, until the last is acknowledged; their MsgIds."""
    running = [asyncio.create_task(engine.run(INTERVAL)) for engine in (gp, hospital)]
    sent: set[str] = set()
    began = time.monotonic()
    try:
        for number in range(count):
            if rate:
                await asyncio.sleep(max(0, began + number / rate - time.monotonic()))
            letter = makers.referral(header=makers.header(new_id(), generated=times.current()))
            async with gp.database.transaction(reader=NODE) as tx:
                sent.add((await outbox.enqueue(tx, letter, Sending(), GP)).msg_id)
        while await _open(gp):  # noqa: ASYNC110 - the engine tells nobody outside when it is done
            await asyncio.sleep(0.05)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return sent


async def _open(gp: Engine) -> bool:
    async with gp.database.transaction(read_only=True, reader=NODE) as tx:
        row = await tx.one("select count(*) from message where direction = 'out' and state <> 'acknowledged'")
    return bool(row and row[0])


async def _latencies(gp: Engine, hospital: Engine, sent: set[str]) -> list[float]:
    """Milliseconds from outbox to inbox, by the clock of the one database server."""
    found = []
    for engine, direction in ((gp, "out"), (hospital, "in")):
        async with engine.database.transaction(read_only=True, reader=NODE) as tx:
            found.append(dict(await tx.fetch(MADE, [direction])))
    return [(found[1][msg_id] - found[0][msg_id]) * 1000 for msg_id in sent]


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

"""How fast subscribers are told, and what subscriptions cost those who write.

The subscriber is an HTTP server in this process; the time runs from the answer to the write, which comes after its
commit, to the arrival of the notification.
"""

import asyncio
import statistics
import time
from pathlib import Path

import orjson

from bench.client import Connection, connect, request
from bench.server import Served

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
SINGLE = 200
"""Writes one after the other for the latency."""
APART = 0.05
BURST = 5000
WRITES = 1500
WRITERS = 4


class Subscriber:
    """Takes notifications, and notes when each event number came."""

    def __init__(self) -> None:
        self.port = 0
        self.came: dict[tuple[str, int], float] = {}

    async def start(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                path = head.split(b" ", 2)[1].decode()
                body = await reader.readexactly(length)
                now = time.perf_counter()
                for number in numbers(body):
                    self.came[path, number] = now
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def numbers(body: bytes) -> list[int]:
    """Event numbers of a notification."""
    parameters = orjson.loads(body)["entry"][0]["resource"]["parameter"]
    events = [each for each in parameters if each["name"] == "notification-event"]
    return [int(each["part"][0]["valueString"]) for each in events]


def subscription(kind: str, endpoint: str = "") -> bytes:
    """A subscription to every change of a type."""
    channel = {
        "type": "rest-hook" if endpoint else "websocket",
        **({"endpoint": endpoint} if endpoint else {}),
        "payload": "application/fhir+json",
        "_payload": {
            "extension": [{"url": f"{BACKPORT}/backport-payload-content", "valueCode": "full-resource"}]
        },
    }
    resource = {"resourceType": "Subscription", "status": "requested", "reason": "to measure"}
    return orjson.dumps({**resource, "criteria": f"urn:akson:topic:{kind}", "channel": channel})


def patient(number: int) -> bytes:
    name = {"family": f"Hansen{number}", "given": ["Kari"]}
    return orjson.dumps({"resourceType": "Patient", "name": [name], "birthDate": "1950-01-01"})


async def create(connection: Connection, kind: str, body: bytes) -> str:
    status, answer = await connection.send(request("POST", kind, body))
    if status != 201:
        raise RuntimeError(f"{status} {answer[:300]!r}")
    return str(orjson.loads(answer)["id"])


async def subscribe(connection: Connection, kind: str, endpoint: str = "") -> str:
    """The id, once it is active."""
    id_ = await create(connection, "Subscription", subscription(kind, endpoint))
    while True:
        _, answer = await connection.send(request("GET", f"Subscription/{id_}"))
        if orjson.loads(answer)["status"] == "active":
            return id_
        await asyncio.sleep(0.05)


async def drop(connection: Connection, ids: list[str]) -> None:
    for id_ in ids:
        await connection.send(request("DELETE", f"Subscription/{id_}"))


async def latency(connection: Connection, subscriber: Subscriber, paths: list[str]) -> list[float]:
    """Milliseconds from each write's answer to its notification, at every subscriber."""
    written = []
    for number in range(SINGLE):
        await create(connection, "Patient", patient(number))
        written.append(time.perf_counter())
        await asyncio.sleep(APART)
    await arrived(subscriber, len(paths) * SINGLE)
    return sorted(
        1000 * max(0.0, subscriber.came[path, number + 1] - written[number])
        for path in paths
        for number in range(SINGLE)
    )


async def arrived(subscriber: Subscriber, many: int) -> None:
    async with asyncio.timeout(120):
        while len(subscriber.came) < many:  # noqa: ASYNC110  counted, not signalled
            await asyncio.sleep(0.01)


async def rate(port: int) -> float:
    """Creates a second, with a few writers."""
    opened = [await connect(port) for _ in range(WRITERS)]

    async def work(connection: Connection) -> None:
        for number in range(WRITES // WRITERS):
            await create(connection, "Patient", patient(number))

    started = time.perf_counter()
    await asyncio.gather(*map(work, opened))
    seconds = time.perf_counter() - started
    for connection in opened:
        connection.close()
    return WRITES / seconds


async def burst(connection: Connection, subscriber: Subscriber) -> float:
    """Events a second that one subscriber gets of transactions with 500 resources each."""
    subscriber.came.clear()
    entry = {"request": {"method": "POST", "url": "Patient"}}
    started = time.perf_counter()
    for start in range(0, BURST, 500):
        entries = [{**entry, "resource": orjson.loads(patient(start + n))} for n in range(500)]
        body = orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
        status, _ = await connection.send(request("POST", "", body))
        if status != 200:
            raise RuntimeError(str(status))
    await arrived(subscriber, BURST)
    return BURST / (time.perf_counter() - started)


def told(found: list[float]) -> str:
    p95 = found[int(len(found) * 0.95)]
    return f"p50 {statistics.median(found):.0f} ms, p95 **{p95:.0f}** ms, slowest {found[-1]:.0f} ms"


async def measure(server: Served) -> list[tuple[str, str]]:
    """What was measured, and what it gave."""
    subscriber = Subscriber()
    await subscriber.start()
    hook = f"http://127.0.0.1:{subscriber.port}"
    connection = await connect(server.port)
    await rate(server.port)
    rows = await _cost_of_writes(server, connection)
    one = await subscribe(connection, "Patient", f"{hook}/one")
    rows.append(
        (
            "from the answer to the write until it arrived, one subscriber",
            told(await latency(connection, subscriber, ["/one"])),
        )
    )
    await drop(connection, [one])
    subscriber.came.clear()
    paths = [f"/n{number}" for number in range(20)]
    many = [await subscribe(connection, "Patient", hook + path) for path in paths]
    rows.append(("the same, twenty subscribers", told(await latency(connection, subscriber, paths))))
    await drop(connection, many)
    await subscribe(connection, "Patient", f"{hook}/burst")
    rows.append(
        (f"a burst of {BURST:,}, writes included", f"{await burst(connection, subscriber):.0f} events/s")
    )
    rows.append(("server process after that", f"{server.worker_megabytes:.0f} MB"))
    before, started = sum(server.cpu_seconds()), time.perf_counter()
    await asyncio.sleep(10)
    share = (sum(server.cpu_seconds()) - before) / (time.perf_counter() - started)
    rows.append(("processor at rest with a subscriber", f"{100 * share:.1f} % of one core"))
    return rows


async def _cost_of_writes(server: Served, connection: Connection) -> list[tuple[str, str]]:
    nobody, other, same = [], [], []
    for _ in range(3):  # in turns, since a machine has good and bad minutes
        nobody.append(await rate(server.port))
        ids = [await subscribe(connection, "Observation")]
        other.append(await rate(server.port))
        ids.append(await subscribe(connection, "Patient"))
        same.append(await rate(server.port))
        await drop(connection, ids)
        await asyncio.sleep(1)
    kinds = (("nobody subscribes", nobody), ("to another type", other), ("to this type", same))
    return [(f"creates a second, {name}", f"**{statistics.median(found):.0f}**") for name, found in kinds]


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:  # noqa: ARG001
    server = Served(folder / "data")
    try:
        rows = asyncio.run(measure(server))
    finally:
        server.stop()
    listed = "\n".join(f"| {name} | {figure} |" for name, figure in rows)
    return f"""## Subscriptions

{__doc__.partition(chr(10) * 2)[2].strip()}

| what | figure |
|---|---|
{listed}
"""

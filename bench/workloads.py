"""What is measured: the import of the Synthea Bundles, then single requests on the data it left."""

import asyncio
import random
import tarfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from bench.client import Connection, Result, connect, load, request
from bench.server import Served

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 8.0
CONNECTIONS = 16


def read_bundles(archive: Path) -> list[bytes]:
    """The Bundles of the archive, as they were published."""
    with tarfile.open(archive) as packed:
        files = [packed.extractfile(member) for member in packed if member.name.endswith(".json")]
        return [file.read() for file in files if file is not None]


async def import_bundles(port: int, bundles: list[bytes], clients: int) -> tuple[float, int]:
    """POST each Bundle as a transaction; seconds, and how many resources were made."""
    waiting = list(reversed(bundles))
    made = 0

    async def work(connection: Connection) -> None:
        nonlocal made
        while waiting:
            status, body = await connection.send(request("POST", "", waiting.pop()))
            if status != 200:
                raise RuntimeError(f"a Bundle was refused: {status} {body[:300]!r}")
            made += body.count(b'"status":"201')

    opened = [await connect(port) for _ in range(clients)]
    started = time.perf_counter()
    await asyncio.gather(*map(work, opened))
    seconds = time.perf_counter() - started
    for connection in opened:
        connection.close()
    return seconds, made


class Sample:
    """Ids, patients and codes of what is stored, to ask for."""

    def __init__(self) -> None:
        self.observations: list[str] = []
        self.pairs: list[tuple[str, str]] = []
        self.codes: list[str] = []
        self.bodies: list[bytes] = []

    async def fill(self, port: int, pages: int = 8) -> "Sample":
        connection = await connect(port)
        path = "Observation?_count=1000"
        for _ in range(pages):
            _, raw = await connection.send(request("GET", path))
            body = orjson.loads(raw)
            for entry in body.get("entry", []):
                self._add(entry["resource"])
            following = [link["url"] for link in body["link"] if link["relation"] == "next"]
            if not following:
                break
            path = following[0].partition("/fhir/")[2]
        connection.close()
        self.codes = sorted({code for _, code in self.pairs})
        return self

    def _add(self, resource: dict[str, object]) -> None:
        text = orjson.dumps(resource)
        found = orjson.loads(text)
        code = found["code"]["coding"][0]["code"]
        self.observations.append(found["id"])
        self.pairs.append((found["subject"]["reference"].removeprefix("Patient/"), code))
        del found["id"], found["meta"]
        self.bodies.append(orjson.dumps(found))


async def single_requests(server: Served, sample: Sample) -> list[Result]:
    """Each kind on one connection, then on many."""
    port = server.port

    def read(chance: random.Random) -> bytes:
        return request("GET", f"Observation/{chance.choice(sample.observations)}")

    def by_patient_and_code(chance: random.Random) -> bytes:
        patient, code = chance.choice(sample.pairs)
        return request("GET", f"Observation?patient={patient}&code={code}&_count=20")

    def by_code(chance: random.Random) -> bytes:
        return request("GET", f"Observation?code={chance.choice(sample.codes)}&_count=20")

    def create(chance: random.Random) -> bytes:
        return request("POST", "Observation", chance.choice(sample.bodies))

    kinds: list[tuple[str, Callable[[random.Random], bytes], int]] = [
        ("read by id", read, 200),
        ("search by patient and code, 20 a page", by_patient_and_code, 200),
        ("search by code, 20 a page", by_code, 200),
        ("create (Observation)", create, 201),
    ]
    results = []
    for name, make, expected in kinds:
        for connections in (1, CONNECTIONS):
            await load(name, port, make, connections=connections, seconds=1, expected=expected)
            before = server.cpu_seconds()
            result = await load(name, port, make, connections=connections, seconds=SECONDS, expected=expected)
            after = server.cpu_seconds()
            result.worker_cpu, result.database_cpu = after[0] - before[0], after[1] - before[1]
            results.append(result)
    return results

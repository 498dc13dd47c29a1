"""Single kinds of request by themselves: read, search, create, on one connection and on many."""

import random
from collections.abc import Callable
from pathlib import Path

import orjson

from akson.cli import hosting
from bench import report, workloads
from bench.client import Result, connect, load, request
from bench.server import Served

CONNECTIONS = 16


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:
    server = workloads.filled(folder, bundles)
    try:
        results = hosting.run(_measure(server, seconds))
    finally:
        server.stop()
    return f"""## Single requests

On the Synthea records; ids, patients and codes picked at random among 8,000 stored observations.

{report.table(results)}
"""


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
        found = orjson.loads(orjson.dumps(resource))
        self.observations.append(found["id"])
        code = found["code"]["coding"][0]["code"]
        self.pairs.append((found["subject"]["reference"].removeprefix("Patient/"), code))
        del found["id"], found["meta"]
        self.bodies.append(orjson.dumps(found))


def kinds(sample: Sample) -> list[tuple[str, Callable[[random.Random], bytes], int]]:
    """Name, how a request is made, and the status that is expected."""

    def by_patient_and_code(chance: random.Random) -> bytes:
        patient, code = chance.choice(sample.pairs)
        return request("GET", f"Observation?patient={patient}&code={code}&_count=20")

    return [
        ("read by id", lambda c: request("GET", f"Observation/{c.choice(sample.observations)}"), 200),
        ("search by patient and code", by_patient_and_code, 200),
        (
            "search by code",
            lambda c: request("GET", f"Observation?code={c.choice(sample.codes)}&_count=20"),
            200,
        ),
        ("create (Observation)", lambda c: request("POST", "Observation", c.choice(sample.bodies)), 201),
    ]


async def _measure(server: Served, seconds: float) -> list[Result]:
    sample = await Sample().fill(server.port)
    results = []
    for name, make, expected in kinds(sample):
        for connections in (1, CONNECTIONS):
            await load(name, server.port, make, connections=connections, seconds=1, expected=expected)
            with server.watched() as used:
                result = await load(
                    name, server.port, make, connections=connections, seconds=seconds, expected=expected
                )
            result.worker_cpu, result.database_cpu = used
            results.append(result)
    return results

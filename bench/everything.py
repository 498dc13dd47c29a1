"""`Patient/$everything` of a patient with ten thousand resources: how soon it begins, how much memory it takes."""

import asyncio
import statistics
import time
from pathlib import Path

import orjson

from bench.client import connect, request
from bench.server import Served

MANY = 10_000
ROUNDS = 5


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:  # noqa: ARG001
    server = Served(folder / "data")
    try:
        patient = asyncio.run(_fill(server.port))
        before = server.worker_megabytes
        first, whole, size = [], [], 0
        for _ in range(ROUNDS):
            begun, ended, size = asyncio.run(_stream(server.port, patient))
            first.append(begun * 1000)
            whole.append(ended)
        after = server.worker_megabytes
    finally:
        server.stop()
    return f"""## Patient/$everything of {MANY:,} resources

Streamed, {size / 2**20:.1f} MB; median of {ROUNDS}. The server process held {before:.0f} MB before and {after:.0f} MB after.

| first byte ms | whole answer s | resources/s |
|---|---|---|
| **{statistics.median(first):.0f}** | {statistics.median(whole):.2f} | {MANY / statistics.median(whole):,.0f} |
"""


async def _fill(port: int) -> str:
    connection = await connect(port)
    _, raw = await connection.send(request("POST", "Patient", orjson.dumps({"resourceType": "Patient"})))
    patient: str = orjson.loads(raw)["id"]
    for start in range(0, MANY, 1000):
        entries = [
            {"resource": _observation(patient, n), "request": {"method": "POST", "url": "Observation"}}
            for n in range(start, min(start + 1000, MANY - 1))
        ]
        bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
        status, body = await connection.send(request("POST", "", orjson.dumps(bundle)))
        if status != 200:
            raise RuntimeError(f"not stored: {status} {body[:200]!r}")
    connection.close()
    return patient


def _observation(patient: str, number: int) -> dict[str, object]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": f"20{number % 20 + 5:02}-{number % 12 + 1:02}-{number % 28 + 1:02}",
        "valueQuantity": {
            "value": 60 + number % 50, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min",
        },
    }  # fmt: skip


async def _stream(port: int, patient: str) -> tuple[float, float, int]:
    """Seconds to the first byte of the body and to the last, and the bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    started = time.perf_counter()
    writer.write(
        request("GET", f"Patient/{patient}/$everything").replace(
            b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1
        )
    )
    await reader.readuntil(b"\r\n\r\n")
    size = len(await reader.read(1))
    first = time.perf_counter() - started
    while piece := await reader.read(2**16):
        size += len(piece)
    writer.close()
    return first, time.perf_counter() - started, size

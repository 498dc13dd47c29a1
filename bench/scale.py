"""Does a search cost the same in a store of any size? p50 of every shape at a thousand, eight and sixty-four thousand patients."""

import asyncio
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from bench import people
from bench.client import Connection, connect, request
from bench.server import Served

SIZES = (1_000, 8_000, 64_000)
ASKS = 120
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
VITAL = f"{people.TERMS}/observation-category|vital-signs"

Make = Callable[[random.Random, int], str]


def shapes() -> dict[str, Make]:
    """By name: the path of a search, for a chance and a number of patients."""
    weight = f"|{quote(UCUM)}|kg"
    return {
        "read by id": lambda c, n: f"Patient/p{c.randrange(n)}",
        "identifier": lambda c, n: f"Patient?identifier=http://example.org/mrn|mrn-{c.randrange(n)}",
        "name, prefix": lambda c, _: f"Patient?name={c.choice(people.FAMILIES)[:4]}",
        "name and birth date": lambda c, _: (
            f"Patient?name={c.choice(people.FAMILIES)}&birthdate=ge19{c.randint(30, 90)}"
        ),
        "birth date, range": lambda c, _: f"Patient?birthdate=lt19{c.randint(30, 90)}-06-01",
        "code": lambda c, _: f"Observation?code={LOINC}|{c.choice(people.LABS)[0]}",
        "codes, three": lambda _c, _n: (
            f"Observation?code={','.join(f'{LOINC}|{lab[0]}' for lab in people.LABS)}"
        ),
        "common category": lambda _c, _n: f"Observation?category={VITAL}",
        "category, newest first": lambda _c, _n: f"Observation?category={VITAL}&_sort=-date",
        "patient": lambda c, n: f"Observation?patient=p{c.randrange(n)}",
        "patient and code": lambda c, n: f"Observation?patient=p{c.randrange(n)}&code={LOINC}|85354-9",
        "patient, newest first": lambda c, n: f"Observation?patient=p{c.randrange(n)}&_sort=-date",
        "date, range": lambda c, _: f"Observation?date=ge20{c.randint(11, 24)}-03-01",
        "code and date": lambda c, _: f"Observation?code={LOINC}|2339-0&date=ge20{c.randint(11, 24)}",
        "amount": lambda c, _: f"Observation?value-quantity=gt{c.randint(60, 110)}{weight}",
        "code with amount": lambda c, _: (
            f"Observation?code-value-quantity={LOINC}|29463-7$gt{c.randint(60, 110)}"
        ),
        "status": lambda _c, _n: "Encounter?status=in-progress",
        "chain": lambda c, _: f"Condition?subject:Patient.name={c.choice(people.FAMILIES)}",
        "chain to one": lambda c, n: f"Condition?subject:Patient.identifier=mrn-{c.randrange(n)}",
        "reverse chain": lambda c, _: f"Patient?_has:Condition:subject:code={c.choice(people.PROBLEMS)}",
        "include": lambda c, n: f"Observation?patient=p{c.randrange(n)}&_include=Observation:encounter",
        "reverse include": lambda c, n: f"Patient?_id=p{c.randrange(n)}&_revinclude=Observation:patient",
        "last changed": lambda _c, _n: "Observation?_sort=-_lastUpdated",
        "everything": lambda c, n: f"Patient/p{c.randrange(n)}/$everything",
    }


def run(folder: Path, bundles: list[bytes], seconds: float, sizes: tuple[int, ...] = SIZES) -> str:  # noqa: ARG001
    figures: dict[int, dict[str, float]] = {}
    loads = []
    for patients in sizes:
        print(f"  {patients:,} patients ...", file=sys.stderr, flush=True)
        data = folder / str(patients)
        loads.append(_load(data, patients))
        server = Served(data / "data")
        try:
            size = server.database_size(data / "data")
            figures[patients] = asyncio.run(_ask(server.port, patients))
        finally:
            server.stop()
        loads[-1] += f" {size:,.0f} MB |"
    first, *_, last = sizes
    rows = "\n".join(
        f"| {name} | "
        + " | ".join(f"{figures[n][name]:.2f}" for n in sizes)
        + f" | **{figures[last][name] / figures[first][name]:.1f}** |"
        for name in shapes()
    )
    heads = " | ".join(f"{n:,} patients" for n in sizes)
    listed = "\n".join(loads)
    return f"""## Flat scale

Fifteen resources a patient (`bench/people.py`), loaded by the offline command, `_count=20`, one client, p50 in milliseconds of
{ASKS} requests after {ASKS // 4} to warm up; the last column is the largest store against the smallest.

| shape | {heads} | times |
|---|{"---|" * (len(sizes) + 1)}
{rows}

| patients | resources | loaded in | resources/s | on disk |
|---|---|---|---|---|
{listed}
"""


def _load(data: Path, patients: int) -> str:
    files = people.write(data / "ndjson", patients)
    many = sum(file.read_bytes().count(b"\n") for file in files)
    started = time.perf_counter()
    command = [sys.executable, "-m", "akson.cli", "fhir", "import", "--quiet", "--data", str(data / "data")]
    subprocess.run([*command, *map(str, files)], check=True, stdout=subprocess.DEVNULL)
    took = time.perf_counter() - started
    for file in files:
        file.unlink()
    return f"| {patients:,} | {many:,} | {took:.0f} s | {many / took:,.0f} |"


async def _ask(port: int, patients: int) -> dict[str, float]:
    connection = await connect(port)
    found = {name: await _median(connection, make, patients) for name, make in shapes().items()}
    connection.close()
    return found


async def _median(connection: Connection, make: Make, patients: int) -> float:
    chance = random.Random(7)
    times = []
    for number in range(ASKS + ASKS // 4):
        path = make(chance, patients)
        if "?" in path:
            path += "&_count=20"
        started = time.perf_counter()
        status, body = await connection.send(request("GET", path))
        if number >= ASKS // 4:
            times.append((time.perf_counter() - started) * 1000)
        if status != 200:
            raise RuntimeError(f"{path}: {status} {body[:200]!r}")
    return statistics.median(times)

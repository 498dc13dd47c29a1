"""The chart page of a record system, with the Synthea people in its record: what a nurse waits for.

The demo is set up by `akson up`, the Bundles are put into the journal node's database, each person gets an invented
identity number and is treated by the nurse's unit. Then one signed-in browser asks for charts, one after the other.
"""

import asyncio
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import orjson

from akson.demo.ids import demo_reference
from akson.demo.nodes import nodes
from akson.fhir.model import Resource
from akson.kit.norwegian import FNR, Sex, make
from akson.record.context import Place
from akson.rest.direct import Direct
from akson.rest.open import anything
from akson.store.access import relations
from akson.store.access.relations import Relation
from akson.store.database.embedded import Embedded
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER

READY = "Akson is ready"
ROUNDS = 3
SIGN_INS = 20
UNIT = "solvik-hjemmetjeneste"


@dataclass(slots=True)
class ChartFigures:
    """Milliseconds from request to the whole page, and what the record held."""

    patients: int
    resources: int
    first: list[float]
    """The first look at each chart: a token for that patient is asked for and the attest checked."""
    again: list[float]
    """The same charts again within the same session."""
    signing_in: list[float]
    """From the first request of a new browser through sign-in and start page to the whole chart, each of another patient."""

    @staticmethod
    def percentile(values: list[float], part: float) -> float:
        return statistics.quantiles(values, n=100)[round(part * 100) - 1]


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:  # noqa: ARG001
    chart = measure(folder, bundles)
    rows = "\n".join(
        f"| {name} | {len(values)} | **{chart.percentile(values, 0.5):.0f}** | **{chart.percentile(values, 0.95):.0f}** |"
        for name, values in (
            ("signing in, to the first chart", chart.signing_in),
            ("first look in a session", chart.first),
            ("again", chart.again),
        )
    )
    return f"""## The chart page

`akson up` with all its nodes in one process; the journal node also holds {chart.patients} Synthea people with
{chart.resources:,} resources. One browser, signed in as a home nurse, asks for one chart after the other; each page is
decided and audited, and asks the platform's register over HTTP. The first look at a chart also gets a token for that
patient from the trust anchor. Signing in is all that a browser asks for from the sign-in page of the anchor to the whole
chart, without the person's own time (goal: under two seconds).

| page | looks | p50 ms | p95 ms |
|---|---|---|---|
{rows}
"""


def measure(folder: Path, bundles: list[bytes]) -> ChartFigures:
    """Set up, load, ask."""
    program, port = up(folder)
    down(program)
    patients, resources = asyncio.run(load(folder, bundles, port))
    program, port = up(folder, port)
    try:
        base = f"http://localhost:{port}"
        first, again = asyncio.run(_look(base, patients))
        signing_in = asyncio.run(_sign_in_each(base, patients[:SIGN_INS]))
    finally:
        down(program)
    return ChartFigures(len(patients), resources, first, again, signing_in)


def up(folder: Path, port: int = 0) -> tuple["subprocess.Popen[str]", int]:
    """`akson up` as a program of its own, once it takes requests, and its port."""
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    environment = os.environ | {"AKSON_PORT": str(port), "AKSON_DATA": str(folder)}
    program = subprocess.Popen(
        [sys.executable, "-m", "akson.cli", "up"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    if not any(line.startswith(READY) for line in iter(program.stdout.readline, "")):
        raise RuntimeError("the program did not start")
    return program, port


def down(program: "subprocess.Popen[str]") -> None:
    """Stop it as Ctrl-C does."""
    program.send_signal(signal.SIGINT)
    program.communicate(timeout=60)


async def load(folder: Path, bundles: list[bytes], port: int) -> tuple[list[str], int]:
    """Ids of the Synthea patients in the journal, and how many resources came with them."""
    server = Embedded(folder)
    server.start()
    database = Database(server.uri("akson_journal"), 2, reader=OWNER)
    await database.open()
    node = next(node for node in nodes(f"http://localhost:{port}") if node.name == "journal")
    direct = Direct(Place(node, database, anything))
    patients: list[str] = []
    count = 0
    try:
        for number, raw in enumerate(bundles):
            bundle = orjson.loads(raw)
            _number(bundle, number)
            status, answer = await direct.post(bundle)
            if status != 200:
                raise RuntimeError(f"a Bundle was refused: {status}")
            made = [entry["response"].get("location", "") for entry in answer["entry"]]
            count += len(made)
            patients += [place.split("/")[1] for place in made if place.startswith("Patient/")]
        unit = demo_reference("journal", "Organization", UNIT)
        async with database.transaction() as tx:
            for patient in patients:
                await relations.replace(tx, f"Patient/{patient}", [Relation(patient, unit, "service")])
    finally:
        await database.close()
        server.stop()
    return patients, count


def _number(bundle: Resource, serial: int) -> None:
    """Give each Patient an invented identity number, so that the shared register can be asked."""
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "Patient":
            born = max(date.fromisoformat(resource["birthDate"]), date(1900, 1, 1))
            sex = Sex.FEMALE if resource["gender"] == "female" else Sex.MALE
            resource["identifier"] = [{"system": FNR, "value": make(born, sex, 60 + serial % 40)}]


def visitor(base: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=base, follow_redirects=True, timeout=30)


async def _sign_in(browser: httpx.AsyncClient) -> httpx.Response:
    """The start page of who has signed in."""
    page = await browser.get("/journal/login", params={"person": "hanne-lunde"})
    await browser.post(urlsplit(str(page.url)).path, data={"person": "hanne-lunde", "level": "4"})
    return await browser.get("/journal/")


async def _sign_in_each(base: str, patients: list[str]) -> list[float]:
    """Milliseconds from the first request of a browser to the chart of each patient."""
    times = []
    for patient in patients:
        started = time.perf_counter()
        async with visitor(base) as browser:
            await _sign_in(browser)
            await _time(browser, f"/journal/pasient/{patient}")
        times.append((time.perf_counter() - started) * 1000)
    return times


async def _look(base: str, patients: list[str]) -> tuple[list[float], list[float]]:
    async with visitor(base) as browser:
        home = await _sign_in(browser)
        demo = re.findall(r'href="(/journal/pasient/[^"#?/]+)"', home.text)
        paths = [*dict.fromkeys(demo), *(f"/journal/pasient/{patient}" for patient in patients)]
        first = [await _time(browser, path) for path in paths]
        again = [await _time(browser, path) for _ in range(ROUNDS) for path in paths]
    return first, again


async def _time(browser: httpx.AsyncClient, path: str) -> float:
    started = time.perf_counter()
    answer = await browser.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"the chart answered {answer.status_code}")
    return (time.perf_counter() - started) * 1000

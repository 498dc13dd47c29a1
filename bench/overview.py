"""Overview: pages about a citizen whose records lie in three nodes, and what is shown when one of these is gone.

Trust anchor, platform and three record systems are programs of their own, each with its database, and know each other by address
alone. The citizen looks at pages of the portal, which the platform asks the record systems for; a nurse of one of them looks at the
summary in the chart, for which her system asks the platform (FHIR over HTTP), and the platform the others.
"""

import asyncio
import os
import re
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from tests.processes.programs import Program

from bench import chart
from bench.chart import ChartFigures
from bench.server import free_port

NODES = ("tillitsanker", "samhandling", "journal", "sykehus", "fjellheim")
ASKERS = NODES[1:]
GONE = "fjellheim"
CITIZEN, NAME, NURSE = "olav", "Olav Berg", "hanne-lunde"
OTHERS = ("legemidler-og-vaksiner", "undersoekelser-og-maalinger", "problem-og-diagnose")
ROUNDS = 25
"""Looks at each page in each state."""
FIRST = 3
"""Looks before it counts as warm."""
PAUSE = 0.2
"""Seconds between two looks, as a person who clicks fast."""
Row = tuple[str, str, list[float], int]
"""Page, state, milliseconds of each look, and looks that were answered with something else than the page."""


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:
    """The block of the page."""
    del bundles, seconds
    with _town(folder) as programs:
        rows = asyncio.run(_measure(programs))
    lines = "\n".join(
        f"| {page} | {state} | {len(times)} | {_part(times, 0.5):,.0f} | **{_part(times, 0.95):,.0f}** "
        f"| {_part(times, 0.99):,.0f} | {max(times):,.0f} | {bad} |"
        for page, state, times, bad in rows
    )
    return f"""## Overview of a citizen with records in three nodes

Five programs of their own over HTTP on the loopback: trust anchor, platform, three record systems. One citizen and one nurse look
at a page each {PAUSE} s. A source that is gone refuses connections (killed) or takes them and says nothing (stopped); what came from it
before stands in with its age, and the page names it. The goal is a p95 under 500 ms warm, and under 1,500 ms with one source gone.

| page | sources | looks | p50 ms | p95 ms | p99 ms | slowest ms | unexpected |
|---|---|---|---|---|---|---|---|
{lines}
"""


_part = ChartFigures.percentile


@contextmanager
def _town(folder: Path) -> Iterator[dict[str, Program]]:
    """The programs, known to the anchor by their keys as an operator makes them known."""
    ports = {name: free_port() for name in NODES}
    origins = {name: f"http://localhost:{port}" for name, port in ports.items()}
    settings = {"AKSON_ADDRESSES": ",".join(f"{name}={origin}" for name, origin in origins.items())}
    made = {
        name: Program(name, folder / name, f"{origins[name]}/{name}", ports[name], settings) for name in NODES
    }
    try:
        for program in made.values():
            # One after the other: five databases that are set up at once take longer than the first may.
            program.start().wait()
        with ThreadPoolExecutor() as pool:
            keys = pool.map(lambda name: made[name].command("keys", "show", f"{name}-client"), ASKERS)
        for name, shown in zip(ASKERS, keys, strict=True):
            path = folder / f"{name}.jwks"
            path.write_text(shown)
            made["tillitsanker"].command("systems", "keys", f"akson-{name}", "--jwks", str(path))
        yield made
    finally:
        for program in made.values():
            program.kill()


async def _measure(programs: dict[str, Program]) -> list[Row]:
    platform, journal = (_origin(programs[name]) for name in ("samhandling", "journal"))
    async with chart.visitor(platform) as citizen, chart.visitor(journal) as nurse:
        await _sign_in(citizen, "innbygger", CITIZEN)
        await _sign_in(nurse, "journal", NURSE)
        pages = [("summary, citizen", citizen, "/innbygger/oppsummering")]
        pages += [("services, citizen", citizen, f"/innbygger/opplysninger/{slug}/andre") for slug in OTHERS]
        pages.append(("summary, nurse of a record system", nurse, f"{await _patient(nurse)}/oppsummering"))
        rows = await _looks(pages, "all answer", silent=False)
        with _stopped(programs[GONE]):
            rows += await _looks(pages, "one takes connections and is silent", silent=True)
        await _answering(programs[GONE])
        programs[GONE].kill()
        return rows + await _looks(pages, "one refuses connections", silent=True)


def _origin(program: Program) -> str:
    return program.base.rpartition("/")[0]


async def _sign_in(browser: httpx.AsyncClient, surface: str, person: str) -> None:
    page = await browser.get(f"/{surface}/login", params={"person": person})
    await browser.post(str(page.url), data={"person": person, "level": "4"})


async def _patient(nurse: httpx.AsyncClient) -> str:
    """The path of the chart."""
    page = await nurse.get("/journal/pasienter")
    secret = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    form = {"query": NAME, "csrf_token": secret[1] if secret else ""}
    found = re.search(
        r'href="(/journal/pasient/[^"#?/]+)"', (await nurse.post("/journal/pasienter", data=form)).text
    )
    if found is None:
        raise RuntimeError(f"{NAME} is not in the journal: {urlsplit(str(page.url)).path}")
    return found[1]


async def _looks(
    pages: Sequence[tuple[str, httpx.AsyncClient, str]], state: str, *, silent: bool
) -> list[Row]:
    """Milliseconds of each look, by the name of the page; each page as it would stand before a person."""
    found: dict[str, list[float]] = {name: [] for name, *_ in pages}
    bad = dict.fromkeys(found, 0)
    for number in range(ROUNDS if silent else FIRST + ROUNDS):
        for name, browser, path in pages:
            began = time.perf_counter()
            answer = await browser.get(path)
            took = (time.perf_counter() - began) * 1000
            if silent or number >= FIRST:
                found[name].append(took)
                bad[name] += answer.status_code != 200
            await asyncio.sleep(PAUSE)
    return [(name, state, times, bad[name]) for name, times in found.items()]


@contextmanager
def _stopped(program: Program) -> Iterator[None]:
    """All processes of the program stand still: the kernel takes connections for them, and nobody answers."""
    assert program.process is not None
    family = _family(program.process.pid)
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in family:
            os.kill(pid, signal.SIGCONT)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(each for child in children for each in _family(int(child)))]


async def _answering(program: Program) -> None:
    await asyncio.to_thread(program.wait)

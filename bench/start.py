"""Starting, resting, stopping."""

from pathlib import Path

from bench import workloads
from bench.server import Served


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:  # noqa: ARG001
    server = Served(folder / "data")
    first = server.ready
    server.stop()
    starts = []
    for _ in range(3):
        server = Served(folder / "data")
        starts.append(server.ready)
        idle = server.worker_megabytes
        stop = server.stop()
    server = workloads.filled(folder, bundles)
    loaded, database = server.worker_megabytes, server.database_megabytes
    server.stop()
    return f"""## Start, stop, memory

| what | figure |
|---|---|
| first start, database set up | {first:.1f} s |
| start after that, median of three | {sorted(starts)[1]:.1f} s |
| stop | {stop:.1f} s |
| server process at rest | {idle:.0f} MB |
| server process after the import of the Synthea Bundles | {loaded:.0f} MB |
| PostgreSQL, all processes, after the same | {database:.0f} MB |
"""

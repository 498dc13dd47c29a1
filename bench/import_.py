"""Import of the Synthea transaction Bundles over HTTP, as published, one transaction each."""

from pathlib import Path

from akson.cli import hosting
from bench import workloads
from bench.server import Served


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:  # noqa: ARG001
    server = Served(folder / "data")
    rows = []
    try:
        for clients in (1, 2, 3):
            with server.watched() as used:
                took, made = hosting.run(workloads.import_bundles(server.port, bundles, clients))
            rows.append(
                f"| {clients} | {made:,} | {took:.1f} | **{made / took:,.0f}** | {used[0] / made * 1000:.2f}"
                f" | {used[1] / made * 1000:.2f} |"
            )
    finally:
        server.stop()
    listed = "\n".join(rows)
    return f"""## Import of transaction Bundles over HTTP

Each run posts them again as new resources, into the same database. Searchable when answered.

| clients | resources | seconds | resources/s | server CPU ms a resource | PostgreSQL CPU ms a resource |
|---|---|---|---|---|---|
{listed}
"""

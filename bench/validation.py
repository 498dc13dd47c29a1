"""What validation at the door costs: creates and `$validate`, by how much is asked before a resource is stored."""

import random
from pathlib import Path

from akson.cli import hosting
from akson.kit.settings import Level
from bench import report, workloads
from bench.client import Result, load, request
from bench.server import Served
from bench.single import CONNECTIONS, Sample


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:
    workloads.filled(folder, bundles).stop()
    results = []
    for level in Level:
        server = Served(folder / "data", AKSON_VALIDATION=level.value)
        try:
            results += hosting.run(_measure(server, level, seconds))
        finally:
            server.stop()
    return f"""## Validation

Observations of the Synthea records, as new ones and to `$validate`, by the setting AKSON_VALIDATION: `structure` is the
default, `base` adds the invariants and bindings of R4, `profiles` the profiles that a resource claims. Definitions and codes
come from the database, and are kept in memory while they hold.

{report.table(results)}
"""


async def _measure(server: Served, level: Level, seconds: float) -> list[Result]:
    bodies = (await Sample().fill(server.port)).bodies
    results = []
    for path, expected in (("Observation", 201), ("Observation/$validate", 200)):

        def make(chance: random.Random, path: str = path) -> bytes:
            return request("POST", path, chance.choice(bodies))

        name = f"{level.value}: POST {path}"
        await load(name, server.port, make, connections=CONNECTIONS, seconds=2, expected=expected)
        with server.watched() as used:
            result = await load(
                name, server.port, make, connections=CONNECTIONS, seconds=seconds, expected=expected
            )
        result.worker_cpu, result.database_cpu = used
        results.append(result)
    return results

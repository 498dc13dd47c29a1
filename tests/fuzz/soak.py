"""The long form of the fuzzing: new input without end, until the time is over. `make soak` runs it.

What stands for an error: an exception or a 5xx, an input that takes two seconds, a row of a refused write, and memory
that is still growing in the second half of the run.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from akson.rest.open import open_place, standalone
from akson.store.database.embedded import Embedded
from akson.store.database.migrate import migrate
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from tests.fuzz import server
from tests.fuzz.layers import LAYERS
from tests.patience import in_time

BATCH = 500
SLOWEST = 2.0
GROWTH = 40_000_000
"""Bytes by which the process may grow in the second half of a run: caches that are bounded fill slowly."""


def resident() -> int:
    """Bytes of memory of this process."""
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * 4096


def of_layers(rng: random.Random) -> int:
    """One batch for each layer; how many inputs it was."""
    for name, layer in LAYERS.items():
        for _ in range(BATCH):
            made = layer.make(rng)
            began = time.process_time()
            try:
                layer.check(made)
            except Exception as error:
                error.add_note(f"{name}: {made!r:.4000}")
                raise
            assert in_time(time.process_time() - began, SLOWEST), (name, made)
    return BATCH * len(LAYERS)


async def soak(postgres: Embedded, seconds: float, seed: int) -> int:
    """Run until the time is over; 1 when memory grew."""
    database = Database(postgres.uri("soak"), 4, reader=OWNER)
    await database.open()
    await migrate(database)
    app = standalone(open_place(database, "http://fhir.example"), limit=200_000)
    began, inputs, halfway = time.monotonic(), 0, 0
    told = began
    while (passed := time.monotonic() - began) < seconds:
        rng = random.Random(seed)
        inputs += of_layers(rng)
        counts = await server.attack(app, database, rng, BATCH, slowest=SLOWEST)
        inputs += sum(counts.values())
        if not halfway and passed > seconds / 2:
            halfway = resident()
        if time.monotonic() - told > 10:
            told = time.monotonic()
            print(
                f"{passed:6.0f} s  {inputs:10} inputs  {resident() // 1_000_000} MB  seed {seed}", flush=True
            )
        seed += 1
    grown = resident() - (halfway or resident())
    print(f"{inputs} inputs in {passed:.0f} s; {grown // 1000} kB more memory in the second half")
    await database.close()
    return int(grown > GROWTH)


def main() -> int:
    """0 when nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="akson-soak-") as folder:
        postgres = Embedded(Path(folder))
        postgres.start()
        try:
            with psycopg.connect(postgres.uri("postgres"), autocommit=True) as connection:
                connection.execute("create database soak")
            return asyncio.run(soak(postgres, chosen.seconds, chosen.seed))
        finally:
            postgres.stop()


if __name__ == "__main__":
    sys.exit(main())

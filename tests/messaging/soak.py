"""The long form of test_faults.py: letters by the hundred thousand over a way where one request in five fails.

python -m tests.messaging.soak [--letters N] [--seed N]
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from akson.store.database.embedded import Embedded
from akson.store.database.migrate import migrate
from akson.store.database.pool import Database
from tests.messaging.faults import BATCH, HOSPITAL, started

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
OUTAGE_EVERY = 20
"""Batches between two outages of a party, each longer than a letter may wait for its receipt."""


async def soak(new_database: Callable[[], str], letters: int, seed: int) -> int:
    """0 when each letter had its effect once, or came to a person."""
    async with started(new_database, seed) as run:
        began = time.monotonic()
        for batch in range(-(-letters // BATCH)):
            await run.write(min(BATCH, letters - batch * BATCH))
            if batch % OUTAGE_EVERY == OUTAGE_EVERY - 1:
                await run.outage(HOSPITAL, timedelta(hours=100))
            await run.until_ended()
            if batch % 10 == 9:
                print(f"{(batch + 1) * BATCH} letters, {time.monotonic() - began:.0f} s", flush=True)
        ends = await run.ends()
        print(f"{ends.sent} letters: {dict(ends.states)}; overdue on the way: {ends.overdue}")
        print(f"faults of {run.chaos.asked} requests: {dict(run.chaos.hit)}")
        print(
            f"lost {len(ends.lost)}, doubled {len(ends.doubled)}, altered {len(ends.altered)}, "
            f"without an owner {len(ends.ownerless)}"
        )
        return 0 if ends.is_well and ends.sent == letters else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}")
    # Silences and closed connections are what this is about; they are counted, not told one by one.
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="akson-soak-") as folder:
        server = Embedded(Path(folder), FAST)
        server.start()

        async def run() -> int:
            uris = [server.uri(f"soak_{number}") for number in range(3)]
            for uri in uris:
                await migrate(Database(uri, 1))
            return await soak(iter(uris).__next__, chosen.letters, chosen.seed)

        try:
            return asyncio.run(run())
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())

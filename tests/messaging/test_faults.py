"""Nothing is lost: a small form of what `make soak` runs with 100,000 letters."""

import pytest

from tests.messaging.faults import FAULTS, started

pytestmark = pytest.mark.store


@pytest.mark.parametrize("together", [True, False], ids=["together", "one-by-one"])
async def test_hundreds_of_letters_over_a_way_where_requests_fail(new_database, together):
    async with started(new_database, seed=5, together=together) as run:
        if together:
            run.chaos.share = 0.4  # of fewer requests, so that each fault is met
        batches = 0
        # What travels together hangs on the clock: go on until each kind of fault has been met.
        while batches < 8 or (batches < 40 and set(run.chaos.hit) != set(FAULTS)):
            await run.write(25)
            await run.until_ended()
            batches += 1
        ends = await run.ends()
        assert ends.is_well, ends
        assert ends.sent == 25 * batches
        assert ends.states.keys() <= {"acknowledged", "rejected", "failed"}
        assert ends.states["acknowledged"] > 0.9 * ends.sent
        assert set(run.chaos.hit) == set(FAULTS)

"""Nothing is lost: a small form of what `make soak` runs with 100,000 letters."""

import pytest

from tests.messaging.faults import FAULTS, started

pytestmark = pytest.mark.store


@pytest.mark.parametrize("together", [True, False], ids=["together", "one-by-one"])
async def test_two_hundred_letters_over_a_way_where_requests_fail(new_database, together):
    async with started(new_database, seed=5, together=together) as run:
        if together:
            run.chaos.share = 0.4  # of fewer requests, so that each fault is met
        for _ in range(8):
            await run.write(25)
            await run.until_ended()
        ends = await run.ends()
        assert ends.is_well, ends
        assert ends.sent == 200
        assert ends.states.keys() <= {"acknowledged", "rejected", "failed"}
        assert ends.states["acknowledged"] > 180
        assert set(run.chaos.hit) == set(FAULTS)

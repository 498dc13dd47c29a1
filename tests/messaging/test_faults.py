"""Nothing is lost: a small form of what `make soak` runs with 100,000 letters."""

import pytest

from tests.messaging.faults import FAULTS, started

pytestmark = pytest.mark.store


async def test_two_hundred_letters_over_a_way_where_one_request_in_five_fails(new_database):
    async with started(new_database, seed=5) as run:
        await run.write(200)
        await run.until_ended()
        ends = await run.ends()
        assert ends.is_well, ends
        assert ends.sent == 200
        assert ends.states.keys() <= {"acknowledged", "rejected", "failed"}
        assert ends.states["acknowledged"] > 180
        assert set(run.chaos.hit) == set(FAULTS)

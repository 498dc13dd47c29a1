"""Thousands of generated requests through the whole server: no error of its own, no row of what was refused, no growth."""

import random

import pytest

from akson.rest.open import open_place, standalone
from tests.fuzz.server import attack

REQUESTS = 4_000
SLOWEST = 2.0


@pytest.mark.slow
@pytest.mark.store
@pytest.mark.parametrize("seed", range(4))
async def test_any_request_is_answered_and_a_refused_one_leaves_nothing(database, seed):
    app = standalone(open_place(database, "http://fhir.example"), limit=200_000)
    counts = await attack(app, database, random.Random(seed), REQUESTS // 4, slowest=SLOWEST)
    assert sum(counts.values()) == REQUESTS // 4
    assert min(counts.values()) > REQUESTS // 80, counts

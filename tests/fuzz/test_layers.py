"""Over 200,000 generated inputs, each reader on its own: a result or a refusal, never another error, never two seconds.

Hypothesis chooses where the chance begins; each of its examples is a batch, since an input costs some ten microseconds.
"""

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.layers import LAYERS
from tests.patience import in_time

BATCH = 200
SLOWEST = 2.0
"""Seconds of the processor for one input."""


def test_the_short_form_has_more_than_200_000_inputs():
    assert sum(layer.inputs for layer in LAYERS.values()) >= 200_000
    assert all(layer.inputs % BATCH == 0 for layer in LAYERS.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", LAYERS)
def test_any_input_is_read_or_refused(name):
    layer = LAYERS[name]
    counts = {True: 0, False: 0}

    @settings(
        max_examples=layer.inputs // BATCH,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.integers(0, 2**64))
    def batch(seed):
        rng = random.Random(seed)
        for number in range(BATCH):
            made = layer.make(rng)
            began = time.process_time()
            try:
                accepted = layer.check(made)
            except Exception as error:
                error.add_note(f"{name}, seed {seed}, input {number}: {made!r:.3000}")
                raise
            assert in_time(time.process_time() - began, SLOWEST), made
            counts[accepted] += 1

    batch()
    assert sum(counts.values()) >= layer.inputs
    least = layer.inputs // 50
    assert min(counts.values()) > least, f"{name}: too much of one kind to find anything: {counts}"

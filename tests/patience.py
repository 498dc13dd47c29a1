"""Limits of time in tests: they tell what hangs from what ends, on a machine that may be slow or have other work."""

import time

WORK = 2_000_000
USUAL = 0.1
"""Seconds of WORK additions on the machine that the limits were set on."""


def slowness() -> float:
    """How many times slower than that machine this one is now; at least 1."""
    began, total = time.perf_counter(), 0
    for number in range(WORK):
        total += number
    return max(1.0, (time.perf_counter() - began) / USUAL)


def in_time(took: float, limit: float) -> bool:
    """Whether what took so many seconds is under the limit; a slow machine has as many times longer, and once more."""
    return took < limit or took < limit * 2 * slowness()

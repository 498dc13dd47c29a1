"""Measuring beside another server: what is said where it cannot run, and what its table says."""

from pathlib import Path

import pytest
from bench.client import Result
from bench.peers import refusals, run, table
from bench.report import Absent


def test_without_java_it_says_what_is_missing_and_measures_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Absent, match="needs Java 17 and Maven, and there is no `java`"):
        run(tmp_path, [], 1)
    assert list(tmp_path.iterdir()) == []


def load(rate: int, refused: int = 0) -> Result:
    result = Result("search", 1, 1.0, [1 / rate * (1 + place % 2) for place in range(rate)])
    for _ in range(refused):
        result.count(400)
    return result


def test_the_ratio_is_of_the_rates() -> None:
    assert "| search | **900** | 300 | **3.0** |" in table([load(900)], [load(300)])


def test_rates_of_refused_requests_are_not_compared_and_the_refusals_are_named() -> None:
    assert "| **900** | 300 | refused |" in table([load(900)], [load(300, refused=4)])
    assert "- HAPI, search: 4 of 300 (400: 4)" in refusals([load(900)], [load(300, refused=4)])

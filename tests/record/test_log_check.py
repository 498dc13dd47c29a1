"""Every kind of tampering with the access log is found, at any place; what nobody touched passes."""

from functools import lru_cache

import pytest

from akson.kit.errors import Malformed
from akson.record.log_check import Check, from_code, from_published
from akson.security import notes
from akson.security.notes import PublicKey
from tests.record.log_world import KINDS, POINTS, SIZE, case, checked, made

QUICK, ALL = 60, 1000
ORDER = list(KINDS)
MEANT = {
    "truncate the tail": {"short", "open"},
    "fork": {"fork"},
    "clock back": {"clock"},
    "replay a backup": {"fork", "short"},
    "sign with an old key": {"key"},
    "drop an index": {"index"},
    "partial tile": {"nodes"},
    "rewrite since the last witness": {"root", "signature"},
}
"""By what some kinds must be found; the others are found by the entry or by the root."""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    found = made(tmp_path_factory.mktemp("log"))
    found.whole = found.leaves()
    # The same signatures are met thousands of times.
    fits = lru_cache(None)(PublicKey._fits)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PublicKey, "_fits", fits)
        yield found


def test_what_nobody_touched_passes(world):
    for seen in range(POINTS):
        untouched = case(world, 0)
        untouched.seen = seen
        report = checked(untouched)
        assert report.findings == []
        assert (report.leaves, report.checkpoints, report.compared) == (SIZE, POINTS, 1)
        assert report.last.size == SIZE


@pytest.mark.parametrize("kind", ORDER)
def test_tampering_is_found(world, kind):
    found_at(world, kind, range(QUICK))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ORDER)
def test_tampering_is_found_at_a_thousand_places(world, kind):
    found_at(world, kind, range(QUICK, ALL))


def found_at(world, kind, seeds):
    for seed in seeds:
        tampered = case(world, seed * 14 + ORDER.index(kind))
        KINDS[kind](tampered)
        report = checked(tampered)
        meant = MEANT.get(kind, {"changed", "removed", "order", "root", "slipped", "fork"})
        assert meant & {each.kind for each in report.findings}, (kind, seed, report)


def test_an_erasure_that_an_entry_tells_of_is_no_tampering(world):
    told = case(world, 1)
    place, number = 40, told.leaves[40]["row"]["number"]
    told.leaves[60]["row"] |= {"type": "AuditEvent", "action": "administer", "id": str(number)}
    told.again([leaf["row"] for leaf in told.leaves])
    told.sign_again(0, world.new)
    told.leaves[place]["row"] = told.leaves[place]["salt"] = None
    check = Check([])
    check.take({"kind": "key", "vkey": world.new.public().vkey})
    for item in (*told.points, *told.leaves):
        check.take(item)
    report = check.end()
    assert {each.kind for each in report.findings} == {"index"}
    assert report.erased == {number: told.leaves[60]["row"]["number"]}


def test_a_short_code_is_enough_to_find_a_fork(world):
    point = notes.read(world.published[-1]["checkpoint"]).checkpoint
    trusted = from_code(notes.code(point))
    assert (trusted.size, trusted.root) == (point.size, point.root[:10])
    for lower in (notes.code(point).lower(), f" {notes.code(point)} "):
        assert from_code(lower) == trusted
    for bent in ("", "12", "x-1111-1111-1111-1111-1111", "12-1111", "-1-1111-1111-1111-1111-1111"):
        with pytest.raises(Malformed):
            from_code(bent)


def test_what_is_no_copy_and_no_published_checkpoint_is_refused(world):
    good = world.published[0]
    for bent in (
        {},
        {**good, "checkpoint": 7},
        {**good, "keys": []},
        {**good, "keys": ["x"]},
        {**good, "keys": [world.new.public().vkey]},
    ):
        with pytest.raises(Malformed):
            from_published(bent)
    for item in (
        {},
        {"kind": "x"},
        {"kind": "leaf"},
        {"kind": "leaf", "leaf": "x"},
        {"kind": "key", "vkey": 3},
    ):
        with pytest.raises(Malformed):
            Check([]).take(item)

"""Keys of a node: made once, readable by their owner only, changed with an overlap."""

import multiprocessing
import stat

import pytest

from akson.security import keys


def test_keys_are_made_once_and_for_their_owner_only(tmp_path):
    first = keys.load(tmp_path, "journal-client")
    assert keys.load(tmp_path, "journal-client").current.kid == first.current.kid
    assert keys.load(tmp_path, "sykehus-client").current.kid != first.current.kid
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.path.parent.stat().st_mode) == 0o700
    assert [file.name for file in first.path.parent.iterdir() if not file.name.endswith(".json")] == []


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_only_the_public_half_is_shown(tmp_path, algorithm):
    ring = keys.load(tmp_path, "x", algorithm)
    (shown,) = ring.public()["keys"]
    assert shown["alg"] == algorithm
    assert not shown.keys() & {"d", "p", "q", "dp", "dq", "qi"}


def test_rotation_puts_a_new_key_in_front_and_keeps_old_ones_for_a_while(tmp_path):
    ring = keys.load(tmp_path, "x")
    seen = [ring.current.kid]
    for _ in range(3):
        ring = ring.rotate()
        seen.insert(0, ring.current.kid)
    assert [key.kid for key in ring.keys] == seen[: keys.KEEP]
    assert [key.kid for key in keys.load(tmp_path, "x").keys] == seen[: keys.KEEP]
    assert len(set(seen)) == 4


def test_a_ring_that_another_process_changed_is_read_anew(tmp_path):
    watched = keys.Watched(tmp_path, "name")
    first = watched.ring.current
    added = keys.load(tmp_path, "name").added()
    assert [key.kid for key in watched.ring.keys] == [key.kid for key in added.keys]
    assert watched.ring.current.kid == first.kid
    keys.load(tmp_path, "name").used(added.keys[1].kid)
    assert watched.ring.current.kid == added.keys[1].kid


def _load(folder, meeting, found):
    meeting.wait()
    try:
        found.put(keys.load(folder, "journal-client").current.kid)
    except OSError as error:
        found.put(repr(error))


def test_processes_that_start_at_the_same_moment_get_the_same_key(tmp_path):
    """Each round has a fair chance to meet what goes wrong: before files of their own, four of five did."""
    spawn = multiprocessing.get_context("fork")
    for number in range(12):
        folder, meeting, found = tmp_path / str(number), spawn.Barrier(5), spawn.Queue()
        started = [spawn.Process(target=_load, args=(folder, meeting, found)) for _ in range(5)]
        for each in started:
            each.start()
        told = {found.get(timeout=20) for _ in started}
        for each in started:
            each.join()
        assert told == {keys.load(folder, "journal-client").current.kid}
        assert [file.name for file in (folder / "keys").iterdir()] == ["journal-client.json"]


def test_the_name_of_a_key_can_be_told_to_a_command():
    """One in 64 thumbprints begins with a hyphen, which a command takes for an option."""
    assert not [key for _ in range(400) if (key := keys._generate("EdDSA")).kid.startswith("-")]

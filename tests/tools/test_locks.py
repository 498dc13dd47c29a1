"""The lock files: what a fresh machine installs, pinned whole, so that it installs the same on every day."""

import re
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).parents[2] / "requirements"
LINE = re.compile(r"([A-Za-z0-9._-]+)(?:\[([^\]]+)\])?==(\S+)")
LOCKS = ("build.txt", "run.txt", "dev.txt", "node.txt", "spec.txt")


def locked(name):
    """By package: the extras that a lock file asks for."""
    found = {}
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if match := LINE.match(line):
            extras = frozenset(each.strip() for each in (match[2] or "").split(","))
            found[canonicalize_name(match[1])] = extras
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_a_hash(name):
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line and line[0] not in " #"]
    assert starts
    for number in starts:
        assert LINE.match(lines[number]), lines[number]
        assert lines[number + 1].strip().startswith("--hash=sha256:"), lines[number]


def test_what_a_package_asks_for_with_an_extra_is_pinned_with_that_extra():
    """pip looks for a version of its own for `name[extra]` unless the lock says so, and finds one without a hash."""
    pinned = locked("dev.txt") | locked("build.txt")
    for distribution in distributions():
        for text in distribution.requires or ():
            wanted = Requirement(text)
            name = canonicalize_name(wanted.name)
            if (
                wanted.extras
                and name in pinned
                and (not wanted.marker or wanted.marker.evaluate({"extra": ""}))
            ):
                missing = wanted.extras - pinned[name]
                assert not missing, f"{distribution.name} asks for {wanted}, the lock pins {name} without it"

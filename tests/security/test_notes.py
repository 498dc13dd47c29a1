"""Signed checkpoints: a published key, what is refused, rotation with overlap."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from akson.kit.errors import Malformed
from akson.security import notes
from akson.security.log_keys import LogKeys
from akson.security.notes import LOG, WITNESS, Checkpoint, PublicKey

MOMENT = datetime(2026, 11, 27, 1, 2, 3, tzinfo=UTC)
POINT = Checkpoint("node.example/journal", 7, sha256(b"root").digest(), MOMENT)


@pytest.fixture
def ring(tmp_path):
    return LogKeys(tmp_path, "journal", POINT.origin)


def test_the_text_is_that_of_transparency_logs(ring):
    note = ring.sign(POINT)
    lines = note.raw().split("\n")
    assert lines[:3] == ["node.example/journal", "7", b64encode(POINT.root).decode()]
    assert lines[3:5] == ["moment 2026-11-27T01:02:03.000Z", ""]
    assert lines[5].startswith("— node.example/journal ")
    assert notes.read(note.raw()) == note


def test_a_published_key_is_read():
    """The example key of the Go package that the format comes from (golang.org/x/mod/sumdb/note)."""
    vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    found = PublicKey.read(vkey)
    assert (found.name, found.kind, found.vkey) == ("PeterNeumann", LOG, vkey)


@pytest.mark.parametrize("kind", [LOG, WITNESS])
def test_a_signature_fits_its_text_and_key_only(ring, tmp_path, kind):
    signer = ring.signers()[0]
    line = signer.line(POINT.text()) if kind == LOG else signer.seen(POINT.text(), MOMENT)
    note = notes.Note(POINT, POINT.text(), (line,))
    key = signer.public(kind)
    assert key.signed(note)
    assert notes.key_ids(note, POINT.origin) == {key.id}
    assert not LogKeys(tmp_path, "other", POINT.origin).signers()[0].public(kind).signed(note)
    assert not signer.public(LOG if kind == WITNESS else WITNESS).signed(note)
    later = Checkpoint(POINT.origin, 8, POINT.root, MOMENT + timedelta(seconds=10))
    assert not key.signed(notes.Note(later, later.text(), (line,)))


def test_after_a_rotation_both_keys_sign_until_one_is_retired(ring):
    before = ring.public()[0]
    fresh = ring.rotate()
    assert notes.signers_of(ring.sign(POINT), [before, fresh]) == [before, fresh]
    ring.retire()
    assert notes.signers_of(ring.sign(POINT), [before, fresh]) == [fresh]
    assert ring.witness().public == fresh.public


def test_keys_are_the_owners_alone(ring, tmp_path):
    ring.signers()
    (file,) = (tmp_path / "keys").iterdir()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "bent",
    [
        lambda raw: raw.replace("\n\n", "\n"),
        lambda raw: raw.replace("\n7\n", "\n07\n"),
        lambda raw: raw.replace("\n7\n", "\n-7\n"),
        lambda raw: raw.replace("\n7\n", f"\n{2**63}\n"),
        lambda raw: raw.replace("moment ", "time "),
        lambda raw: raw.replace("moment 2026-11-27T01:02:03.000Z", "moment 0001-01-01T00:00:00+14:00"),
        lambda raw: raw.replace("=\nmoment", "\nmoment"),
        lambda raw: raw.replace("— ", "- "),
        lambda raw: raw[:-1],
        lambda raw: raw + "— x !\n",
        lambda raw: raw + "x" * 10_000,
        lambda _raw: "",
    ],
)
def test_what_is_no_note_is_refused(ring, bent):
    with pytest.raises(Malformed):
        notes.read(bent(ring.sign(POINT).raw()))


@pytest.mark.parametrize(
    "vkey", ["", "a+b", "a+00000000+AAAA", "Peter+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"]
)
def test_what_is_no_key_is_refused(vkey):
    with pytest.raises(Malformed):
        PublicKey.read(vkey)


def test_the_code_begins_with_the_size():
    assert notes.code(POINT).startswith("7-")
    assert len(notes.code(POINT)) == 2 + 24

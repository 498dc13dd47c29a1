"""Signed checkpoints of a log: its name, how many leaves, their root and when, with signatures of the log and of witnesses.

The formats are those of transparency logs (C2SP: signed-note, tlog-checkpoint, tlog-cosignature), Ed25519 throughout, so
that any witness of such logs can countersign ours, and ours theirs. When it was is an extension line.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.jwk import Key

from akson.kit.clock import instant
from akson.kit.errors import Malformed

LOG, WITNESS = 1, 4
"""Kinds of keys: a log signs the text; a witness signs the text and when it saw it (cosignature/v1)."""
DASH = "— "
MOMENT = "moment "
LONGEST = 10_000
"""Characters of a note."""
MOST = 16
"""Signatures of a note."""
LARGEST = 2**63 - 1
"""Leaves of a log."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log is at one moment."""

    origin: str
    """Name of the log: the node's address without a scheme."""
    size: int
    root: bytes
    moment: datetime

    def text(self) -> str:
        """What is signed."""
        root = b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\n{MOMENT}{instant(self.moment)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint and its signature lines, none of them believed before a key has checked it."""

    checkpoint: Checkpoint
    text: str
    lines: tuple[str, ...]

    def raw(self) -> str:
        """The note as it is stored and sent."""
        return self.text + "\n" + "".join(f"{line}\n" for line in self.lines)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What signatures of one name are checked with; `vkey` is how it is written down."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that name the key in a signature line."""
        return sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(bytes([self.kind]) + self.public).decode()}"

    @classmethod
    def read(cls, vkey: str) -> "PublicKey":
        """The key of a `vkey`. Malformed when it is none."""
        try:
            name, id_, data = vkey.strip().split("+", 2)
            raw = b64decode(data, validate=True)
        except ValueError as error:
            raise Malformed("a key is written <name>+<id>+<base64>") from error
        if len(raw) != 33 or raw[0] not in (LOG, WITNESS) or not name or " " in name:
            raise Malformed("a key is Ed25519, of a log or of a witness")
        found = cls(name, raw[0], raw[1:])
        if found.id.hex() != id_:
            raise Malformed("the key's id does not fit the key")
        return found

    def signed(self, note: Note) -> bool:
        """Whether a line of the note is a signature of this key over its text."""
        return any(self._fits(note.text, line) for line in note.lines)

    def _fits(self, text: str, line: str) -> bool:
        name, data = _parts(line)
        if name != self.name or data[:4] != self.id:
            return False
        said, signature = text.encode(), data[4:]
        if self.kind == WITNESS:
            said, signature = _seen(int.from_bytes(data[4:12], "big"), text), data[12:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, said)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """One key of a name, the private half."""

    name: str
    key: Ed25519PrivateKey

    @classmethod
    def of(cls, name: str, key: Key) -> "Signer":
        """From a key of a ring (`keys.load(..., "EdDSA")`)."""
        private = key.as_dict(private=True)["d"]
        raw = b64decode(str(private).replace("-", "+").replace("_", "/") + "=")
        return cls(name, Ed25519PrivateKey.from_private_bytes(raw))

    def public(self, kind: int = LOG) -> PublicKey:
        """The public half, as that of a log or of a witness."""
        return PublicKey(self.name, kind, self.key.public_key().public_bytes_raw())

    def line(self, text: str) -> str:
        """The signature line of a log."""
        return self._line(LOG, self.key.sign(text.encode()))

    def seen(self, text: str, moment: datetime) -> str:
        """The signature line of a witness that has seen the text."""
        second = int(moment.timestamp())
        return self._line(WITNESS, second.to_bytes(8, "big") + self.key.sign(_seen(second, text)))

    def _line(self, kind: int, signature: bytes) -> str:
        return f"{DASH}{self.name} {b64encode(self.public(kind).id + signature).decode()}"


def sign(checkpoint: Checkpoint, signers: Sequence[Signer]) -> Note:
    """A note signed by each."""
    text = checkpoint.text()
    return Note(checkpoint, text, tuple(signer.line(text) for signer in signers))


def read(raw: str) -> Note:
    """A note as it is written. Malformed when it is none; its signatures are not checked."""
    text, blank, rest = raw.partition("\n\n")
    lines = rest.splitlines()
    if not blank or len(raw) > LONGEST or not 1 <= len(lines) <= MOST or not rest.endswith("\n"):
        raise Malformed("a signed checkpoint is a text, an empty line and signatures")
    for line in lines:
        _parts(line)
    text += "\n"
    return Note(_checkpoint(text), text, tuple(lines))


def key_ids(note: Note, name: str) -> set[bytes]:
    """Ids of the keys that have signed in this name."""
    return {data[:4] for each, data in map(_parts, note.lines) if each == name}


def code(checkpoint: Checkpoint) -> str:
    """What a person can read out or print: the size, and the first 80 bits of the root in groups of four."""
    digits = checkpoint.root[:10].hex().upper()
    groups = "-".join(digits[at : at + 4] for at in range(0, 20, 4))
    return f"{checkpoint.size}-{groups}"


def signers_of(note: Note, keys: Collection[PublicKey]) -> list[PublicKey]:
    """Those of the keys whose signature stands on the note and fits."""
    return [key for key in keys if key.signed(note)]


def _checkpoint(text: str) -> Checkpoint:
    lines = text.splitlines()
    try:
        origin, size, root = lines[:3]
        said = next(line for line in lines[3:] if line.startswith(MOMENT))
        moment = datetime.fromisoformat(said.removeprefix(MOMENT)).astimezone(UTC)
        found = Checkpoint(origin, int(size), b64decode(root, validate=True), moment)
    except (ValueError, OverflowError, StopIteration) as error:
        raise Malformed("a checkpoint is name, size, root and moment, a line each") from error
    if str(found.size) != size or not 0 <= found.size <= LARGEST or len(found.root) != 32 or not origin:
        raise Malformed("a checkpoint has a whole number and 32 bytes")
    return found


def _parts(line: str) -> tuple[str, bytes]:
    name, _, data = line.removeprefix(DASH).partition(" ")
    try:
        raw = b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("a signature line is a dash, a name and base64") from error
    if not line.startswith(DASH) or not name or len(raw) < 5:
        raise Malformed("a signature line is a dash, a name and base64")
    return name, raw


def _seen(second: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {second}\n{text}".encode()

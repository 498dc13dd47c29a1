"""The key pairs of a node: made at first start, kept in the data folder readable by its owner only.

A file holds a list, the signing key first. Rotation puts a new key in front and keeps the old ones, so that what
they signed can still be checked until they are retired.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

from akson.kit.errors import NotAllowed, NotFound

KEEP = 3
"""How many keys a file holds after rotation: the present one and those that may still be in use."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys of one purpose, the one in use first."""

    path: Path
    keys: tuple[Key, ...]

    @property
    def current(self) -> Key:
        return self.keys[0]

    def public(self) -> dict[str, Any]:
        """The JWK set (RFC 7517) to publish or register: public halves only."""
        return {"keys": [key.as_dict(private=False) for key in self.keys]}

    def added(self, algorithm: str = "") -> "KeyRing":
        """A ring with a new key behind the others, written to the file."""
        return self._kept((*self.keys, _generate(algorithm or str(self.current.alg or "ES256"))))

    def used(self, name: str) -> "KeyRing":
        """A ring that signs with the key whose name begins so, written to the file. NotFound when none does."""
        key = self._named(name)
        return self._kept((key, *(each for each in self.keys if each is not key)))

    def dropped(self, name: str) -> "KeyRing":
        """A ring without a key, written to the file. NotAllowed for the one in use."""
        key = self._named(name)
        if key is self.current:
            raise NotAllowed("the key is in use: take another into use first")
        return self._kept(tuple(each for each in self.keys if each is not key))

    def _named(self, name: str) -> Key:
        found = [key for key in self.keys if str(key.kid).startswith(name)]
        if len(found) != 1 or not name:
            raise NotFound(f"{len(found)} keys of {self.path.stem} begin with {name!r}")
        return found[0]

    def _kept(self, keys: tuple[Key, ...]) -> "KeyRing":
        _write(self.path, keys)
        return KeyRing(self.path, keys)

    def rotate(self) -> "KeyRing":
        """A ring with a new key in front, written to the file."""
        fresh = _generate(str(self.current.alg or "ES256"))
        ring = KeyRing(self.path, (fresh, *self.keys[: KEEP - 1]))
        _write(self.path, ring.keys)
        return ring

    def retire(self) -> "KeyRing":
        """The ring with the key in use alone, written to the file."""
        ring = KeyRing(self.path, self.keys[:1])
        _write(self.path, ring.keys)
        return ring


class Watched:
    """A ring that is read anew when its file has changed: keys are rotated beside a running server."""

    def __init__(self, folder: Path, name: str, algorithm: str = "ES256") -> None:
        self._place = (folder, name, algorithm)
        self._ring = load(*self._place)
        self._stamp = self._ring.path.stat().st_mtime_ns

    @property
    def ring(self) -> KeyRing:
        """The ring as the file has it now."""
        stamp = self._ring.path.stat().st_mtime_ns
        if stamp != self._stamp:
            self._ring, self._stamp = load(*self._place), stamp
        return self._ring


def load(folder: Path, name: str, algorithm: str = "ES256") -> KeyRing:
    """The ring `<folder>/keys/<name>.json`, made when it is not there. Several processes get the same one."""
    path = folder / "keys" / f"{name}.json"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _create(path, _generate(algorithm))
    stored = json.loads(path.read_text())
    return KeyRing(path, tuple(import_key(jwk) for jwk in stored["keys"]))


def thumbprint(key: Key) -> str:
    """RFC 7638 SHA-256 thumbprint, as `cnf.jkt` carries it."""
    return key.thumbprint()


def _generate(algorithm: str) -> Key:
    """A key whose name can be told to a command: one in 64 thumbprints begins as an option does."""
    while (key := _any(algorithm)).kid is None or key.kid.startswith("-"):
        pass
    return key


def _any(algorithm: str) -> Key:
    parameters: Any = {"use": "sig", "alg": algorithm}
    if algorithm.startswith("ES"):
        return ECKey.generate_key("P-256", parameters, auto_kid=True)
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519", parameters, auto_kid=True)
    return RSAKey.generate_key(2048, parameters, auto_kid=True)


def _create(path: Path, key: Key) -> None:
    """Write beside, then link: the first of several starting processes wins, nobody sees half a file."""
    draft = _draft(path, (key,))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _write(path: Path, keys: tuple[Key, ...]) -> None:
    _draft(path, keys).replace(path)


def _draft(path: Path, keys: tuple[Key, ...]) -> Path:
    """The keys in a file that nobody else writes to, readable by its owner only, on disk before it takes its place."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
    with os.fdopen(descriptor, "w") as stream:
        json.dump({"keys": [key.as_dict(private=True) for key in keys]}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    return Path(name)

"""The trust anchor node: what all its endpoints share."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from joserfc.jwk import Key

from akson.kit.clock import now
from akson.kit.settings import Node
from akson.security import keys
from akson.security.door_log import DoorLog
from akson.security.dpop import Nonces
from akson.security.once import Once
from akson.store.database.pool import Database

ASSERTION_LIFE = 60
"""Longest life of a client assertion in seconds (HelseID)."""
REQUEST_LIFE = timedelta(seconds=60)
INTERACTION_LIFE = timedelta(minutes=10)
CODE_LIFE = timedelta(seconds=60)
TOKEN_LIFE = timedelta(minutes=5)
GRANT_LIFE = timedelta(hours=10)


@dataclass(slots=True)
class Provider:
    """One trust anchor: its node, its database and its signing keys (`<data>/keys/<name>-signing.json`)."""

    node: Node
    database: Database
    data: Path
    stylesheets: tuple[str, ...] = ()
    eid: object = None
    """The e-ID of somebody else (`trust.eid.EId`) that people identify with; None: the demo's own page."""
    once: Once = field(init=False)
    nonces: Nonces = field(init=False)
    _keys: keys.Watched = field(init=False)

    def __post_init__(self) -> None:
        self._keys = keys.Watched(self.data, f"{self.node.name}-signing")
        self.once = Once(self.database)
        secret = str(self.key.as_dict(private=True)["d"])
        self.nonces = Nonces(hashlib.sha256(f"nonce {secret}".encode()).digest())

    @property
    def door_log(self) -> DoorLog:
        """Writes who signed in and who was given a token, and who was not."""
        return DoorLog(self.node, self.database)

    @property
    def issuer(self) -> str:
        return self.node.base

    @property
    def ring(self) -> keys.KeyRing:
        """The signing keys as they are now."""
        return self._keys.ring

    @property
    def key(self) -> Key:
        return self.ring.current

    def url(self, path: str) -> str:
        return f"{self.issuer}{path}"


def until(life: timedelta) -> datetime:
    return now() + life

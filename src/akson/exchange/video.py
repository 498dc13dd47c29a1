"""Where a video meeting takes place: the address at the provider that the installation has chosen. The stream itself runs there.

A provider is an adapter of one method. The one here makes addresses as Jitsi Meet takes them (base address, slash, name of the room),
which most others understand as well.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Protocol

LENGTH = 26
"""Letters of a room's name: 130 bits, which nobody guesses."""


class Provider(Protocol):
    """A provider of video."""

    def link(self, room: str) -> str:
        """The address by which one enters a room."""
        ...


@dataclass(frozen=True, slots=True)
class Rooms:
    """Rooms as Jitsi Meet has them; `base` is the provider's address."""

    base: str

    def link(self, room: str) -> str:
        return f"{self.base.rstrip('/')}/{room}"


def room(secret: bytes, meeting: str, start: str) -> str:
    """The name of a meeting's room, from a secret of the node: it stands nowhere, and a meeting that is moved gets another."""
    digest = hmac.new(secret, f"video room\x1f{meeting}\x1f{start}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:LENGTH]

"""What goes on when nobody is there to ask: the rights behind subscriptions, exports and imports.

A token says for five minutes which system calls and what it may. The trust anchor gives none to a system that it does not
know any more, and none with a right that was taken away, but it tells nobody of that, and HelseID cannot be asked. So a
node notes what each system has shown, and what goes on for a system rests on what it has shown lately
(setting AKSON_STANDING_HOURS).
"""

import time
from dataclasses import replace

from akson.kit.clock import now
from akson.record.context import Place
from akson.security.actor import Actor
from akson.store.database.pool import Tx
from akson.store.underway import keep

KIND = "standing"
API, ADMIN = "fhir", "admin"
"""The rights that a token may show, as its scopes name them."""
EVERY = 60.0
"""Seconds for which a system that calls again and again is not noted anew."""


async def shown(tx: Tx, place: Place, actor: Actor) -> None:
    """The actor has just shown a token."""
    until = now() + place.standing
    for right in _rights(actor):
        await keep.put(tx, KIND, _key(actor, right), {}, until)


async def standing(tx: Tx, actor: Actor) -> Actor | None:
    """The actor of earlier with the rights that its system has shown lately; None when it has shown none.

    Nothing lapses for who came without a token.
    """
    if not actor.client_id:
        return actor
    if await keep.get(tx, KIND, _key(actor, API)) is None:
        return None
    if actor.administers and await keep.get(tx, KIND, _key(actor, ADMIN)) is None:
        return replace(actor, administers=False)
    return actor


class Shown:
    """Notes the systems that call a place. Beside their requests, which would wait for each other at the note."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._noted: dict[str, float] = {}

    async def note(self, actor: Actor) -> None:
        """The actor has just shown a token, which may have been noted a moment ago."""
        keys = [_key(actor, right) for right in _rights(actor)]
        moment = time.monotonic()
        if all(moment - self._noted.get(key, -EVERY) < EVERY for key in keys):
            return
        async with self._place.database.transaction() as tx:
            await shown(tx, self._place, actor)
        self._noted |= dict.fromkeys(keys, moment)


def _rights(actor: Actor) -> tuple[str, ...]:
    if not actor.client_id:
        return ()
    return (API, ADMIN) if actor.administers else (API,)


def _key(actor: Actor, right: str) -> str:
    return f"{actor.client_id} {right}"

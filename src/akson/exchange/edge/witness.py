"""Takes this node's checkpoints to its witnesses, each with a proof that the log has only grown since the last one.

What they countersign is kept beside the log and published with it. A witness that refuses has seen another log of this
node than the one in the database: that is told as an error, for a person.
"""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from akson.kit.errors import AksonError, NotFound, PeerFailed
from akson.kit.log import Event, log
from akson.kit.merkle import consistency, proof
from akson.record.context import Place
from akson.security import notes
from akson.security.client import Peer
from akson.security.log_keys import LogKeys, origin_of
from akson.store.access import checkpoints, leaves
from akson.store.access.leaves import Head

EVERY = 10.0
"""Seconds between two visits: what a witness has not seen yet has the node's word alone."""
KEYS = "Log-Keys"
"""The header with the log's present keys; witnesses that have them otherwise pass it over."""
RIGHT = "vitne"
"""The scope, `akson:<witness>/vitne`."""
DIGITS = 25
"""More than any size has."""
REFUSED = frozenset({403, 409, 422})


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What this node brings to its witnesses."""

    place: Place
    peer: Peer
    keys: LogKeys
    witnesses: Sequence[str]
    """Addresses of the nodes that countersign, without a trailing slash."""

    async def run(self) -> None:
        """Visit all witnesses until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            for base in self.witnesses:
                try:
                    await self.visit(base)
                except AksonError as error:
                    log(Event.PEER_FAILED, peer=base, error=type(error).__name__)

    async def visit(self, base: str) -> bool:
        """Show one witness the latest checkpoint; whether it has countersigned, now or before.

        PeerFailed or PeerSilent when it could not be asked.
        """
        witness = origin_of(base)
        async with self.place.database.transaction(read_only=True) as tx:
            head = await leaves.head(tx)
            seen = next((each.size for each in await checkpoints.witnesses(tx) if each.witness == witness), 0)
        if head is None or seen == head.size:
            return head is not None
        status, told = await self._show(base, head, min(seen, head.size))
        if status == 409 and told.strip().isdecimal() and len(told) < DIGITS and int(told) < head.size:
            status, told = await self._show(base, head, int(told))
        if status in REFUSED:
            log(Event.LOG_REFUSED, log=self.keys.origin, peer=base, status=status)
            return False
        if status != 200:
            raise PeerFailed(f"the witness answered {status}")
        line = told.strip()
        # What it signed is read as part of the note it belongs to: nothing else is kept.
        notes.read(head.note + line + "\n")
        async with self.place.database.transaction() as tx:
            await checkpoints.countersign(tx, witness, head.size, line)
        return True

    async def _show(self, base: str, head: Head, old: int) -> tuple[int, str]:
        path = consistency(old, head.size)
        async with self.place.database.transaction(read_only=True) as tx:
            steps = proof(path, await leaves.proven(tx, path))
        lines = [f"old {old}", *(b64encode(step).decode() for step in steps)]
        answer = await self.peer.request(
            "POST",
            f"{base}/vitne/add-checkpoint",
            scope=f"akson:{base.rpartition('/')[2]}/{RIGHT}",
            content=("\n".join(lines) + "\n\n" + head.note).encode(),
            headers={KEYS: ", ".join(key.vkey for key in self.keys.public())},
        )
        return answer.status_code, answer.text


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint as anyone may have it, to check a copy of the log by."""

    origin: str
    keys: Sequence[str]
    note: str
    """With the countersignatures of those witnesses that have seen this very checkpoint."""

    def told(self) -> dict[str, object]:
        """As JSON."""
        return {
            "origin": self.origin,
            "keys": list(self.keys),
            "checkpoint": self.note,
            "code": notes.code(notes.read(self.note).checkpoint),
        }


async def latest(place: Place, keys: LogKeys) -> Published:
    """The latest checkpoint of this node that a witness has seen; without witnesses the latest. NotFound when there is none."""
    async with place.database.transaction(read_only=True) as tx:
        head = await leaves.head(tx)
        signed = await checkpoints.witnesses(tx)
        size = max((each.size for each in signed), default=head.size if head else 0)
        note = await checkpoints.at(tx, size)
    if note is None:
        raise NotFound("no checkpoint has been made yet")
    lines = [each.line + "\n" for each in signed if each.size == size]
    return Published(keys.origin, [key.vkey for key in keys.public()], note + "".join(lines))

"""Takes this node's checkpoints to its witnesses, each with a proof that the log has only grown since the last one.

What they countersign is kept beside the log and published with it. A witness that refuses has seen another log of this
node than the one in the database: that is told as an error, for a person.
"""

import asyncio
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from akson.fhir.strict_json import loads
from akson.kit.errors import AksonError, NotFound, PeerFailed
from akson.kit.log import Event, log
from akson.kit.merkle import consistency, proof
from akson.record.context import Place
from akson.security import notes
from akson.security.client import Peer
from akson.security.log_keys import LogKeys, origin_of
from akson.security.notes import LOG, WITNESS, Note, PublicKey
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
            last = next((each for each in await checkpoints.witnesses(tx) if each.witness == witness), None)
        seen = last.size if last else 0
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
        # What it signed is read as part of the note it belongs to, and holds by its key: nothing else is kept.
        note = notes.read(head.note + line + "\n")
        key = await self._key(base, note, last.vkey if last else "")
        async with self.place.database.transaction() as tx:
            await checkpoints.countersign(tx, witness, head.size, line, key.vkey)
        return True

    async def _key(self, base: str, note: Note, known: str) -> PublicKey:
        """The key of the witness that has signed the note. PeerFailed when none that is known to be its own has.

        Learned at the first visit. Another one later is believed when the key before has signed beside it: as long as
        both sign the witness's own log (`LogKeys`).
        """
        before = PublicKey.read(known) if known else None
        if before and before.signed(note):
            return before
        told = await self._told(base)
        offered = PublicKey.read(str(told.get("key", "")))
        if offered.name != origin_of(base) or offered.kind != WITNESS or not offered.signed(note):
            raise PeerFailed("the countersignature is not one of the witness's key")
        if before:
            own = notes.read(str(told.get("checkpoint", "")))
            both = [replace(each, kind=LOG) for each in (before, offered)]
            if len(notes.signers_of(own, both)) < len(both):
                log(Event.LOG_REFUSED, log=self.keys.origin, peer=base, status=0)
                raise PeerFailed("the witness has another key, which the one before has not signed beside")
        return offered

    async def _told(self, base: str) -> Mapping[str, object]:
        """What a witness says of itself: its key, and the latest checkpoint of its own log."""
        scope = f"akson:{base.rpartition('/')[2]}/{RIGHT}"
        answer = await self.peer.request("GET", f"{base}/vitne", scope=scope)
        try:
            told = loads(answer.content) if answer.status_code == 200 else None
        except AksonError as error:
            raise PeerFailed("the witness answered with no JSON") from error
        if not isinstance(told, dict):
            raise PeerFailed(f"the witness answered {answer.status_code}")
        return told

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


async def own_checkpoint(place: Place) -> dict[str, str]:
    """The latest checkpoint of this node's log, as `checkpoint`; nothing where there is none yet."""
    async with place.database.transaction(read_only=True) as tx:
        head = await leaves.head(tx)
    return {"checkpoint": head.note} if head else {}


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

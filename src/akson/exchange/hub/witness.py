"""The witness of another node's access log: it countersigns a checkpoint when the log has only grown since the last one.

The rules of tlog-witness (C2SP). Whoever asks is known by a token; the log's key by the first checkpoint it brought, and a
new key by one that a known key has signed too. So a log that was forked, cut, put back or signed by an old key is refused.
"""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from akson.kit.clock import now
from akson.kit.errors import Conflict, Malformed, NotAllowed, NotFound, Unprocessable
from akson.kit.merkle import EMPTY, extends
from akson.record.context import Place
from akson.security import notes
from akson.security.log_keys import LogKeys
from akson.security.notes import LOG, Note, PublicKey
from akson.store.access import checkpoints, leaves
from akson.store.access.checkpoints import Watched
from akson.store.database.pool import Tx

SKEW = timedelta(minutes=10)
"""How far the clocks of two nodes may be from each other."""
STEPS = 63
"""Hashes of a proof: one for each level of the largest tree."""


class OtherSize(Conflict):
    """The witness has seen the log at another size than the proof begins at, or another log of this size."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the log was last seen here with {size} entries")
        self.size = size


@dataclass(frozen=True, slots=True)
class Offer:
    """What a node asks a witness to countersign."""

    old: int
    """The size that the witness has seen last, as the log believes."""
    proof: Sequence[bytes]
    note: Note
    keys: Sequence[PublicKey]
    """The log's present keys."""


def offer(body: str, vkeys: Sequence[str]) -> Offer:
    """The body of `add-checkpoint`: `old N`, a proof in base64, an empty line, the checkpoint. Malformed otherwise."""
    head, blank, raw = body.partition("\n\n")
    first, *steps = head.split("\n")
    try:
        name, size = first.split(" ")
        old = int(size)
        proof = [b64decode(step, validate=True) for step in steps]
    except ValueError as error:
        raise Malformed("the body begins with old, a number, and a proof in base64") from error
    if name != "old" or old < 0 or not blank or len(proof) > STEPS or any(len(step) != 32 for step in proof):
        raise Malformed("the body begins with old, a number, and a proof of hashes")
    note = notes.read(raw)
    keys = [PublicKey.read(vkey) for vkey in vkeys]
    if any(key.kind != LOG or key.name != note.checkpoint.origin for key in keys):
        raise Malformed("the keys are those of the log that the checkpoint names")
    return Offer(old, proof, note, keys)


async def countersign(place: Place, own: LogKeys, client_id: str, given: Offer) -> str:
    """The signature line of this witness.

    NotAllowed for another's log and for a signature of no key that is known here, OtherSize when the proof begins elsewhere,
    Unprocessable when the log is not the one that was seen, or its clock is wrong.
    """
    point, moment = given.note.checkpoint, now()
    async with place.database.transaction() as tx:
        known = await checkpoints.watched(tx, point.origin)
        keys = _known_by(known, client_id, given)
        before = (known.size, known.root) if known else (0, EMPTY)
        if given.old != before[0] or point.size < before[0]:
            raise OtherSize(before[0])
        if point.size == before[0] and point.root != before[1]:
            raise OtherSize(before[0])
        _check_clock(known, given.note)
        if not extends(before, (point.size, point.root), given.proof):
            raise Unprocessable("the log is not a continuation of the one that was seen here")
        known_by = [key.vkey for key in keys]
        seen = Watched(point.origin, client_id, point.size, point.root, given.note.raw(), known_by, moment)
        await checkpoints.remember(tx, seen)
    return own.signers()[0].seen(given.note.text, moment)


async def published(place: Place, origin: str) -> Watched:
    """A log as this witness has seen it last. NotFound when it is not a witness of that log."""
    async with place.database.transaction() as tx:
        found = await checkpoints.watched(tx, origin)
    if found is None:
        raise NotFound("this node is not a witness of that log")
    return found


@dataclass(frozen=True, slots=True)
class Code:
    """What a log was at a moment, short enough to write down."""

    origin: str
    code: str
    moment: datetime


async def codes(tx: Tx, own: str) -> list[Code]:
    """The latest checkpoint of this node's log (called `own`), and of each log that it is a witness of."""
    head = await leaves.head(tx)
    raw = [head.note] if head else []
    raw += [each.note for each in await checkpoints.all_watched(tx) if each.origin != own]
    points = [notes.read(each).checkpoint for each in raw]
    return [Code(point.origin, notes.code(point), point.moment) for point in points]


def _known_by(known: Watched | None, client_id: str, given: Offer) -> list[PublicKey]:
    """The keys to know the log by from here on."""
    if known and known.client_id != client_id:
        raise NotAllowed("the log is another system's")
    before = [PublicKey.read(vkey) for vkey in known.keys] if known else given.keys
    if not notes.signers_of(given.note, before):
        raise NotAllowed("the checkpoint is signed by no key that is known here")
    return notes.signers_of(given.note, list(dict.fromkeys([*given.keys, *before])))


def _check_clock(known: Watched | None, note: Note) -> None:
    moment = note.checkpoint.moment
    if abs(now() - moment) > SKEW:
        raise Unprocessable("the clocks of the log and of its witness differ by more than ten minutes")
    if known and moment < notes.read(known.note).checkpoint.moment:
        raise Unprocessable("the checkpoint is older than the one before it")

"""What is kept of checkpoints: of this log the keys and what witnesses have signed, of the logs of others the latest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from akson.store.database.pool import Tx

KNOW = "insert into audit_key (vkey) select unnest(%s::text[]) on conflict do nothing"
KEYS = "select vkey from audit_key order by since, vkey"
NOTES = "select size, note from audit_checkpoint where size > %s order by size limit %s"
AT = "select note from audit_checkpoint where size = %s"
SIGNED = """
insert into audit_witness (witness, size, line, vkey) values (%s, %s, %s, %s)
on conflict (witness) do update set size = excluded.size, line = excluded.line, vkey = excluded.vkey, moment = now()
where audit_witness.size <= excluded.size"""
WITNESSES = "select witness, size, line, moment, vkey from audit_witness order by witness"
LOCK = "select pg_advisory_xact_lock(hashtextextended('witness ' || %s, 0))"
LATEST = "select origin, client_id, size, root, note, keys, moment from witnessed_log"
REMEMBER = """
insert into witnessed_log (origin, client_id, size, root, note, keys, moment) values (%s, %s, %s, %s, %s, %s, %s)
on conflict (origin) do update set size = excluded.size, root = excluded.root, note = excluded.note,
    keys = excluded.keys, moment = excluded.moment"""


@dataclass(frozen=True, slots=True)
class Countersigned:
    """What a witness has signed last."""

    witness: str
    size: int
    line: str
    moment: datetime
    vkey: str = ""
    """The key that it was checked with; empty for what was kept before that was done."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A log that this node is a witness of, as it was last."""

    origin: str
    client_id: str
    """The system whose log it is."""
    size: int
    root: bytes
    note: str
    keys: Sequence[str]
    """The keys it was signed by, as they are published."""
    moment: datetime
    """When this node saw it."""


async def know(tx: Tx, vkeys: Sequence[str]) -> None:
    """Keep the public keys that checkpoints are signed by."""
    await tx.execute(KNOW, [list(vkeys)])


async def keys(tx: Tx) -> list[str]:
    """All keys that have signed checkpoints of this log, the oldest first."""
    return [row[0] for row in await tx.fetch(KEYS)]


async def notes(tx: Tx, after: int, count: int) -> list[tuple[int, str]]:
    """Checkpoints of more than `after` leaves: size and note."""
    return [(row[0], row[1]) for row in await tx.fetch(NOTES, [after, count])]


async def at(tx: Tx, size: int) -> str | None:
    """The checkpoint of exactly this size."""
    found = await tx.one(AT, [size])
    return str(found[0]) if found else None


async def countersign(tx: Tx, witness: str, size: int, line: str, vkey: str) -> None:
    """Keep what a witness of this log has signed, checked with its key; never an older one in place of a newer."""
    await tx.execute(SIGNED, [witness, size, line, vkey])


async def witnesses(tx: Tx) -> list[Countersigned]:
    """What each witness has signed last."""
    return [Countersigned(*row) for row in await tx.fetch(WITNESSES)]


async def watched(tx: Tx, origin: str) -> Watched | None:
    """The log of another as it was last seen here. Held until the transaction ends: one at a time."""
    await tx.fetch(LOCK, [origin])
    found = await tx.one(f"{LATEST} where origin = %s", [origin])
    return _watched(found) if found else None


async def all_watched(tx: Tx) -> list[Watched]:
    """All logs of others that this node is a witness of."""
    return [_watched(row) for row in await tx.fetch(f"{LATEST} order by origin")]


async def remember(tx: Tx, seen: Watched) -> None:
    """Keep what a log was when it was countersigned."""
    values = [seen.origin, seen.client_id, seen.size, seen.root, seen.note, list(seen.keys), seen.moment]
    await tx.execute(REMEMBER, values)


def _watched(row: Sequence[object]) -> Watched:
    origin, client_id, size, root, note, keys_, moment = row
    return Watched(origin, client_id, size, bytes(root), note, tuple(keys_), moment)  # type: ignore[arg-type, call-overload]

"""What the database keeps of resources beside the record, and forgets when they are erased.

Numbered events of subscriptions keep their numbers and lose what they were about. Files of exports and imports go when they
hold, or may hold, something of it. So do searches to go on with, tables that the patient had made, and the
samples of texts that the planner has drawn.
"""

import asyncio
import re
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from urllib.parse import unquote

import orjson

from akson.kit.packing import unpack
from akson.store.database.pool import Tx
from akson.store.underway import transfers
from akson.store.underway.keep import SEARCH

WORD = re.compile(rb"[A-Za-z0-9\-.]{1,64}")
"""What may be an id."""
BEGIN = "select pg_current_xact_id()::text"
HOLD = "select id from subscription order by id for update"
BLANK = """
update subscription_event e set id = '', version = 0
from unnest(%s::text[], %s::text[]) gone(type, id) where e.type = gone.type and e.id = gone.id"""
UNTELL = "delete from event where reference = any(%s::text[])"
UNTELL_OF = "delete from event where pat = %s"
# Several parts may be looked through for each resource that goes: a number is looked up in a table of hashes.
HELD = """
select distinct p.transfer, p.number, p.taken, t.state in ('done', 'failed') from transfer t
join transfer_part p on p.transfer = t.id cross join unnest(p.rids) held(rid)
where t.kind = 'export' and t.state <> 'expired' and p.taken > 0 and held.rid = any(%s::bigint[])"""
DROP = """
delete from transfer_chunk c using unnest(%s::text[], %s::bigint[]) h(transfer, part)
where c.transfer = h.transfer and c.part = h.part"""
AGAIN = """
update transfer_part p set taken = 0, chunks = 0, is_done = false
from unnest(%s::text[], %s::bigint[]) h(transfer, part) where p.transfer = h.transfer and p.number = h.part"""
LESS = """
update transfer t set done = t.done - h.taken
from (select u.id, sum(u.taken) as taken from unnest(%s::text[], %s::bigint[]) u(id, taken) group by u.id) h
where t.id = h.id"""
ASKED = "select id, request, wanted - 'actor' from transfer where state <> 'expired'"
KEPT = """
select c.transfer, c.kind, c.part, c.number from transfer_chunk c join transfer t on t.id = c.transfer
where t.kind = 'import' and t.state <> 'expired' and c.kind in ('source', 'error') order by c.transfer"""
CHUNK = "select body from transfer_chunk where transfer = %s and kind = %s and part = %s and number = %s"
TABLES = ("term_closure_pair", "term_closure_code", "term_closure")
SAMPLED = {
    "resource": ("id", "body"),
    "history": ("id", "body"),
    "idx_string": ("norm", "exact"),
    "idx_text": ("words",),
    "care_relation": ("party", "source"),
    "access_block": ("subjects", "rule"),
    "access_block_past": ("subjects",),
    "consent_opening": ("rule", "patient"),
    "draft": ("subject", "content"),
    "message": ("patient", "reference", "detail", "payload"),
    "message_event": ("detail",),
    "message_receiver": ("errors",),
    "report_item": ("patient", "reference", "detail"),
    "event": ("reference",),
    "subscription": ("id", "plan", "actor"),
    "subscription_event": ("id",),
    "transfer": ("request", "wanted"),
    "transfer_chunk": ("body",),
    "keep": ("value",),
}
"""Columns whose samples are texts that may say who somebody is."""
# Row security hides the samples from all but those who own the table.
SAMPLE = "select draw_samples(%s::text::regclass, %s::text[])"
TOKENS = "select sampled_tokens()"


async def hold(tx: Tx) -> None:
    """Before anything is erased: who copies from the record at this moment ends first, and others wait.

    An export that is asked for from here on begins when this transaction is over.
    """
    await tx.take_time(10)
    await tx.one(BEGIN)
    await transfers.hold_all(tx)
    await tx.fetch(HOLD)


async def forget_exports(tx: Tx, rids: Sequence[int]) -> int:
    """Files of exports that hold one of these resources: they expire, and what is under way makes them anew."""
    rows = await tx.fetch(HELD, [list(rids)], prepare=False)
    finished = {row[0] for row in rows if row[3]}
    again = [row for row in rows if not row[3]]
    if again:
        ids = [row[0] for row in again]
        for statement in (DROP, AGAIN):
            await tx.execute(statement, [ids, [row[1] for row in again]])
        await tx.execute(LESS, [ids, [row[2] for row in again]])
    return await _expire(tx, finished)


async def forget_named(tx: Tx, ids: Collection[str]) -> int:
    """Exports and imports whose request names one of these ids."""
    names = _as_words(ids)
    asked = await tx.fetch(ASKED)
    return await _expire(tx, [row[0] for row in asked if _names(_told(row[1], row[2]), names)])


async def forget_imports(tx: Tx, ids: Collection[str]) -> int:
    """Imports with something still to be taken in, or told of as an error, that names one of these ids."""
    names, found = _as_words(ids), set[str]()
    for row in await tx.fetch(KEPT):
        if row[0] not in found:
            chunk = await tx.one(CHUNK, row)
            if chunk is not None and await asyncio.to_thread(_holds, bytes(chunk[0]), names):
                found.add(row[0])
    return await _expire(tx, found)


async def forget_events(tx: Tx, references: Collection[str], pat: int | None = None) -> int:
    """Numbered events keep their number and time; those that have no number yet are gone. How many had one.

    With the number of a patient, all that happened to this patient's data.
    """
    parts = [each.partition("/") for each in references]
    blanked = await tx.execute(BLANK, [[kind for kind, _, _ in parts], [id_ for _, _, id_ in parts]])
    await tx.execute(UNTELL, [list(references)])
    if pat is not None:
        await tx.execute(UNTELL_OF, [pat])
    return blanked


async def forget_searches(tx: Tx) -> None:
    """Posted searches to go on with: whom one is about is not known. Those who page on begin anew."""
    await tx.execute("delete from keep where kind = %s", [SEARCH])


async def forget_closures(tx: Tx, patient: str) -> None:
    """Closure tables that the patient, or somebody for the sake of the patient, maintains (rest/operations/closure.py)."""
    for table in TABLES:
        await tx.execute(f"delete from {table} where split_part(owner, '|', -1) = %s", [patient])  # noqa: S608


async def forget_samples(tx: Tx, tokens: AbstractSet[int]) -> None:
    """Draw the planner's samples anew. Those of tokens are large: only where they hold one of `tokens`."""
    for table, columns in SAMPLED.items():
        await tx.fetch(SAMPLE, [table, list(columns)])
    sampled = await tx.one(TOKENS)
    if sampled and not tokens.isdisjoint(sampled[0] or ()):
        await tx.fetch(SAMPLE, ["idx_token", ["hash"]])


async def _expire(tx: Tx, ids: Iterable[str]) -> int:
    wanted = sorted(set(ids))
    for each in wanted:
        await transfers.end_files(tx, each, transfers.ERASED)
    return len(wanted)


def _told(request: str, wanted: object) -> bytes:
    return unquote(request).encode() + b" " + orjson.dumps(wanted)


def _as_words(ids: Collection[str]) -> frozenset[bytes]:
    return frozenset(each.encode() for each in ids)


def _holds(body: bytes, ids: frozenset[bytes]) -> bool:
    return _names(unpack(body), ids)


def _names(raw: bytes, ids: frozenset[bytes]) -> bool:
    words = set(WORD.findall(raw))
    # A dot may be part of an id, or end a sentence, or stand between the names of elements.
    words |= {piece for word in words if b"." in word for piece in (word.strip(b"."), *word.split(b"."))}
    return not ids.isdisjoint(words)

"""Bulk data on its way out or in: what was asked for, how far it has come, and the bytes it gave.

All of it is in the database, written in the transaction of the piece of work it came from: a process that is killed
leaves nothing half done, any other process goes on, and files can be fetched through each of them.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from akson.kit.packing import OVERHEAD, Packed, unpack
from akson.store.database.pool import Database, Tx
from akson.store.database.reader import NODE
from akson.store.index.hashing import hash64

COLUMNS = (
    "id, kind, owner, request, wanted, state, moment, place, total, done, result, error, made, ended, expires"
)
START = "insert into transfer (id, kind, owner, request, wanted, moment) values (%s, %s, %s, %s, %s, %s)"
GET = f"select {COLUMNS} from transfer where id = %s"  # noqa: S608
LOCK = "select pg_advisory_xact_lock(%s)"
ERASED = "erased"
"""Why an export or import is over that held what was erased."""
HOLD = "select id from transfer where id = any(%s::text[]) order by id for update"
ALL = "select id from transfer where state <> 'expired' order by id"
UNDER_WAY = "state in ('waiting', 'planning', 'running')"
OPEN = f"select count(*) from transfer where owner = %s and kind = %s and {UNDER_WAY}"  # noqa: S608
ANY = f"select exists (select 1 from transfer where kind = %s and {UNDER_WAY})"  # noqa: S608
MOVE = f"update transfer set state = %s, place = %s, total = %s where id = %s and {UNDER_WAY}"  # noqa: S608
CANCEL = """
update transfer t set state = 'cancelled' from (select id, state from transfer where id = %s for update) before
where t.id = before.id returning before.state"""
MORE = "update transfer set done = done + %s where id = %s and state = 'running'"
END = f"""
update transfer set state = %s, result = %s, error = %s, ended = now(), expires = %s, total = greatest(total, done)
where id = %s and {UNDER_WAY}"""  # noqa: S608
# What was asked for may name patients, and is not needed to say that it is over.
EXPIRE = """
update transfer set state = 'expired', request = '', wanted = '{}', place = '{}', result = '{}', error = %s,
    expires = coalesce(expires, now())
where id = %s"""
POLL = """
update transfer set
    polls = case when window_start < now() - make_interval(secs => %s) then 1 else polls + 1 end,
    window_start = case when window_start < now() - make_interval(secs => %s) then now() else window_start end
where id = %s returning polls"""
DROP = (
    "delete from transfer_chunk where transfer = %s",
    "delete from transfer_part where transfer = %s",
)
WAIT = """
update transfer set expires = now() + make_interval(secs => %s) where id = %s and state = 'waiting'"""
LATE = """
select id from transfer where expires < now() and state in ('waiting', 'done', 'failed') order by expires limit 10
for update skip locked"""
FORGET = (
    "delete from transfer where state = 'expired' and expires < now() - make_interval(days => %s::integer)"
)
NEXT_PART = """
select number, type, rids[taken + 1:], chunks from transfer_part
where transfer = %s and not is_done order by number limit 1"""
TAKE = """
update transfer_part set taken = taken + %s, chunks = %s, is_done = taken + %s >= cardinality(rids)
where transfer = %s and number = %s"""
ADD_PART = "insert into transfer_part (transfer, number, type, rids) values (%s, %s, %s, %s::bigint[])"
OPEN_PARTS = """
select number, type, rids, chunks from transfer_part
where transfer = %s and not is_done order by number limit %s"""
# Without waiting for the disk: how far somebody has read is not worth it, and is soon said anew.
READ_ON = """
update transfer_part set taken = greatest(taken, %s)
from set_config('synchronous_commit', 'off', true) where transfer = %s and number = %s and not is_done"""
HOW_FAR = """
select t.done, t.done + coalesce((
    select sum(p.taken) from transfer_part p where p.transfer = t.id and not p.is_done), 0)::bigint
from transfer t where t.id = %s"""
FINISH_PART = "update transfer_part set is_done = true where transfer = %s and number = %s and not is_done"
SOURCE = "select body from transfer_chunk where transfer = %s and kind = 'source' and part = %s"
COUNTS = """
select kind, type, sum(count)::bigint from transfer_chunk
where transfer = %s and kind = any(%s::text[]) group by kind, type order by kind, type"""
ADD_CHUNK = """
insert into transfer_chunk (transfer, kind, type, part, number, count, body, crc, size)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""
SIZES = """
select kind, type, part, sum(count)::bigint, sum(size)::bigint, sum(octet_length(body))::bigint from transfer_chunk
where transfer = %s and kind in ('output', 'deleted', 'error') group by kind, type, part order by kind desc, type, part"""
NEXT_CHUNK = """
select part, number, body, crc, size from transfer_chunk
where transfer = %s and kind = %s and type = %s and (part, number) > (%s, %s) and part <= %s
order by part, number limit 1"""
HORIZON = "select pg_snapshot_xmax(pg_current_snapshot())::text"
PASSED = "select pg_snapshot_xmin(pg_current_snapshot()) >= %s::text::xid8"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One export or import. `state`: waiting, planning, running, done, failed or expired."""

    id: str
    kind: str
    owner: str
    request: str
    wanted: dict[str, Any]
    state: str
    moment: datetime
    place: dict[str, Any]
    total: int
    done: int
    result: dict[str, Any]
    error: str
    made: datetime
    ended: datetime | None
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the work: the numbers of the resources that are still to be done, and how many chunks there are."""

    number: int
    type: str
    rids: list[int]
    chunks: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes that a piece of the work gave, with so many resources."""

    kind: str
    type: str
    part: int
    number: int
    count: int
    packed: Packed


@dataclass(frozen=True, slots=True)
class Size:
    """How much one part gave of one kind and type."""

    kind: str
    type: str
    part: int
    count: int
    size: int
    packed: int


class File(NamedTuple):
    """The chunks that make one file: those of some parts that follow each other."""

    kind: str
    type: str
    first: int
    last: int


async def start(tx: Tx, transfer: Transfer) -> None:
    """Write down what is wanted."""
    values = [transfer.id, transfer.kind, transfer.owner, transfer.request, Jsonb(transfer.wanted)]
    await tx.execute(START, [*values, transfer.moment])


async def get(tx: Tx, id_: str) -> Transfer | None:
    row = await tx.one(GET, [id_])
    return Transfer(*row) if row else None


async def hold(tx: Tx, id_: str) -> Transfer | None:
    """As it is now; nobody else works on it or takes it away before this transaction ends."""
    await tx.fetch(LOCK, [hash64("transfer", id_)])
    row = await tx.one(GET, [id_])
    return Transfer(*row) if row else None


async def hold_all(tx: Tx) -> None:
    """Hold every one that has not expired, as `hold` does, and let nobody note a part of it as done."""
    ids = [row[0] for row in await tx.fetch(ALL)]
    for each in ids:
        await tx.fetch(LOCK, [hash64("transfer", each)])
    await tx.fetch(HOLD, [ids])


async def under_way(tx: Tx, owner: str, kind: str) -> int:
    """How many an owner has under way."""
    row = await tx.one(OPEN, [owner, kind])
    return int(row[0]) if row else 0


async def is_any(tx: Tx, kind: str) -> bool:
    """Whether anybody has one under way."""
    row = await tx.one(ANY, [kind])
    return bool(row and row[0])


async def move(tx: Tx, id_: str, state: str, place: dict[str, Any], total: int = 0) -> bool:
    """Write down how far it has come; False when it is over, because it was cancelled or what it holds was erased."""
    return await tx.execute(MOVE, [state, Jsonb(place), total, id_]) == 1


async def wait(tx: Tx, id_: str, seconds: float | None) -> bool:
    """Let it expire unless more of what it takes in comes within so many seconds; None: all has come. False: too late."""
    return await tx.execute(WAIT, [seconds, id_]) == 1


async def end(
    tx: Tx, id_: str, state: str, result: dict[str, Any], expires: datetime, error: str = ""
) -> None:
    """It is done, or has failed for a reason. What it gave is kept until it expires."""
    await tx.execute(END, [state, Jsonb(result), error, expires, id_])


async def polls(tx: Tx, id_: str, seconds: float) -> int:
    """How often its state was asked for in this span of time, this time included."""
    row = await tx.one(POLL, [seconds, seconds, id_])
    return int(row[0]) if row else 0


async def cancel(tx: Tx, id_: str) -> str:
    """Nobody may go on with it; its state before. Whoever is at work on it takes it away after the present step."""
    row = await tx.one(CANCEL, [id_])
    return str(row[0]) if row else ""


async def drop(tx: Tx, id_: str) -> None:
    """Take it away with all it gave."""
    for statement in DROP:
        await tx.execute(statement, [id_])
    await tx.execute("delete from transfer where id = %s", [id_])


async def expire(tx: Tx, remember: int) -> int:
    """Take away the bytes of what has expired; how many. What was is remembered some days."""
    rows = await tx.fetch(LATE)
    for (id_,) in rows:
        await end_files(tx, id_)
    await tx.execute(FORGET, [remember])
    return len(rows)


async def end_files(tx: Tx, id_: str, reason: str = "") -> None:
    """Take away its files and what it was about; that it was, and why it is over, is remembered."""
    for statement in DROP:
        await tx.execute(statement, [id_])
    await tx.execute(EXPIRE, [reason, id_])


async def drop_sources(tx: Tx, id_: str) -> None:
    """Take away what was sent in and will not be taken in any more."""
    await tx.execute("delete from transfer_chunk where transfer = %s and kind = 'source'", [id_])


async def next_part(tx: Tx, id_: str) -> Part | None:
    row = await tx.one(NEXT_PART, [id_])
    return Part(*row) if row else None


async def take(tx: Tx, id_: str, number: int, count: int, chunks: int) -> None:
    """So many more of a part are done, in so many chunks altogether."""
    await tx.execute(TAKE, [count, chunks, count, id_, number])
    await tx.execute(MORE, [count, id_])


async def add_parts(tx: Tx, id_: str, first: int, parts: Sequence[tuple[str, Sequence[int]]]) -> None:
    """Write parts numbered from `first`: (type, numbers that say what it is)."""
    for number, (kind, numbers) in enumerate(parts, first):
        await tx.execute(ADD_PART, [id_, number, kind, list(numbers)])


async def open_parts(tx: Tx, id_: str, limit: int) -> list[Part]:
    """The next parts that are not done."""
    return [Part(*row) for row in await tx.fetch(OPEN_PARTS, [id_, limit])]


async def finish_part(tx: Tx, id_: str, number: int, count: int) -> bool:
    """Mark a part as done, with so many more resources; False when somebody else has done it, or it is over."""
    # First of all that it goes on: whoever ends it waits for this transaction, or this one for the end.
    if await tx.execute(MORE, [count, id_]) == 0 or await tx.execute(FINISH_PART, [id_, number]) == 0:
        return False
    await tx.execute(
        "delete from transfer_chunk where transfer = %s and kind = 'source' and part = %s", [id_, number]
    )
    return True


async def read_on(tx: Tx, id_: str, number: int, lines: int) -> None:
    """So many resources of a part of an import have been read, and none of them stands yet."""
    await tx.execute(READ_ON, [lines, id_, number])


async def how_far(tx: Tx, id_: str) -> tuple[int, int]:
    """Resources of an import that are taken in, and those that are read. Neither ever goes back."""
    row = await tx.one(HOW_FAR, [id_])
    return (int(row[0]), int(row[1])) if row else (0, 0)


async def source(tx: Tx, id_: str, number: int) -> bytes:
    """What was sent in for a part, unpacked."""
    row = await tx.one(SOURCE, [id_, number])
    return unpack(bytes(row[0])) if row else b""


async def counts(tx: Tx, id_: str, kinds: Sequence[str]) -> list[tuple[str, str, int]]:
    """Resources by kind of chunk and type."""
    return [(row[0], row[1], row[2]) for row in await tx.fetch(COUNTS, [id_, list(kinds)])]


async def analyze(tx: Tx) -> None:
    """Let the planner know what came in."""
    for table in ("resource", "idx_token", "idx_ref", "idx_date", "idx_qty", "idx_string", "idx_composite"):
        await tx.fetch("select draw_samples(%s::text::regclass, '{}')", [table])


async def add_chunk(tx: Tx, id_: str, chunk: Chunk) -> None:
    await tx.execute(
        ADD_CHUNK, [id_, chunk.kind, chunk.type, chunk.part, chunk.number, chunk.count, *chunk.packed]
    )


async def sizes(tx: Tx, id_: str) -> list[Size]:
    """What each part gave, by kind and type, in order."""
    return [Size(*row) for row in await tx.fetch(SIZES, [id_])]


async def bodies(database: Database, id_: str, file: File) -> AsyncIterator[Packed]:
    """The chunks of a file, one after the other. No connection is held while they are being sent."""
    after = (file.first, -1)
    while True:
        async with database.transaction(read_only=True, reader=NODE) as tx:
            row = await tx.one(NEXT_CHUNK, [id_, file.kind, file.type, *after, file.last])
        if row is None:
            return
        after = (row[0], row[1])
        yield Packed(bytes(row[2]), row[3], row[4])


async def horizon(tx: Tx) -> str:
    """A mark of now: see `passed`."""
    row = await tx.one(HORIZON)
    return str(row[0]) if row else ""


async def passed(tx: Tx, mark: str) -> bool:
    """Whether every transaction that was open at the mark has ended: what they wrote can be seen."""
    row = await tx.one(PASSED, [mark])
    return bool(row and row[0])


def grouped(found: Iterable[Size], largest: int) -> list[tuple[File, int, int, int]]:
    """Files of about `largest` unpacked bytes each: (file, resources, bytes, packed bytes)."""
    files: list[tuple[File, int, int, int]] = []
    for each in found:
        last = files[-1] if files else None
        if last and (last[0].kind, last[0].type) == (each.kind, each.type) and last[2] + each.size <= largest:
            file = last[0]._replace(last=each.part)
            files[-1] = (file, last[1] + each.count, last[2] + each.size, last[3] + each.packed)
        else:
            files.append(
                (
                    File(each.kind, each.type, each.part, each.part),
                    each.count,
                    each.size,
                    each.packed + OVERHEAD,
                )
            )
    return files

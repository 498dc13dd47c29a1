"""One connection to PostgreSQL, driven at the level of libpq: the same answers for a fraction of the processor time.

psycopg's cursors register and unregister the socket, make objects and set a timer for each statement; here the socket
is watched once and a statement is one call out and one call back (ADR 0017 has the figures). psycopg still connects,
adapts values, knows the errors and does COPY.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result

from akson.store.database.reader import DECLARE, OWNER, Reader

if TYPE_CHECKING:
    from akson.store.database.commits import Commits

Row = tuple[Any, ...]
PREPARED = 400
"""Statements kept prepared on one connection."""
_BINARY = pq.Format.BINARY
_Ready = tuple[bytes, list[Any], tuple[int, ...], list[Any], bool]
"""A statement to send: its text or name, values, their types and formats, and whether it is a name."""
_IDLE, _UNKNOWN = pq.TransactionStatus.IDLE, pq.TransactionStatus.UNKNOWN
_SYNCED = pq.ExecStatus.PIPELINE_SYNC
_FAILED = frozenset({pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE})


class Link:
    """A connection in autocommit mode; transactions are begun and ended in so many words. One statement at a time."""

    def __init__(self, connection: "psycopg.AsyncConnection[Row]", at_rest: Reader = OWNER) -> None:
        self.connection = connection
        self.at_rest = self.reader = at_rest
        """Who reads outside transactions, and who was told to read last."""
        self._declared = self.unwaited = False
        """Whether somebody was told to read since the transaction began; whether its commit is not to wait for the disk."""
        self._libpq = connection.pgconn
        self._loop = asyncio.get_running_loop()
        self._adapt = Transformer(connection)
        self._names: OrderedDict[tuple[str, bytes, tuple[int, ...]], bytes] = OrderedDict()
        """By the role as well: row security makes it another plan, and PostgreSQL would plan anew at every change of role."""
        self._ahead: list[_Ready] = []
        self._made = 0
        self._waiting: asyncio.Future[None] | None = None
        self._watched: int | None = None
        """The socket whose input is watched; a lost connection no longer says which it was."""
        self.constants: dict[str, Row | None] = {}
        """What the database answered to questions whose answer never changes."""
        self.seen: set[int] = set()
        """Values that the database was seen to have, and never loses."""
        self.begin = ""
        """What begins a transaction, to be sent with its first statement; empty where it has begun, or there is none."""
        self.looks: Commits | None = None
        """Of a transaction that only looks, and adds to the access log: with whom it waits for the disk."""
        self.rings: set[str] = set()
        """Bells that ring when the transaction is committed."""
        self.since = self._loop.time()
        """When it was opened, by the loop's clock."""

    @property
    def closed(self) -> bool:
        return self._libpq.status == pq.ConnStatus.BAD

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open on it, well or failed."""
        return self._libpq.transaction_status not in {_IDLE, _UNKNOWN}

    async def run(self, sql: str, params: Sequence[object] = (), *, prepare: bool = True) -> Any:
        """The result of one statement with its parameters (%s). Raises psycopg's errors.

        Not prepared, it is planned for these very values.
        """
        ready = await self._ready(sql, params, prepare=prepare)
        if self._ahead:
            return (await self._together(ready))[-1]
        self._send(ready)
        return (await self._results())[-1]

    async def put_ahead(self, sql: str, params: Sequence[object] = ()) -> None:
        """Send the statement with the one that comes next, in one message and for one answer. Its errors are then raised."""
        self._ahead.append(await self._ready(sql, params, prepare=True))

    async def open(self) -> None:
        """Begin the transaction with the statement that comes next: one answer to wait for in place of two."""
        begin, self.begin = self.begin, ""
        await self.put_ahead(begin)
        self.settle()

    def settle(self) -> None:
        """See whether the commit is to wait for the disk by itself; as late as may be, since others may come."""
        self.unwaited = self.unwaited or (self.looks is not None and self.looks.among_others)

    async def declare(self, reader: Reader) -> None:
        """Say who reads from the next statement on, with it."""
        self.reader = reader
        if self._declared:
            await self.put_ahead(DECLARE, reader.declaration)
            return
        self._declared = True
        await self.put_ahead(*reader.first(unwaited=self.unwaited))

    def over(self) -> None:
        """The transaction has ended, and with it what was said of who reads."""
        self.reader, self.unwaited = self.at_rest, False
        self.begin, self.looks = "", None
        # What is yet to be sent may have said something in the same transaction.
        self._declared = bool(self._ahead)

    def take_back(self) -> None:
        """Forget what was put ahead."""
        self._ahead = []

    async def script(self, sql: str) -> list[Any]:
        """Run statements without parameters, several at once; the result of each."""
        await self.sent()
        return await self._simple(sql)

    async def sent(self) -> None:
        """Send what was put ahead, and wait for it."""
        if self._ahead:
            await self._together()

    async def _simple(self, sql: str) -> list[Any]:
        self._libpq.send_query(sql.encode())
        return await self._results()

    async def _ready(self, sql: str, params: Sequence[object], *, prepare: bool) -> _Ready:
        text = _numbered(sql)
        values = self._adapt.dump_sequence(params, _formats(len(params)))
        types, formats = self._adapt.types or (), self._adapt.formats or []
        if not prepare:
            return text, list(values), types, list(formats), False
        name = self._names.get((self.reader.role, text, types)) or await self._prepare(text, types)
        return name, list(values), types, list(formats), True

    def _send(self, ready: _Ready) -> None:
        what, values, types, formats, is_name = ready
        if is_name:
            self._libpq.send_query_prepared(what, values, formats, _BINARY)
        else:
            self._libpq.send_query_params(what, values, types, formats, _BINARY)

    async def _together(self, *last: _Ready) -> list[Any]:
        """All that was put ahead and what comes last, in one message; the result of each."""
        sent, self._ahead = [*self._ahead, *last], []
        self._libpq.enter_pipeline_mode()
        for ready in sent:
            self._send(ready)
        self._libpq.pipeline_sync()
        try:
            return await self._results(pipeline=True)
        finally:
            if not self.closed:
                self._libpq.exit_pipeline_mode()

    def rows(self, result: Any) -> list[Row]:
        """The rows of a result as Python values."""
        self._adapt.set_pgresult(result)
        return self._adapt.load_rows(0, result.ntuples, tuple)

    def lend(self) -> "psycopg.AsyncConnection[Row]":
        """The connection for what psycopg does itself; it watches the socket in its own way meanwhile."""
        self.rest()
        return self.connection

    def rest(self) -> None:
        """Stop watching the socket."""
        if self._watched is not None:
            self._loop.remove_reader(self._watched)
            self._watched = None

    async def _prepare(self, text: bytes, types: tuple[int, ...]) -> bytes:
        if len(self._names) >= PREPARED:
            _, oldest = self._names.popitem(last=False)
            await self._simple(f"deallocate {oldest.decode()}")
        self._made += 1
        name = b"s%d" % self._made
        self._libpq.send_prepare(name, text, types)
        await self._results()
        self._names[self.reader.role, text, types] = name
        return name

    async def _results(self, *, pipeline: bool = False) -> list[Any]:
        """All results of what was sent. An interrupted wait closes the connection: its answer belongs to nobody.

        In a pipeline None stands between the results, and a mark at their end.
        """
        found: list[Any] = []
        try:
            while self._libpq.flush():
                await self._writable()
            while True:
                while self._libpq.is_busy():
                    await self._readable()
                result = self._libpq.get_result()
                if result is None and pipeline:
                    continue
                if result is None or result.status == _SYNCED:
                    break
                found.append(result)
        except asyncio.CancelledError:
            self.rest()
            self._libpq.finish()
            raise
        for result in found:
            if result.status in _FAILED:
                raise error_from_result(result, "utf-8")
        return found

    async def _readable(self) -> None:
        self._watch()
        waiting = self._waiting = self._loop.create_future()
        await waiting

    def _watch(self) -> None:
        if self._watched is None:
            self._watched = self._libpq.socket
            self._loop.add_reader(self._watched, self._arrived)

    def _arrived(self) -> None:
        """Take in what the server sent; nobody may be waiting, when it says that it closes."""
        waiting = self._waiting
        try:
            self._libpq.consume_input()
        except psycopg.OperationalError as error:
            self.rest()
            if waiting is not None and not waiting.done():
                waiting.set_exception(error)
            return
        if waiting is not None and not waiting.done() and not self._libpq.is_busy():
            waiting.set_result(None)

    async def _writable(self) -> None:
        """Wait until the socket takes more, reading meanwhile, since the server may wait for us to do so."""
        self._watch()
        ready = asyncio.Event()
        socket = self._libpq.socket
        self._loop.add_writer(socket, ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_writer(socket)


@lru_cache(maxsize=2000)
def _numbered(sql: str) -> bytes:
    """The statement with $1, $2 ... in place of each %s."""
    parts = sql.split("%s")
    text = parts[0]
    for number, part in enumerate(parts[1:], 1):
        text += f"${number}{part}"
    return text.replace("%%", "%").encode()


@lru_cache(maxsize=500)
def _formats(many: int) -> list[PyFormat]:
    return [PyFormat.AUTO] * many

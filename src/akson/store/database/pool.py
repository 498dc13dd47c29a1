"""Connections and transactions. One request or job is one transaction, and it is committed here and nowhere else."""

import asyncio
from collections import deque
from contextlib import AbstractAsyncContextManager
from types import TracebackType

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.conninfo import make_conninfo
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from akson.kit.errors import AksonError, Contended, Malformed, Unavailable
from akson.store.database import roles
from akson.store.database.arrays import DUMPERS
from akson.store.database.bells import Bells
from akson.store.database.commits import ON_DISK, Commits
from akson.store.database.link import Link, Row
from akson.store.database.reader import NOBODY, Reader, as_seen_by
from akson.store.database.tx import Alone, Tx

__all__ = ["Database", "Row", "Tx", "of_server"]

CONTENDED = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.UniqueViolation,
)
UNHOLDABLE = (
    psycopg.errors.CharacterNotInRepertoire,
    psycopg.errors.UntranslatableCharacter,
    psycopg.errors.NumericValueOutOfRange,
    UnicodeEncodeError,
)
"""What was sent has half a character, the one that ends texts, or a number larger than any column."""
TOLD = (psycopg.Error, PoolTimeout, UnicodeEncodeError)
"""What the database says is told in the program's own errors."""
LIFETIME = 3600
"""Seconds after which a connection makes way for a new one: PostgreSQL's processes grow with what they have planned."""
OPTIONS = (
    "-c timezone=UTC -c jit=off -c statement_timeout={statement}s -c lock_timeout={lock}s"
    " -c idle_in_transaction_session_timeout=120s -c application_name=akson"
)


Waiting = asyncio.Future[Link | None]
"""For a connection, or the leave to make one."""


def _adapters() -> AdaptersMap:
    """Every int goes as int8: one prepared statement whatever the size of the number."""
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_dumper(int, Int8Dumper)
    adapters.register_dumper(int, Int8BinaryDumper)
    for kind, dumper in DUMPERS.items():
        adapters.register_dumper(kind, dumper)
    return adapters


def of_server(uri: str, database: str) -> str:
    """The connection string of one database on the server that `uri` leads to."""
    return make_conninfo(uri, dbname=database)


class Database:
    """A pool of connections to one database.

    `reader` reads where a transaction names nobody else: as long as that is nobody, no clinical row is seen.
    `size` connections at most; a request that gets none within `wait` seconds is refused with Unavailable, and a
    statement that takes longer than `statement_timeout` seconds is ended.
    """

    def __init__(
        self,
        uri: str,
        size: int = 8,
        *,
        reader: Reader = NOBODY,
        statement_timeout: int = 30,
        wait: float = 20,
    ) -> None:
        self.uri, self.reader = uri, reader
        self._size, self._wait, self._open, self._closed = size, wait, 0, False
        self._free: list[Link] = []
        self._queue: deque[tuple[float, Waiting]] = deque()
        """Who waits for a connection, and until when by the loop's clock."""
        self._timer: asyncio.TimerHandle | None = None
        self._parting: set[asyncio.Future[None]] = set()
        self.commits = Commits(self._flush)
        self.bells = Bells()
        self.ending = False
        """Whether the program is about to stop: who waits here for something to happen answers now."""
        self._pool = AsyncConnectionPool(
            uri,
            min_size=max(1, min(2, size // 2)),
            max_size=size,
            timeout=wait,
            open=False,
            name="akson",
            kwargs={
                "context": _adapters(),
                "options": OPTIONS.format(statement=statement_timeout, lock=min(10, statement_timeout))
                + (f" -c role={reader.role}" if reader.role else ""),
                "autocommit": True,
            },
        )

    async def open(self) -> None:
        """Connect; raises Unavailable when the database does not answer in time, or keeps no roles for the program."""
        if self.reader.role:
            await roles.check(self.uri, self._wait)
        try:
            await self._pool.open(wait=True)
        except PoolTimeout as error:
            raise Unavailable("the database does not answer") from error

    async def close(self) -> None:
        """Close the connections that nobody uses, and each of the others when it is given back."""
        self._closed = True
        for link in self._free:
            self._part_with(link)
        self._free.clear()
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*self._parting)
        await self._pool.close()

    async def alive(self) -> None:
        """Raises Unavailable when the database does not answer."""
        async with self.transaction(read_only=True) as tx:
            await tx.one("select 1")

    def transaction(
        self,
        *,
        read_only: bool = False,
        reader: Reader | None = None,
        one_moment: bool = False,
        together: bool = False,
    ) -> AbstractAsyncContextManager[Tx]:
        """A transaction: committed at the end of the block, rolled back when an exception leaves it.

        `one_moment`: all its statements read what was there at the first of them. `together`: its commit waits for the disk
        with those of others (commits.py); others may see what it wrote a moment before.

        Raises Unavailable when no connection is to be had or the server is gone, Conflict when two transactions
        stand in each other's way and this one was chosen to give up.
        """
        begin = "begin isolation level repeatable read" if one_moment else "begin"
        kind = _Together if together else _Transaction
        return kind(self, f"{begin} read only" if read_only else begin, as_seen_by(self.reader, reader))

    def singly(self, reader: Reader | None = None) -> AbstractAsyncContextManager[Tx]:
        """Each statement is a transaction of its own: for requests that are one statement, or only look.

        One round trip instead of three. What is read is what a transaction would read (read committed).
        """
        return _Singly(self, as_seen_by(self.reader, reader))

    async def _flush(self) -> None:
        async with _Singly(self, self.reader, ahead=True) as tx:
            await tx.execute(ON_DISK)

    async def take(self, *, ahead: bool = False) -> Link:
        """A connection that nobody uses, a new one where there may be more, or the next that is given back.

        `ahead`: before all others that wait, for what others have been waiting for already.
        """
        while True:
            while self._free:
                link = self._free.pop()
                if not self._is_worn(link):
                    return link
                self._part_with(link)
            if self._open < self._size:
                return await self._connect()
            loop = asyncio.get_running_loop()
            waiting: Waiting = loop.create_future()
            enqueue = self._queue.appendleft if ahead else self._queue.append
            enqueue((loop.time() + self._wait, waiting))
            if self._timer is None:
                self._timer = loop.call_later(self._wait, self._refuse_late)
            try:
                given = await waiting
            except asyncio.CancelledError:
                if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
                    self._pass_on(waiting.result())
                raise
            if given is not None:
                return given

    async def _connect(self) -> Link:
        self._open += 1
        try:
            connection = await self._pool.getconn()
        except BaseException:
            self._open -= 1
            self._wake(None)
            raise
        return Link(connection, self.reader)

    def _pass_on(self, given: Link | None) -> None:
        """Give to the next who waits what came to one who no longer does."""
        if given is None:
            self._wake(None)
        else:
            self.give(given)

    def give(self, link: Link) -> None:
        """Give back what was taken."""
        if link.closed or self._closed:  # how old it is, is asked when it is taken
            self._part_with(link)
            self._wake(None)
        elif not self._wake(link):
            self._free.append(link)

    def _wake(self, link: Link | None) -> bool:
        """Hand a connection, or the leave to make one, to who has waited longest; False when nobody waits."""
        while self._queue:
            _, waiting = self._queue.popleft()
            if not waiting.done():
                waiting.set_result(link)
                return True
        return False

    def _refuse_late(self) -> None:
        """Refuse who has waited too long: one timer for all that wait, who come in the order of their time."""
        loop = asyncio.get_running_loop()
        while self._queue and self._queue[0][0] <= loop.time():
            _, waiting = self._queue.popleft()
            if not waiting.done():
                waiting.set_exception(Unavailable("all connections to the database are in use"))
        self._timer = loop.call_at(self._queue[0][0], self._refuse_late) if self._queue else None

    @staticmethod
    def _is_worn(link: Link) -> bool:
        return link.closed or asyncio.get_running_loop().time() - link.since > LIFETIME

    def _part_with(self, link: Link) -> None:
        self._open -= 1
        link.rest()
        if self._closed:  # the loop may end before the pool comes to it
            link.connection.pgconn.finish()
        parting = asyncio.ensure_future(self._pool.putconn(link.connection))
        self._parting.add(parting)
        parting.add_done_callback(self._parting.discard)


class _Transaction:
    """A class, since every request passes through here."""

    __slots__ = ("_begin", "_database", "_link", "_reader")

    def __init__(self, database: Database, begin: str, reader: Reader) -> None:
        self._database, self._reader = database, reader
        self._begin = begin

    async def __aenter__(self) -> Tx:
        try:
            link = self._link = await self._database.take()
        except TOLD as error:
            raise _in_own_words(error) or error from error
        link.begin = self._begin
        return Tx(link, self._reader)

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        rings = self._link.rings
        try:
            await self._end(well=error is None)
        except TOLD as late:
            raise _in_own_words(late) or late from late
        finally:
            self._link.rings = set()
            self._database.give(self._link)
        if rings and error is None:
            self._database.bells.ring(rings)
        if isinstance(error, TOLD) and (told := _in_own_words(error)) is not None:
            raise told from error

    async def _end(self, *, well: bool) -> None:
        link = self._link
        try:
            if well and not link.begin:
                await self._commit()
        finally:
            link.take_back()
            link.over()
            if link.in_transaction:
                await link.script("rollback")

    async def _commit(self) -> None:
        """End the transaction; an error when PostgreSQL undid it instead, because a statement in it had failed."""
        if (await self._link.run("commit")).command_status == b"ROLLBACK":
            raise AksonError("a statement failed, its error was passed over, and the transaction was undone")


class _Together(_Transaction):
    """One whose commit waits for the disk with those of others, where there are any."""

    __slots__ = ()

    async def __aenter__(self) -> Tx:
        commits = self._database.commits
        commits.begun()
        try:
            tx = await super().__aenter__()
        except BaseException:
            commits.ended()
            raise
        self._link.looks = commits
        return tx

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        unwaited = self._link.unwaited
        try:
            await super().__aexit__(kind, error, trace)
        finally:
            self._database.commits.ended()
        # Also where an error leaves: it may tell what a statement that was a transaction by itself has found.
        if unwaited and (error is None or isinstance(error, Exception)):
            await self._database.commits.on_disk()


class _Singly:
    """A connection for single statements: a class, since every read passes through here."""

    __slots__ = ("_ahead", "_database", "_link", "_reader")

    def __init__(self, database: Database, reader: Reader, *, ahead: bool = False) -> None:
        self._database, self._reader, self._ahead = database, reader, ahead

    async def __aenter__(self) -> Tx:
        try:
            self._link = await self._database.take(ahead=self._ahead)
        except TOLD as error:
            raise _in_own_words(error) or error from error
        return Alone(self._link, self._reader)

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self._link.sent()
        except psycopg.Error as late:
            raise _in_own_words(late) or late from late
        finally:
            self._link.take_back()
            self._link.over()
            self._database.give(self._link)
        if error is not None and (told := _in_own_words(error)) is not None:
            raise told from error


def _in_own_words(error: BaseException) -> AksonError | None:
    if isinstance(error, CONTENDED):
        return Contended("another transaction changed the same data: try again")
    if isinstance(error, psycopg.errors.QueryCanceled):
        return Unavailable(
            "a statement took longer than one may and was ended (setting AKSON_STATEMENT_TIMEOUT)"
        )
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return Contended("another transaction holds the same data: try again")
    if isinstance(error, psycopg.OperationalError | PoolTimeout):
        return Unavailable("the database does not answer")
    # Without a state it was refused before it was sent: a text with the character that ends texts.
    if isinstance(error, UNHOLDABLE) or (isinstance(error, psycopg.DataError) and error.sqlstate is None):
        return Malformed("a text has a character, or a number is of a size, that cannot be stored")
    return None

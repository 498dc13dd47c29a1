"""Connections and transactions. One request or job is one transaction, and it is committed here and nowhere else."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.conninfo import make_conninfo
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from akson.kit.errors import Contended, Unavailable

Row = tuple[Any, ...]
OPTIONS = (
    "-c timezone=UTC -c jit=off -c statement_timeout={statement}s -c lock_timeout={lock}s"
    " -c idle_in_transaction_session_timeout=120s -c application_name=akson"
)


def _adapters() -> AdaptersMap:
    """Every int goes as int8: one prepared statement whatever the size of the number."""
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_dumper(int, Int8Dumper)
    adapters.register_dumper(int, Int8BinaryDumper)
    return adapters


async def _configure(connection: "psycopg.AsyncConnection[Row]") -> None:
    connection.prepared_max = 400


def of_server(uri: str, database: str) -> str:
    """The connection string of one database on the server that `uri` leads to."""
    return make_conninfo(uri, dbname=database)


class Tx:
    """One open transaction. Its methods take SQL and are used inside `store` only."""

    def __init__(self, connection: "psycopg.AsyncConnection[Row]") -> None:
        self._connection = connection

    async def fetch(
        self, sql: str, params: Sequence[object] = (), *, prepare: bool | None = True
    ) -> list[Row]:
        """All rows. `prepare=False` plans for these very values: for searches, whose values are skewed."""
        async with self._connection.cursor(binary=True) as cursor:
            await cursor.execute(sql.encode(), params, prepare=prepare)
            return await cursor.fetchall()

    async def one(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        """The first row, if any."""
        async with self._connection.cursor(binary=True) as cursor:
            await cursor.execute(sql.encode(), params, prepare=True)
            return await cursor.fetchone()

    async def execute(self, sql: str, params: Sequence[object] = ()) -> int:
        """Run a statement; how many rows it touched."""
        async with self._connection.cursor(binary=True) as cursor:
            await cursor.execute(sql.encode(), params, prepare=True)
            return cursor.rowcount

    async def script(self, sql: str) -> None:
        """Run several statements at once, without parameters: migrations."""
        async with self._connection.cursor() as cursor:
            await cursor.execute(sql.encode())

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part of the transaction: an exception that leaves the block undoes the block and nothing else."""
        async with self._connection.transaction():
            yield

    async def copy(self, sql: str, chunks: Iterable[bytes]) -> None:
        """Stream binary COPY data into a table."""
        async with self._connection.cursor() as cursor, cursor.copy(sql.encode()) as copy:
            for chunk in chunks:
                await copy.write(chunk)


class Database:
    """A pool of connections to one database.

    `size` connections at most; a request that gets none within `wait` seconds is refused with Unavailable, and a
    statement that takes longer than `statement_timeout` seconds is ended.
    """

    def __init__(self, uri: str, size: int = 8, *, statement_timeout: int = 30, wait: float = 20) -> None:
        self.uri = uri
        self._pool = AsyncConnectionPool(
            uri,
            min_size=min(2, size),
            max_size=size,
            timeout=wait,
            open=False,
            name="akson",
            configure=_configure,
            kwargs={
                "context": _adapters(),
                "options": OPTIONS.format(statement=statement_timeout, lock=min(10, statement_timeout)),
                "prepare_threshold": 5,
            },
        )

    async def open(self) -> None:
        """Connect; raises Unavailable when the database does not answer in time."""
        try:
            await self._pool.open(wait=True)
        except PoolTimeout as error:
            raise Unavailable("the database does not answer") from error

    async def close(self) -> None:
        await self._pool.close()

    async def alive(self) -> None:
        """Raises Unavailable when the database does not answer."""
        async with self.transaction(read_only=True) as tx:
            await tx.one("select 1")

    @asynccontextmanager
    async def transaction(self, *, read_only: bool = False) -> AsyncIterator[Tx]:
        """A transaction: committed at the end of the block, rolled back when an exception leaves it.

        Raises Unavailable when no connection is to be had or the server is gone, Conflict when two transactions
        stand in each other's way and this one was chosen to give up.
        """
        with _told():
            async with self._pool.connection() as connection:
                await connection.set_read_only(read_only)
                yield Tx(connection)

    @asynccontextmanager
    async def singly(self) -> AsyncIterator[Tx]:
        """Each statement is a transaction of its own: for requests that are one statement, or only look.

        One round trip instead of three. What is read is what a transaction would read (read committed).
        """
        with _told():
            async with self._pool.connection() as connection:
                await connection.set_autocommit(True)
                try:
                    yield Tx(connection)
                finally:
                    if not connection.closed:
                        await connection.set_autocommit(False)


@contextmanager
def _told() -> Iterator[None]:
    """Tell what the database says in the program's own errors."""
    try:
        yield
    except (
        psycopg.errors.DeadlockDetected,
        psycopg.errors.SerializationFailure,
        psycopg.errors.UniqueViolation,
    ) as error:
        raise Contended("another transaction changed the same data: try again") from error
    except psycopg.errors.QueryCanceled as error:
        raise Unavailable("the statement took too long and was ended") from error
    except psycopg.errors.LockNotAvailable as error:
        raise Contended("another transaction holds the same data: try again") from error
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise Unavailable("the database does not answer") from error

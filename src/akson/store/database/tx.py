"""One open transaction, as what is asked of the database sees it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from akson.store.database.link import Link, Row
from akson.store.database.reader import NODE, Reader, as_seen_by


class Tx:
    """One open transaction, read by somebody. Its methods take SQL and are used inside `store` only.

    Who reads is told to the database with the first statement, and again when another reader has had one in between.
    """

    def __init__(self, link: Link, reader: Reader) -> None:
        self._link = link
        self._reader = reader
        self._savepoints = 0

    def by(self, reader: Reader) -> "Tx":
        """The same transaction, read by somebody else."""
        return type(self)(self._link, as_seen_by(self._reader, reader))

    @property
    def as_node(self) -> "Tx":
        """The same transaction, for what the node itself must know whoever asks. Each use stands in docs/explanation/access.md."""
        return self.by(NODE)

    @property
    def role(self) -> str:
        """The role that reads; empty: the login itself, with whatever rights it has."""
        return self._reader.role

    @property
    def may_be_whole(self) -> bool:
        """Whether it only looks and nothing was asked yet, so that its first statement may be all of it (`whole`)."""
        return self._link.looks is not None and bool(self._link.begin)

    async def _declare(self) -> None:
        if self._link.begin:
            await self._link.open()
        if self._link.reader != self._reader:
            await self._link.declare(self._reader)

    async def whole(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        """The first row of a statement that is a transaction by itself, committed with its answer: one message for all.

        Where `may_be_whole`. What is asked afterwards is another transaction.
        """
        link = self._link
        begin, link.begin, looks = link.begin, "", link.looks
        link.settle()
        try:
            return await self.one(sql, params)
        finally:
            unwaited = link.unwaited
            link.over()
            link.begin, link.looks, link.unwaited = begin, looks, unwaited

    async def fetch(
        self, sql: str, params: Sequence[object] = (), *, prepare: bool | None = True
    ) -> list[Row]:
        """All rows. `prepare=False` plans for these very values: for searches, whose values are skewed."""
        await self._declare()
        return self._link.rows(await self._link.run(sql, params, prepare=prepare is not False))

    async def one(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        """The first row, if any."""
        await self._declare()
        rows = self._link.rows(await self._link.run(sql, params))
        return rows[0] if rows else None

    async def constant(self, sql: str) -> Row | None:
        """The first row of a statement whose answer never changes: asked once a connection."""
        if sql not in self._link.constants:
            self._link.constants[sql] = await self.one(sql)
        return self._link.constants[sql]

    @property
    def seen(self) -> set[int]:
        """Values that the database was seen to have, and never loses: kept with the connection."""
        return self._link.seen

    async def execute(self, sql: str, params: Sequence[object] = ()) -> int:
        """Run a statement; how many rows it touched."""
        await self._declare()
        result = await self._link.run(sql, params)
        return result.command_tuples or 0

    async def later(self, sql: str, params: Sequence[object] = ()) -> None:
        """Run a statement whose answer nobody needs together with the next one, the end of the transaction at the latest.

        What is wrong with it is told there.
        """
        await self._declare()
        await self._link.put_ahead(sql, params)

    def ring(self, name: str) -> None:
        """Wake those of this process who wait for it, when the transaction is committed."""
        self._link.rings.add(name)

    async def script(self, sql: str) -> None:
        """Run several statements at once, without parameters: migrations."""
        await self._declare()
        await self._link.script(sql)

    async def take_time(self, minutes: int) -> None:
        """Let each statement from here to the end of the transaction take so long: what whoever administers asks for."""
        await self._declare()
        await self._link.script(f"set local statement_timeout = '{minutes:d}min'")

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part of the transaction: an exception that leaves the block undoes the block and nothing else."""
        self._savepoints += 1
        name = f"part_{self._savepoints}"
        await self._declare()
        await self._link.script(f"savepoint {name}")
        reader = self._link.reader
        try:
            yield
        except BaseException:
            self._link.take_back()
            if not self._link.closed:
                await self._link.script(f"rollback to savepoint {name}; release savepoint {name}")
                self._link.reader = reader
            raise
        await self._link.script(f"release savepoint {name}")

    async def copy(self, sql: str, chunks: Iterable[bytes]) -> None:
        """Stream binary COPY data into a table."""
        await self._declare()
        await self._link.sent()
        async with self._link.lend().cursor() as cursor, cursor.copy(sql.encode()) as copy:
            for chunk in chunks:
                await copy.write(chunk)


class Alone(Tx):
    """No transaction around it: each statement is one of its own, and is told anew who reads."""

    async def _declare(self) -> None:
        self._link.over()
        await super()._declare()

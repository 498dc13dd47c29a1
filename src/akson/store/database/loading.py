"""COPY into tables with row security, which PostgreSQL refuses: by way of a table of the connection's own."""

from collections.abc import Iterable

from akson.store.database.pool import Tx

# One for each reader's role, since it belongs to the role that makes it.
INBOX = "create temporary table if not exists {inbox} on commit delete rows as select {columns} from {table} with no data"


async def load(tx: Tx, table: str, columns: str, chunks: Iterable[bytes]) -> None:
    """Add rows, given as binary COPY data of these columns."""
    if await _is_free(tx, table):
        await tx.copy(f"copy {table} ({columns}) from stdin (format binary)", chunks)
        return
    inbox = f"inbox_{table}_{tx.role}"
    await tx.execute(INBOX.format(inbox=inbox, columns=columns, table=table))
    await tx.copy(f"copy {inbox} ({columns}) from stdin (format binary)", chunks)
    await tx.execute(f"insert into {table} ({columns}) select {columns} from {inbox}")  # noqa: S608  the store's own words
    await tx.execute(f"delete from {inbox}")  # noqa: S608


async def _is_free(tx: Tx, table: str) -> bool:
    if tx.role:
        return False
    row = await tx.constant(f"select not row_security_active('{table}')")
    return bool(row and row[0])

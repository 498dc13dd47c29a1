"""Brings a database to the schema of this version: numbered SQL files, forward only, each in its own transaction.

A file begins with `-- pre:` (runs before the new program serves) or `-- post:` (may run while it serves). A file
that was applied must never change: its checksum is kept and compared.
"""

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Literal

from akson.kit.errors import AksonError
from akson.kit.log import Event, log
from akson.store.database.pool import Database, Tx
from akson.store.database.reader import OWNER

LEDGER = """
create table if not exists schema_migration (
    number integer primary key,
    name text not null,
    checksum text not null,
    applied timestamptz not null default now()
)"""
LIMITS = "set local lock_timeout = '5s'; set local statement_timeout = '15min'"
# Any constant does, as long as all versions of Akson use the same.
LOCK = 4_711_000_001


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    stage: Literal["pre", "post"]
    sql: str

    @property
    def checksum(self) -> str:
        return sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """All migrations of this version in their order."""
    found = []
    for file in files("akson.store").joinpath("migrations").iterdir():
        number, _, name = file.name.removesuffix(".sql").partition("_")
        if file.name.endswith(".sql"):
            text = file.read_text(encoding="utf-8")
            stage: Literal["pre", "post"] = "post" if text.startswith("-- post:") else "pre"
            found.append(Migration(int(number), name, stage, text))
    return sorted(found, key=lambda migration: migration.number)


async def migrate(
    database: Database, *, until: int | None = None, stage: str | None = None
) -> list[Migration]:
    """Apply what is missing, in order; returns what was applied. Several programs may do so at the same time.

    `until` stops at a number and `stage` takes only "pre" or "post" (a rolling upgrade runs pre, then post). With a connection
    of its own, with the rights of the login itself: `database` need not be open, and cannot be before there are roles.
    """
    own = Database(database.uri, 1, reader=OWNER)
    await own.open()
    try:
        applied = await _apply_all(own, until, stage)
    finally:
        await own.close()
    if applied:
        log(Event.MIGRATED, to=applied[-1].number)
    return applied


async def _apply_all(database: Database, until: int | None, stage: str | None) -> list[Migration]:
    async with database.transaction() as tx:
        await tx.fetch("select pg_advisory_xact_lock(%s)", [LOCK])
        # Looked for first: who serves and does not own may not make it.
        if await tx.one("select 1 where to_regclass('schema_migration') is null") is not None:
            await tx.execute(LEDGER)
    return [
        migration
        for migration in migrations()
        if (until is None or migration.number <= until)
        and stage in {None, migration.stage}
        and await _apply(database, migration)
    ]


async def _apply(database: Database, migration: Migration) -> bool:
    async with database.transaction() as tx:
        await tx.fetch("select pg_advisory_xact_lock(%s)", [LOCK])
        done = await tx.one("select checksum from schema_migration where number = %s", [migration.number])
        if done is not None:
            _check(migration, done[0])
            return False
        await tx.script(LIMITS)
        await tx.script(migration.sql)
        await tx.execute(
            "insert into schema_migration (number, name, checksum) values (%s, %s, %s)",
            [migration.number, migration.name, migration.checksum],
        )
    return True


def _check(migration: Migration, checksum: str) -> None:
    if checksum != migration.checksum:
        raise AksonError(
            f"migration {migration.number:04d}_{migration.name} was changed after it was applied"
        )


async def version(tx: Tx) -> int:
    """Number of the last migration applied; 0 for an empty database."""
    if await tx.one("select 1 from pg_tables where tablename = 'schema_migration'") is None:
        return 0
    row = await tx.one("select coalesce(max(number), 0) from schema_migration")
    return int(row[0]) if row else 0

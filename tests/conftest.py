"""Fixtures for all tests: one embedded PostgreSQL a test process, and an empty, migrated database a test."""

import asyncio
import gc
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from hypothesis import settings
from psycopg import sql

from akson.store.database.embedded import Embedded
from akson.store.database.migrate import migrate
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from helseid_negatives.plugin import pytest_generate_tests
from tests import traces
from tests.demo_world import DemoTemplates

__all__ = ["pytest_generate_tests"]
"""Gives tests that ask for `api_case` or `anchor_case` the negative cases of plugins/negatives."""

# The same examples in every run, so that a change is judged by what it changes; AKSON_TEST_CHANCE=1 looks for new ones.
settings.register_profile("steady", derandomize=True)
settings.load_profile("default" if os.environ.get("AKSON_TEST_CHANCE") else "steady")

# Tests do not outlive a power cut: without waiting for the disk they are several times faster.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    # Tests of plans say themselves when; a worker in the middle of it would hold back what they clean up.
    "autovacuum": "off",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
}
OURS = f"akson-test-{os.getuid()}-"
MEMORY, ENOUGH = Path("/dev/shm"), 6 << 30
TEMPLATE = "akson_template"
# Emptying a database is some fifty times faster than copying one; deleting a few rows, than truncating.
EMPTY = """
do $$
declare
    t record;
begin
    perform pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid();
    -- in any order, whatever refers to what
    perform set_config('session_replication_role', 'replica', true);
    for t in select oid::regclass as name, pg_relation_size(oid) as size from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not in ('schema_migration', 'secret')
          and pg_relation_size(oid) > 0
    loop
        execute format(case when t.size > 2000000 then 'truncate %s cascade' else 'delete from %s' end, t.name);
    end loop;
    perform setval(oid::regclass, 1, false) from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'S';
end $$"""


def _clear_left() -> None:
    """Remove what runs that were killed have left in memory."""
    for place in MEMORY.glob(f"{OURS}*"):
        running = place / "postgres" / "cluster" / "postmaster.pid"
        number = running.read_text(encoding="utf-8").split()[0] if running.exists() else ""
        if time.time() - place.stat().st_mtime > 60 and not (number and Path(f"/proc/{number}").exists()):
            shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A running embedded PostgreSQL, in memory where there is enough of it: databases are copied all the time."""
    _clear_left()
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH
    place = Path(tempfile.mkdtemp(dir=MEMORY, prefix=OURS)) if roomy else tmp_path_factory.mktemp("postgres")
    server = Embedded(place, FAST)
    server.start()
    yield server
    server.stop()
    if roomy:
        shutil.rmtree(place)


@pytest.fixture(scope="session")
def _template(postgres: Embedded) -> str:
    """An empty database with the schema of this version, to copy."""

    async def fill() -> None:
        await migrate(Database(postgres.uri(TEMPLATE), 1))

    asyncio.run(fill())
    return TEMPLATE


_numbers = count(1)


def _made(postgres: Embedded, template: str) -> str:
    """The URI of a new database."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres.uri("postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    return postgres.uri(name)


@pytest.fixture(scope="session")
def _free() -> list[str]:
    """Databases with the schema of this version that no test uses now, all empty."""
    return []


@pytest.fixture
def new_database(postgres: Embedded, _template: str, _free: list[str]) -> Iterator[Callable[[], str]]:
    """Each call gives the URI of another empty, migrated database. A test must not change its schema."""
    used = []

    def take() -> str:
        used.append(_free.pop() if _free else _made(postgres, _template))
        return used[-1]

    yield take
    for uri in used:
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(EMPTY)
    _free += used


@pytest.fixture
def bare_database(postgres: Embedded) -> str:
    """The URI of a database without any schema, for this test alone."""
    return _made(postgres, "template0")


@pytest_asyncio.fixture
async def database(new_database: Callable[[], str]) -> AsyncIterator[Database]:
    """An empty, migrated database, open."""
    opened = Database(new_database(), 8, reader=OWNER)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def demo(postgres: Embedded, tmp_path_factory: pytest.TempPathFactory) -> DemoTemplates:
    """The whole program with its demo, seeded once: a fresh copy of it for each test (`demo_world.start`)."""
    made = DemoTemplates(postgres, tmp_path_factory.mktemp("demo"))
    # Definitions and catalogues stay: whoever looks for rubbish need not go through them again in each test.
    gc.collect()
    gc.freeze()
    return made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses the database or a browser is marked so: `make check` leaves these out.

    Those with a browser run last: Playwright's loop stays in their process, and no other can run beside it.
    """
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "postgres" in names or item.path.parent.name == "store":
            item.add_marker("store")
        if {"browser", "page", "site"} & set(names):
            item.add_marker("browser")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_configure(config: pytest.Config) -> None:
    """From here on it is looked at what is written of patients (tests/traces.py)."""
    traces.configure(config)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The run fails where something was written that tells who a patient is."""
    traces.finish(session)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    traces.summary(terminalreporter)

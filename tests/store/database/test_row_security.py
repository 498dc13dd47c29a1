"""The second lock as PostgreSQL has it: which tables it holds for, under which roles, and what a database of one's own needs."""

import os
import pwd
from contextlib import asynccontextmanager, suppress

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from akson.fhir.extract import extract
from akson.kit.errors import Unavailable
from akson.store.database import reader, roles
from akson.store.database.migrate import migrate
from akson.store.database.pool import Database
from akson.store.database.reader import NOBODY, NODE, OWNER, named, treating
from akson.store.record import resources
from akson.store.record.resources import Write
from akson.store.scope import NODE as ALL

READERS = {
    "nobody": NOBODY,
    "node": NODE,
    "named": named({1}),
    "treating": treating({"Organization/x"}, ()),
}
PERSON_COLUMNS = ["pat", "patient", "person"]
"""How columns are called that say whose a row is."""
ALSO = {"draft", "transfer_chunk", "idx_token"}
"""Tables with what is written about people beside those that name one; and one that names a patient, to try the question."""

LOG = {"audit": "reason", "audit_leaf": "salt", "audit_checkpoint": "note", "audit_seal": "digest", "judgment": "note"}  # fmt: skip
"""Tables of the access log and of those who follow it up, and a column of each."""


async def test_row_security_is_on_and_forced_for_every_table_that_names_a_patient(database):
    async with database.transaction() as tx:
        rows = await tx.fetch(
            "select c.relname, c.relrowsecurity and c.relforcerowsecurity, bool_or(a.attname = any(%s::text[]))"
            " from pg_class c join pg_attribute a on a.attrelid = c.oid"
            " where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace group by c.oid, 1, 2",
            [PERSON_COLUMNS],
        )
    held = {name for name, holds, _ in rows if holds}
    about_people = {name for name, _, names in rows if names} | ALSO
    assert "resource" in about_people
    assert about_people <= held, "a policy is needed: see migration 0035 and docs/explanation/storage.md"


WITHOUT = {
    "the node's work, by whom it was put off": {"job", "keep", "reindex", "transfer", "transfer_part", "rule_simulation"},
    "who is told, and that a resource changed": {"subscription", "subscription_event", "subscription_topic", "subscription_type"},
    "the shared registers of the platform, of no record": {"register_entry", "register_event"},
    "hashes of identity numbers, and for how long": {"power_mirror", "privacy_followed"},
    "counts of letters between two addresses, and what an office must look at": {
        "message_tally", "message_tally_told", "message_notice",
    },
    "the log's seals, witnesses and counts": {
        "audit_checkpoint", "audit_key", "audit_leaf", "audit_seal", "audit_witness", "witnessed_log", "refusal_count",
    },
    "definitions, terms and settings": {
        "definition", "package", "search_parameter", "search_version", "term_concept", "term_mapping", "term_source",
        "term_closure", "term_closure_code", "term_closure_pair", "meta_value", "hotel_source", "secret", "schema_migration",
    },
}  # fmt: skip
"""Every table without a policy, by what it holds instead of a record: ADR 0035 says why none is of use there."""


async def test_a_table_without_a_policy_is_one_of_those_that_hold_nothing_of_a_record(database):
    async with database.transaction() as tx:
        rows = await tx.fetch(
            "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
            " and not relrowsecurity"
        )
    assert {name for (name,) in rows} == set().union(*WITHOUT.values())


async def test_no_policy_is_for_everyone_and_who_is_nobody_only_adds_to_logs(database):
    async with database.transaction() as tx:
        found = await tx.fetch(
            "select tablename, roles::text[], cmd, qual from pg_policies where schemaname = 'public'"
        )
    assert {role for _, members, _, _ in found for role in members} == set(reader.ROLES)
    of_nobody = {(table, cmd, qual) for table, members, cmd, qual in found if reader.APP in members}
    assert of_nobody == {("audit", "INSERT", None), ("event", "INSERT", None)}
    everything = {members[0] for _, members, cmd, qual in found if qual == "true" and cmd != "INSERT"}
    assert everything == {reader.AS_NODE}


@pytest.mark.parametrize("who", READERS)
async def test_the_program_is_neither_owner_nor_superuser_nor_past_row_security(new_database, who):
    database = Database(new_database(), 2)
    await database.open()
    try:
        async with database.transaction(reader=READERS[who]) as tx:
            exempt = await tx.one(
                "select rolsuper or rolbypassrls or rolcanlogin or exists (select 1 from pg_class where relowner = r.oid),"
                " rolname from pg_roles r where rolname = current_user"
            )
            assert exempt == (False, READERS[who].role)
            for table in ("resource", "history", "idx_text", "care_relation"):
                assert await tx.one(f"select row_security_active('{table}')") == (True,)
        async with database.singly() as tx:  # and what a transaction was told ends with it
            assert await tx.one(
                "select current_user, coalesce(current_setting('akson.patients', true), '')"
            ) == (
                reader.APP,
                "",
            )
    finally:
        await database.close()


@asynccontextmanager
async def opened(uri):
    database = Database(uri, 3)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def test_another_process_starts_while_one_has_a_temporary_table(new_database):
    """An import leaves one with its connection, and the role that reads there owns it."""
    uri = new_database()
    async with opened(uri) as one:
        async with one.transaction(reader=NODE) as tx:
            await tx.execute("create temporary table inbox_of_one (number int)")
        async with opened(uri) as another, another.transaction() as tx:
            assert await tx.one("select current_user") == (reader.APP,)


async def test_a_transaction_of_one_moment_does_not_see_what_others_write_meanwhile(new_database):
    counted = "select count(*) from keep"
    made = "insert into keep (kind, key, value, expires) values ('x', 'x', '{}', 'infinity')"
    async with opened(new_database()) as database:
        async with database.transaction(read_only=True, reader=NODE, one_moment=True) as tx:
            (before,) = await tx.one(counted)
            async with database.transaction(reader=NODE) as other:
                await other.execute(made)
            assert await tx.one(counted) == (before,)
        async with database.transaction(read_only=True, reader=NODE) as tx:
            assert await tx.one(counted) == (before + 1,)


@pytest.mark.parametrize("who", READERS)
async def test_rows_of_the_log_are_added_and_never_changed_or_taken_away(new_database, who):
    database = Database(new_database(), 1)
    await database.open()
    try:
        for table, column in LOG.items():
            for statement in (
                f"delete from {table}",
                f"update {table} set {column} = {column}",
                f"truncate {table}",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    async with database.transaction(reader=READERS[who]) as tx:
                        await tx.execute(statement)
    finally:
        await database.close()


async def test_who_reads_may_change_within_a_transaction_and_a_savepoint_that_is_undone_tells_it_anew(
    new_database,
):
    database = Database(new_database(), 1)
    await database.open()
    ask = "select current_user, coalesce(current_setting('akson.patients', true), '')"
    try:
        async with database.transaction(reader=named({7})) as tx:
            assert await tx.one(ask) == (reader.OF_NAMED, "{7}")
            assert (await tx.as_node.one(ask))[0] == reader.AS_NODE
            with suppress(psycopg.errors.DivisionByZero):
                async with tx.savepoint():
                    assert (await tx.by(named({8})).one(ask)) == (reader.OF_NAMED, "{8}")
                    await tx.one("select 1 / 0")
            assert await tx.one(ask) == (reader.OF_NAMED, "{7}")
        async with database.singly(NODE) as tx:
            assert [(await tx.one(ask))[0] for _ in range(2)] == [reader.AS_NODE] * 2
        async with database.transaction() as tx:
            assert await tx.one(ask) == (reader.APP, "")
    finally:
        await database.close()


@pytest.mark.parametrize("way", ["transaction", "singly"])
async def test_nothing_of_an_earlier_reader_is_left_to_the_next_in_one_transaction(new_database, way):
    database = Database(new_database(), 1)
    await database.open()
    ask = "select " + ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in reader.FACTS[1:])
    first = treating({"Practitioner/a"}, {"org:1"}, opened={7}, labels={3}, reads_log=True)
    try:
        async with getattr(database, way)(reader=first) as tx:
            assert await tx.one(ask) == first.facts
            await tx.later("select 1")  # goes in one message with what follows
            assert await tx.by(named({8})).one(ask) == named({8}).facts
            assert await tx.one(ask) == first.facts
        async with database.singly(named({8})) as tx:
            assert await tx.one(ask) == named({8}).facts
    finally:
        await database.close()


@pytest.fixture
def given(postgres):
    """A server as others run it: one login owns a database, another serves; (URI of the owner, URI of the service, superuser)."""
    own = pwd.getpwuid(os.geteuid()).pw_name
    names = ["given_owner", "given_service"]
    ident = postgres._cluster / "pg_ident.conf"
    before = ident.read_text(encoding="utf-8")
    with psycopg.connect(postgres.uri("postgres"), autocommit=True) as connection:
        ident.write_text(before + "".join(f'akson "{own}" {name}\n' for name in names), encoding="utf-8")
        connection.execute("create role given_owner login createrole")
        connection.execute("create role given_service login")
        connection.execute("create database given owner given_owner template template0")
        connection.execute("select pg_reload_conf()")
        yield *[make_conninfo(postgres.uri("given"), user=name) for name in names], connection
        connection.execute("drop database given with (force)")
        for name in names:
            connection.execute(sql.SQL("drop owned by {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))
    ident.write_text(before, encoding="utf-8")


@pytest.mark.proves("J22")
@pytest.mark.usefixtures("_template")
async def test_on_a_given_server_one_login_migrates_and_another_serves_without_owning(given):
    owner, service, administrator = given
    granted = f"grant {', '.join(reader.ROLES)} to "
    # Roles are there already, as an administrator made them: who owns the database may not take them on by itself.
    with pytest.raises(psycopg.errors.RaiseException, match="run-in-production"):
        await migrate(Database(owner, 1))
    administrator.execute(granted + "given_owner")
    assert await migrate(Database(owner, 1))
    serving = Database(service, 2)
    with pytest.raises(Unavailable, match="may not act as akson_app"):
        await serving.open()
    administrator.execute(granted + "given_service")
    assert await migrate(Database(service, 1)) == []  # as `akson up` does when it starts
    await serving.open()
    try:
        person = {
            "resourceType": "Patient",
            "id": "p",
            "name": [{"family": "Lie"}],
            "birthDate": "1960-01-01",
        }
        for writes in ([person], [person | {"gender": "female"}, person | {"id": "q"}]):
            async with serving.transaction(reader=NODE) as tx:
                await resources.write_many(
                    tx, [Write("Patient", each["id"], each, extract(each)) for each in writes]
                )
        async with serving.transaction(reader=NODE) as tx:
            assert (await resources.read(tx, ALL, "Patient", "p")).version == 2
            await tx.fetch("select draw_samples('idx_token', '{hash}')")
        async with serving.transaction() as tx:
            assert await resources.read(tx, ALL, "Patient", "p") is None
    finally:
        await serving.close()
    # The owner's own connection, for commands: row security is forced, and the owner is the node.
    owning = Database(owner, 1, reader=OWNER)
    await owning.open()
    try:
        async with owning.transaction() as tx:
            assert (await resources.read(tx, ALL, "Patient", "q")).version == 1
            await resources.write_many(
                tx, [Write("Patient", "r", person | {"id": "r"}, extract(person | {"id": "r"}))]
            )
    finally:
        await owning.close()


async def test_a_role_that_is_missing_or_too_strong_is_told_before_anything_is_served(
    new_database, monkeypatch
):
    for names, said in ((("akson_absent",), "akson migrate"), (("akson",), "superuser")):
        monkeypatch.setattr(roles, "ROLES", names)
        with pytest.raises(Unavailable, match=said):
            await Database(new_database(), 1).open()

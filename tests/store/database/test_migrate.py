"""Migrations: in order, once, from every older schema with data in it."""

import asyncio

import pytest

from akson.kit.errors import AksonError
from akson.store.database import migrate as module
from akson.store.database.migrate import migrate, migrations, version
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER

# What stood in the schema of an older version, by the number of the migration after which it was written.
OLDER = {
    1: [
        (
            "insert into resource (pat, rid, key, type, id, version, updated, tok, body)"
            " values (7, 1, 1, 'Patient', 'p1', 1, now(), '{}', '{}')"
        ),
        (
            "insert into history (pat, rid, key, type, id, version, updated, deleted, labels, body)"
            " values (7, 1, 1, 'Patient', 'p1', 1, now(), false, '{}', '{}')"
        ),
        "insert into idx_token (hash, pat, rid) values (1, 7, 1)",
    ],
    2: [
        "insert into job (kind, key, payload, due) values ('send', '', '{}', now())",
        "insert into keep (kind, key, value, expires) values ('session', 'k', '{}', now())",
        "insert into event (pat, topic, reference) values (7, 'Patient.create', 'Patient/p1')",
    ],
}

# The beginning of each checksum: databases hold these, and a file that differs in as much as a comment stops them.
STANDING = {
    "0001_resource": "a7f25b50e9a34c4a",
    "0002_operation": "330bbaa9f5fb8477",
    "0003_message_receiver": "41d335426b9397b0",
    "0004_secret": "71ef3e42e1616f1e",
    "0005_planner": "fcfc779f773e1f76",
    "0006_audit_seal": "6c5ddfc80cad008e",
    "0007_row_number": "d65050e4ba9b5653",
    "0008_search_parameter": "59e7a050fa9d3e84",
    "0009_terms": "96500e52b44c5f1c",
    "0010_definitions": "d6564ca1495cc62e",
    "0011_subscription": "47a2c0cbe9286f64",
    "0012_transfer": "da708a3a5fd8e837",
    "0013_erasure": "6a10ad585cdeb5c8",
    "0014_write": "5e0043220bb03928",
    "0015_composite_order": "999e85262efb3152",
    "0016_meta_value": "e6c7379f40f65588",
    "0017_meta_value_run": "3eafc6364517a11e",
    "0018_access_block": "f4e0296d73302a16",
    "0019_register": "ab980ac9fda3ca15",
    "0020_audit_log": "6428d0ac7a41951a",
    "0021_audit_decision": "94e065d414b4b827",
    "0022_privacy_setting": "bfae63302445b1eb",
    "0023_privacy_mirror": "fa10913eed064fb2",
    "0024_audit_number": "522dc56866712f68",
    "0025_relation_past": "3fcf94276cafd435",
    "0026_opened_access": "27b53071db856ecd",
    "0027_representation": "932ad05c95ca5964",
    "0028_follow_up": "cc6f7937521079cb",
    "0029_app_user": "0cd8359a639a7984",
    "0030_acting_for_others": "3b39cd14dfe27ed4",
    "0031_supplier_errand": "ba40764f85b075b9",
    "0032_rule_simulation": "15473daf4bdcbd34",
    "0033_log_keeping": "4569579f0ffd15c1",
    "0034_consent_opening": "6ab4fce35fb5aa13",
    "0035_row_security": "bc28506b22b53978",
    "0036_hotel": "31a241fd7a2097f1",
    "0037_judgment": "254249761d5ba21b",
    "0038_follow_up_gone": "d5fa72ef211a8bbf",
    "0039_shared_change": "6d46f09e5ad88a34",
    "0040_letters_of_units": "41de0af36f76f941",
    "0041_kept_from_parents": "5cb295d797787895",
    "0042_message_tally": "d585e1fd9d5ca52b",
    "0043_partner_consent": "f06f11287661ca1d",
    "0044_partner_case": "e2a889fa4435c080",
    "0045_report_item": "4391254beb740a12",
}


def test_a_migration_that_stands_never_changes():
    found = {f"{each.number:04d}_{each.name}": each.checksum[:16] for each in migrations()}
    assert found == STANDING, "add a new migration here, and leave those that stand as they are"


@pytest.fixture
async def bare(bare_database):
    database = Database(bare_database, 2, reader=OWNER)
    await database.open()
    yield database
    await database.close()


async def test_an_empty_database_gets_all_migrations_once(bare):
    numbers = [migration.number for migration in migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [migration.number for migration in await migrate(bare)] == numbers
    assert await migrate(bare) == []
    async with bare.transaction() as tx:
        assert await version(tx) == numbers[-1]


async def test_each_older_schema_with_data_in_it_is_brought_up_to_date(bare):
    last = migrations()[-1].number
    for number in range(1, last + 1):
        await migrate(bare, until=number)
        async with bare.transaction() as tx:
            assert await version(tx) == number
            for statement in OLDER.get(number, ()):
                await tx.execute(statement)
    async with bare.transaction() as tx:
        for table in ("resource", "history", "idx_token", "keep", "event"):
            assert (await tx.one(f"select count(*) from {table}"))[0] == 1, table
        # What was stored is indexed again once, for what a later version wants to know of it.
        kinds = [row[0] for row in await tx.fetch("select kind from job order by id")]
        assert kinds == ["send", "reindex"]


async def test_two_programs_that_migrate_at_once_do_it_once(bare):
    done = await asyncio.gather(migrate(bare), migrate(bare))
    assert sorted(each.number for part in done for each in part) == [each.number for each in migrations()]


async def test_a_migration_that_was_changed_after_it_was_applied_is_refused(bare, monkeypatch):
    await migrate(bare)
    first = migrations()[0]
    changed = module.Migration(first.number, first.name, first.stage, first.sql + "-- and more")
    monkeypatch.setattr(module, "migrations", lambda: [changed])
    with pytest.raises(AksonError, match="was changed after it was applied"):
        await migrate(bare)


async def test_a_migration_that_fails_leaves_nothing(bare, monkeypatch):
    broken = module.Migration(1, "broken", "pre", "create table half (a int); select 1 / 0;")
    monkeypatch.setattr(module, "migrations", lambda: [broken])
    with pytest.raises(Exception, match="division by zero"):
        await migrate(bare)
    async with bare.transaction() as tx:
        assert await tx.one("select 1 from pg_tables where tablename = 'half'") is None
        assert await version(tx) == 0


async def test_stages_are_applied_apart(bare):
    assert {migration.stage for migration in migrations()} <= {"pre", "post"}
    for stage in ("pre", "post"):
        assert (
            await migrate(bare, stage=stage) == [each for each in migrations() if each.stage == stage] != []
        )

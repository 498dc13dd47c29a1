"""The index rows of a resource through its life: written, left alone by a change that does not concern them, moved, gone."""

import pytest

from akson.fhir.extract import extract
from akson.store.record import resources
from akson.store.scope import NODE

pytestmark = pytest.mark.store
TABLES = ("idx_token", "idx_ref", "idx_date", "idx_qty", "idx_string", "idx_composite", "idx_text")


def observation(patient="p", **more):
    return {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>varm panne</div>"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}], "text": "Temperatur"},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": "2026-11-01",
        "valueQuantity": {"value": 38.2, "unit": "C", "system": "http://unitsofmeasure.org", "code": "Cel"},
        **more,
    }


async def put(tx, resource):
    return await resources.update(tx, NODE, resource, extract(resource))


async def state(tx):
    """By table: patient, place and time of writing of each row."""
    return {t: sorted(await tx.fetch(f"select pat, ctid::text, xmin::text from {t}")) for t in TABLES}


async def test_a_change_leaves_alone_what_it_does_not_concern(database):
    async with database.transaction() as tx:
        await put(tx, observation())
    async with database.transaction() as tx:
        before = await state(tx)
        await put(tx, observation(language="nb"))
        assert await state(tx) == before
    assert all(before.values())
    async with database.transaction() as tx:
        await put(tx, observation(effectiveDateTime="2026-11-02"))
        after = await state(tx)
    changed = {table for table in TABLES if before[table] != after[table]}
    assert changed == {"idx_date"}


async def test_rows_follow_their_resource_to_another_patient(database):
    async with database.transaction() as tx:
        await put(tx, observation("one"))
        before = await state(tx)
        moved, _ = await put(tx, observation("two"))
        after = await state(tx)
    assert {pat for rows in after.values() for pat, *_ in rows} == {moved.pat}
    assert {t: len(rows) for t, rows in after.items()} == {t: len(rows) for t, rows in before.items()}


async def test_a_deleted_resource_has_no_rows_and_one_that_comes_back_has_them_again(database):
    async with database.transaction() as tx:
        await put(tx, observation())
        before = await state(tx)
        await resources.delete(tx, NODE, "Observation", "o")
        assert not any((await state(tx)).values())
        back, revived = await put(tx, observation())
        after = await state(tx)
    assert (back.version, revived) == (3, True)
    assert {t: len(rows) for t, rows in after.items()} == {t: len(rows) for t, rows in before.items()}


async def test_what_was_written_before_digests_were_kept_is_written_anew(database):
    async with database.transaction() as tx:
        await put(tx, observation())
        await tx.execute("update resource set digests = '{}'")
        before = await state(tx)
        await put(tx, observation(language="nb"))
        after = await state(tx)
    assert {t: len(rows) for t, rows in after.items()} == {t: len(rows) for t, rows in before.items()}


async def test_the_body_a_write_gives_is_the_body_that_is_read(database):
    meta = {"lastUpdated": "2020-01-01T00:00:00Z", "tag": [{"code": "a"}], "versionId": "77"}
    async with database.transaction() as tx:
        first, _ = await put(tx, observation(meta=meta))
        second, _ = await put(tx, observation(meta=meta, language="nb"))
        same, _ = await put(tx, observation(meta=meta, language="nb"))
        read = await resources.read(tx, NODE, "Observation", "o")
        old = await resources.vread(tx, NODE, "Observation", "o", 1)
    assert (second.body, first.body) == (read.body, old.body)
    assert (same.version, same.changed, same.body) == (2, False, read.body)
    assert (first.version, second.version) == (1, 2)

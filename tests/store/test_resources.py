"""Resources on the real database: create, read, change, delete, and what the scope hides."""

import asyncio
from contextlib import suppress

import orjson
import pytest

from akson.fhir import strict_json
from akson.fhir.index import (
    CompositeValue,
    DateValue,
    Index,
    QuantityValue,
    ReferenceValue,
    StringValue,
    TokenValue,
)
from akson.kit.errors import Conflict, Malformed, NotFound, VersionMismatch
from akson.store.record import resources
from akson.store.record.resources import HistoryOf, Write
from akson.store.scope import NODE, OfPatients, OfTypes, Scope

LOINC = "http://loinc.org"


def patient(identity="p1", name="Kari"):
    return (
        {"resourceType": "Patient", "id": identity, "name": [{"given": [name]}]},
        Index(patient=identity, strings=[StringValue("name", name)]),
    )


def observation(identity="o1", subject="p1", value=5.4):
    resource = {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "subject": {"reference": f"Patient/{subject}"},
        "valueQuantity": {"value": value},
    }
    code = TokenValue("code", LOINC, "8480-6", "Systolic")
    quantity = QuantityValue(
        "value-quantity", value, value - 0.05, value + 0.05, "http://unitsofmeasure.org", "mm", "mm"
    )
    index = Index(
        patient=subject,
        tokens=[code, TokenValue("status", "", "final")],
        references=[
            ReferenceValue("subject", "Patient", subject),
            ReferenceValue("patient", "Patient", subject),
        ],
        dates=[DateValue("date", 1_000_000, 2_000_000)],
        quantities=[quantity],
        composites=[CompositeValue("code-value-quantity", (code, quantity))],
        content="Blodtrykket er høyt",
    )
    return resource, index


async def counts(tx):
    tables = (
        "resource",
        "history",
        "idx_token",
        "idx_ref",
        "idx_date",
        "idx_qty",
        "idx_string",
        "idx_composite",
        "idx_text",
    )
    return {table: (await tx.one(f"select count(*) from {table}"))[0] for table in tables}


async def test_what_is_created_is_read_back_with_id_and_meta(database):
    async with database.transaction() as tx:
        stored = await resources.create(tx, *observation())
    async with database.transaction(read_only=True) as tx:
        found = await resources.read(tx, NODE, "Observation", "o1")
        assert await counts(tx) == {
            "resource": 1, "history": 0, "idx_token": 4, "idx_ref": 2, "idx_date": 1, "idx_qty": 2,
            "idx_string": 1, "idx_composite": 1, "idx_text": 1,
        }  # fmt: skip
    assert found == stored
    body = orjson.loads(found.body)
    assert body["id"] == "o1"
    assert body["meta"]["versionId"] == "1"
    assert body["valueQuantity"] == {"value": 5.4}


async def test_a_resource_without_an_id_gets_one(database):
    async with database.transaction() as tx:
        stored = await resources.create(tx, {"resourceType": "Basic"}, Index())
        assert await resources.read(tx, NODE, "Basic", stored.id) == stored


async def test_an_id_in_use_is_a_conflict(database):
    async with database.transaction() as tx:
        await resources.create(tx, *patient())
        with pytest.raises(Conflict):
            await resources.create(tx, *patient())
        assert (await counts(tx))["idx_string"] == 1


async def test_a_change_keeps_the_version_before_and_renews_the_index(database):
    async with database.transaction() as tx:
        first = await resources.create(tx, *observation())
        second, created = await resources.update(tx, NODE, *observation(value=7.1), expected=1)
        assert not created
        assert second.version == 2
        assert await resources.vread(tx, NODE, "Observation", "o1", 1) == first
        assert await resources.vread(tx, NODE, "Observation", "o1", 2) == second
        assert await resources.vread(tx, NODE, "Observation", "o1", 3) is None
        found = await counts(tx)
        assert (found["history"], found["idx_token"], found["idx_qty"], found["idx_ref"]) == (1, 4, 2, 2)
        assert (await tx.one("select max(value) from idx_qty"))[0] == 7.1


async def test_a_change_to_another_patient_moves_every_row(database):
    async with database.transaction() as tx:
        await resources.create(tx, *observation(subject="p1"))
        await resources.update(tx, NODE, *observation(subject="p2"))
        other = Scope(OfPatients(frozenset({"p2"})), "test")
        assert await resources.read(tx, other, "Observation", "o1")
        for table in ("resource", "idx_token", "idx_ref", "idx_date", "idx_qty", "idx_composite", "idx_text"):
            rows = await tx.fetch(f"select distinct pat from {table}")
            assert rows == await tx.fetch("select pat from resource"), table
        assert (await counts(tx))["idx_token"] == 4


async def test_the_same_content_again_makes_no_version(database):
    async with database.transaction() as tx:
        first = await resources.create(tx, *observation())
        same, created = await resources.update(tx, NODE, *observation())
        assert (same.version, same.body, same.changed, created) == (1, first.body, False, False)
        resource, index = observation()
        other, other_index = patient()
        block = [
            Write("Observation", "o1", resource, index),
            Write("Patient", "p1", other, other_index),
        ]
        found = await resources.write_many(tx, block)
        assert [(stored.version, stored.changed) for stored in found] == [(1, False), (1, True)]
        again = await resources.write_many(tx, block)
        assert [(stored.version, stored.changed) for stored in again] == [(1, False), (1, False)]
        assert (await counts(tx))["history"] == 0


async def test_an_update_that_must_be_new_is_refused_where_something_is(database):
    async with database.transaction() as tx:
        _, created = await resources.update(tx, NODE, *patient(), expected=0)
        assert created
        with pytest.raises(VersionMismatch):
            await resources.update(tx, NODE, *patient(name="other"), expected=0)


async def test_an_undone_part_leaves_the_rest(database):
    async with database.transaction() as tx:
        await resources.create(tx, *patient())
        with suppress(Conflict):
            async with tx.savepoint():
                await resources.create(tx, *observation())
                await resources.create(tx, *patient())
    async with database.transaction() as tx:
        assert await resources.read(tx, NODE, "Patient", "p1")
        assert await resources.read(tx, NODE, "Observation", "o1") is None


async def test_decimals_keep_the_digits_they_came_with(database):
    resource = strict_json.loads(b'{"resourceType":"Observation","id":"d","valueQuantity":{"value":1.50}}')
    async with database.transaction() as tx:
        stored = await resources.create(tx, resource, Index())
        assert b'"value":1.50}' in stored.body


async def test_the_wrong_version_is_refused(database):
    async with database.transaction() as tx:
        await resources.create(tx, *patient())
        with pytest.raises(VersionMismatch):
            await resources.update(tx, NODE, *patient(), expected=2)
        with pytest.raises(VersionMismatch):
            await resources.delete(tx, NODE, "Patient", "p1", expected=7)
        with pytest.raises(VersionMismatch):
            await resources.update(tx, NODE, *patient("p9"), expected=1)


async def test_a_deleted_resource_is_a_mark_with_history_and_can_come_back(database):
    async with database.transaction() as tx:
        await resources.create(tx, *observation())
        gone = await resources.delete(tx, NODE, "Observation", "o1")
        assert (gone.version, gone.deleted, gone.body) == (2, True, b"")
        assert await resources.read(tx, NODE, "Observation", "o1") == gone
        assert await resources.delete(tx, NODE, "Observation", "o1") is None
        found = await counts(tx)
        assert sum(found[table] for table in found if table.startswith("idx_")) == 0
        again, created = await resources.update(tx, NODE, *observation())
        assert (again.version, created) == (3, True)
        assert (await counts(tx))["idx_token"] == 4
        page = await resources.history(tx, NODE, HistoryOf("Observation", "o1"))
        assert [(stored.version, stored.deleted) for stored in page.versions] == [
            (3, False),
            (2, True),
            (1, False),
        ]


async def test_history_pages_and_refuses_a_foreign_mark(database):
    async with database.transaction() as tx:
        for name in ("a", "b", "c", "d", "e"):
            await resources.update(tx, NODE, *patient(name=name))
    seen, mark = [], None
    async with database.transaction() as tx:
        while True:
            page = await resources.history(tx, NODE, HistoryOf("Patient", count=2, cursor=mark))
            seen += [stored.version for stored in page.versions]
            mark = page.next
            if mark is None:
                break
        assert seen == [5, 4, 3, 2, 1]
        for bad in ("nonsense", "!!", "WyJoIl0", "W10", "x" * 5000):
            with pytest.raises(Malformed):
                await resources.history(tx, NODE, HistoryOf("Patient", cursor=bad))


async def test_outside_the_scope_is_as_good_as_absent(database):
    async with database.transaction() as tx:
        await resources.create(tx, *observation(subject="p1"))
        for predicate in (
            OfPatients(frozenset({"p2"})),
            OfPatients(frozenset()),
            OfTypes(frozenset({"Patient"})),
        ):
            scope = Scope(predicate, "test")
            assert await resources.read(tx, scope, "Observation", "o1") is None
            assert await resources.vread(tx, scope, "Observation", "o1", 1) is None
            assert (await resources.history(tx, scope, HistoryOf())).versions == ()
            assert await resources.delete(tx, scope, "Observation", "o1") is None
            with pytest.raises(NotFound):
                await resources.update(tx, scope, *observation())


async def test_many_writes_create_change_and_delete_at_once(database):
    async with database.transaction() as tx:
        await resources.create(tx, *observation("o1"))
        await resources.create(tx, *observation("o2"))
        changed, index = observation("o1", value=9.9)
        fresh, other = observation("o3", subject="p2")
        done = await resources.write_many(
            tx,
            [
                Write("Observation", "o1", changed, index, expected=1),
                Write("Observation", "o2", None),
                Write("Observation", "o3", fresh, other),
            ],
        )
        assert [(stored.id, stored.version, stored.deleted) for stored in done] == [
            ("o1", 2, False), ("o2", 2, True), ("o3", 1, False),
        ]  # fmt: skip
        for stored in done:
            assert await resources.read(tx, NODE, "Observation", stored.id) == stored
        found = await counts(tx)
        assert (found["history"], found["idx_token"], found["idx_composite"], found["idx_text"]) == (
            2,
            8,
            2,
            2,
        )


async def test_many_writes_are_all_or_nothing(database):
    async with database.transaction() as tx:
        await resources.create(tx, *patient())
    fresh, index = patient("p2")
    with pytest.raises(VersionMismatch):
        async with database.transaction() as tx:
            await resources.write_many(
                tx, [Write("Patient", "p2", fresh, index), Write("Patient", "p1", fresh, index, expected=5)]
            )
    async with database.transaction() as tx:
        assert await resources.read(tx, NODE, "Patient", "p2") is None
        with pytest.raises(Conflict):
            await resources.write_many(tx, [Write("Patient", "p2", fresh, index)] * 2)


async def test_fifty_changes_at_once_give_fifty_versions(database):
    async with database.transaction() as tx:
        await resources.create(tx, *patient())

    async def change(number):
        async with database.transaction() as tx:
            await resources.update(tx, NODE, *patient(name=f"n{number}"))

    await asyncio.gather(*(change(number) for number in range(50)))
    async with database.transaction() as tx:
        assert (await resources.read(tx, NODE, "Patient", "p1")).version == 51
        assert (await counts(tx))["idx_string"] == 1


async def test_of_fifty_conditional_creates_at_once_one_creates(database):
    async def create(number):
        async with database.transaction() as tx:
            await resources.lock(tx, ["Patient?identifier=urn:x|1"])
            if (await tx.one("select count(*) from resource"))[0] == 0:
                await resources.create(tx, *patient(f"p{number}"))
                return True
            return False

    made = await asyncio.gather(*(create(number) for number in range(50)))
    assert sum(made) == 1

"""The one door: what the scope hides looks like what is not there, and every look leaves its row."""

import pytest

from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.errors import Gone, NotFound, VersionMismatch
from akson.record import gate, reindexing
from akson.record.change import Change
from akson.record.context import NODE_ITSELF, opened
from akson.record.refused import Refused
from akson.security.actor import Action, Actor, Kind
from akson.store.access import audit
from akson.store.record import events
from akson.store.record.events import Mark
from tests.record.making import BASE, INGRID, NURSE, condition, journal, treated

pytestmark = pytest.mark.store


@pytest.fixture
def place(database):
    return journal(database)


@pytest.fixture
async def people(place):
    """Ingrid, whom the nurse's unit treats, and Per, whom it does not; each with a diagnosis."""
    async with opened(place, NODE_ITSELF) as ctx:
        for name in ("ingrid", "per"):
            await gate.update(ctx, {"resourceType": "Patient", "id": name, "name": [{"family": name}]})
            await gate.update(ctx, condition(f"c-{name}", name))
        await gate.update(ctx, treated())
    return place


async def test_a_nurse_reads_what_her_unit_treats_and_nothing_else(people):
    async with opened(people, NURSE) as ctx:
        assert loads((await gate.read(ctx, "Condition", "c-ingrid")).body)["id"] == "c-ingrid"
    with pytest.raises(NotFound) as hidden:
        async with opened(people, NURSE) as ctx:
            await gate.read(ctx, "Condition", "c-per")
    with pytest.raises(NotFound) as absent:
        async with opened(people, NURSE) as ctx:
            await gate.read(ctx, "Condition", "c-nobody")
    assert str(hidden.value) == str(absent.value)


async def test_a_search_finds_only_what_is_in_scope(people):
    async with opened(people, NURSE) as ctx:
        page = await gate.search(ctx, parse("Condition", [], base=BASE))
    assert [stored.id for stored in page.matches] == ["c-ingrid"]


async def test_a_citizen_sees_oneself(people):
    async with opened(people, INGRID) as ctx:
        assert [s.id for s in (await gate.search(ctx, parse("Condition", [], base=BASE))).matches] == [
            "c-ingrid"
        ]
    with pytest.raises(Refused):
        async with opened(people, INGRID) as ctx:
            await gate.update(ctx, condition("c-ingrid", "ingrid"))


async def test_nobody_writes_into_a_record_outside_the_scope(people):
    with pytest.raises(Refused) as refused:
        async with opened(people, NURSE) as ctx:
            await gate.create(ctx, condition("new", "per"))
    assert refused.value.reason == "reason.outside_scope"
    async with opened(people, NODE_ITSELF) as ctx:
        with pytest.raises(NotFound):
            await gate.read(ctx, "Condition", "new")


async def test_a_hidden_row_cannot_be_taken_over_by_an_update(people):
    stolen = condition("c-per", "ingrid")
    with pytest.raises(NotFound):
        async with opened(people, NURSE) as ctx:
            await gate.update(ctx, stolen)
    with pytest.raises(NotFound):
        async with opened(people, NURSE) as ctx:
            await gate.transact(ctx, [Change(Action.UPDATE, stolen)])


async def test_every_look_leaves_a_row_and_a_refusal_too(people):
    async with opened(people, NURSE) as ctx:
        await gate.read(ctx, "Condition", "c-ingrid")
    async with people.database.transaction() as tx:
        newest = (await audit.find(tx, patient="ingrid", count=1))[0]
    assert (newest.actor_name, newest.action, newest.reason) == (
        "Hanne Lunde",
        "read",
        "reason.care_relation",
    )
    with pytest.raises(Refused) as refused:
        async with opened(people, Actor(Kind.SYSTEM, client_id="fremmed")) as ctx:
            await gate.read(ctx, "Condition", "c-ingrid")
    assert not refused.value.audit.granted


async def test_no_audit_no_answer(people, monkeypatch):
    async def fails(*_args):
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr(audit, "append_many", fails)
    with pytest.raises(RuntimeError):
        async with opened(people, NURSE) as ctx:
            await gate.create(ctx, condition("new", "ingrid"))
    monkeypatch.undo()
    async with opened(people, NODE_ITSELF) as ctx:
        with pytest.raises(NotFound):
            await gate.read(ctx, "Condition", "new")


async def test_versions_are_guarded_and_deletion_is_told(people):
    async with opened(people, NURSE) as ctx:
        await gate.update(ctx, condition("c-ingrid", "ingrid") | {"note": [{"text": "ny"}]}, if_match=1)
    with pytest.raises(VersionMismatch):
        async with opened(people, NURSE) as ctx:
            await gate.update(ctx, condition("c-ingrid", "ingrid"), if_match=1)
    async with opened(people, NURSE) as ctx:
        await gate.delete(ctx, "Condition", "c-ingrid")
    with pytest.raises(Gone):
        async with opened(people, NURSE) as ctx:
            await gate.read(ctx, "Condition", "c-ingrid")


async def test_a_provenance_belongs_to_the_patient_of_its_target(people):
    provenance = {
        "resourceType": "Provenance",
        "id": "p",
        "target": [{"reference": "Condition/both"}],
        "recorded": "2026-01-01T00:00:00Z",
        "agent": [{"who": {"display": "Hanne"}}],
    }
    async with opened(people, NURSE) as ctx:
        await gate.transact(
            ctx, [Change(Action.CREATE, condition("both", "ingrid")), Change(Action.CREATE, provenance)]
        )
        assert (await gate.read(ctx, "Provenance", "p")).id == "p"
    with pytest.raises(NotFound):
        async with opened(people, Actor(Kind.CITIZEN, patient="per", assurance=4)) as ctx:
            await gate.read(ctx, "Provenance", "p")


async def test_a_document_is_found_by_its_words(people):
    binary = {
        "resourceType": "Binary",
        "id": "b",
        "contentType": "text/plain",
        "securityContext": {"reference": "Patient/ingrid"},
        "data": "SG9mdGVicnVkZCBvcGVyZXJ0IG1lZCBoZW1pcHJvdGVzZQ==",
    }
    document = {
        "resourceType": "DocumentReference",
        "id": "d",
        "status": "current",
        "subject": {"reference": "Patient/ingrid"},
        "content": [{"attachment": {"contentType": "text/plain", "url": "Binary/b"}}],
    }
    async with opened(people, NURSE) as ctx:
        await gate.transact(ctx, [Change(Action.CREATE, binary), Change(Action.CREATE, document)])
        for words, found in (("hemiprotese", ["d"]), ("lungebetennelse", [])):
            page = await gate.search(ctx, parse("DocumentReference", [("_content", words)], base=BASE))
            assert [stored.id for stored in page.matches] == found


async def test_a_document_does_not_take_its_words_from_another_patient(people):
    binary = {
        "resourceType": "Binary", "id": "hidden", "contentType": "text/plain", "data": "aGVtaXByb3Rlc2U=",
        "securityContext": {"reference": "Patient/per"},
    }  # fmt: skip
    document = {
        "resourceType": "DocumentReference", "id": "probe", "status": "current",
        "subject": {"reference": "Patient/ingrid"},
        "content": [{"attachment": {"contentType": "text/plain", "url": "Binary/hidden"}}],
    }  # fmt: skip
    async with opened(people, NODE_ITSELF) as ctx:
        await gate.update(ctx, binary)
    async with opened(people, NURSE) as ctx:
        await gate.create(ctx, document)
    async with opened(people, NODE_ITSELF) as ctx:
        await reindexing.at_once(ctx, "DocumentReference", "probe")
    async with opened(people, NURSE) as ctx:
        page = await gate.search(ctx, parse("DocumentReference", [("_content", "hemiprotese")], base=BASE))
        assert not page.matches
        with pytest.raises(NotFound):
            await gate.read(ctx, "Binary", "hidden")


async def test_a_write_tells_what_happened(people):
    async with opened(people, NURSE) as ctx:
        await gate.create(ctx, condition("told", "ingrid"))
    async with people.database.transaction() as tx:
        happened = await events.after(tx, Mark())
    assert happened[-1].topic == "Condition.create"
    assert happened[-1].reference == "Condition/told"


async def test_a_search_may_bring_the_patient_along_where_there_is_a_care_relation(people):
    async with opened(people, NURSE) as ctx:
        page = await gate.search(ctx, parse("Condition", [("_include", "Condition:patient")], base=BASE))
    assert [stored.reference for stored in page.included] == ["Patient/ingrid"]

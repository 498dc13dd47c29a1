"""Every look and every try leaves its row, also one that ends in an error, and the one who asks cannot tell from it."""

from dataclasses import replace
from datetime import date

import psycopg
import pytest

from akson.fhir.search_parse import parse
from akson.kit.errors import Conflict, Contended, Gone, MultipleMatches, NotFound, VersionMismatch
from akson.kit.norwegian import Sex, make
from akson.record import gate, together, trail, whole
from akson.record.change import Change
from akson.record.context import NODE_ITSELF, opened
from akson.record.erasing import What, erase
from akson.security.actor import Action, Attested, Purpose
from akson.store.access import audit
from akson.store.access.audit import Wanted
from akson.store.index.hashing import patient_number
from akson.store.operations.whole import Whole
from akson.store.record.resources import HistoryOf
from tests.record.making import ADMIN, BASE, INGRID, NURSE, condition, with_two_patients

pytestmark = pytest.mark.store

HERS, HIS = patient_number("ingrid"), patient_number("per")


@pytest.fixture
async def place(database):
    """Ingrid, whom the nurse's unit treats, and Per, whom it does not; each with a diagnosis, and a deleted one."""
    made = await with_two_patients(database)
    async with opened(made, NODE_ITSELF) as ctx:
        await gate.update(ctx, condition("gone", "ingrid"))
        await gate.delete(ctx, "Condition", "gone")
    return made


async def rows(place, **wanted):
    """What the log holds of all but the node itself, the oldest first."""
    async with place.database.transaction() as tx:
        found = await audit.page(tx, Wanted(count=1000, **wanted))
    return [entry.row for entry in reversed(found) if entry.row.actor_kind != "node"]


async def told_of(place, error, do, actor=NURSE):
    """The rows that something leaves which ends in an error."""
    with pytest.raises(error):
        async with opened(place, actor) as ctx:
            await do(ctx)
    return [
        (row.action, row.granted, row.pat, f"{row.type}/{row.id}", row.count) for row in await rows(place)
    ]


LOOKS = {
    "read": ("read", lambda ctx, name: gate.read(ctx, "Condition", name)),
    "vread": ("history", lambda ctx, name: gate.vread(ctx, "Condition", name, 1)),
    "history": ("history", lambda ctx, name: gate.history(ctx, HistoryOf("Condition", name))),
    "count": ("history", lambda ctx, name: gate.count_versions(ctx, HistoryOf("Condition", name, count=0))),
    "document": ("read", lambda ctx, name: together.with_references(ctx, "Condition", name)),
}


@pytest.mark.parametrize("look", LOOKS)
async def test_what_is_hidden_is_logged_as_refused_for_the_patient_and_what_is_absent_as_nobodys(place, look):
    action, do = LOOKS[look]
    hidden = await told_of(place, NotFound, lambda ctx: do(ctx, "c-per"))
    assert hidden == [(action, False, HIS, "Condition/c-per", 0)]
    both = await told_of(place, NotFound, lambda ctx: do(ctx, "nobody"))
    assert both[1:] == [(action, True, 0, "Condition/nobody", 0)]
    assert [row.reason for row in await rows(place)] == ["reason.outside_scope", "reason.care_relation"]


async def test_a_try_to_change_what_is_hidden_too_by_itself_and_among_others(place):
    stolen = condition("c-per", "ingrid")
    tries = [
        lambda ctx: gate.update(ctx, stolen),
        lambda ctx: gate.transact(ctx, [Change(Action.UPDATE, stolen)]),
    ]
    for number, each in enumerate(tries, 1):
        assert await told_of(place, NotFound, each) == [("update", False, HIS, "Condition/c-per", 0)] * number
    async with opened(place, NURSE) as ctx:
        for name in ("c-per", "nobody", "gone"):
            assert await gate.delete(ctx, "Condition", name) is None
    assert [(r.action, r.granted, r.pat, r.id) for r in (await rows(place))[2:]] == [
        ("delete", False, HIS, "c-per"), ("delete", True, 0, "nobody"), ("delete", True, HERS, "gone"),
    ]  # fmt: skip


async def test_everything_of_a_hidden_patient_and_an_erasure_of_nobody(place):
    found = await told_of(place, NotFound, lambda ctx: whole.root(ctx, Whole("Patient", "per")), INGRID)
    assert found == [("read", False, HIS, "Patient/per", 0)]
    erased = await told_of(place, NotFound, lambda ctx: erase(ctx, What.INSTANCE, "Condition", "x"), ADMIN)
    assert erased[1:] == [("administer", True, 0, "Condition/x", 0)]


@pytest.mark.parametrize("look", ["read", "document"])
async def test_that_it_was_deleted_is_something_to_know(place, look):
    action, do = LOOKS[look]
    assert await told_of(place, Gone, lambda ctx: do(ctx, "gone")) == [
        (action, True, HERS, "Condition/gone", 1)
    ]


async def test_what_was_seen_before_an_error_stays_in_the_log_and_what_was_written_does_not(place):
    async def seen_and_written(ctx):
        await gate.read(ctx, "Condition", "c-ingrid")
        await gate.create(ctx, condition("new", "ingrid"))
        raise Conflict("something later is wrong")

    assert await told_of(place, Conflict, seen_and_written) == [("read", True, HERS, "Condition/c-ingrid", 1)]
    query = parse("Condition", [("patient", "ingrid")], base=f"{BASE}/fhir")
    async with opened(place, NODE_ITSELF) as ctx:
        await gate.update(ctx, condition("second", "ingrid"))
    found = await told_of(
        place,
        MultipleMatches,
        lambda ctx: gate.create(ctx, condition("third", "ingrid"), if_none_exist=query),
    )
    assert found[1:] == [("search", True, HERS, "Condition/", 2)]


async def test_what_is_tried_again_is_logged_once(place):
    async def contended(ctx):
        await gate.read(ctx, "Condition", "c-ingrid")
        raise Contended("another writer was first")

    assert await told_of(place, Contended, contended) == []


async def test_an_update_that_changes_nothing_is_logged_as_a_try(place):
    async with opened(place, NURSE) as ctx:
        assert not (await gate.update(ctx, condition("c-ingrid", "ingrid"))).changed
        (one,) = await gate.transact(ctx, [Change(Action.UPDATE, condition("c-ingrid", "ingrid"))])
        assert not one.changed
        assert (await gate.update(ctx, condition("c-ingrid", "ingrid", note=[{"text": "x"}]))).changed
    found = [(row.action, row.pat, row.id, row.version, row.count) for row in await rows(place)]
    assert found == [
        ("update", HERS, "c-ingrid", 1, 0), ("update", HERS, "c-ingrid", 1, 0),
        ("update", HERS, "c-ingrid", 2, 1),
    ]  # fmt: skip


async def test_a_question_whether_something_is_there_is_a_look(place):
    async with opened(place, NURSE) as ctx:
        assert [await gate.version_of(ctx, "Condition", name) for name in ("c-ingrid", "c-per")] == [1, None]
    assert [(row.granted, row.pat) for row in await rows(place)] == [(True, HERS), (False, HIS)]

    async def met(ctx):
        await gate.version_of(ctx, "Condition", "c-ingrid")
        raise VersionMismatch("not this one")

    assert len(await told_of(place, VersionMismatch, met)) == 3


async def test_no_audit_no_answer_that_it_is_not_there(place, monkeypatch):
    async def fails(*_args):
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr(audit, "append_many", fails)
    for name in ("c-per", "nobody", "gone"):
        with pytest.raises(RuntimeError):
            async with opened(place, NURSE) as ctx:
                await gate.read(ctx, "Condition", name)


async def test_an_identity_number_where_an_id_belongs_is_not_logged(place):
    synthetic = make(date(1950, 3, 14), Sex.FEMALE)
    async with opened(place, NURSE) as ctx:
        for name in (synthetic, "12345678901"):
            grant = gate.granted(ctx, Action.READ, "Patient")
            await trail.missed(ctx, grant, Action.READ, "Patient", name)
    assert [row.id for row in await rows(place)] == ["", "12345678901"]


ATTESTED = replace(
    NURSE, client_id="elsewhere", patient="ingrid", organization="12", authorization="LE", token="t-1",
    care_relationship=Attested(Purpose.TREATMENT, decision="d-1", decision_text="why", toa=5),
)  # fmt: skip
WHO = {
    "citizen": INGRID,
    "with an attest": ATTESTED,
    "in an emergency": replace(ATTESTED, opened=frozenset({"ingrid"})),
    "nurse": replace(NURSE, token="t-2"),
}


@pytest.mark.parametrize("who", WHO)
async def test_a_look_that_is_one_statement_leaves_the_row_that_any_other_does(place, who):
    """Of what is there, deleted, hidden and absent: the same rows and the same answers, whether it is the whole request or a part of it."""
    left, told = [], []
    for looks_only in (True, False):
        before = len(await rows(place))
        for name in ("c-ingrid", "gone", "c-per", "nobody"):
            try:
                async with opened(place, WHO[who], looks_only=looks_only) as ctx:
                    told.append((await gate.read(ctx, "Condition", name)).reference)
            except (Gone, NotFound) as error:
                told.append(str(error))
        left.append([
            replace(row, moment=None, request_id="") for row in (await rows(place))[before:]
        ])  # fmt: skip
    assert told[:4] == told[4:]
    assert left[0] == left[1]
    assert [row.id for row in left[0]] == ["c-ingrid", "gone", "c-per", "nobody"]
    assert [row.count for row in left[0]][:2] == [1, 1]


async def test_no_audit_no_answer_where_both_are_one_statement(place, monkeypatch):
    monkeypatch.setattr(
        audit, "SEEN", audit.SEEN.replace("insert into audit (event", "insert into audit (event, absent")
    )
    with pytest.raises(psycopg.errors.Error):
        async with opened(place, ATTESTED, looks_only=True) as ctx:
            await gate.read(ctx, "Condition", "c-ingrid")
    assert await rows(place) == []

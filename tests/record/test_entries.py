"""What its writer does not share is seen by those it is meant for, on every path, with its files and its origin."""

from dataclasses import replace

import pytest

from akson.fhir.search_parse import parse
from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import NotFound, Unprocessable
from akson.kit.norwegian import FNR
from akson.record import gate, obeying
from akson.record.change import Change
from akson.record.context import NODE_ITSELF, opened
from akson.security.actor import Action, Actor, ActsFor, Kind
from akson.security.entry_marks import KEEPER, KEPT, MARK, WRITER
from akson.security.privacy import FETCHING, Subject, Terms
from akson.security.privacy import written as terms
from akson.store.access.mirror import Rule
from akson.store.access.relations import BEGINNING, END
from akson.store.record.resources import HistoryOf
from tests.record.making import INGRID, NURSE, condition, with_two_patients

pytestmark = pytest.mark.store

NUMBER = "05815112345"
WRITES = replace(NURSE, hpr="1", unit_number="10", unit_numbers=frozenset({"10"}))
COLLEAGUE = replace(WRITES, hpr="2", practitioner="Practitioner/other")
ELSEWHERE = replace(WRITES, hpr="3", unit_number="11", unit_numbers=frozenset({"11"}))
EVERYBODY = {"writer": WRITES, "colleague": COLLEAGUE, "elsewhere": ELSEWHERE, "citizen": INGRID}


def marked(code, **more):
    made = condition("", "ingrid", code={"text": "x"}, **more) | {
        "meta": {"security": [{"system": MARK, "code": code}]}
    }
    return {key: value for key, value in made.items() if value}


@pytest.fixture
async def place(database):
    return await with_two_patients(database)


async def written(place, resource, actor=WRITES):
    async with opened(place, actor) as ctx:
        return (await gate.create(ctx, resource)).stored.id


async def readers(place, kind, id_):
    """Who sees it: by id, in a search and in its history alike."""
    found = set()
    for name, actor in EVERYBODY.items():
        ways = []
        async with opened(place, actor) as ctx:
            page = await gate.search(ctx, parse(kind, [("_id", id_)], base=""))
            ways.append(bool(page.matches))
            whole = await gate.search(ctx, parse(kind, [("patient", "ingrid")], base=""))
            ways.append(id_ in {match.id for match in whole.matches})
        for look in (
            lambda ctx: gate.read(ctx, kind, id_),
            lambda ctx: gate.history(ctx, HistoryOf(kind, id_)),
        ):
            try:
                async with opened(place, actor) as ctx:
                    await look(ctx)
                ways.append(True)
            except NotFound:
                ways.append(False)
        assert len(set(ways)) == 1, (name, ways)
        if ways[0]:
            found.add(name)
    return found


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("self", {"writer", "citizen"}),
        ("unit", {"writer", "colleague", "citizen"}),
        ("told", {"writer", "citizen"}),
    ],
)
async def test_a_marked_entry_is_seen_by_those_it_is_meant_for(place, code, expected):
    assert await readers(place, "Condition", await written(place, marked(code))) == expected


async def test_whom_the_citizen_has_told_sees_it_while_the_consent_lasts(place):
    async with opened(place, NODE_ITSELF) as ctx:
        identified = {
            "resourceType": "Patient",
            "id": "ingrid",
            "identifier": [{"system": FNR, "value": NUMBER}],
        }
        await gate.update(ctx, identified)
    id_ = await written(place, marked("told"))
    consent = terms(Terms(FETCHING, (Subject("hpr", "2"),)))
    for active, expected in ((True, {"writer", "colleague", "citizen"}), (False, {"writer", "citizen"})):
        version = 1 if active else 2
        rule = Rule("r", version, "innsyn", active, consent, BEGINNING, END)
        async with place.database.transaction() as tx:
            await obeying.keep(tx, place, {NUMBER: [rule]})
        assert await readers(place, "Condition", id_) == expected


async def test_its_files_and_its_origin_follow_it(place):
    async with opened(place, WRITES) as ctx:
        patient = {"reference": "Patient/ingrid"}
        note = {
            "resourceType": "DocumentReference", "id": "d", "status": "current", "subject": patient,
            "content": [{"attachment": {"contentType": "text/plain", "url": "Binary/b"}}],
            "meta": {"security": [{"system": MARK, "code": "self"}]},
        }  # fmt: skip
        binary = {
            "resourceType": "Binary",
            "id": "b",
            "contentType": "text/plain",
            "securityContext": patient,
        }
        await gate.transact(ctx, [Change(Action.CREATE, each) for each in (binary, note)])
        provenance = {
            "resourceType": "Provenance", "target": [{"reference": "DocumentReference/d"}],
            "recorded": "2026-01-01T10:00:00Z", "agent": [{"who": {"reference": "Practitioner/h"}}],
        }  # fmt: skip
        origin = (await gate.create(ctx, provenance)).stored.id
    for kind, id_ in (("Binary", "b"), ("Provenance", origin), ("DocumentReference", "d")):
        async with opened(place, WRITES) as ctx:
            await gate.read(ctx, kind, id_)
        with pytest.raises(NotFound):
            async with opened(place, COLLEAGUE) as ctx:
                await gate.read(ctx, kind, id_)


def file(id_="b"):
    patient = {"reference": "Patient/ingrid"}
    return {"resourceType": "Binary", "id": id_, "contentType": "text/plain", "securityContext": patient}


def document(id_, file_id, mark="self", **more):
    labels = {"meta": {"security": [{"system": MARK, "code": mark}]}} if mark else {}
    attachment = {"contentType": "text/plain", "url": f"Binary/{file_id}"}
    return {
        "resourceType": "DocumentReference", "id": id_, "status": "current",
        "subject": {"reference": "Patient/ingrid"}, "content": [{"attachment": attachment}],
    } | labels | more  # fmt: skip


def origin(*targets):
    return {
        "resourceType": "Provenance", "target": [{"reference": each} for each in targets],
        "recorded": "2026-01-01T10:00:00Z", "agent": [{"who": {"reference": "Practitioner/h"}}],
    }  # fmt: skip


async def sees(place, actor, kind, id_):
    try:
        async with opened(place, actor) as ctx:
            await gate.read(ctx, kind, id_)
    except NotFound:
        return False
    return True


async def test_pointing_to_what_a_colleague_wrote_hides_nothing(place):
    await written(place, file("theirs"), COLLEAGUE)
    await written(place, document("t", "theirs", mark=""), COLLEAGUE)
    of_both = await written(place, origin("DocumentReference/mine", "Condition/c-ingrid"), COLLEAGUE)
    await written(place, document("mine", "theirs"))
    of_mine = await written(place, origin("DocumentReference/mine"), COLLEAGUE)
    assert await sees(place, COLLEAGUE, "Binary", "theirs")
    assert await sees(place, COLLEAGUE, "Provenance", of_both), "it tells of something else too"
    assert not await sees(place, COLLEAGUE, "Provenance", of_mine), "it tells of what is not shared alone"
    assert not await sees(place, COLLEAGUE, "DocumentReference", "mine")


async def test_what_others_have_written_on_or_what_stands_openly_is_hidden_by_no_mark(place):
    forged = file() | {"meta": {"security": [{"system": WRITER, "code": "hpr:1"}]}}
    await written(place, forged, COLLEAGUE)  # as if the writer had
    await written(place, document("d1", "b"))
    assert await sees(place, ELSEWHERE, "Binary", "b")
    await written(place, file("both"))
    for actor in (COLLEAGUE, WRITES):
        async with opened(place, actor) as ctx:
            await gate.update(ctx, file("both") | {"data": "eA==" if actor is WRITES else "eQ=="})
    await written(place, document("d2", "both"))
    assert await sees(place, ELSEWHERE, "Binary", "both")
    await written(place, file("open"))
    await written(place, document("d3", "open", mark=""))
    await written(place, document("d4", "open"))
    assert await sees(place, ELSEWHERE, "Binary", "open"), "it was part of the record already"


async def test_a_file_that_is_closed_stays_so_when_its_entry_is_written_again(place):
    await written(place, file())
    await written(place, document("d", "b"))
    async with place.database.transaction() as tx:  # as one was kept before files had writers
        await tx.as_node.execute(
            "update resource set body = convert_to(%s, 'UTF8') where id = 'b'", [dumps(file()).decode()]
        )
    async with opened(place, WRITES) as ctx:
        await gate.update(ctx, document("d", "b", description="more"))
    assert not await sees(place, COLLEAGUE, "Binary", "b")
    assert await sees(place, WRITES, "Binary", "b")


async def test_nobody_hides_what_was_deleted(place):
    id_ = await written(place, marked("", note=[{"text": "theirs"}]) | {"meta": {}}, COLLEAGUE)
    async with opened(place, WRITES) as ctx:
        await gate.delete(ctx, "Condition", id_)
    with pytest.raises(Unprocessable):
        async with opened(place, WRITES) as ctx:
            await gate.update(ctx, marked("self") | {"id": id_})


async def test_the_mark_is_the_writers_alone(place):
    id_ = await written(place, marked("unit", note=[{"text": "1"}]))
    async with opened(place, WRITES) as ctx:
        stored = loads((await gate.read(ctx, "Condition", id_)).body)
    labels = {(each["system"], each["code"]) for each in stored["meta"]["security"]}
    assert labels == {(MARK, "unit"), (WRITER, "hpr:1"), (WRITER, "unit:10")}
    forged = stored | {"meta": {"security": [{"system": WRITER, "code": "hpr:2"}]}, "note": [{"text": "2"}]}
    async with opened(place, COLLEAGUE) as ctx:
        await gate.update(ctx, forged)  # the words change, the mark stays
    assert await readers(place, "Condition", id_) == {"writer", "colleague", "citizen"}
    async with opened(place, WRITES) as ctx:
        await gate.update(ctx, {key: value for key, value in stored.items() if key != "meta"})
    assert await readers(place, "Condition", id_) == set(EVERYBODY)


@pytest.mark.parametrize(
    ("actor", "code"),
    [(WRITES, "nobody"), (replace(WRITES, hpr=""), "self")],
)
async def test_a_mark_that_cannot_be_kept_is_refused(place, actor, code):
    with pytest.raises(Unprocessable) as error:
        await written(place, marked(code), actor)
    assert error.value.issues[0].expression == ("Condition.meta.security",)


async def test_nobody_hides_what_stands_already(place):
    hiding = condition("c-ingrid", "ingrid", meta={"security": [{"system": MARK, "code": "self"}]})
    with pytest.raises(Unprocessable):
        async with opened(place, WRITES) as ctx:
            await gate.update(ctx, hiding)


async def test_a_deleted_entry_stays_closed(place):
    id_ = await written(place, marked("self"))
    async with opened(place, WRITES) as ctx:
        await gate.delete(ctx, "Condition", id_)
    async with opened(place, COLLEAGUE) as ctx:
        page = await gate.history(ctx, HistoryOf("Condition"))
    assert id_ not in {version.id for version in page.versions}


def acting(right):
    return Actor(
        Kind.REPRESENTATIVE, patient="ingrid", assurance=4, acts_for=ActsFor(NUMBER, "", right, frozenset({"journal"}))
    )  # fmt: skip


PARENT, GUARDIAN, BY_POWER = map(acting, ("FO", "VE", "FU"))
HIDDEN = {"meta": {"security": [{"system": KEPT, "code": "parents"}]}}


async def test_what_is_kept_from_parents_is_closed_to_them_on_every_path_and_to_nobody_else(place):
    await written(place, file("theirs"), COLLEAGUE)
    await written(place, document("d", "theirs", mark="") | HIDDEN)
    told = await written(place, origin("DocumentReference/d"), COLLEAGUE)
    condition_ = await written(place, marked("") | HIDDEN)
    hidden = {
        ("DocumentReference", "d"),
        ("Binary", "theirs"),
        ("Provenance", told),
        ("Condition", condition_),
    }
    for kind, id_ in sorted(hidden):
        for actor, expected in (
            (PARENT, False),
            (GUARDIAN, False),
            (BY_POWER, True),
            (INGRID, True),
            (ELSEWHERE, True),
        ):
            assert await sees(place, actor, kind, id_) is expected, (kind, actor.acts_for)
        for actor, expected in ((PARENT, set()), (BY_POWER, {(kind, id_)})):
            async with opened(place, actor) as ctx:
                page = await gate.search(ctx, parse(kind, [("_id", id_)], base=""))
                whole = await gate.history(ctx, HistoryOf(kind))
            assert {(each.type, each.id) for each in page.matches} == expected
            assert {(each.type, each.id) for each in whole.versions} & hidden == expected or not expected
    assert await sees(place, PARENT, "Condition", "c-ingrid"), "all else is as before"
    own = await written(place, marked("self"))
    assert await sees(place, PARENT, "Condition", own), "what is not shared among personnel is another matter"


async def test_it_is_set_on_what_stands_and_taken_back_by_who_set_it_alone(place):
    standing = condition("c-ingrid", "ingrid")
    async with opened(place, WRITES) as ctx:
        await gate.update(ctx, standing | HIDDEN)
    for changed in ({"note": [{"text": "1"}]}, {"meta": {"security": [{"system": KEEPER, "code": "hpr:2"}]}}):
        async with opened(place, COLLEAGUE) as ctx:
            await gate.update(ctx, standing | changed)
        assert not await sees(place, PARENT, "Condition", "c-ingrid")
    async with opened(place, PARENT) as ctx:
        page = await gate.history(ctx, HistoryOf("Condition"))
    assert not page.versions, "nor are the versions before"
    async with opened(place, WRITES) as ctx:
        await gate.update(ctx, standing)
    assert await sees(place, PARENT, "Condition", "c-ingrid")
    wrong = {"meta": {"security": [{"system": KEPT, "code": "everybody"}]}}
    for actor, labels in ((WRITES, wrong), (replace(WRITES, hpr=""), HIDDEN)):
        with pytest.raises(Unprocessable):
            await written(place, marked("") | labels, actor)

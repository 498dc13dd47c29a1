"""A row outside the scope is never found: not as match, link of a chain, included, counted, sorted or in history."""

from datetime import timedelta

import pytest

from akson.fhir.extract import extract
from akson.kit.clock import now
from akson.store.access import admission, blocks, relations
from akson.store.access.relations import BEGINNING, END, Relation
from akson.store.fragment import Tables
from akson.store.index.hashing import resource_key
from akson.store.record import resources
from akson.store.record.resources import HistoryOf
from akson.store.scope import (
    NODE,
    AllOf,
    AnyOf,
    CareRelation,
    Coded,
    Everything,
    Labelled,
    NotBlocked,
    Nothing,
    OfPatients,
    OfTypes,
    Scope,
    Tagged,
    Unlabelled,
    WithoutPatient,
)
from akson.store.scope_holds import Block
from akson.store.search.statements import count, search, statement
from tests.store.patients import RECORD, load, query

RESTRICTED = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality|R"
LOINC = "http://loinc.org"
P1 = OfPatients(frozenset({"p1"}))
ALL = {resource["id"] for resource in RECORD}
CLOSED = {
    "p1": [
        Block(frozenset({"org:2", "org:3"}), BEGINNING, END),
        Block(frozenset({"role:LE"}), BEGINNING, END, types=frozenset({"Observation"})),
        Block(
            frozenset({"hpr:1", "hpr:2"}),
            BEGINNING,
            END,
            key=resource_key("Observation", "o2"),
            holds_in_emergency=True,
        ),
        Block(frozenset({"hpr:1", "hpr:2"}), BEGINNING, now() - timedelta(days=1)),
        Block(frozenset({"hpr:1", "hpr:2"}), now() + timedelta(days=1), END),
    ],
    "p2": [Block(frozenset({"hpr:1"}), BEGINNING, END, listed=False, types=frozenset({"Observation"}))],
}
# What each scope lets through of the record in patients.py.
SEES = {
    Everything(): {"g1", "p1", "p2", "e1", "e2", "o1", "o2", "o3", "o4", "r1", "v1"},
    Nothing(): set(),
    P1: {"p1", "e1", "o1", "o2", "r1"},
    OfPatients(frozenset({"p1", "p2"})): {"p1", "p2", "e1", "e2", "o1", "o2", "o3", "r1"},
    OfPatients(frozenset()): set(),
    OfPatients(frozenset({""})): set(),
    OfTypes(frozenset({"Patient", "ValueSet"})): {"p1", "p2", "v1"},
    OfTypes(frozenset()): set(),
    WithoutPatient(): {"g1", "o4", "v1"},
    CareRelation(frozenset({"Organization/g1"})): {"p2", "e2", "o3"},
    CareRelation(frozenset({"Organization/former", "Organization/coming"})): set(),
    CareRelation(frozenset()): set(),
    Unlabelled(frozenset({RESTRICTED})): {"g1", "p1", "e1", "e2", "o1", "o2", "o3", "o4", "r1", "v1"},
    Coded("code", frozenset({f"{LOINC}|8480-6"})): {"o1", "o2"},
    Coded("category", frozenset({"vital-signs"})): set(),
    Labelled(frozenset({RESTRICTED})): {"p2"},
    Tagged(frozenset({RESTRICTED})): set(),
    NotBlocked(frozenset({"hpr:1", "org:2"})): ALL - {"p1", "e1", "o1", "o2", "r1"},
    NotBlocked(frozenset({"hpr:1"}), emergency=True): ALL - {"o2"},
    NotBlocked(frozenset({"hpr:2", "role:LE"})): ALL - {"o1", "o2", "o3"},
    NotBlocked(frozenset({"hpr:2", "role:LE"}), emergency=True): ALL - {"o2"},
    NotBlocked(frozenset()): ALL - {"o3"},
    NotBlocked(frozenset({"hpr:2", "role:LE"}), named=True): ALL - {"o1", "o2"},
    NotBlocked(frozenset(), named=True): ALL,
    AllOf((AnyOf((P1, WithoutPatient())), NotBlocked(frozenset({"role:LE"})))): {"p1", "e1", "r1"}
    | {"g1", "o4", "v1"},
    AllOf((P1, OfTypes(frozenset({"Observation"})))): {"o1", "o2"},
    AllOf(()): {"g1", "p1", "p2", "e1", "e2", "o1", "o2", "o3", "o4", "r1", "v1"},
    AnyOf((P1, WithoutPatient())): {"p1", "e1", "o1", "o2", "r1", "g1", "o4", "v1"},
    AnyOf(()): set(),
    AllOf((AnyOf((P1, WithoutPatient())), AnyOf((OfTypes(frozenset({"Observation"})),)))): {"o1", "o2", "o4"},
}


def inside(predicate):
    return Scope(predicate, "test")


@pytest.fixture
async def filled(database):
    async with database.transaction() as tx:
        await load(tx)
        await relations.replace(tx, "EpisodeOfCare/1", [Relation("p2", "Organization/g1", "service")])
        past = Relation("p1", "Organization/former", "service", None, now() - timedelta(days=1))
        coming = Relation("p1", "Organization/coming", "service", now().replace(year=2999), None)
        await relations.replace(tx, "EpisodeOfCare/2", [past, coming])
        for patient, closed in CLOSED.items():
            await blocks.replace(tx, f"rule-{patient}", 1, patient, closed)
        yield tx


async def test_each_scope_lets_through_what_it_says_on_every_path(filled):
    for predicate, sees in SEES.items():
        scope = inside(predicate)
        for resource in RECORD:
            kind, identity = resource["resourceType"], resource["id"]
            visible = identity in sees
            assert (await resources.read(filled, scope, kind, identity) is not None) == visible, (
                predicate,
                identity,
            )
            assert (await resources.vread(filled, scope, kind, identity, 1) is not None) == visible
            page = await resources.history(filled, scope, HistoryOf(kind, identity))
            assert bool(page.versions) == visible
            found = await search(filled, scope, query(kind, f"_id={identity}", "_total=accurate"))
            assert ([match.id for match in found.matches], found.total) == (
                ([identity], 1) if visible else ([], 0)
            )
            assert await admission.admits(filled, scope, resource, extract(resource)) == visible
        assert {each.id for each in (await search(filled, scope, query(""))).matches} == sees
        assert await count(filled, scope, query("")) == len(sees)
        assert {each.id for each in (await resources.history(filled, scope, HistoryOf())).versions} == sees


async def test_chains_do_not_tell_of_what_is_hidden(filled):
    only = inside(OfTypes(frozenset({"Observation"})))
    assert (await search(filled, NODE, query("Observation", "patient.name=kari"))).matches
    assert not (await search(filled, only, query("Observation", "patient.name=kari"))).matches
    deep = query("Observation", "patient.general-practitioner:Organization.name=solvik")
    middle = inside(OfTypes(frozenset({"Observation", "Organization"})))
    assert (await search(filled, NODE, deep)).matches
    assert not (await search(filled, middle, deep)).matches


async def test_reverse_chains_do_not_tell_of_what_is_hidden(filled):
    asked = query("Patient", "_has:Observation:patient:code=8480-6")
    assert (await search(filled, NODE, asked)).matches
    assert not (await search(filled, inside(OfTypes(frozenset({"Patient"}))), asked)).matches


async def test_includes_bring_nothing_that_is_hidden(filled):
    for asked in (
        query("Observation", "_id=o1", "_include=Observation:subject"),
        query("Observation", "_id=o1", "_include=Observation:*"),
        query("Observation", "_id=o1", "_revinclude=Provenance:target"),
    ):
        page = await search(filled, inside(OfTypes(frozenset({"Observation"}))), asked)
        assert [match.id for match in page.matches] == ["o1"]
        assert page.included == ()
    back = query("Patient", "_revinclude=Observation:subject", "_revinclude=Encounter:subject")
    page = await search(filled, inside(AnyOf((P1, OfTypes(frozenset({"Patient"}))))), back)
    assert {each.id for each in page.included} == {"o1", "o2", "e1"}


async def test_order_and_total_are_of_what_is_seen(filled):
    page = await search(
        filled, inside(P1), query("Observation", "_sort=-date", "_total=estimate", "_count=1")
    )
    assert ([match.id for match in page.matches], page.total) == (["o2"], 2)


async def test_history_hides_old_versions_of_another_patient_and_all_of_what_moved_away(filled):
    moved = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "subject": {"reference": "Patient/p2"},
    }
    await resources.update(filled, NODE, moved, extract(moved))
    now_at = inside(OfPatients(frozenset({"p2"})))
    page = await resources.history(filled, now_at, HistoryOf("Observation", "o1"))
    assert [version.version for version in page.versions] == [2]
    assert await resources.vread(filled, now_at, "Observation", "o1", 1) is None
    assert not (await resources.history(filled, inside(P1), HistoryOf("Observation", "o1"))).versions
    assert await resources.vread(filled, inside(P1), "Observation", "o1", 1) is None
    assert "o1" not in {
        each.id for each in (await resources.history(filled, inside(P1), HistoryOf())).versions
    }


async def test_a_label_set_later_hides_the_old_versions_too(filled):
    system, code = RESTRICTED.split("|")
    labelled = next(each for each in RECORD if each["id"] == "o1") | {
        "meta": {"security": [{"system": system, "code": code}]}
    }
    await resources.update(filled, NODE, labelled, extract(labelled))
    scope = inside(Unlabelled(frozenset({RESTRICTED})))
    assert not (await resources.history(filled, scope, HistoryOf("Observation", "o1"))).versions
    assert await resources.vread(filled, scope, "Observation", "o1", 1) is None


async def test_a_deleted_resource_stays_hidden_from_those_who_could_not_see_it(filled):
    await resources.delete(filled, NODE, "Patient", "p2")
    for predicate in (P1, Unlabelled(frozenset({RESTRICTED})), OfTypes(frozenset({"Observation"}))):
        assert await resources.read(filled, inside(predicate), "Patient", "p2") is None
    assert (await resources.read(filled, NODE, "Patient", "p2")).deleted


def test_no_statement_names_a_clinical_table_without_the_scope():
    """Each alias of `resource` carries the condition of the scope, whatever the query."""
    scope = inside(OfPatients(frozenset({"p1"})))
    for asked in (
        query("Observation"),
        query("Observation", "patient.general-practitioner:Organization.name=x", "code=1", "_sort=-date"),
        query("Patient", "_has:Observation:patient:_has:Provenance:target:recorded=2024"),
    ):
        text = statement(scope, asked).text
        aliases = [
            word.strip(",()")
            for word, before in zip(text.split()[1:], text.split(), strict=False)
            if before == "resource"
        ]
        assert aliases
        for alias in aliases:
            assert f"{alias}.pat = %s" in text
            assert f"not {alias}.deleted" in text


def test_the_builder_gives_a_table_only_with_its_condition():
    table = Tables(inside(Nothing())).resource(["Patient"])
    assert "false" in table.condition.text

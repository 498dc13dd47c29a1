"""A predicate means the same in SQL, on rows and on index rows, as in Python."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from akson.fhir.extract import extract
from akson.kit.clock import now
from akson.store.access import blocks, relations
from akson.store.access.relations import BEGINNING, END, Relation
from akson.store.index.hashing import label, patient_number, resource_key
from akson.store.record import resources
from akson.store.scope import (
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
from akson.store.scope_holds import Block, Row, holds
from akson.store.scope_sql import on_patient, within

pytestmark = pytest.mark.store

SYSTEM = "urn:test"
PATIENTS = [f"p{number}" for number in range(12)]
KINDS = ["Observation", "Condition", "Encounter"]
PARTIES = [f"Organization/{number}" for number in range(5)]
SUBJECTS = ["hpr:1", "hpr:2", "role:LE", "role:SP", "unit:10", "unit:11", "org:20", "org:21"]
LABELS = [f"{SYSTEM}|{code}" for code in "abc"]
CODINGS = [
    {"system": SYSTEM, "code": "a"},
    {"system": SYSTEM, "code": "b"},
    {"code": "a"},
    {"system": "urn:other"},
]
TOKENS = [f"{SYSTEM}|a", f"{SYSTEM}|", "|a", "a", "b", "urn:other|"]
DAY = timedelta(days=1)
ASKED = 700
"""Predicates."""


def some(chance, values, most=3):
    return frozenset(chance.sample(values, chance.randint(0, most)))


def sorted_some(chance, values):
    return chance.sample(values, chance.randint(1, 2))


def a_predicate(chance, depth=0):
    leaves = [
        Everything,
        Nothing,
        WithoutPatient,
        lambda: OfTypes(some(chance, KINDS)),
        lambda: OfPatients(some(chance, [*PATIENTS, ""], 8)),
        lambda: CareRelation(some(chance, PARTIES)),
        lambda: Labelled(some(chance, LABELS)),
        lambda: Unlabelled(some(chance, LABELS)),
        lambda: NotBlocked(some(chance, SUBJECTS, 4), emergency=chance.random() < 0.4),
        lambda: NotBlocked(some(chance, SUBJECTS, 4), named=chance.random() < 0.4),
        lambda: Tagged(some(chance, LABELS)),
        lambda: Coded(chance.choice(["category", "code"]), some(chance, TOKENS, 2)),
    ]
    if depth < 3 and chance.random() < 0.6:
        parts = tuple(a_predicate(chance, depth + 1) for _ in range(chance.randint(0, 3)))
        return chance.choice([AllOf, AnyOf])(parts)
    return chance.choice(leaves)()


def a_time(chance):
    today = now()
    return chance.choice(
        [(BEGINNING, END), (today - DAY, today + DAY), (BEGINNING, today - DAY), (today + DAY, END)]
    )


def a_block(chance, keys):
    low, high = a_time(chance)
    return Block(
        some(chance, SUBJECTS, 4),
        low,
        high,
        listed=chance.random() < 0.6,
        types=some(chance, KINDS, 2),
        key=chance.choice([0, 0, *chance.sample(keys, 2)]),
        holds_in_emergency=chance.random() < 0.4,
        excepted=some(chance, SUBJECTS, 2) if chance.random() < 0.3 else frozenset(),
    )


async def fill(tx, chance):
    """Resources of patients who have relations and have closed things; the rows as `holds` sees them."""
    made = []
    for patient in [*PATIENTS, None]:
        for kind in KINDS:
            for number in range(3):
                resource = {"resourceType": kind, "id": f"{patient}-{kind.lower()}-{number}"}
                if patient:
                    resource["subject"] = {"reference": f"Patient/{patient}"}
                resource["code"] = {"coding": sorted_some(chance, CODINGS)}
                resource["category"] = [{"coding": sorted_some(chance, CODINGS)} for _ in range(2)]
                marks = [{"system": SYSTEM, "code": name[-1]} for name in some(chance, LABELS)]
                tags = [{"system": SYSTEM, "code": name[-1]} for name in some(chance, LABELS, 1)]
                resource["meta"] = {"security": marks} | ({"tag": tags} if tags else {})
                await resources.create(tx, resource, extract(resource))
                hashes = frozenset(label(SYSTEM, mark["code"]) for mark in marks)
                made.append((patient, kind, resource, hashes))
    keys = [resource_key(kind, resource["id"]) for _, kind, resource, _ in made]
    parties, closed = {}, {}
    for patient in PATIENTS:
        rows = [Relation(patient, party, "service", *a_time(chance)) for party in some(chance, PARTIES)]
        await relations.replace(tx, f"EpisodeOfCare/{patient}", rows)
        today = now()
        parties[patient] = frozenset(row.party for row in rows if row.low <= today < row.high)
        own = [key for key, row in zip(keys, made, strict=True) if row[0] == patient]
        closed[patient] = tuple(a_block(chance, own) for _ in range(chance.randint(0, 2)))
        await blocks.replace(tx, f"rule-{patient}", 1, patient, closed[patient])
    return [
        Row(
            now(),
            patient_number(patient),
            kind,
            resource_key(kind, resource["id"]),
            labels,
            parties.get(patient, frozenset()),
            closed.get(patient, ()),
            resource,
        )
        for patient, kind, resource, labels in made
    ]


async def test_python_rows_and_index_rows_agree_on_generated_predicates(database):
    chance = random.Random(4)
    compared = {"row": 0, "index": 0, "let through": 0}
    async with database.transaction() as tx:
        rows = await fill(tx, chance)
        for _ in range(ASKED):
            predicate = a_predicate(chance)
            expected = {row.key for row in rows if holds(predicate, row)}
            condition, values = within(Scope(predicate, "test"), "r")
            found = await tx.fetch(f"select r.key from resource r where {condition}", values, prepare=False)
            assert {key for (key,) in found} == expected, predicate
            compared["row"] += len(rows)
            compared["let through"] += len(expected)
            kind = chance.choice(KINDS)
            folded = on_patient(Scope(predicate, "test"), kind, "i")
            if folded is None:
                continue
            found = await tx.fetch(
                # As an index sees them: by patient and number alone.
                "select r.key from (select pat, rid from resource where type = %s) i"
                f" join resource r on r.rid = i.rid where {folded[0]}",
                [kind, *folded[1]],
                prepare=False,
            )
            assert {key for (key,) in found} == {row.key for row in rows if row.type == kind} & expected
            compared["index"] += len(rows) // len(KINDS)
    assert compared["row"] > 80_000
    assert compared["index"] > 10_000
    assert 0.1 < compared["let through"] / compared["row"] < 0.9


async def test_a_block_closes_to_those_named_or_to_all_but_those(database):
    named, others = frozenset({"hpr:1", "org:20"}), frozenset({"hpr:2", "org:21"})
    async with database.transaction() as tx:
        for rows, closed_to in {
            (): set(),
            (Block(frozenset({"hpr:1"}), BEGINNING, END),): {named},
            (Block(frozenset({"hpr:1"}), BEGINNING, END, listed=False),): {others},
            (Block(frozenset(), BEGINNING, END, listed=False),): {named, others},
            (Block(frozenset(), BEGINNING, END),): set(),
            (Block(frozenset({"hpr:1"}), BEGINNING, datetime(2020, 1, 1, tzinfo=UTC)),): set(),
        }.items():
            await blocks.replace(tx, "rule", 1, "p", rows)
            kept = await blocks.of_patients(tx, [patient_number("p")])
            assert kept.get(patient_number("p"), ()) == rows
            row = Row(now(), patient_number("p"), "Condition", 1, blocks=rows)
            assert {who for who in (named, others) if not holds(NotBlocked(who), row)} == closed_to


async def test_a_new_version_of_a_rule_takes_the_place_of_the_one_before(database):
    async with database.transaction() as tx:
        for version, subject in ((1, "hpr:1"), (2, "hpr:2")):
            await blocks.replace(tx, "a", version, "p", [Block(frozenset({subject}), BEGINNING, END)])
        await blocks.replace(tx, "b", 1, "p", [Block(frozenset({"org:9"}), BEGINNING, END)])
        kept = await blocks.of_patients(tx, [patient_number("p")])
        assert [sorted(block.subjects) for block in kept[patient_number("p")]] == [["hpr:2"], ["org:9"]]
        await blocks.replace(tx, "a", 3, "p", [])
        kept = await blocks.of_patients(tx, [patient_number("p"), patient_number("q")])
        assert [sorted(block.subjects) for block in kept[patient_number("p")]] == [["org:9"]]


def test_who_adds_to_the_values_of_a_scope_changes_them_for_nobody():
    scope = Scope(AllOf((OfTypes(frozenset({"Observation"})), OfPatients(frozenset({"p"})))), "test")
    for ask in (lambda: within(scope, "r"), lambda: on_patient(scope, "Observation", "i")):
        text, values = ask()
        kept = [*values]
        values += ["more"]
        assert ask() == (text, kept)

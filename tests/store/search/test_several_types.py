"""A search of several types in an order that they share: as if it were one list, page by page."""

import pytest

from akson.fhir.extract import extract
from akson.fhir.search_parse import parse
from akson.kit.errors import Malformed, UnsupportedParameter
from akson.store.record import resources
from akson.store.record.resources import Write
from akson.store.scope import NODE, OfPatients, Scope
from akson.store.search.statements import search

pytestmark = pytest.mark.store
BASE = "http://fhir.example/fhir"
TAG = "http://tags.example"


def person(kind, number):
    made = {
        "resourceType": kind,
        "id": f"{kind[:3].lower()}{number}",
        "gender": ["male", "female"][number % 2],
    }
    if number % 3:
        made["name"] = [{"family": f"Berg{number * 7 % 10}"}, {"family": f"Ås{number}"}]
    if number % 4:
        made["birthDate"] = f"19{50 + number * 3 % 7}-01-0{number % 9 + 1}"
    if number % 5:
        made["meta"] = {"tag": [{"system": TAG, "code": f"t{number % 4}"}]}
    return made


def event(kind, number):
    subject = {"reference": f"Patient/pat{number % 4}"}
    made = {
        "resourceType": kind,
        "id": f"{kind[:3].lower()}{number}",
        "status": ["final", "amended"][number % 2],
        "subject": subject,
    }
    if kind == "Observation":
        return made | {"code": {"text": "x"}, "effectiveDateTime": f"2026-0{number % 9 + 1}"}
    return (
        made
        | {"code": {"text": "y"}}
        | ({"effectiveDateTime": f"2026-0{number % 9 + 1}-15"} if number % 3 else {})
    )


PEOPLE = [person(kind, n) for n in range(8) for kind in ("Patient", "Practitioner")]
EVENTS = [event(kind, n) for n in range(8) for kind in ("Observation", "DiagnosticReport")]


@pytest.fixture
async def filled(database):
    async with database.transaction() as tx:
        await resources.write_many(
            tx, [Write(each["resourceType"], each["id"], each, extract(each)) for each in PEOPLE + EVENTS]
        )
        yield tx


async def walked(tx, pairs, count, scope=NODE):
    found, mark = [], []
    while True:
        query = parse("", [*pairs, ("_count", str(count)), *mark], base=BASE)
        page = await search(tx, scope, query)
        found += [(match.type, match.id) for match in page.matches]
        if page.next is None:
            return found
        mark = [("_cursor", page.next)]


def families(resource, pick):
    return pick([name["family"].lower().replace("å", "a") for name in resource.get("name", [])], default=None)


def date(resource, _pick):
    return resource.get("effectiveDateTime")


def in_order(made, key, *, descending=False):
    """Those with a value in its order, then those without in the order in which they were written."""
    pick = max if descending else min
    numbered = [(key(each, pick), place, each) for place, each in enumerate(made)]
    there = sorted(
        (each for each in numbered if each[0] is not None), key=lambda e: e[:2], reverse=descending
    )
    rest = [each for each in numbered if each[0] is None]
    return [(each["resourceType"], each["id"]) for _, _, each in there + rest]


CASES = [
    ("Patient,Practitioner", "family", PEOPLE, families, False),
    ("Patient,Practitioner", "-family", PEOPLE, families, True),
    ("Practitioner,Patient,Practitioner", "family", PEOPLE, families, False),
    ("Patient", "family", [each for each in PEOPLE if each["resourceType"] == "Patient"], families, False),
    ("Observation,DiagnosticReport", "date", EVENTS, date, False),
    ("Observation,DiagnosticReport", "-date", EVENTS, date, True),
]


@pytest.mark.parametrize("count", [1, 3, 50])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1]}")
async def test_the_types_are_one_list_in_the_order_asked_for(filled, case, count):
    kinds, sort, made, key, descending = case
    found = await walked(filled, [("_type", kinds), ("_sort", sort)], count)
    assert found == in_order(made, key, descending=descending)


@pytest.mark.parametrize("count", [2, 50])
async def test_codes_several_keys_and_filters(filled, count):
    pairs = [("_type", "Patient,Practitioner"), ("gender", "female"), ("_sort", "gender,family")]
    women = [each for each in PEOPLE if each["gender"] == "female"]
    named = [each for each in in_order(women, families) if each[1] in {e["id"] for e in women if "name" in e}]
    found = await walked(filled, pairs, count)
    assert found[: len(named)] == named
    assert sorted(found) == sorted((each["resourceType"], each["id"]) for each in women)
    by_status = await walked(
        filled, [("_type", "Observation,DiagnosticReport"), ("_sort", "status,-date")], count
    )
    assert [kind_id[1] for kind_id in by_status] == [
        each["id"]
        for each in sorted(
            sorted(EVENTS, key=lambda e: e.get("effectiveDateTime", ""), reverse=True),
            key=lambda e: e["status"],
        )
    ]


@pytest.mark.parametrize("count", [4, 50])
async def test_all_types_are_sorted_by_what_every_resource_has(filled, count):
    found = await walked(filled, [("_sort", "_tag,_id")], count)
    every = PEOPLE + EVENTS
    tags = {
        each["id"]: each.get("meta", {}).get("tag", [{"code": "\U0010ffff"}])[0]["code"] for each in every
    }
    assert [identity for _, identity in found] == sorted(
        tags, key=lambda identity: (tags[identity], identity)
    )


async def test_what_is_hidden_is_in_no_place_of_the_order(filled):
    scope = Scope(OfPatients(frozenset({"pat1"})), "reason.test")
    found = await walked(filled, [("_type", "Observation,DiagnosticReport"), ("_sort", "-date")], 1, scope)
    mine = [each for each in EVENTS if each["subject"]["reference"] == "Patient/pat1"]
    assert found == in_order(mine, date, descending=True)


@pytest.mark.parametrize(
    ("kinds", "sort", "says"),
    [
        ("Patient,Observation", "family", "cannot sort Observation by 'family'"),
        ("Patient,Practitioner", "_text", "cannot sort"),
        ("", "family", "cannot sort resources by 'family'"),
        ("Observation,Bundle", "composition", "cannot sort Observation"),
        ("Group,Observation", "value", "cannot sort Observation by 'value'"),
        ("Group,ChargeItem", "code,quantity", "cannot sort Group by 'quantity'"),
        ("Consent,ConceptMap", "source-reference", "cannot sort ConceptMap"),
        ("Substance,Invoice", "status,-total-net", "cannot sort Substance"),
    ],
)
def test_what_they_do_not_share_is_refused(kinds, sort, says):
    with pytest.raises(UnsupportedParameter, match=says):
        parse("", [*([("_type", kinds)] if kinds else []), ("_sort", sort)], base=BASE)


async def test_a_mark_belongs_to_its_order(filled):
    pairs = [("_type", "Patient,Practitioner"), ("_count", "2")]
    page = await search(filled, NODE, parse("", [*pairs, ("_sort", "family")], base=BASE))
    with pytest.raises(Malformed):
        await search(
            filled, NODE, parse("", [*pairs, ("_sort", "birthdate"), ("_cursor", page.next)], base=BASE)
        )

"""Searching by combinations: `_filter`, `_list`, hierarchies of places and units, distances, identifiers by their type."""

import pytest

from akson.fhir.extract import extract
from akson.fhir.search_parse import parse
from akson.fhir.spec import spec
from akson.kit.errors import Malformed, UnsupportedParameter
from akson.store.record import resources
from akson.store.scope import NODE, AllOf, OfTypes, Scope
from akson.store.search.statements import search
from tests.store.patients import FNR, check, found, load, query

V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"


def place(identity, part_of=None, **rest):
    inside = {"partOf": {"reference": f"Location/{part_of}"}} if part_of else {}
    return {"resourceType": "Location", "id": identity, "name": identity} | inside | rest


def at(latitude, longitude):
    return {"position": {"latitude": latitude, "longitude": longitude}}


def dose(identity, quantity, system="http://unitsofmeasure.org"):
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "amended",
        "code": {"coding": [{"code": "dose"}]},
        "valueQuantity": quantity | ({"system": system} if system else {}),
    }


MORE = [
    place("hospital", **at(59.94, 10.72)),
    place("ward", "hospital", **at(59.91, 10.75)),
    place("room", "ward", **at(60.39, 5.32)),
    place("elsewhere", **at(-16.8, 179.98)),
    place("loop", "loop"),
    {
        "resourceType": "Encounter",
        "id": "e3",
        "status": "finished",
        "class": {"code": "IMP"},
        "location": [{"location": {"reference": "Location/room"}}],
    },
    {
        "resourceType": "List",
        "id": "l1",
        "status": "current",
        "mode": "working",
        "entry": [{"item": {"reference": "Patient/p1"}}, {"item": {"reference": "Observation/o3"}}],
    },
    {
        "resourceType": "Patient",
        "id": "p3",
        "identifier": [
            {"type": {"coding": [{"system": V2, "code": "MR"}]}, "system": "urn:a", "value": "446053"},
            {"type": {"coding": [{"system": V2, "code": "DL"}]}, "system": "urn:a", "value": "99"},
        ],
    },
    dose("d1", {"value": 5400, "unit": "mg", "code": "mg"}),
    dose("d2", {"value": 0.0072, "unit": "kilogram", "code": "kg"}),
    dose("d3", {"value": 5.4, "unit": "g"}, system=None),
    dose("d4", {"value": 5, "comparator": "<", "code": "g"}),
    {
        "resourceType": "RiskAssessment",
        "id": "r2",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "prediction": [{"probabilityRange": {"low": {"value": 0.1}, "high": {"value": 0.3}}}],
    },
    {
        "resourceType": "Organization",
        "id": "g2",
        "meta": {"profile": ["http://example.org/profiles/a"], "source": "urn:source:1"},
        "name": "Nilsen legesenter",
    },
    {
        "resourceType": "DocumentReference",
        "id": "doc",
        "status": "current",
        "text": {"status": "generated", "div": "<div>Brev om <b>hofter</b></div>"},
        "description": "Utskrivning",
        "content": [{"attachment": {"contentType": "text/plain", "data": "TmVkb3ZlciBlciBhbHQgYnJh"}}],
    },
    {"resourceType": "ValueSet", "id": "v2", "status": "active", "url": "http://example.org/vs/a/b"},
]
ALL = [f"o{number}" for number in range(1, 5)]

CASES = {
    # identifiers by their type
    ("Patient", f"identifier:of-type={V2}|MR|446053"): ["p3"],
    ("Patient", f"identifier:of-type={V2}|DL|446053"): [],
    # uris
    ("ValueSet", "url:below=http://example.org/vs"): ["v1", "v2"],
    ("ValueSet", "url:above=http://example.org/vs/a/b/c"): ["v1", "v2"],
    ("ValueSet", "url:above=http://example.org/vs/a"): ["v1"],
    ("Organization", "_profile:below=http://example.org/profiles"): ["g2"],
    ("Organization", "_profile:below=http://example.org/prof"): [],
    ("Organization", "_profile:above=http://example.org/profiles/a/b"): ["g2"],
    ("Organization", "_source=urn:source:1"): ["g2"],
    ("Organization", "_filter=_source sw urn:source"): ["g2"],
    # words
    ("DocumentReference", "_content=hofte"): ["doc"],
    ("DocumentReference", "_content=nedover"): ["doc"],
    ("DocumentReference", "_content=utskrivning"): ["doc"],
    ("DocumentReference", "_text=hofte"): ["doc"],
    ("DocumentReference", "_text=nedover"): [],
    ("DocumentReference", "_text=utskrivning,hofte"): ["doc"],
    # places inside places
    ("Encounter", "location:below=Location/hospital"): ["e3"],
    ("Encounter", "location:below=Location/room"): ["e3"],
    ("Encounter", "location:above=Location/room"): ["e3"],
    ("Encounter", "location:below=Location/elsewhere"): [],
    ("Location", "partof:below=Location/hospital"): ["room", "ward"],
    ("Location", "partof:above=Location/room"): ["room", "ward"],
    ("Location", "partof:below=Location/loop"): ["loop"],
    # distance
    ("Location", "near=59.91|10.75|5|km"): ["hospital", "ward"],
    ("Location", "near=59.91|10.75|3|km"): ["ward"],
    ("Location", "near=59.91|10.75|3000|m"): ["ward"],
    ("Location", "near=59.91|10.75|5|[mi_us]"): ["hospital", "ward"],
    ("Location", "near=59.91|10.75"): ["hospital", "ward"],
    ("Location", "near=59.91|10.75|1000|km"): ["hospital", "room", "ward"],
    ("Location", "near=-16.8|-179.98|10|km"): ["elsewhere"],
    ("Location", "near=90|0|20000|km"): ["elsewhere", "hospital", "room", "ward"],
    ("Location", "near=60.39|5.32|1|km,-16.8|179.98|1|km"): ["elsewhere", "room"],
    ("Encounter", "location.near=60.39|5.32"): ["e3"],
    ("Location", "near=91|0"): Malformed,
    ("Location", "near=59.9|10.7|5|miles"): Malformed,
    ("Location", "near=59.9"): Malformed,
    # amounts in other units
    ("Observation", "code=dose", "value-quantity=5.4|http://unitsofmeasure.org|g"): ["d1"],
    ("Observation", "code=dose", "value-quantity=5400|http://unitsofmeasure.org|mg"): ["d1"],
    ("Observation", "code=dose", "value-quantity=5.40||g"): ["d1", "d3"],
    ("Observation", "code=dose", "value-quantity=5.41|http://unitsofmeasure.org|g"): [],
    ("Observation", "code=dose", "value-quantity=5|http://unitsofmeasure.org|g"): ["d1", "d4"],
    ("Observation", "code=dose", "value-quantity=gt5400|http://unitsofmeasure.org|mg"): ["d2"],
    ("Observation", "code=dose", "value-quantity=ge5.4|http://unitsofmeasure.org|g"): ["d1", "d2"],
    ("Observation", "code=dose", "value-quantity=lt0.0054|http://unitsofmeasure.org|kg"): ["d4"],
    ("Observation", "code=dose", "value-quantity=5.4|http://unitsofmeasure.org|L"): [],
    ("Observation", "code=dose", "value-quantity=7.2||kilogram"): [],
    ("Observation", "code=dose", "value-quantity=0.0072||kilogram"): ["d2"],
    ("Observation", "code-value-quantity=dose$gt6000|http://unitsofmeasure.org|mg"): ["d2"],
    ("Observation", "code-value-quantity=dose$5.4|http://unitsofmeasure.org|g"): ["d1"],
    ("Observation", "code-value-quantity=dose$5400"): ["d1"],
    ("Observation", "code-value-quantity=dose$0.0072||kg"): ["d2"],
    # intervals that a comparator or a range leaves
    ("Observation", "code=dose", "value-quantity=lt1||g"): ["d4"],
    ("Observation", "code=dose", "value-quantity=ge5||g"): ["d1", "d2", "d3"],
    ("RiskAssessment", "probability=gt0.2"): ["r1", "r2"],
    ("RiskAssessment", "probability=lt0.2"): ["r2"],
    ("RiskAssessment", "probability=sa0.5"): ["r1"],
    ("RiskAssessment", "probability=eb0.5"): ["r2"],
    # lists
    ("Patient", "_list=l1"): ["p1"],
    ("Observation", "_list=l1"): ["o3"],
    ("Observation", "_list=nobody"): [],
    ("Observation", "patient._list=l1"): ["o1", "o2"],
    # at the end of chains
    ("Observation", "patient.gender:missing=true"): [],
    ("Observation", "patient.identifier:missing=true"): ["o3"],
    ("Observation", "patient.gender:not=female"): ["o3"],
    ("Observation", "patient.name:contains=ØRENS"): ["o1", "o2"],
    ("Patient", "_has:Observation:patient:encounter:missing=false"): ["p1"],
    ("Patient", "_has:Observation:patient:code:text=heart"): ["p2"],
    ("Patient", "_has:Observation:patient:encounter.status:not=in-progress"): ["p1"],
    # _filter
    ("Patient", '_filter=name eq "Åse"'): ["p1"],
    ("Patient", "_filter=name eq ase"): ["p1"],
    ("Patient", '_filter=name co "rens"'): ["p1"],
    ("Patient", '_filter=name ew "NSEN"'): ["p1"],
    ("Patient", '_filter=name sw "aa"'): ["p2"],
    ("Patient", "_filter=family gt b"): ["p1"],
    ("Patient", "_filter=family le b"): ["p2"],
    ("Patient", "_filter=gender ne female"): ["p2"],
    ("Patient", "_filter=name pr false"): ["p3"],
    ("Patient", "_filter=name pr true and gender eq male"): ["p2"],
    ("Patient", "_filter=gender eq male or gender eq female"): ["p1", "p2"],
    ("Patient", "_filter=not (gender eq male)"): ["p1", "p3"],
    ("Patient", "_filter=not(gender eq male or gender eq female)"): ["p3"],
    ("Patient", "_filter=gender eq male or gender eq female and birthdate lt 1900"): ["p2"],
    ("Patient", "_filter=(gender eq male or gender eq female) and birthdate lt 1960"): ["p1"],
    ("Patient", f"_filter=identifier eq {FNR}|13815012345"): ["p1"],
    ("Patient", "_filter=_id eq p2 or _id eq p3"): ["p2", "p3"],
    ("Observation", "_filter=date ge 2024-05-02 and date lt 2024-06"): ["o2"],
    ("Observation", "_filter=date po 2024-05"): ["o1", "o2"],
    ("Encounter", "_filter=date po 2024-05-02"): ["e1"],
    ("Encounter", "_filter=date eq 2024-05-02"): [],
    ("Observation", "_filter=value-quantity gt 130||mmHg"): ["o2"],
    ("Observation", "_filter=value-quantity gt 130|http://unitsofmeasure.org|mm[Hg]"): ["o2"],
    ("RiskAssessment", "_filter=probability po 0.3"): ["r2"],
    ("Observation", "_filter=subject eq Patient/p1"): ["o1", "o2"],
    ("Observation", "_filter=subject re Patient/p1 and status ne final"): ["o2"],
    ("Observation", "_filter=patient.gender eq male"): ["o3"],
    ("Observation", '_filter=patient[gender eq female].family sw "s"'): ["o1", "o2"],
    ("Observation", '_filter=patient[gender eq male].family sw "s"'): [],
    ("Observation", "_filter=code co systolic or patient.gender eq male"): ["o1", "o2", "o3"],
    ("ValueSet", "_filter=url sw http://example.org/vs/a/"): ["v2"],
    ("ValueSet", "_filter=url eq http://example.org/vs/a"): ["v1"],
    ("Observation", "patient:Patient._filter=gender eq male"): ["o3"],
    ("Observation", "_filter=code-value-quantity eq 8480-6$135"): ["o2"],
    ("Patient", "_filter=gender"): Malformed,
    ("Patient", "_filter=gender is male"): Malformed,
    ("Patient", "_filter=(gender eq male"): Malformed,
    ("Patient", "_filter=gender eq male)"): Malformed,
    ("Patient", "_filter=gender eq male or"): Malformed,
    ("Patient", "_filter=gender pr maybe"): Malformed,
    ("Patient", "_filter=birthdate gt soon"): Malformed,
    ("Patient", "_filter=" + "(" * 40 + "gender eq male" + ")" * 40): Malformed,
    ("Patient", "_filter=" + " or ".join(["gender eq male"] * 120)): Malformed,
    ("Patient", "_filter=birthdate sw 19"): UnsupportedParameter,
    ("Patient", "_filter=gender.code eq male"): UnsupportedParameter,
}


@pytest.fixture
async def filled(database):
    async with database.transaction() as tx:
        await load(tx)
        for resource in MORE:
            await resources.create(tx, resource, extract(resource))
        yield tx


async def test_each_combination_finds_what_it_should_and_nothing_else(filled):
    await check(filled, CASES)


async def test_what_is_outside_the_scope_is_no_step_of_a_way(filled):
    blind = Scope(AllOf((OfTypes(frozenset({"Encounter", "Observation"})),)), "reason.test")
    assert await found(filled, "Encounter", "location:below=Location/hospital", scope=blind) == []
    assert await found(filled, "Observation", "_list=l1", scope=blind) == []
    assert await found(filled, "Observation", "_filter=patient.gender eq male", scope=blind) == []
    assert await found(filled, "Observation", "_filter=status eq final or code eq x", scope=blind) == [
        "o1",
        "o3",
        "o4",
    ]


async def test_wildcards_bring_what_refers_and_what_is_referred_to(filled):
    async def included(kind, *pairs):
        return sorted(each.id for each in (await search(filled, NODE, query(kind, *pairs))).included)

    assert await included("Observation", "_id=o1", "_include=*") == ["e1", "p1"]
    assert await included("Patient", "_id=p1", "_revinclude=*") == ["e1", "l1", "o1", "o2", "r1", "r2"]
    assert await included("Patient", "_id=p1", "_revinclude=Encounter:*") == ["e1"]
    assert await included("Location", "_id=room", "_include:iterate=Location:partof") == ["hospital", "ward"]
    assert await included("Location", "_id=hospital", "_revinclude:iterate=Location:partof") == [
        "room",
        "ward",
    ]
    assert await included("Location", "_id=loop", "_include:iterate=Location:partof") == []


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([("code", ",".join(str(number) for number in range(1001)))], "1000 values"),
        ([("_include", f"{kind}:*") for kind in sorted(spec().types)[:21]], "20 includes"),
        ([("patient.name", "x")] * 21, "20 links"),
        ([("_sort", "date,code,status,patient,encounter,category,method,performer,specimen")], "8 keys"),
        ([("_filter", "status eq " + "x" * 4000)], "4000 characters"),
    ],
)
async def test_too_much_of_a_good_thing_is_refused_with_the_limit(pairs, said):
    with pytest.raises(Malformed, match=said):
        parse("Observation", pairs, base="http://localhost/fhir")

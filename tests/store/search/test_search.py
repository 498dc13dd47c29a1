"""Searching on the real database: every type of parameter, from query string to page."""

import pytest

from akson.fhir.extract import extract
from akson.kit.errors import Malformed, UnsupportedParameter
from akson.store.record import resources
from akson.store.scope import NODE
from akson.store.search.statements import count, search
from tests.store.patients import check, found, load, query

CASES = {
    # token
    ("Observation", "code=8480-6"): ["o1", "o2"],
    ("Observation", "code=http://loinc.org|8480-6"): ["o1", "o2"],
    ("Observation", "code=|8480-6"): [],
    ("Observation", "code=http://loinc.org|"): ["o1", "o2", "o3"],
    ("Observation", "code=8480-6,8867-4"): ["o1", "o2", "o3"],
    ("Observation", "code=8480-6", "status=final"): ["o1"],
    ("Observation", "code:not=8480-6"): ["o3", "o4"],
    ("Observation", "code:text=systolic"): ["o1", "o2"],
    ("Observation", "code:missing=true"): ["o4"],
    ("Observation", "code:missing=false"): ["o1", "o2", "o3"],
    ("Patient", "identifier=urn:oid:2.16.578.1.12.4.1.4.1|13815012345"): ["p1"],
    ("Patient", "identifier=13815012345"): ["p1"],
    ("Patient", "active=true"): ["p1"],
    ("Patient", "gender=female"): ["p1"],
    # string
    ("Patient", "name=kari"): ["p1"],
    ("Patient", "name=Sørensen"): ["p1"],
    ("Patient", "name=sorensen"): ["p1"],
    ("Patient", "name=rensen"): [],
    ("Patient", "name:contains=RENSEN"): ["p1"],
    ("Patient", "name:exact=Sørensen"): ["p1"],
    ("Patient", "name:exact=sørensen"): [],
    ("Patient", "family=aa"): ["p2"],
    ("Patient", "name=%"): [],
    ("Patient", "name=kari,ola"): ["p1", "p2"],
    # date
    ("Patient", "birthdate=1950-01-13"): ["p1"],
    ("Patient", "birthdate=1950"): ["p1"],
    ("Patient", "birthdate=gt1950"): ["p2"],
    ("Patient", "birthdate=ge1950-01-13"): ["p1", "p2"],
    ("Patient", "birthdate=lt1950-01-13"): [],
    ("Patient", "birthdate=le1950-01-13"): ["p1"],
    ("Patient", "birthdate=ne1950"): ["p2"],
    ("Observation", "date=2024-05-01"): ["o1"],
    ("Observation", "date=ge2024-05-01", "date=lt2024-06-01"): ["o1", "o2"],
    ("Observation", "date=sa2024-05-02"): ["o3"],
    ("Observation", "date=eb2024-05-02"): ["o1"],
    ("Encounter", "date=2024-05-02"): [],
    ("Encounter", "date=ge2030"): ["e2"],
    ("Encounter", "date=gt2024-06"): ["e2"],
    # quantity and number
    ("Observation", "value-quantity=gt130"): ["o2"],
    ("Observation", "value-quantity=120"): ["o1"],
    ("Observation", "value-quantity=120.2"): [],
    ("Observation", "value-quantity=le140|http://unitsofmeasure.org|mm[Hg]"): ["o1", "o2"],
    ("Observation", "value-quantity=le140||mm[Hg]"): ["o1", "o2"],
    ("Observation", "value-quantity=le140||mmHg"): ["o1", "o2"],
    ("Observation", "value-quantity=le140|http://other|mm[Hg]"): [],
    ("Observation", "value-quantity=ne120"): ["o2", "o3"],
    ("RiskAssessment", "probability=gt0.5"): ["r1"],
    ("RiskAssessment", "probability=lt0.5"): [],
    # reference
    ("Observation", "subject=Patient/p1"): ["o1", "o2"],
    ("Observation", "patient=p1"): ["o1", "o2"],
    ("Observation", "subject=p1"): ["o1", "o2"],
    ("Observation", "subject:Patient=p1"): ["o1", "o2"],
    ("Observation", "subject=http://localhost/fhir/Patient/p1"): ["o1", "o2"],
    ("Observation", "subject=http://elsewhere/fhir/Patient/p1"): ["o4"],
    ("Observation", "subject:identifier=urn:oid:2.16.578.1.12.4.1.4.1|13815012345"): ["o4"],
    ("Observation", "encounter:missing=false"): ["o1"],
    # uri
    ("ValueSet", "url=http://example.org/vs/a"): ["v1"],
    ("ValueSet", "url=http://example.org/vs"): [],
    # composite
    ("Observation", "code-value-quantity=http://loinc.org|8480-6$gt130"): ["o2"],
    ("Observation", "code-value-quantity=8480-6$120"): ["o1"],
    ("Observation", "code-value-quantity=8867-4$gt130"): [],
    ("Observation", "code-value-date=8480-6$2024"): [],
    # every type
    ("Patient", "_id=p1,p2"): ["p1", "p2"],
    ("Patient", "_id=nobody"): [],
    ("Patient", "_lastUpdated=gt2020"): ["p1", "p2"],
    ("Patient", "_lastUpdated=lt2020"): [],
    ("Patient", "_security=http://terminology.hl7.org/CodeSystem/v3-Confidentiality|R"): ["p2"],
    # chains
    ("Observation", "subject:Patient.name=kari"): ["o1", "o2"],
    ("Observation", "patient.name=kari"): ["o1", "o2"],
    ("Observation", "patient.general-practitioner:Organization.name=solvik"): ["o1", "o2"],
    ("Observation", "patient.birthdate=gt1950"): ["o3"],
    ("Patient", "_has:Observation:patient:code=8480-6"): ["p1"],
    ("Patient", "_has:Observation:patient:_has:Nothing:x:y=1"): UnsupportedParameter,
    ("Encounter", "_has:Observation:encounter:code=8480-6"): ["e1"],
    ("Organization", "_has:Patient:general-practitioner:_has:Observation:patient:code=8480-6"): ["g1"],
}


@pytest.fixture
async def filled(database):
    async with database.transaction() as tx:
        await load(tx)
        yield tx


async def test_each_parameter_finds_what_it_should_and_nothing_else(filled):
    await check(filled, CASES)


async def test_what_is_deleted_is_not_found(filled):
    await resources.delete(filled, NODE, "Observation", "o1")
    assert await found(filled, "Observation", "code=8480-6") == ["o2"]
    assert await found(filled, "Observation") == ["o2", "o3", "o4"]
    assert await found(filled, "Encounter", "_has:Observation:encounter:code=8480-6") == []


async def test_what_is_changed_is_found_by_what_it_is_now(filled):
    changed = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Lund"}]}
    await resources.update(filled, NODE, changed, extract(changed))
    assert await found(filled, "Patient", "name=lund") == ["p1"]
    assert await found(filled, "Patient", "name=kari") == []
    assert await found(filled, "Patient", "gender=female") == []
    assert await found(filled, "Observation", "patient.name=lund") == ["o1", "o2"]


async def test_a_search_of_all_types_goes_by_what_all_have(filled):
    page = await search(filled, NODE, query("", "_id=p1,o1"))
    assert sorted(match.reference for match in page.matches) == ["Observation/o1", "Patient/p1"]
    label = "_security=http://terminology.hl7.org/CodeSystem/v3-Confidentiality|R"
    assert [match.id for match in (await search(filled, NODE, query("", label))).matches] == ["p2"]


async def test_includes_bring_what_matches_refer_to_and_what_refers_to_them(filled):
    async def included(*pairs):
        page = await search(filled, NODE, query(*pairs))
        return [match.id for match in page.matches], sorted(each.id for each in page.included)

    assert await included("Observation", "_id=o1", "_include=Observation:subject") == (["o1"], ["p1"])
    assert await included("Observation", "_id=o1", "_include=Observation:*") == (["o1"], ["e1", "p1"])
    assert await included("Observation", "_id=o1", "_include=Observation:subject:Group") == (["o1"], [])
    assert await included("Patient", "_id=p1", "_revinclude=Observation:subject") == (["p1"], ["o1", "o2"])
    both = ("_include=Observation:subject", "_include:iterate=Patient:general-practitioner")
    assert await included("Observation", "_id=o1", *both) == (["o1"], ["g1", "p1"])
    both = ("_revinclude=Observation:subject", "_revinclude=Encounter:subject")
    assert await included("Patient", "_sort=_id", *both) == (["p1", "p2"], ["e1", "e2", "o1", "o2", "o3"])


async def test_totals_are_counted_when_asked_for(filled):
    assert (await search(filled, NODE, query("Observation", "_count=0"))).total == 4
    page = await search(filled, NODE, query("Observation", "code=8480-6", "_total=accurate", "_count=1"))
    assert (len(page.matches), page.total) == (1, 2)
    assert (await search(filled, NODE, query("Observation"))).total is None
    assert (await search(filled, NODE, query("Observation", "_total=estimate"))).total == 4
    assert await count(filled, NODE, query("Patient")) == 2


async def test_sorting_goes_by_the_value_and_puts_those_without_last(filled):
    async def order(*pairs):
        return [match.id for match in (await search(filled, NODE, query(*pairs))).matches]

    assert await order("Observation", "_sort=date") == ["o1", "o2", "o3", "o4"]
    assert await order("Observation", "_sort=-date") == ["o3", "o2", "o1", "o4"]
    assert await order("Observation", "_sort=-value-quantity") == ["o2", "o1", "o3", "o4"]
    assert await order("Patient", "_sort=family") == ["p2", "p1"]
    assert await order("Patient", "_sort=-_id") == ["p2", "p1"]
    assert await order("Observation", "_sort=-_lastUpdated,date") == ["o4", "o3", "o2", "o1"]
    assert await order("Observation", "_sort=status,-_id") == ["o4", "o3", "o1", "o2"]
    assert await order("Observation", "_sort=-code,_id") == ["o3", "o1", "o2", "o4"]
    assert await order("Observation", "_sort=encounter,_id") == ["o1", "o2", "o3", "o4"]
    assert await order("Observation", "_sort=-subject,-date") == ["o4", "o3", "o2", "o1"]
    assert await order("ValueSet", "_sort=url") == ["v1"]
    assert await order("Patient", "_sort=-deceased,identifier") == ["p1", "p2"]
    assert await order("Patient", "_sort=_security") == ["p2", "p1"]
    with pytest.raises(UnsupportedParameter):
        await order("Observation", "_sort=code-value-quantity")
    with pytest.raises(UnsupportedParameter):
        await order("", "_sort=family")


@pytest.mark.parametrize(
    "sort",
    [
        "",
        "date",
        "-date",
        "value-quantity,-date",
        "_lastUpdated",
        "-_id",
        "status",
        "-code,date",
        "encounter",
        "-subject,status",
        "date,-code",
    ],
)
async def test_pages_hold_every_match_once(filled, sort):
    pairs = [f"_sort={sort}"] if sort else []
    whole = [match.id for match in (await search(filled, NODE, query("Observation", *pairs))).matches]
    seen, mark = [], None
    while True:
        extra = [f"_cursor={mark}"] if mark else []
        page = await search(filled, NODE, query("Observation", *pairs, "_count=1", *extra))
        seen += [match.id for match in page.matches]
        mark = page.next
        if mark is None:
            break
        assert len(page.matches) == 1
    assert seen == whole
    assert sorted(seen) == ["o1", "o2", "o3", "o4"]


async def test_a_bad_page_mark_is_refused(filled):
    page = await search(filled, NODE, query("Observation", "_count=1"))
    for kind, mark, sort in (
        ("Patient", page.next, "_id"),
        ("Observation", page.next, "date"),
        ("Observation", "AAAA", "date"),
        ("Observation", "WyJzIl0", "date"),
    ):
        with pytest.raises(Malformed):
            await search(filled, NODE, query(kind, f"_cursor={mark}", f"_sort={sort}"))

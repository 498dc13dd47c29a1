"""$closure over HTTP: a table that grows with the codes that a client meets."""

import asyncio

import pytest

from akson.store.terms import closure
from tests.fhir.terminology.animals import URL, animals
from tests.rest.making import issue, stored
from tests.rest.operations.terms import parameters, read

pytestmark = pytest.mark.store


def codes(*wanted, system=URL):
    return [{"system": system, "code": code} for code in wanted]


async def ask(client, **values):
    return await client.post("/$closure", json=parameters(name="mine", **values))


def pairs(answer):
    body = read(answer)
    assert body["resourceType"] == "ConceptMap"
    return body["version"], {
        (element["code"], target["code"])
        for group in body.get("group", ())
        for element in group["element"]
        for target in element["target"]
    }


async def test_a_table_grows_and_tells_only_what_is_new(client):
    await stored(client, animals())
    assert pairs(await ask(client)) == ("0", set())
    assert pairs(await ask(client, concept=codes("cat"))) == ("1", set())
    assert pairs(await ask(client, concept=codes("animal", "fish"))) == (
        "2",
        {("cat", "animal"), ("fish", "animal")},
    )
    assert pairs(await ask(client, concept=codes("mammal"))) == (
        "3",
        {("cat", "mammal"), ("mammal", "animal")},
    )
    assert pairs(await ask(client, concept=codes("mammal"))) == ("4", set())
    first = read(await ask(client, version="1"))
    assert first["group"][0]["element"][0]["target"][0]["equivalence"] == "subsumes"
    assert pairs(await ask(client, version="2")) == ("4", {("cat", "mammal"), ("mammal", "animal")})
    assert len(pairs(await ask(client, version="0"))[1]) == 4
    assert pairs(await ask(client)) == ("0", set())
    assert pairs(await ask(client, version="0")) == ("0", set())


async def test_systems_of_r4_take_part(client):
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    await ask(client)
    found = pairs(await ask(client, concept=codes("AMB", "_ActEncounterCode", system=system)))
    assert found == ("1", {("AMB", "_ActEncounterCode")})


async def test_clients_that_add_at_once_lose_nothing(client):
    await stored(client, animals())
    await ask(client)
    wanted = ["animal", "mammal", "cat", "whale", "swimmer", "fish"]
    answers = await asyncio.gather(*[ask(client, concept=codes(code)) for code in wanted])
    assert sorted(pairs(answer)[0] for answer in answers) == ["1", "2", "3", "4", "5", "6"]
    told = [pair for answer in answers for pair in pairs(answer)[1]]
    assert len(told) == len(set(told)) == len(pairs(await ask(client, version="0"))[1]) == 9


async def test_what_cannot_be_added_is_refused_and_nothing_changed(client):
    await stored(client, animals())
    answer = await ask(client, concept=codes("cat"))
    assert (answer.status_code, issue(answer)["expression"]) == (404, ["Parameters.name"])
    await ask(client)
    for concept, status in (
        (codes("cat", "unicorn"), 404),
        (codes("x", system="urn:none"), 404),
        ([{"code": "cat"}], 400),
    ):
        answer = await ask(client, concept=concept)
        assert (answer.status_code, issue(answer)["expression"]) == (status, ["Parameters.concept"])
    assert pairs(await ask(client, version="0")) == ("0", set())
    for version in ("1", "-1", "x"):
        assert (await ask(client, version=version)).status_code == 400
    assert (await client.post("/$closure", json={"resourceType": "Parameters"})).status_code == 400
    assert (await client.get("/$closure?name=mine")).status_code == 405
    long = {"resourceType": "Parameters", "parameter": [{"name": "name", "valueString": "x" * 201}]}
    assert "1 to 200 characters" in issue(await client.post("/$closure", json=long))["diagnostics"]


async def test_who_has_enough_tables_begins_one_of_them_anew(client, monkeypatch):
    monkeypatch.setattr(closure, "TABLES", 2)
    names = ["first", "second", "third", "first"]
    answers = [await client.post("/$closure", json=parameters(name=name)) for name in names]
    assert [each.status_code < 400 for each in answers] == [True, True, False, True]
    assert issue(answers[2])["code"] == "too-costly"

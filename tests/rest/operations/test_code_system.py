"""$lookup and $subsumes over HTTP."""

import json

import pytest

from tests.fhir.terminology.animals import URL, animals, concept
from tests.rest.making import issue, stored
from tests.rest.operations.terms import out, parameters

pytestmark = pytest.mark.store
GENDER = "http://hl7.org/fhir/administrative-gender"


async def test_a_concept_is_looked_up_with_all_that_is_known_of_it(client):
    await stored(client, animals(title="Animals"))
    found = out(await client.get(f"/CodeSystem/$lookup?system={URL}&code=whale"))
    assert (found["name"], found["version"], found["display"]) == ("Animals", "1", "Blue whale")
    assert found["designation"] == [{"language": "nb", "value": "Blåhval"}]
    properties = [(each["code"], each["value"], each.get("description")) for each in found["property"]]
    assert ("diet", "meat", None) in properties
    assert ("parent", "mammal", "Mammal") in properties
    assert ("parent", "swimmer", "Swimmer") in properties
    assert ("inactive", False, None) in properties
    only = out(await client.get(f"/CodeSystem/$lookup?system={URL}&code=mammal&property=child"))
    assert [each["value"] for each in only["property"]] == ["cat", "whale", "mammoth"]
    assert "designation" not in only


async def test_a_coding_a_language_and_a_version_will_do_too(client):
    await stored(client, animals("1"))
    await stored(client, animals("2", concept=[concept("fish", "Fish of today")]))
    given = parameters(coding={"system": URL, "code": "fish"})
    assert out(await client.post("/CodeSystem/$lookup", json=given))["display"] == "Fish of today"
    given = parameters(coding={"system": URL, "version": "1", "code": "fish"}, displayLanguage="nb")
    assert out(await client.post("/CodeSystem/$lookup", json=given))["display"] == "Fisk"
    found = out(await client.get(f"/CodeSystem/$lookup?system={GENDER}&code=female"))
    assert (found["display"], found["version"]) == ("Female", "4.0.1")


async def test_decimals_keep_their_digits(client):
    row = {"code": "a", "property": [{"code": "size", "valueDecimal": 1.5}]}
    raw = json.dumps(animals(concept=[row])).replace("1.5}", "1.50}")
    assert (await client.post("/CodeSystem", content=raw)).status_code == 201
    assert '"valueDecimal":1.50' in (await client.get(f"/CodeSystem/$lookup?system={URL}&code=a")).text


@pytest.mark.parametrize(
    ("one", "other", "outcome"),
    [
        ("mammal", "cat", "subsumes"),
        ("cat", "animal", "subsumed-by"),
        ("swimmer", "whale", "subsumes"),
        ("cat", "cat", "equivalent"),
        ("cat", "fish", "not-subsumed"),
    ],
)
async def test_two_codes_stand_to_each_other(client, one, other, outcome):
    made = await stored(client, animals())
    query = f"$subsumes?codeA={one}&codeB={other}"
    assert out(await client.get(f"/CodeSystem/{query}&system={URL}"))["outcome"] == outcome
    assert out(await client.get(f"/CodeSystem/{made['id']}/{query}"))["outcome"] == outcome
    codings = parameters(codingA={"system": URL, "code": one}, codingB={"system": URL, "code": other})
    assert out(await client.post("/CodeSystem/$subsumes", json=codings))["outcome"] == outcome


async def test_systems_of_r4_have_their_hierarchy(client):
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    query = f"system={system}&codeA=_ActEncounterCode&codeB=AMB"
    assert out(await client.get(f"/CodeSystem/$subsumes?{query}"))["outcome"] == "subsumes"


@pytest.mark.parametrize(
    ("query", "status", "code", "place"),
    [
        ("$lookup?system=urn:nowhere&code=x", 404, "not-found", "Parameters.system"),
        (f"$lookup?system={GENDER}&code=unicorn", 404, "not-found", "Parameters.code"),
        (f"$lookup?system={GENDER}", 400, "structure", "Parameters.code"),
        ("$lookup?code=x", 400, "structure", "Parameters.system"),
        (f"$lookup?system={GENDER}&version=3.0&code=female", 404, "not-found", "Parameters.system"),
        (f"$lookup?system={GENDER}&code=female&coding=x", 400, "structure", "Parameters.coding"),
        (f"$subsumes?system={GENDER}&codeA=female", 400, "structure", "Parameters.codeB"),
        (f"$subsumes?system={GENDER}&codeA=female&codeB=unicorn", 404, "not-found", "Parameters.codeB"),
    ],
)
async def test_what_is_not_known_is_named(client, query, status, code, place):
    answer = await client.get(f"/CodeSystem/{query}")
    assert (answer.status_code, issue(answer)["code"]) == (status, code), answer.text
    assert issue(answer)["expression"] == [place]

"""$translate over HTTP: by one map or by all, both ways, and what a map does with what it does not name."""

import pytest

from tests.rest.making import issue, stored
from tests.rest.operations.terms import out, parameters

pytestmark = pytest.mark.store
MAP, OLD, NEW = "http://example.org/ConceptMap/pets", "urn:old", "urn:new"


def target(code, equivalence="equivalent", **more):
    return {"code": code, "equivalence": equivalence, **more}


def concept_map(url=MAP, unmapped=None, **more):
    group = {
        "source": OLD,
        "target": NEW,
        "element": [
            {"code": "k", "display": "Katt", "target": [target("cat", display="Cat", comment="just so")]},
            {"code": "d", "target": [target("pet", "wider"), target("dog", "narrower")]},
            {"code": "z", "target": [{"equivalence": "unmatched"}]},
        ],
        **({"unmapped": unmapped} if unmapped else {}),
    }
    return {"resourceType": "ConceptMap", "url": url, "status": "active", "group": [group], **more}


def matches(found):
    return [(each["equivalence"], each.get("concept", {}).get("code")) for each in found.get("match", ())]


async def test_a_code_is_translated_by_a_map_stored_given_or_invoked_on(client):
    made = await stored(client, concept_map())
    for place in (
        f"/ConceptMap/$translate?url={MAP}&",
        f"/ConceptMap/{made['id']}/$translate?",
        "/ConceptMap/$translate?",
    ):
        found = out(await client.get(f"{place}system={OLD}&code=k"))
        assert found["result"] is True
        assert found["match"] == [
            {
                "equivalence": "equivalent",
                "concept": {"system": NEW, "code": "cat", "display": "Cat"},
                "source": MAP,
            }
        ]
    given = parameters(conceptMap=concept_map(), coding={"system": OLD, "code": "d"})
    found = out(await client.post("/ConceptMap/$translate", json=given))
    assert matches(found) == [("wider", "pet"), ("narrower", "dog")]
    concept = {"coding": [{"system": OLD, "code": "k"}, {"system": OLD, "code": "d"}]}
    found = out(
        await client.post("/ConceptMap/$translate", json=parameters(url=MAP, codeableConcept=concept))
    )
    assert len(found["match"]) == 3


async def test_backwards_wider_becomes_narrower(client):
    await stored(client, concept_map())
    found = out(await client.get(f"/ConceptMap/$translate?url={MAP}&system={NEW}&code=pet&reverse=true"))
    assert matches(found) == [("narrower", "d")]
    assert found["match"][0]["concept"]["system"] == OLD
    found = out(await client.get(f"/ConceptMap/$translate?system={NEW}&code=cat&reverse=true"))
    assert found["match"][0]["concept"] == {"system": OLD, "code": "k", "display": "Katt"}


async def test_no_match_is_a_result_with_words(client):
    await stored(client, concept_map())
    for query in (
        f"url={MAP}&system={OLD}&code=nope",
        f"url={MAP}&system=urn:other&code=k",
        f"url={MAP}&code=z&system={OLD}",
    ):
        found = out(await client.get(f"/ConceptMap/$translate?{query}"))
        assert (found["result"], "message" in found) == (False, True)


async def test_what_a_map_does_not_name_it_may_pass_on_fix_or_ask_another(client):
    await stored(client, concept_map("urn:fixed", {"mode": "fixed", "code": "other", "display": "Other"}))
    await stored(client, concept_map("urn:provided", {"mode": "provided"}))
    await stored(client, concept_map("urn:further", {"mode": "other-map", "url": "urn:fixed"}))
    for url, code in (("urn:fixed", "other"), ("urn:provided", "nope"), ("urn:further", "other")):
        found = out(await client.get(f"/ConceptMap/$translate?url={url}&system={OLD}&code=nope"))
        assert [each["concept"]["code"] for each in found["match"]] == [code]
        assert found["result"] is True
    await stored(client, concept_map("urn:loop", {"mode": "other-map", "url": "urn:loop"}))
    found = out(await client.get(f"/ConceptMap/$translate?url=urn:loop&system={OLD}&code=nope"))
    assert found["result"] is False


async def test_the_target_may_be_a_system_or_a_value_set(client):
    await stored(client, concept_map(targetUri="urn:set"))
    await stored(client, concept_map("urn:second", targetUri="urn:elsewhere"))
    query = f"/ConceptMap/$translate?system={OLD}&code=k"
    assert len(out(await client.get(query))["match"]) == 2
    assert len(out(await client.get(f"{query}&target=urn:set"))["match"]) == 1
    assert "match" not in out(await client.get(f"{query}&targetsystem=urn:third"))
    assert len(out(await client.get(f"{query}&targetsystem={NEW}"))["match"]) == 2


async def test_the_maps_of_r4_are_known_and_an_unknown_one_is_named(client):
    system = "http://hl7.org/fhir/administrative-gender"
    found = out(await client.get(f"/ConceptMap/$translate?system={system}&code=female"))
    assert {"system": "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender", "code": "F"} in [
        {key: each["concept"][key] for key in ("system", "code")} for each in found["match"]
    ]
    answer = await client.get(f"/ConceptMap/$translate?url=urn:none&system={system}&code=female")
    assert (answer.status_code, issue(answer)["expression"]) == (404, ["Parameters.url"])
    answer = await client.get(f"/ConceptMap/$translate?url={MAP}")
    assert answer.status_code == 404
    assert (await client.get("/ConceptMap/$translate")).status_code == 400


async def test_a_dependency_that_is_none_is_refused_and_not_passed_over(client):
    await stored(client, concept_map())
    answer = await client.get(f"/ConceptMap/$translate?system={OLD}&code=k&dependency=x")
    assert (answer.status_code, issue(answer)["expression"]) == (400, ["Parameters.dependency"])
    row = {"name": "dependency", "part": [{"name": "element", "valueUri": "urn:x"}]}
    rows = [{"name": "system", "valueUri": OLD}, {"name": "code", "valueCode": "k"}, row]
    body = {"resourceType": "Parameters", "parameter": rows}
    answer = await client.post("/ConceptMap/$translate", json=body)
    assert (answer.status_code, issue(answer)["expression"]) == (400, ["Parameters.dependency"])


async def test_a_number_is_no_flag(client):
    rows = [{"name": "code", "valueCode": "k"}, {"name": "reverse", "valueInteger": 1}]
    body = {"resourceType": "Parameters", "parameter": [{"name": "system", "valueUri": OLD}, *rows]}
    answer = await client.post("/ConceptMap/$translate", json=body)
    assert (answer.status_code, issue(answer)["expression"]) == (400, ["Parameters.reverse"])

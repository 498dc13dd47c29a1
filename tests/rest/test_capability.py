"""The CapabilityStatement, and a walk that tries what it claims."""

import pytest

from akson.fhir.validate import structure
from tests.rest.making import observation, patient

pytestmark = pytest.mark.store


@pytest.fixture
async def statement(client):
    answer = await client.get("/metadata")
    assert answer.status_code == 200
    return answer.json()


async def test_it_is_a_valid_statement_of_this_server(client, statement):
    assert structure.check(statement) == []
    assert (statement["fhirVersion"], statement["kind"]) == ("4.0.1", "instance")
    assert statement["implementation"]["url"] == "http://fhir.example/fhir"
    assert len(statement["rest"][0]["resource"]) > 140


async def test_every_search_parameter_it_claims_can_be_used(client, statement):
    values = {
        "number": "1",
        "date": "2026-01-01",
        "quantity": "1",
        "uri": "http://x.example",
        "reference": "x",
    }
    special = {"_lastUpdated": "2026-01-01", "near": "59.9|10.7|5|km", "_filter": "_id eq x"}
    refused = []
    for resource in statement["rest"][0]["resource"]:
        pairs = [
            (param["name"], special.get(param["name"]) or values.get(param["type"], "x"))
            for param in resource["searchParam"]
            if param["type"] != "composite"
        ]
        for start in range(0, len(pairs), 6):
            some = pairs[start : start + 6]
            answer = await client.get(f"/{resource['type']}", params=[*some, ("_count", 1)])
            if answer.status_code != 200:
                refused.append((resource["type"], some, answer.text[:200]))
    assert refused == []


async def test_every_include_it_claims_can_be_used(client, statement):
    refused = []
    for resource in statement["rest"][0]["resource"]:
        kind = resource["type"]
        for word, claims in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude")):
            params = [(word, claim) for claim in resource.get(claims, [])]
            answer = await client.get(f"/{kind}", params=[*params[:15], ("_count", 1)])
            if answer.status_code != 200:
                refused.append((kind, word, answer.text[:200]))
    assert refused == []


async def test_every_interaction_it_claims_works(client, statement):
    claimed = {c["code"] for c in statement["rest"][0]["resource"][0]["interaction"]}
    made = (await client.post("/Patient", json=patient())).json()
    place = f"/Patient/{made['id']}"
    tried = {
        "create": await client.post("/Observation", json=observation(f"Patient/{made['id']}")),
        "read": await client.get(place),
        "vread": await client.get(f"{place}/_history/1"),
        "update": await client.put(place, json=made | {"gender": "female"}),
        "patch": await client.patch(place, json=[], headers={"content-type": "application/json-patch+json"}),
        "history-instance": await client.get(f"{place}/_history"),
        "history-type": await client.get("/Patient/_history"),
        "search-type": await client.get("/Patient"),
        "delete": await client.delete(place),
    }
    assert claimed == set(tried)
    assert {name: answer.status_code for name, answer in tried.items() if answer.status_code >= 300} == {}
    empty = {"resourceType": "Bundle", "type": "batch"}
    system = {
        "transaction": await client.post("/", json=empty | {"type": "transaction"}),
        "batch": await client.post("/", json=empty),
        "search-system": await client.get("/?_id=x"),
        "history-system": await client.get("/_history"),
    }
    assert {c["code"] for c in statement["rest"][0]["interaction"]} == set(system)
    assert {name: answer.status_code for name, answer in system.items() if answer.status_code != 200} == {}

"""The CapabilityStatement, and a walk that tries what it claims."""

from json import dumps

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


async def test_every_operation_it_claims_is_there(client, statement):
    rest = statement["rest"][0]
    absent = []
    for resource in rest["resource"]:
        for operation in resource.get("operation", []):
            paths = [f"/{resource['type']}{place}/${operation['name']}" for place in ("", "/none")]
            if not any([await there(client, path) for path in paths]):
                absent.append(paths[0])
    absent += [each["name"] for each in rest["operation"] if not await there(client, f"/${each['name']}")]
    assert absent == []


async def there(client, path):
    """Whether the server knows the operation, whatever it says of a call without parameters on nothing."""
    answer = await client.options(path)
    return answer.status_code == 204 and {"GET", "POST"} & set(answer.headers["allow"].split(", "))


async def test_every_patch_format_it_claims_is_taken(client, statement):
    part = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "Patient.gender"},
        {"name": "value", "valueCode": "male"},
    ]
    json = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": part}]}
    xml = (
        '<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/>'
        '<part><name value="type"/><valueCode value="replace"/></part>'
        '<part><name value="path"/><valueString value="Patient.gender"/></part>'
        '<part><name value="value"/><valueCode value="male"/></part></parameter></Parameters>'
    )
    bodies = {
        "application/json-patch+json": '[{"op": "replace", "path": "/gender", "value": "male"}]',
        "application/fhir+json": dumps(json),
        "application/fhir+xml": xml,
    }
    assert set(statement["patchFormat"]) == set(bodies)
    for media, body in bodies.items():
        await client.put("/Patient/a", json=patient(id="a", gender="female"))
        answer = await client.patch("/Patient/a", content=body, headers={"content-type": media})
        assert (answer.status_code, answer.json()["gender"]) == (200, "male"), media
    refused = await client.patch(
        "/Patient/a", content="{}", headers={"content-type": "application/merge-patch+json"}
    )
    assert refused.status_code == 415


async def test_every_conditional_form_it_claims_works(client, statement):
    kinds = [each for each in statement["rest"][0]["resource"] if each["type"] == "Patient"]
    claimed = {name: value for name, value in kinds[0].items() if name.startswith("conditional")}
    assert claimed == {
        "conditionalCreate": True, "conditionalRead": "full-support", "conditionalUpdate": True,
        "conditionalDelete": "single",
    }  # fmt: skip
    who = patient(identifier=[{"system": "http://x.example", "value": "1"}])
    where = "identifier=http://x.example|1"
    made = await client.post("/Patient", json=who, headers={"if-none-exist": where})
    assert made.status_code == 201
    assert (await client.post("/Patient", json=who, headers={"if-none-exist": where})).status_code == 200
    place = f"/Patient/{made.json()['id']}"
    assert (await client.get(place, headers={"if-none-match": made.headers["etag"]})).status_code == 304
    since = {"if-modified-since": made.headers["last-modified"]}
    assert (await client.get(place, headers=since)).status_code == 304
    assert (await client.put(f"/Patient?{where}", json=who | {"gender": "male"})).headers["etag"] == 'W/"2"'
    assert (await client.delete(f"/Patient?{where}")).status_code == 204
    assert (await client.get(place)).status_code == 410


async def test_every_compartment_it_claims_can_be_searched(client, statement):
    names = [url.rpartition("/")[2] for url in statement["rest"][0]["compartment"]]
    assert names == ["device", "encounter", "patient", "practitioner", "relatedperson"]
    for kind in ("Device", "Encounter", "Patient", "Practitioner", "RelatedPerson"):
        for inner in ("*", "Observation"):
            answer = await client.get(f"/{kind}/none/{inner}")
            assert (answer.status_code, "entry" in answer.json()) == (200, False)

"""$validate answers 200 with what was found, and knows what is stored: profiles, value sets, code systems."""

from functools import partial

import pytest
import pytest_asyncio

from akson.kit.settings import Level
from akson.rest.open import open_place, standalone
from tests.rest.conftest import BASE, JSON, LIMIT

PATIENT = {"resourceType": "Patient"}
NAMED = PATIENT | {"name": [{"family": "Berg"}]}
PROFILE = {
    "resourceType": "StructureDefinition",
    "url": "http://a.no/StructureDefinition/named",
    "version": "1",
    "name": "Named",
    "status": "active",
    "kind": "resource",
    "abstract": False,
    "type": "Patient",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
    "derivation": "constraint",
    "differential": {
        "element": [
            {"id": "Patient.name", "path": "Patient.name", "min": 1},
            {
                "id": "Patient.maritalStatus",
                "path": "Patient.maritalStatus",
                "binding": {"strength": "required", "valueSet": "http://a.no/vs"},
            },
        ]
    },
}
CODES = {
    "resourceType": "CodeSystem",
    "url": "http://a.no/cs",
    "status": "active",
    "content": "complete",
    "concept": [{"code": "gift"}],
}
SET = {
    "resourceType": "ValueSet",
    "url": "http://a.no/vs",
    "status": "active",
    "compose": {"include": [{"system": "http://a.no/cs"}]},
}


def call(resource=None, **values):
    rows = [{"name": "resource", "resource": resource}] if resource else []
    rows += [
        {"name": name, "valueUri" if name == "profile" else "valueCode": said}
        for name, said in values.items()
    ]
    return {"resourceType": "Parameters", "parameter": rows}


async def asked(client, path, body, method="POST"):
    """(severity, code, place) of what is found, without the hint that a narrative is missing."""
    answer = await client.request(method, path, json=body) if body else await client.request(method, path)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["resourceType"] == "OperationOutcome"
    return [
        (x["severity"], x["code"], x.get("expression", [""])[0])
        for x in found["issue"]
        if "dom-6" not in x["diagnostics"]
    ]


def married(code, system="http://a.no/cs"):
    return NAMED | {
        "meta": {"profile": [PROFILE["url"]]},
        "maritalStatus": {"coding": [{"system": system, "code": code}]},
    }


async def test_a_resource_is_validated_bare_or_as_a_parameter(client):
    wrong = NAMED | {"telecom": [{"value": "1"}]}
    for body in (wrong, call(wrong), call(wrong, mode="create")):
        assert await asked(client, "Patient/$validate", body) == [
            ("error", "invariant", "Patient.telecom[0]")
        ]
    fine = NAMED | {
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">B</div>'}
    }
    assert await asked(client, "Patient/$validate", fine) == [("information", "informational", "")]


async def test_what_is_wrong_in_structure_is_an_answer_too(client):
    for body in (PATIENT | {"nonsense": 1}, call(PATIENT | {"nonsense": 1})):
        assert await asked(client, "Patient/$validate", body) == [("error", "structure", "Patient.nonsense")]
    assert ("error", "structure", "Resource") in await asked(client, "Observation/$validate", NAMED)


async def test_a_stored_profile_is_known_from_then_on_and_no_longer_when_it_is_gone(client):
    wanted = partial(asked, client, "Patient/$validate", call(PATIENT, profile=PROFILE["url"]))
    assert await wanted() == [("warning", "not-found", "Patient")]
    made = await client.post("StructureDefinition", json=PROFILE)
    assert made.status_code == 201, made.text
    assert await wanted() == [("error", "required", "Patient.name")]
    place = "StructureDefinition/" + made.json()["id"]
    changed = made.json() | {
        "differential": {"element": [{"id": "Patient.birthDate", "path": "Patient.birthDate", "min": 1}]}
    }
    assert (await client.put(place, json=changed)).status_code == 200
    assert await wanted() == [("error", "required", "Patient.birthDate")]
    assert (await client.delete(place)).status_code < 300
    assert await wanted() == [("warning", "not-found", "Patient")]


async def test_versions_of_a_profile_stand_side_by_side(client):
    await client.post("StructureDefinition", json=PROFILE)
    loose = PROFILE | {"version": "2", "differential": {"element": [{"path": "Patient", "id": "Patient"}]}}
    await client.post("StructureDefinition", json=loose)
    for canonical, found in (
        (PROFILE["url"] + "|1", [("error", "required", "Patient.name")]),
        (PROFILE["url"] + "|2", []),
        (PROFILE["url"], []),
        (PROFILE["url"] + "|3", [("warning", "not-found", "Patient")]),
    ):
        told = await asked(client, "Patient/$validate", call(PATIENT, profile=canonical))
        assert [each for each in told if each[0] != "information"] == found


async def test_bindings_are_checked_against_what_is_loaded_and_what_is_unknown_is_named(client):
    await client.post("StructureDefinition", json=PROFILE)
    wanted = partial(asked, client, "Patient/$validate")
    place = "Patient.maritalStatus"
    assert ("warning", "not-found", place) in await wanted(married("gift"))
    await client.post("ValueSet", json=SET)
    answer = (await client.post("Patient/$validate", json=married("gift"))).text
    assert "http://a.no/cs is not known here" in answer
    await client.post("CodeSystem", json=CODES)
    assert ("error", "code-invalid", place) not in await wanted(married("gift"))
    assert ("error", "code-invalid", place) in await wanted(married("ugift"))
    assert ("error", "code-invalid", place) in await wanted(married("gift", "http://b.no"))


async def test_an_instance_is_validated_as_it_is_stored(client):
    await client.put("Patient/1", json=PATIENT | {"id": "1", "telecom": [{"value": "1"}]})
    await client.post("StructureDefinition", json=PROFILE)
    assert ("error", "invariant", "Patient.telecom[0]") in await asked(
        client, "Patient/1/$validate", None, "GET"
    )
    wanted = f"Patient/1/$validate?mode=profile&profile={PROFILE['url']}"
    assert ("error", "required", "Patient.name") in await asked(client, wanted, None, "GET")
    assert (await client.get("Patient/2/$validate")).status_code == 404


async def test_modes_ask_what_the_interaction_would(client):
    await client.put("Patient/1", json=NAMED | {"id": "1"})
    update = partial(asked, client, "Patient/1/$validate")
    assert ("error", "value", "Patient.id") in await update(call(NAMED | {"id": "2"}, mode="update"))
    assert ("error", "value", "Patient.id") not in await update(call(NAMED | {"id": "1"}, mode="update"))
    assert await asked(client, "Patient/1/$validate", call(mode="delete")) == [
        ("information", "informational", "")
    ]
    assert await asked(client, "Patient/2/$validate", call(mode="delete")) == [("error", "not-found", "")]
    assert (await client.get("Patient/1")).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("Patient/$validate", call(mode="create")),
        ("Patient/$validate", call(NAMED, mode="guess")),
        ("Patient/$validate", call(NAMED, mode="profile")),
        ("Patient/$validate", call(mode="delete")),
        ("Patient/$validate", {"resourceType": "Nothing"}),
        ("Patient/$validate", {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": NAMED}, {"name": "other"}]}),
        ("Patient/$validate", []),
    ],
)  # fmt: skip
async def test_a_call_that_makes_no_sense_is_400(client, path, body):
    answer = await client.post(path, json=body)
    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest_asyncio.fixture
async def strict(database, request):
    import httpx

    app = standalone(open_place(database, BASE, request.param), limit=LIMIT)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"{BASE}/fhir", headers=JSON
    ) as opened:
        yield opened


WITH_PROFILE = PATIENT | {"meta": {"profile": [PROFILE["url"]]}}


@pytest.mark.parametrize("strict", [Level.BASE, Level.PROFILES], indirect=True)
async def test_a_node_may_ask_more_of_what_it_stores(strict):
    wrong = NAMED | {"telecom": [{"value": "1"}]}
    for answer in (
        await strict.post("Patient", json=wrong),
        await strict.put("Patient/1", json=wrong | {"id": "1"}),
    ):
        assert answer.status_code == 422
        assert [x["expression"] for x in answer.json()["issue"]] == [["Patient.telecom[0]"]]
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": each, "request": {"method": "POST", "url": "Patient"}} for each in (NAMED, wrong)
        ],
    }
    assert (await strict.post("", json=bundle)).status_code == 422
    assert (await strict.get("Patient?_summary=count")).json()["total"] == 0
    assert (await strict.post("Patient", json=NAMED)).status_code == 201


@pytest.mark.parametrize("strict", [Level.PROFILES], indirect=True)
async def test_a_node_may_hold_what_it_stores_against_profiles(strict):
    assert (await strict.post("StructureDefinition", json=PROFILE)).status_code == 201
    answer = await strict.post("Patient", json=WITH_PROFILE)
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (422, ["Patient.name"])
    assert (await strict.post("Patient", json=WITH_PROFILE | NAMED)).status_code == 201


@pytest.mark.parametrize("strict", [Level.STRUCTURE, Level.BASE], indirect=True)
async def test_otherwise_profiles_are_not_asked_for(strict):
    assert (await strict.post("StructureDefinition", json=PROFILE)).status_code == 201
    assert (await strict.post("Patient", json=WITH_PROFILE)).status_code == 201

"""$validate answers 200 with what was found, and knows what is stored: profiles, value sets, code systems."""

from functools import partial

import pytest
import pytest_asyncio

from akson.kit.settings import Level
from akson.rest.open import open_place, standalone
from akson.store.terms import questions, systems
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


def with_rows(*rows):
    return {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": NAMED}, *rows]}


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
    assert "http://a.no/cs is not loaded here" in answer
    await client.post("CodeSystem", json=CODES)
    assert ("error", "code-invalid", place) not in await wanted(married("gift"))
    assert ("error", "code-invalid", place) in await wanted(married("ugift"))
    assert ("error", "code-invalid", place) in await wanted(married("gift", "http://b.no"))


LOCAL = "http://a.no/local"
GENDER = "http://hl7.org/fhir/administrative-gender"
UCUM = "http://unitsofmeasure.org"


def observed(code, **more):
    return {"resourceType": "Observation", "status": "final", "code": {"coding": code}} | more


async def told(client, resource, kind="Observation"):
    """(code, place, words) of the warnings about codes."""
    answer = await client.post(f"{kind}/$validate", json=resource)
    assert answer.status_code == 200, answer.text
    return [
        (x["code"], x["expression"][0], x["diagnostics"])
        for x in answer.json()["issue"]
        if x["severity"] == "warning" and x["code"] != "invariant"
    ]


async def test_a_code_of_a_system_that_is_not_loaded_is_told_once_for_each_place_and_system(client):
    unknown = {"system": LOCAL, "code": "1"}
    resource = observed(
        [unknown, {"system": LOCAL, "code": "2"}, {"system": "http://b.no", "code": "1"}],  # example binding
        interpretation=[{"coding": [unknown]}],  # extensible
        category=[{"coding": [unknown]}],  # preferred
        valueQuantity={"value": 1, **unknown},  # none
        extension=[{"url": "http://example.org/x", "valueCoding": unknown}],
        meta={"security": [unknown]},
    )
    found = [
        (code, place, said) for code, place, said in await told(client, resource) if "not loaded" in said
    ]
    places = [place for _, place, said in found if f"the code system {LOCAL} is not loaded here" in said]
    assert sorted(places) == [
        "Observation.category[0]",
        "Observation.code",
        "Observation.extension[0].value.ofType(Coding)",
        "Observation.interpretation[0]",
        "Observation.meta.security[0]",
        "Observation.value.ofType(Quantity)",
    ]
    assert [place for _, place, said in found if "http://b.no" in said] == ["Observation.code"]
    assert {code for code, _, _ in found} == {"not-found"}
    assert len(found) == 7
    body = CODES | {"url": LOCAL, "concept": [{"code": "1"}, {"code": "2"}]}
    assert (await client.post("CodeSystem", json=body)).status_code == 201
    assert all(LOCAL not in said for _, _, said in await told(client, resource) if "not loaded" in said)


async def test_one_version_of_a_system_does_not_speak_for_another(client):
    await client.post("CodeSystem", json=CODES | {"version": "1"})
    coding = {"system": CODES["url"], "code": "gift"}
    assert await told(client, observed([coding | {"version": "1"}])) == []
    [(code, place, said)] = await told(client, observed([coding | {"version": "2"}]))
    assert (code, place) == ("not-found", "Observation.code")
    assert f"{CODES['url']}|2 is not loaded here" in said


async def test_what_r4_knows_itself_gives_no_warning(client):
    fine = observed(
        [{"system": GENDER, "code": "male", "display": "MALE"}],
        valueQuantity={"value": 1, "system": UCUM, "code": "mm[Hg]"},
        language="nb",
    )
    assert await told(client, fine) == []


async def test_a_code_that_its_system_does_not_have_and_another_display_are_told(client):
    body = CODES | {
        "concept": [
            {"code": "gift", "display": "Gift", "designation": [{"language": "nn", "value": "Gift, nynorsk"}]}
        ]
    }
    assert (await client.post("CodeSystem", json=body)).status_code == 201
    coding = {"system": CODES["url"], "code": "gift"}
    fine = [coding, coding | {"display": "gift"}, coding | {"display": "Gift, nynorsk"}]
    assert await told(client, observed(fine)) == []
    wrong = [coding | {"display": "Ugift"}, coding | {"code": "skilt"}, {"system": GENDER, "code": "man"}]
    found = await told(client, observed(wrong, valueQuantity={"value": 1, "system": UCUM, "code": "ea"}))
    assert [(code, place) for code, place, _ in found] == [
        ("value", "Observation.code.coding[0].display"),
        ("code-invalid", "Observation.code.coding[1]"),
        ("code-invalid", "Observation.code.coding[2]"),
        ("code-invalid", "Observation.value.ofType(Quantity)"),
    ]
    assert "is 'Gift'" in found[0][2]
    assert f"{GENDER} has no code 'man'" in found[2][2]


async def test_a_code_that_a_value_set_lists_is_right_without_its_system(client):
    await client.post("StructureDefinition", json=PROFILE)
    listed = SET | {"compose": {"include": [{"system": LOCAL, "concept": [{"code": "gift"}]}]}}
    assert (await client.post("ValueSet", json=listed)).status_code == 201
    assert [x for x in await told(client, married("gift", LOCAL), "Patient") if LOCAL in x[2]] == []


async def test_a_bare_code_whose_system_is_not_loaded_names_the_system(client):
    price = {"resourceType": "Invoice", "status": "issued", "totalNet": {"value": 1, "currency": "NOK"}}
    [(code, place, said)] = await told(client, price, "Invoice")
    assert (code, place) == ("not-found", "Invoice.totalNet.currency")
    assert "urn:iso:std:iso:4217 is not loaded here" in said


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
    ("body", "place"),
    [
        (call(mode="create"), "Parameters.resource"),
        (call(NAMED, mode="guess"), "Parameters.mode"),
        (call(NAMED, mode="profile"), "Parameters.profile"),
        (call(mode="delete"), "Parameters.mode"),
        ({"resourceType": "Nothing"}, "Resource"),
        (with_rows({"name": "other"}), "Parameters.other"),
        (with_rows({"name": "profile", "valueInteger": 1}), "Parameters.profile"),
        (with_rows({"name": "mode", "valueCode": "create"}, {"name": "mode", "valueCode": "update"}), "Parameters.mode"),
        (with_rows({"valueCode": "create"}), "Parameters.parameter[1].name"),
    ],
)  # fmt: skip
async def test_a_call_that_makes_no_sense_is_400_and_the_place_is_named(client, body, place):
    answer = await client.post("Patient/$validate", json=body)
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (400, [place])


async def test_a_body_that_is_no_resource_is_400(client):
    assert (await client.post("Patient/$validate", json=[])).status_code == 400


async def test_all_profiles_of_an_address_are_asked_for(client):
    await client.put("StructureDefinition/named", json=PROFILE | {"id": "named"})
    other = "http://a.no/StructureDefinition/none"
    found = await asked(client, f"Patient/$validate?profile={PROFILE['url']}&profile={other}", PATIENT)
    assert "Patient.name" in {place for _, _, place in found}
    assert len(found) > 1


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


@pytest.mark.parametrize("strict", [Level.PROFILES], indirect=True)
async def test_the_door_asks_of_codes_only_what_can_be_an_error(strict, monkeypatch):
    for made in (PROFILE, SET, CODES):
        assert (await strict.post(made["resourceType"], json=made)).status_code == 201
    asked = []
    check_codes = questions.check_codes
    monkeypatch.setattr(
        questions, "check_codes", lambda tx, items: asked.extend(items) or check_codes(tx, items)
    )
    monkeypatch.setattr(systems, "some_concepts", None)  # what a warning would be made of
    answer = await strict.post("Patient", json=married("ugift"))
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (422, ["Patient.maritalStatus"])
    assert (await strict.post("Patient", json=married("gift"))).status_code == 201
    assert {value_set for value_set, _, _ in asked} == {SET["url"]}


@pytest.mark.parametrize("strict", [Level.STRUCTURE, Level.BASE], indirect=True)
async def test_otherwise_profiles_are_not_asked_for(strict):
    assert (await strict.post("StructureDefinition", json=PROFILE)).status_code == 201
    assert (await strict.post("Patient", json=WITH_PROFILE)).status_code == 201

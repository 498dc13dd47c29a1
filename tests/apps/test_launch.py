"""Apps from the first look at the node to their data: launched from a chart and by themselves, each kind of client."""

import base64

import pytest

from akson.apps.registry import Kind
from akson.demo.ids import demo_id
from akson.fhir.strict_json import loads
from akson.store.access import audit
from akson.store.database.reader import OWNER
from tests.apps.client import (
    BACK,
    BASE,
    FHIR,
    INGRID,
    OLAV,
    VITAL,
    Client,
    csrf,
    hosted,
    key,
    public,
    query,
    register,
)

SCOPE = f"launch openid fhirUser patient/Patient.rs patient/Observation.rs?category={VITAL}"


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_configuration_names_what_answers(world):
    async with world.browser() as program:
        told = (await program.get(f"{FHIR}/.well-known/smart-configuration")).json()
        assert told["token_endpoint"] == f"{BASE}/oauth/token"
        assert told["code_challenge_methods_supported"] == ["S256"]
        assert {"launch-ehr", "launch-standalone", "permission-v2"} <= set(told["capabilities"])
        found = (await program.get(f"{told['issuer']}/.well-known/openid-configuration")).json()
        assert found["issuer"] == told["issuer"]
        assert (await program.get(found["jwks_uri"])).json()["keys"]
        for name in ("token", "introspection", "revocation"):
            answer = await program.post(told[f"{name}_endpoint"], data={"client_id": "nobody"})
            assert answer.status_code == 401, name
        statement = (await program.get(f"{FHIR}/metadata")).json()
        security = statement["rest"][0]["security"]
        assert {"url": "token", "valueUri": told["token_endpoint"]} in security["extension"][0]["extension"]


@pytest.mark.proves("T4")
async def test_launched_from_the_chart_it_reads_what_was_allowed_and_no_more(world, nurse, app):
    launch = await app.launch(nurse)
    page = await app.ask(nurse, SCOPE, launch=launch)
    assert "lese målinger og observasjoner av typen vitale tegn om denne pasienten" in page.text
    assert "Ingrid" in page.text
    assert "form-action 'self' https://app.example;" in page.headers["content-security-policy"]
    allowed = await app.send(nurse, page, "svar", answer="allow")
    tokens = (await app.redeem(query(allowed)["code"])).json()
    assert (tokens["token_type"], tokens["expires_in"], tokens["patient"]) == ("Bearer", 300, INGRID)
    assert tokens["scope"] == SCOPE.replace("launch openid fhirUser", "fhirUser launch openid").replace(
        "patient/Patient.rs patient/Observation", "patient/Observation"
    ).replace("vital-signs", "vital-signs patient/Patient.rs")
    assert "refresh_token" not in tokens
    token = tokens["access_token"]
    person = await app.call(token, f"Patient/{INGRID}")
    assert person.json()["id"] == INGRID
    found = (await app.call(token, f"Observation?patient={INGRID}&_count=200")).json()["entry"]
    codes = {c["code"] for e in found for cat in e["resource"]["category"] for c in cat["coding"]}
    assert codes == {"vital-signs"}
    for path in (
        f"Patient/{OLAV}",
        f"Observation?patient={OLAV}",
        f"Condition?patient={INGRID}",
        "AuditEvent",
    ):
        answer = await app.call(token, path)
        assert answer.status_code in {403, 404} or not answer.json().get("entry"), path
    assert (await app.call(token, f"Condition?patient={INGRID}")).status_code == 403
    assert (await app.call(token, f"Patient/{OLAV}")).status_code == 404


async def test_the_id_token_names_the_user_by_reference_alone(world, nurse, app):
    tokens = await app.tokens(nurse, "openid fhirUser", nonce="n-1")
    claims = loads(_part(tokens["id_token"]))
    assert claims["fhirUser"].startswith(f"{FHIR}/Practitioner/")
    assert (claims["aud"], claims["iss"], claims["nonce"]) == (app.app.id, f"{BASE}/oauth", "n-1")
    assert not any(len(str(value)) == 11 and str(value).isdecimal() for value in claims.values())


def _part(token):
    part = token.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


async def test_by_itself_it_asks_which_patient(world, nurse, app):
    page = await app.ask(nurse, "launch/patient patient/*.rs")
    assert "Ingrid" in page.text
    found = await app.send(nurse, page, "pasient", query="Ingrid Haugen")
    assert f'value="{INGRID}"' in found.text
    page = await app.send(nurse, page, "pasient", patient=INGRID)
    assert "lese alle opplysninger om denne pasienten" in page.text
    code = query(await app.send(nurse, page, "svar", answer="allow"))["code"]
    tokens = (await app.redeem(code)).json()
    assert tokens["patient"] == INGRID
    assert (await app.call(tokens["access_token"], f"Condition?patient={INGRID}")).status_code == 200


async def test_with_user_scopes_it_sees_what_its_user_sees(world, nurse, app):
    tokens = await app.tokens(nurse, "user/Patient.rs user/Observation.rs")
    assert "patient" not in tokens
    answer = await app.call(tokens["access_token"], "Observation?_count=200")
    patients = {entry["resource"]["subject"]["reference"] for entry in answer.json()["entry"]}
    assert f"Patient/{INGRID}" in patients
    assert f"Patient/{OLAV}" in patients or len(patients) > 1


async def test_a_server_app_proves_itself_by_a_secret(world, nurse):
    client = Client(world, *await register(hosted(world, "journal"), kind=Kind.SECRET))
    tokens = await client.tokens(nurse, "user/Patient.rs offline_access")
    told = (await client.post("introspect", token=tokens["access_token"])).json()
    assert (told["active"], told["client_id"], told["scope"]) == (True, client.app.id, tokens["scope"])


async def test_a_server_app_proves_itself_by_its_key(world, nurse):
    mine = key()
    made, _ = await register(hosted(world, "journal"), kind=Kind.KEYS, jwks=public(mine))
    client = Client(world, made, key=mine)
    tokens = await client.tokens(nurse, "user/Patient.rs")
    assert (await client.call(tokens["access_token"], f"Patient/{INGRID}")).status_code == 200


async def test_a_user_says_no(world, nurse, app):
    page = await app.ask(nurse, "user/Patient.rs")
    answer = await app.send(nurse, page, "svar", answer="deny")
    assert answer.headers["location"].startswith(f"{BACK}?error=access_denied&state=")
    assert "code" not in query(answer)


async def test_what_was_allowed_before_is_not_asked_for_again_from_the_chart(world, nurse, app):
    await app.tokens(nurse, SCOPE, launch=await app.launch(nurse))
    again = await app.ask(nurse, SCOPE, launch=await app.launch(nurse))
    assert query(again)["code"]
    more = await app.ask(nurse, f"{SCOPE} offline_access", launch=await app.launch(nurse))
    assert more.status_code == 200
    by_itself = await app.ask(nurse, "launch/patient patient/Patient.rs")
    assert by_itself.status_code == 200


async def test_refresh_tokens_change_and_keep_what_was_granted(world, nurse, app):
    tokens = await app.tokens(nurse, f"{SCOPE} offline_access", launch=await app.launch(nurse))
    first = (await app.refresh(tokens["refresh_token"])).json()
    assert (first["scope"], first["patient"]) == (tokens["scope"], INGRID)
    assert first["refresh_token"] != tokens["refresh_token"]
    less = (await app.refresh(first["refresh_token"], scope="patient/Patient.r")).json()
    assert less["scope"] == "patient/Patient.r"
    assert (await app.call(less["access_token"], f"Observation?patient={INGRID}")).status_code == 403
    whole = (await app.refresh(less["refresh_token"])).json()
    assert whole["scope"] == tokens["scope"]


async def test_online_access_ends_with_the_session(world, app):
    nurse = await world.sign_in("journal", "hanne-lunde")
    tokens = await app.tokens(nurse, "user/Patient.rs online_access")
    tokens = (await app.refresh(tokens["refresh_token"])).json()
    page = await nurse.get("/journal/")
    await nurse.post("/journal/logout", data={"csrf_token": csrf(page)}, follow_redirects=False)
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.call(tokens["access_token"], f"Patient/{INGRID}")).status_code == 401


async def test_an_app_writes_as_its_user_where_it_may(world, nurse, app):
    tokens = await app.tokens(
        nurse,
        f"launch patient/Observation.c?category={VITAL} patient/Observation.rs",
        launch=await app.launch(nurse),
    )
    system, code = VITAL.split("|")
    made = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": system, "code": code}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": f"Patient/{INGRID}"},
        "valueQuantity": {"value": 61, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    }
    token = tokens["access_token"]
    assert (await app.call(token, "Observation", "POST", json=made)).status_code == 201
    other = made | {"category": [{"coding": [{"system": system, "code": "laboratory"}]}]}
    assert (await app.call(token, "Observation", "POST", json=other)).status_code == 403
    elsewhere = made | {"subject": {"reference": f"Patient/{OLAV}"}}
    assert (await app.call(token, "Observation", "POST", json=elsewhere)).status_code == 403


async def test_a_service_reads_by_itself(world):
    mine = key()
    made, _ = await register(
        hosted(world, "journal"), kind=Kind.SERVICE, scope="system/Observation.rs system/Patient.r",
        organization="974760673", redirect_uris=(), launch_uri="", jwks=public(mine),
    )  # fmt: skip
    client = Client(world, made, key=mine)
    answer = await client.post("token", grant_type="client_credentials", scope="system/*.rs")
    tokens = answer.json()
    assert set(tokens["scope"].split()) == {"system/Observation.rs", "system/Patient.r"}
    assert "refresh_token" not in tokens
    found = await client.call(tokens["access_token"], "Observation?_count=10")
    assert len(found.json()["entry"]) == 10
    assert (await client.call(tokens["access_token"], f"Patient/{INGRID}")).status_code == 200
    assert (await client.call(tokens["access_token"], f"Condition?patient={INGRID}")).status_code == 403
    assert (await client.call(tokens["access_token"], "Observation/_history")).status_code == 200
    assert (
        await client.call(tokens["access_token"], "$export", headers={"Prefer": "respond-async"})
    ).status_code == 403


async def test_a_citizen_uses_an_app_at_the_platform(world):
    platform = hosted(world, "samhandling")
    client = Client(
        world, *await register(platform), surface="/innbygger", fhir="http://localhost:8000/samhandling/fhir"
    )
    citizen = await world.sign_in("innbygger", "olav")
    page = await client.ask(citizen, "launch/patient openid fhirUser patient/*.rs")
    assert "Olav" in page.text
    code = query(await client.send(citizen, page, "svar", answer="allow"))["code"]
    tokens = (await client.redeem(code)).json()
    me = await client.call(tokens["access_token"], f"Patient/{tokens['patient']}")
    assert me.json()["name"][0]["given"] == ["Olav"]
    other = demo_id("samhandling", "Patient", "ingrid")
    assert (await client.call(tokens["access_token"], f"Patient/{other}")).status_code == 404
    await citizen.aclose()


async def test_the_log_has_the_app_and_its_user(world, nurse, app):
    tokens = await app.tokens(nurse, SCOPE, launch=await app.launch(nurse))
    await app.call(tokens["access_token"], f"Observation?patient={INGRID}")
    async with hosted(world, "journal").place.database.transaction(reader=OWNER) as tx:
        rows = await audit.find(tx, patient=INGRID, count=1)
    assert (rows[0].client_id, rows[0].actor_name) == (app.app.id, "Hanne Lunde")
    assert rows[0].reason == "reason.care_relation"

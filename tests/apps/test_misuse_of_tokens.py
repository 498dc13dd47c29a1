"""Tokens of apps: what is refused of them, and that nothing is reached beyond their scopes and their user."""

from datetime import timedelta

import pytest

from akson.apps import grants, registry
from akson.apps.registry import Kind, State
from akson.kit.clock import now
from akson.security.once import digest
from akson.store.underway import keep
from tests.apps.client import (
    BACK,
    FHIR,
    INGRID,
    OLAV,
    VITAL,
    Client,
    database,
    decided,
    hosted,
    register,
)

pytestmark = [pytest.mark.proves("T4"), pytest.mark.asyncio(loop_scope="module")]
READ = "user/Patient.rs"


# --- tokens ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scope", ["user/Patient.cruds", "user/*.rs", "user/Patient.rs offline_access openid", "x"]
)
async def test_no_more_is_given_at_a_refresh(nurse, app, scope):
    tokens = await app.tokens(nurse, f"{READ} offline_access")
    answer = await app.refresh(tokens["refresh_token"], scope=scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


async def test_a_refresh_token_used_twice_ends_the_grant(nurse, app):
    tokens = await app.tokens(nurse, f"{READ} offline_access")
    fresh = (await app.refresh(tokens["refresh_token"])).json()
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.refresh(fresh["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.call(fresh["access_token"], f"Patient/{INGRID}")).status_code == 401


async def test_a_refresh_token_of_another_app_is_refused_and_ends(world, nurse, app):
    tokens = await app.tokens(nurse, f"{READ} offline_access")
    other = Client(world, *await register(hosted(world, "journal")))
    assert (await other.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_revoked_token_ends_all_that_hangs_together_with_it(world, nurse, app):
    tokens = await app.tokens(nurse, f"{READ} offline_access")
    other = Client(world, *await register(hosted(world, "journal")))
    assert (await other.post("revoke", token=tokens["refresh_token"])).status_code == 200
    assert (await app.call(tokens["access_token"], f"Patient/{INGRID}")).status_code == 200
    assert (await app.post("revoke", token=tokens["refresh_token"])).status_code == 200
    assert (await app.call(tokens["access_token"], f"Patient/{INGRID}")).status_code == 401
    assert (await app.post("revoke", token="nothing")).status_code == 200


async def test_introspection_tells_an_app_of_its_own_tokens_alone(world, nurse, app):
    tokens = await app.tokens(nurse, READ)
    assert (await app.post("introspect", token=tokens["access_token"])).status_code == 401
    other = Client(world, *await register(hosted(world, "journal"), kind=Kind.SECRET))
    assert (await other.post("introspect", token=tokens["access_token"])).json() == {"active": False}
    assert (await other.post("introspect", token="nothing")).json() == {"active": False}


async def test_a_token_is_good_for_five_minutes(world, nurse, app):
    tokens = await app.tokens(nurse, f"{READ} offline_access")
    held = digest(tokens["access_token"])
    async with database(world).transaction() as tx:
        kept = await keep.get(tx, grants.ACCESS, held)
        await keep.put(tx, grants.ACCESS, held, kept, now() - timedelta(seconds=1))
    assert (await app.call(tokens["access_token"], f"Patient/{INGRID}")).status_code == 401


async def test_a_token_is_good_at_the_fhir_api_of_its_node_alone(world, nurse, app):
    token = (await app.tokens(nurse, READ))["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    async with world.browser() as program:
        for path in (
            "/journal/",
            f"/journal/pasient/{INGRID}",
            "/sykehus/fhir/Patient",
            "/samhandling/fhir/Patient",
            "/samhandling/mhd/DocumentReference",
            "/samhandling/hendelser",
            "/iga/fhir/Patient",
        ):
            answer = await program.get(path, headers=headers)
            assert answer.status_code in {400, 401}, (path, answer.status_code)
        answer = await program.get(f"{FHIR}/Patient?access_token={token}")
        assert answer.status_code == 400
        for kind in ("DPoP", "Basic", ""):
            answer = await program.get(
                f"{FHIR}/Patient", headers={"Authorization": f"{kind} {token}".strip()}
            )
            assert answer.status_code in {400, 401}, kind
        twice = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
        assert (await program.get(f"{FHIR}/Patient", headers=twice)).status_code in {400, 401}
        answer = await program.get(f"{FHIR}/Patient", headers=headers | {"DPoP": "x.y.z"})
        assert answer.status_code == 400


async def test_codes_refresh_and_launch_tokens_are_no_access_tokens(nurse, app):
    launch = await app.launch(nurse)
    code = await app.code(nurse, READ)
    tokens = await app.tokens(nurse, f"{READ} offline_access openid")
    for each in (
        launch,
        code,
        tokens["refresh_token"],
        tokens["id_token"],
        app.app.id,
        "",
        "x" * 43,
        "x" * 5000,
    ):
        assert (await app.call(each, f"Patient/{INGRID}")).status_code in {400, 401}


async def test_a_token_bound_to_a_key_does_not_come_as_bearer(world, app):
    """A node's own DPoP-bound token, taken by somebody who has not its key."""
    system = hosted(world, "sykehus").system
    found = await system.tokens({"grant_type": "client_credentials", "scope": "akson:samhandling/fhir"})
    app = Client(world, app.app, fhir="http://localhost:8000/samhandling/fhir")
    assert (await app.call(found["access_token"], f"Patient/{INGRID}")).status_code == 401


async def test_a_role_that_was_taken_away_ends_the_apps_rights(world, nurse, app):
    tokens = await app.tokens(nurse, f"{READ} offline_access")
    async with database(world).transaction() as tx:
        for sid, value in (await keep.find(tx, grants.GRANT)).items():
            if value["app"] == app.app.id:
                value["caller"]["role"] = "PractitionerRole/nothing"
                await keep.put(tx, grants.GRANT, sid, value, now() + timedelta(days=1))
    assert (await app.call(tokens["access_token"], f"Patient/{INGRID}")).status_code == 403


# --- more than the scopes -------------------------------------------------------------------------------------------

AROUND = (
    f"Patient/{OLAV}",
    f"Patient/{OLAV}/_history",
    f"Patient?_id={OLAV}",
    f"Observation?patient={OLAV}",
    f"Observation?patient={INGRID}&category=laboratory",
    f"Condition?patient={INGRID}",
    f"Patient/{INGRID}/Condition",
    f"Patient?_id={OLAV}&_revinclude=Observation:patient",
    f"Patient?_has:Observation:patient:code=8867-4&_id={OLAV}",
    "Encounter",
    "AuditEvent",
    "Subscription",
    f"AuditEvent?patient={INGRID}",
)


@pytest.mark.parametrize("path", AROUND)
async def test_a_token_for_one_patient_and_category_reaches_nothing_else(nurse, app, path):
    scope = f"launch patient/Patient.rs patient/Observation.rs?category={VITAL}"
    tokens = await app.tokens(nurse, scope, launch=await app.launch(nurse))
    answer = await app.call(tokens["access_token"], path)
    assert answer.status_code in {403, 404} or not answer.json().get("entry"), answer.text


@pytest.mark.parametrize("path", [f"Patient/{INGRID}/$everything", "", f"Patient?_id={INGRID}&_revinclude=*:*",
                                  "_history", f"Observation?patient={INGRID}&_include=*"])  # fmt: skip
async def test_what_gathers_many_types_keeps_to_the_scopes(nurse, app, path):
    scope = f"launch patient/Patient.rs patient/Observation.rs?category={VITAL}"
    tokens = await app.tokens(nurse, scope, launch=await app.launch(nurse))
    answer = await app.call(tokens["access_token"], path)
    assert answer.status_code in {200, 400, 403, 404}
    for entry in answer.json().get("entry", []):
        resource = entry["resource"]
        assert resource["resourceType"] in {"Patient", "Observation", "OperationOutcome"}
        if resource["resourceType"] == "Patient":
            assert resource["id"] == INGRID
        if resource["resourceType"] == "Observation":
            assert resource["subject"]["reference"] == f"Patient/{INGRID}"
            codes = {c["code"] for each in resource["category"] for c in each["coding"]}
            assert "vital-signs" in codes


WRITES = [
    ("POST", "Observation"),
    ("PUT", "Observation/x"),
    ("DELETE", f"Patient/{INGRID}"),
    ("POST", "Subscription"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
async def test_a_scope_to_read_does_not_write(nurse, app, method, path):
    tokens = await app.tokens(nurse, "launch patient/*.rs", launch=await app.launch(nurse))
    kind = path.partition("/")[0]
    body = {"resourceType": kind, "id": "x", "status": "final", "code": {"text": "x"}}
    if kind == "Subscription":
        body = {"resourceType": kind, "status": "requested", "reason": "x", "criteria": "Patient",
                "channel": {"type": "websocket"}}  # fmt: skip
    answer = await app.call(tokens["access_token"], path, method, json=body)
    assert answer.status_code in {403, 404, 422}, answer.text


async def test_entries_of_a_bundle_keep_to_the_scopes(nurse, app):
    tokens = await app.tokens(nurse, "launch patient/Patient.rs", launch=await app.launch(nurse))
    urls = [f"Patient/{OLAV}", f"Condition?patient={INGRID}", f"Patient/{INGRID}"]
    bundle = {"resourceType": "Bundle", "type": "batch",
              "entry": [{"request": {"method": "GET", "url": url}} for url in urls]}  # fmt: skip
    answer = await app.call(tokens["access_token"], "", "POST", json=bundle)
    assert [entry["response"]["status"][:3] for entry in answer.json()["entry"]] == ["404", "403", "200"]


async def test_an_app_sees_no_more_than_its_user(world, app):
    """A case handler reads no diagnoses, so an app with the scope for them reads none either."""
    user = await world.sign_in("journal", "anne-grete-rud")
    tokens = await app.tokens(user, "user/*.cruds")
    for path in (f"Condition?patient={INGRID}", f"Observation?patient={INGRID}"):
        assert (await app.call(tokens["access_token"], path)).status_code == 403
    await user.aclose()


# --- other pages --------------------------------------------------------------------------------------------------


async def test_only_pages_of_approved_apps_may_read_answers(world, nurse):
    back = "https://own.example/back"
    app = Client(world, *await register(hosted(world, "journal"), redirect_uris=(BACK, back), launch_uri=""))
    tokens = await app.tokens(nurse, READ)
    asking = {"Origin": "https://own.example", "Access-Control-Request-Method": "GET"}
    async with world.browser() as program:
        first = await program.options(f"{FHIR}/Patient", headers=asking)
        assert (first.status_code, first.headers["access-control-allow-origin"]) == (
            204,
            "https://own.example",
        )
        assert "access-control-allow-credentials" not in first.headers
    answer = await app.call(
        tokens["access_token"], f"Patient/{INGRID}", headers={"Origin": "https://own.example"}
    )
    assert answer.headers["access-control-allow-origin"] == "https://own.example"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "origin" in answer.headers["vary"].lower()
    for origin in ("https://evil.example", "null", "https://own.example.evil.example", "http://own.example"):
        answer = await app.call(tokens["access_token"], f"Patient/{INGRID}", headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers, origin
    await decided(world, app, State.WITHDRAWN)
    async with world.browser() as program:
        first = await program.options(f"{FHIR}/Patient", headers=asking)
        assert "access-control-allow-origin" not in first.headers


async def test_pages_of_the_record_are_told_to_no_other_page(world, app):
    async with world.browser() as program:
        answer = await program.get("/journal/", headers={"Origin": "https://app.example"})
        assert "access-control-allow-origin" not in answer.headers


async def test_what_is_kept_of_tokens_is_worth_nothing(world, nurse, app):
    tokens = await app.tokens(nurse, f"{READ} offline_access")
    async with database(world).transaction() as tx:
        kinds = (grants.ACCESS, grants.REFRESH, grants.GRANT, grants.CODE, grants.SPENT, registry.APP)
        kept = str([await keep.find(tx, kind) for kind in kinds])
    assert tokens["access_token"] not in kept
    assert tokens["refresh_token"] not in kept

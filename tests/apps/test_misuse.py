"""Every way to misuse an app, a code, a token or a launch is refused, and nothing is told by it."""

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
    VERIFIER,
    VITAL,
    Client,
    csrf,
    hosted,
    key,
    public,
    query,
    register,
)

pytestmark = [pytest.mark.proves("T4"), pytest.mark.asyncio(loop_scope="module")]
READ = "user/Patient.rs"


def database(world):
    return hosted(world, "journal").place.database


async def decided(world, app, state):
    async with database(world).transaction() as tx:
        await registry.decide(tx, app.app.id, state, "somebody")


STRAY = {
    "no client": {"client_id": None},
    "unknown client": {"client_id": "nobody"},
    "no address": {"redirect_uri": None},
    "another address": {"redirect_uri": "https://evil.example/back"},
    "below the address": {"redirect_uri": f"{BACK}/more"},
    "a query more": {"redirect_uri": f"{BACK}?x=1"},
    "another case": {"redirect_uri": BACK.replace("app", "APP")},
    "a path trick": {"redirect_uri": "https://app.example/x/../back"},
    "with a user": {"redirect_uri": "https://app.example@evil.example/back"},
}


@pytest.mark.parametrize("changed", STRAY.values(), ids=STRAY)
async def test_nothing_is_sent_to_an_address_that_is_not_the_apps(nurse, app, changed):
    answer = await app.ask(nurse, READ, **changed)
    assert answer.status_code == 400
    assert "location" not in answer.headers


DECLINED = {
    "no PKCE": ({"code_challenge": None}, "invalid_request"),
    "plain PKCE": ({"code_challenge_method": "plain"}, "invalid_request"),
    "no method": ({"code_challenge_method": None}, "invalid_request"),
    "short challenge": ({"code_challenge": "x" * 42}, "invalid_request"),
    "no state": ({"state": None}, "invalid_request"),
    "long state": ({"state": "x" * 600}, "invalid_request"),
    "token asked for": ({"response_type": "token"}, "unsupported_response_type"),
    "ID token asked for": ({"response_type": "code id_token"}, "unsupported_response_type"),
    "no audience": ({"aud": None}, "invalid_request"),
    "another audience": ({"aud": "https://evil.example/fhir"}, "invalid_request"),
    "the neighbour's audience": ({"aud": FHIR.replace("journal", "sykehus")}, "invalid_request"),
    "no scope": ({"scope": ""}, "invalid_scope"),
    "a system's scope": ({"scope": "system/*.rs"}, "invalid_scope"),
    "a node's scope": ({"scope": "akson:journal/admin"}, "invalid_scope"),
    "launch without scope": ({"launch": "x"}, "invalid_request"),
    "scope launch alone": ({"scope": f"launch {READ}"}, "invalid_request"),
    "unknown launch": ({"scope": f"launch {READ}", "launch": "x" * 43}, "invalid_request"),
    "request object": ({"request": "x.y.z"}, "request_not_supported"),
}


@pytest.mark.parametrize(("changed", "error"), DECLINED.values(), ids=DECLINED)
async def test_what_is_asked_wrongly_is_declined_at_the_apps_address(nurse, app, changed, error):
    answer = await app.ask(nurse, **({"scope": READ} | changed))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{BACK}?error=")
    assert query(answer)["error"] == error
    assert "code" not in query(answer)


async def test_parameters_that_stand_twice_are_refused(nurse, app):
    pairs = [*app.request(READ).items(), ("redirect_uri", "https://evil.example/back")]
    answer = await nurse.get("/journal/app/tillat", params=pairs, follow_redirects=False)
    assert answer.status_code == 400


@pytest.mark.parametrize("state", [State.WAITING, State.WITHDRAWN])
async def test_an_app_that_is_not_approved_can_do_nothing(world, nurse, app, state):
    tokens = await app.tokens(nurse, f"{READ} offline_access")
    code = await app.code(nurse, READ)
    await decided(world, app, state)
    assert (await app.ask(nurse, READ)).status_code == 400
    assert (await app.call(tokens["access_token"], f"Patient/{INGRID}")).status_code == 401
    for answer in (await app.redeem(code), await app.refresh(tokens["refresh_token"])):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_an_app_withdrawn_while_its_user_thinks_gets_no_code(world, nurse, app):
    page = await app.ask(nurse, READ)
    await decided(world, app, State.WITHDRAWN)
    answer = await app.send(nurse, page, "svar", answer="allow")
    assert answer.status_code == 400


async def test_what_the_organisation_allows_less_counts_at_once(world, nurse, app):
    tokens = await app.tokens(nurse, "user/Patient.rs user/Observation.rs")
    async with database(world).transaction() as tx:
        value = await keep.get(tx, registry.APP, app.app.id)
        await keep.put(tx, registry.APP, app.app.id, value | {"scope": "user/Patient.r"}, registry.FOREVER)
    assert (await app.call(tokens["access_token"], f"Observation?patient={INGRID}")).status_code == 403
    assert (await app.call(tokens["access_token"], f"Patient/{INGRID}")).status_code == 200


# --- codes --------------------------------------------------------------------------------------------------------


async def test_a_code_is_good_once_and_used_again_it_ends_what_it_gave(nurse, app):
    code = await app.code(nurse, f"{READ} offline_access")
    tokens = (await app.redeem(code)).json()
    assert (await app.redeem(code)).json()["error"] == "invalid_grant"
    assert (await app.call(tokens["access_token"], f"Patient/{INGRID}")).status_code == 401
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


WRONG = {
    "another verifier": {"code_verifier": "w" * 43},
    "no verifier": {"code_verifier": None},
    "short verifier": {"code_verifier": VERIFIER[:20]},
    "another address": {"redirect_uri": "https://app.example/other"},
    "no address": {"redirect_uri": None},
    "another code": {"code": "x" * 43},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
async def test_a_code_without_what_it_was_asked_with_is_refused_and_used_up(nurse, app, changed):
    code = await app.code(nurse, READ)
    answer = await app.redeem(**({"code": code} | changed))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    if "code" not in changed:
        assert (await app.redeem(code)).json()["error"] == "invalid_grant"


async def test_a_code_of_another_app_is_refused(world, nurse, app):
    other = Client(world, *await register(hosted(world, "journal")))
    assert (await other.redeem(await app.code(nurse, READ))).json()["error"] == "invalid_grant"


async def test_a_code_is_good_for_a_minute(world, nurse, app):
    code = await app.code(nurse, READ)
    async with database(world).transaction() as tx:
        kept = await keep.get(tx, grants.CODE, digest(code))
        await keep.put(tx, grants.CODE, digest(code), kept, now() - timedelta(seconds=1))
    assert (await app.redeem(code)).json()["error"] == "invalid_grant"


# --- launches and the user's answer ---------------------------------------------------------------------------------


async def test_a_launch_is_good_once(nurse, app):
    launch = await app.launch(nurse)
    await app.tokens(nurse, f"launch {READ}", launch=launch)
    assert query(await app.ask(nurse, f"launch {READ}", launch=launch))["error"] == "invalid_request"


async def test_a_launch_is_over_after_its_time(world, nurse, app):
    launch = await app.launch(nurse)
    async with database(world).transaction() as tx:
        kept = await keep.get(tx, grants.LAUNCH, digest(launch))
        await keep.put(tx, grants.LAUNCH, digest(launch), kept, now() - timedelta(seconds=1))
    assert query(await app.ask(nurse, f"launch {READ}", launch=launch))["error"] == "invalid_request"


async def test_a_launch_is_for_the_user_who_began_it(world, nurse, app):
    launch = await app.launch(nurse)
    colleague = await world.sign_in("journal", "anne-grete-rud")
    assert query(await app.ask(colleague, f"launch {READ}", launch=launch))["error"] == "invalid_request"
    await colleague.aclose()


async def test_a_launch_is_for_one_app(world, nurse, app):
    other = Client(world, *await register(hosted(world, "journal")))
    launch = await other.launch(nurse)
    assert query(await app.ask(nurse, f"launch {READ}", launch=launch))["error"] == "invalid_request"


async def test_the_patient_of_a_launch_cannot_be_changed(nurse, app):
    page = await app.ask(nurse, "launch patient/Patient.rs", launch=await app.launch(nurse))
    answer = await app.send(nurse, page, "pasient", patient=OLAV)
    assert answer.status_code == 400


async def test_no_code_without_the_patient_that_the_scopes_need(nurse, app):
    page = await app.ask(nurse, "patient/Patient.rs")
    answer = await app.send(nurse, page, "svar", answer="allow")
    assert answer.status_code == 400


async def test_the_answer_belongs_to_the_session_that_was_asked(world, nurse, app):
    page = await app.ask(nurse, READ)
    colleague = await world.sign_in("journal", "jonas-berg")
    other = await app.ask(colleague, READ)
    mixed = {"csrf_token": csrf(other), "key": page.text.split('name="key" value="')[1].split('"')[0]}
    answer = await colleague.post(
        "/journal/app/svar", data=mixed | {"answer": "allow"}, follow_redirects=False
    )
    assert answer.status_code == 400
    await colleague.aclose()


async def test_the_answer_needs_the_secret_of_the_form(nurse, app):
    page = await app.ask(nurse, READ)
    wanted = {"key": page.text.split('name="key" value="')[1].split('"')[0], "answer": "allow"}
    answer = await nurse.post("/journal/app/svar", data=wanted, follow_redirects=False)
    assert answer.status_code == 403


async def test_who_has_not_signed_in_signs_in_first(world, app):
    async with world.browser() as browser:
        answer = await app.ask(browser, READ)
        assert answer.headers["location"].startswith("/journal/login?")


# --- who asks -------------------------------------------------------------------------------------------------------


async def test_a_public_app_with_a_secret_is_refused(nurse, app):
    code = await app.code(nurse, READ)
    assert (await app.redeem(code, client_secret="x")).status_code == 401
    app.secret = "x"
    assert (await app.redeem(code)).status_code == 401


async def test_a_server_app_without_its_secret_or_with_another_is_refused(world, nurse):
    client = Client(world, *await register(hosted(world, "journal"), kind=Kind.SECRET))
    code = await client.code(nurse, READ)
    right, client.secret = client.secret, "wrong"
    assert (await client.redeem(code)).status_code == 401
    client.secret = ""
    assert (await client.redeem(code)).status_code == 401
    client.secret = right
    assert (await client.redeem(code, client_id="another")).status_code == 401
    assert (await client.redeem(code)).status_code == 200


ASSERTIONS = {
    "another issuer": {"iss": "nobody"},
    "another subject": {"sub": "nobody"},
    "another audience": {"aud": "https://evil.example/token"},
    "audience in a list": {"aud": [f"{FHIR.removesuffix('/fhir')}/oauth/token"]},
    "over": {"exp": 1},
    "too long": {"exp": 2**40},
    "no end": {"exp": None},
    "from the future": {"iat": 2**40},
    "without jti": {"jti": None},
    "end as text": {"exp": "9999999999"},
}


@pytest.mark.parametrize("changed", ASSERTIONS.values(), ids=ASSERTIONS)
async def test_assertions_that_prove_nothing(world, changed):
    client = await service(world)
    form = {"grant_type": "client_credentials", "scope": "system/Observation.rs"}
    answer = await client.post("token", client_assertion=client.assertion(**changed), **form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def service(world, **changed):
    mine = key()
    made, _ = await register(
        hosted(world, "journal"), kind=Kind.SERVICE, scope="system/Observation.rs",
        organization="974760673", redirect_uris=(), launch_uri="", jwks=public(mine), **changed,
    )  # fmt: skip
    return Client(world, made, key=mine)


async def test_a_service_with_another_key_twice_or_not_approved(world):
    client = await service(world)
    form = {"grant_type": "client_credentials", "scope": "system/Observation.rs"}
    once = client.assertion()
    assert (await client.post("token", client_assertion=once, **form)).status_code == 200
    assert (await client.post("token", client_assertion=once, **form)).status_code == 401
    client.key = key()
    assert (await client.post("token", **form)).status_code == 401
    waiting = await service(world, approve=False)
    assert (await waiting.post("token", **form)).status_code == 401


@pytest.mark.parametrize(
    "scope", ["system/Condition.rs", "system/Observation.cud", "user/Observation.rs", "openid"]
)
async def test_a_service_gets_nothing_that_was_not_approved(world, scope):
    answer = await (await service(world)).post("token", grant_type="client_credentials", scope=scope)
    assert answer.json()["error"] == "invalid_scope"


async def test_services_and_apps_do_not_take_each_others_ways(world, nurse, app):
    client = await service(world)
    answer = await client.post("token", grant_type="authorization_code", code="x")
    assert answer.json()["error"] == "unauthorized_client"
    answer = await app.post("token", grant_type="client_credentials", scope="system/*.rs")
    assert answer.json()["error"] == "unauthorized_client"
    answer = await app.post("token", grant_type="password", username="x", password="y")
    assert answer.json()["error"] == "unsupported_grant_type"
    assert (await client.ask(nurse, READ)).status_code == 400


async def test_a_service_reads_no_more_than_its_scopes_and_writes_nothing(world):
    client = await service(world)
    tokens = (
        await client.post("token", grant_type="client_credentials", scope="system/Observation.rs")
    ).json()
    token = tokens["access_token"]
    found = await client.call(token, f"Observation?patient={INGRID}&_include=Observation:subject")
    assert {entry["resource"]["resourceType"] for entry in found.json()["entry"]} == {"Observation"}
    for path in (f"Patient/{INGRID}", "Subscription", "AuditEvent", "SearchParameter"):
        assert (await client.call(token, path)).status_code == 403, path
    made = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    assert (await client.call(token, "Observation", "POST", json=made)).status_code == 403


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

"""Every way to misuse an app, a code, a token or a launch is refused, and nothing is told by it."""

import asyncio
from datetime import timedelta

import pytest

from akson.apps import grants, registry
from akson.apps import token as token_module
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
    Client,
    csrf,
    database,
    decided,
    hosted,
    key,
    query,
    register,
    service,
)

pytestmark = [pytest.mark.proves("T4"), pytest.mark.asyncio(loop_scope="module")]
READ = "user/Patient.rs"


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


async def test_a_code_used_again_while_its_first_use_is_under_way_gives_nothing(
    world, nurse, app, monkeypatch
):
    code, real = await app.code(nurse, READ), token_module._VERIFIER
    again = []

    class Waits:
        """Between the two transactions of the first use comes the second, as another process would make it."""

        def fullmatch(self, verifier):
            again.append(asyncio.get_running_loop().create_task(app.redeem(code)))
            monkeypatch.setattr(token_module, "_VERIFIER", real)
            return real.fullmatch(verifier)

    begin = grants.begin

    async def later(tx, *what):
        monkeypatch.setattr(grants, "begin", begin)
        assert (await again[0]).json()["error"] == "invalid_grant"
        return await begin(tx, *what)

    monkeypatch.setattr(token_module, "_VERIFIER", Waits())
    monkeypatch.setattr(grants, "begin", later)
    first = await app.redeem(code)
    assert (first.status_code, first.json()["error"]) == (400, "invalid_grant")


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

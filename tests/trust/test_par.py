"""Pushed requests and the authorization endpoint: what is not exactly right never reaches a person."""

import json
import time
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from akson.security import dpop
from akson.security.id_token import challenge
from akson.security.jose import sign
from akson.security.system import ASSERTION
from akson.trust import par
from akson.trust.registry import register_client
from tests.security.forge import sign_raw, stranger
from tests.security.world import BASE, ISSUER, UNIT, attest
from tests.trust.test_acting import SINGLE, organisation

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]

PAR = f"{ISSUER}/connect/par"
VERIFIER = "v" * 43
DAY = 86_400  # longer than the tests may run between now and then


def request(**changed):
    good = {
        "response_type": "code",
        "redirect_uri": f"{BASE}/journal/callback",
        "scope": "openid profile offline_access helseid://scopes/identity/pid akson:sykehus/fhir",
        "state": "s",
        "nonce": "n",
        "code_challenge": challenge(VERIFIER),
        "code_challenge_method": "S256",
        "client_id": "akson-journal",
    }
    return {name: value for name, value in (good | changed).items() if value is not None}


async def push(world, form, assertion=None, **headers):
    proven = {
        "client_assertion_type": ASSERTION,
        "client_assertion": assertion or world.journal.system.assertion(),
    }
    body = urlencode([*proven.items(), *(form.items() if isinstance(form, dict) else form)])
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return await world.http.post(PAR, content=body, headers=kind | headers)


async def pushed(world, **changed):
    answer = await push(world, request(**changed))
    assert answer.status_code == 201, answer.text
    return answer.json()["request_uri"]


async def authorize(world, request_uri, **more):
    query = {"client_id": "akson-journal", "request_uri": request_uri} | more
    return await world.http.get(f"{ISSUER}/connect/authorize", params=query)


async def test_a_right_request_is_taken(world):
    answer = await push(world, request())
    assert answer.status_code == 201
    assert answer.json()["expires_in"] == 60
    assert answer.headers["Cache-Control"] == "no-store"
    assert (await authorize(world, answer.json()["request_uri"])).status_code == 303


WRONG = {
    "max_age below zero": (request(max_age="-1"), "invalid_request"),
    "max_age in words": (request(max_age="now"), "invalid_request"),
    "details no JSON": (request(authorization_details="x"), "invalid_authorization_details"),
    "details of an unknown type": (
        request(authorization_details='[{"type": "x"}]'),
        "invalid_authorization_details",
    ),
    "details for another organisation": (
        request(authorization_details=json.dumps(organisation(SINGLE, "310000008"))),
        "access_denied",
    ),
    "another client's scope": (request(scope="openid akson:samhandling/fhir"), "invalid_scope"),
    "client_id of another": (request(client_id="akson-sykehus"), "invalid_client"),
    "a secret": (request(client_secret="x"), "invalid_client"),
    "parameter twice": ([*request().items(), ("state", "t")], "invalid_request"),
    "answer as a fragment": (request(response_mode="fragment"), "invalid_request"),
    "answer as a form": (request(response_mode="form_post"), "invalid_request"),
    "state too long": (request(state="s" * 513), "invalid_request"),
    "dpop_jkt no thumbprint": (request(dpop_jkt="x"), "invalid_request"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_request_is_refused(world, case):
    form, error = WRONG[case]
    answer = await push(world, form)
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] == error


def claims(world, **changed):
    moment = int(time.time())
    good = {
        "iss": "akson-journal",
        "sub": "akson-journal",
        "aud": ISSUER,
        "iat": moment,
        "nbf": moment,
        "exp": moment + 30,
        "jti": f"j{time.time_ns()}",
    }
    return {name: value for name, value in (good | changed).items() if value is not None}


def asserted(kind="client-authentication+jwt", **changed):
    return lambda world: sign(claims(world, **changed), world.journal.system.keys.current, kind)


async def test_details_are_held_against_their_rules_wherever_they_come(world):
    one = organisation(SINGLE, UNIT)[0]
    beside = request(authorization_details=json.dumps([one]))
    assert (await push(world, beside)).status_code == 201
    double = [
        (request(), asserted(assertion_details=[one, one])),
        (beside, asserted(assertion_details=[one])),
        (request(authorization_details=json.dumps([one, one])), asserted()),
        (request(authorization_details=json.dumps(attest(world))), asserted(assertion_details=attest(world))),
    ]
    for form, assertion in double:
        answer = await push(world, form, assertion(world))
        assert (answer.status_code, answer.json()["error"]) == (400, "access_denied")
        assert "HID-DOUBLE-STRUCTURE" in answer.json()["error_description"]
    for wrong in ("x", ["x"], [{}]):
        answer = await push(world, request(), asserted(assertion_details=wrong)(world))
        assert answer.json()["error"] == "invalid_authorization_details"
    foreign = attest(world)
    foreign["practitioner"] |= {"legal_entity": foreign["practitioner"]["point_of_care"]}
    refused = await push(world, request(), asserted(assertion_details=[foreign])(world))
    assert refused.json()["error"] == "access_denied"
    assert (
        await push(world, request(), asserted(assertion_details=[attest(world)])(world))
    ).status_code == 201


async def test_an_assertion_is_good_once(world):
    assertion = asserted()(world)
    assert (await push(world, request(), assertion)).status_code == 201
    assert (await push(world, request(), assertion)).status_code == 401


async def test_a_form_is_wanted(world):
    assert (await world.http.post(PAR, json=request())).status_code == 400
    assert (await world.http.post(PAR, data={"x": "y" * 200_000})).status_code == 400
    assert (await world.http.get(PAR)).status_code == 405


async def test_a_proof_at_the_request_is_checked(world):
    wrong = dpop.make(world.journal.system.proof.current, "POST", f"{ISSUER}/connect/token")
    assert (await push(world, request(), DPoP=wrong)).json()["error"] == "invalid_dpop_proof"
    right = dpop.make(world.journal.system.proof.current, "POST", PAR)
    other = request(dpop_jkt="A" * 43)
    assert (await push(world, other, DPoP=right)).json()["error"] == "invalid_dpop_proof"


async def test_a_request_is_used_once_and_by_its_own_client(world):
    used = await pushed(world)
    assert (await authorize(world, used)).status_code == 303
    assert (await authorize(world, used)).status_code == 400
    foreign = await pushed(world)
    assert (await authorize(world, foreign, client_id="akson-sykehus")).status_code == 400
    assert (await authorize(world, foreign)).status_code == 400


async def test_a_request_does_not_last(world, monkeypatch):
    monkeypatch.setattr(par, "REQUEST_LIFE", timedelta(seconds=-1))
    late = await pushed(world)
    assert (await authorize(world, late)).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        request(),
        {"client_id": "akson-journal"},
        {"request_uri": "urn:ietf:params:oauth:request_uri:x"},
        {"client_id": "akson-journal", "request_uri": "urn:ietf:params:oauth:request_uri:guess"},
        {"client_id": "akson-journal", "request_uri": "https://evil.test/request"},
        {},
    ],
)
async def test_nobody_comes_in_past_the_pushed_request(world, query):
    answer = await world.http.get(f"{ISSUER}/connect/authorize", params=query)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert answer.headers["content-type"].startswith("text/html")


async def test_parameters_beside_the_pushed_request_are_refused(world):
    for more in ({"redirect_uri": "https://evil.test/"}, {"scope": "openid"}, {"state": "x"}):
        assert (await authorize(world, await pushed(world), **more)).status_code == 400


async def test_the_eid_page_belongs_to_one_browser(world):
    async with world.browser() as mine, world.browser() as other:
        where = await world.to_eid(mine)
        page = await mine.get(where)
        assert page.status_code == 200
        assert "script" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert (await other.get(where)).status_code == 400
        assert (await other.post(where, data={"person": "kari", "level": "4"})).status_code == 400
        for wrong in (
            {"person": "nobody", "level": "4"},
            {"person": "kari", "level": "5"},
            {"person": "kari"},
        ):
            assert (await mine.post(where, data=wrong)).status_code == 400
        chosen = await mine.post(where, data={"person": "kari", "level": "4"})
        assert chosen.status_code == 303
        assert (await mine.post(where, data={"person": "ola", "level": "4"})).status_code == 400


async def test_the_answer_goes_to_the_registered_address_with_state_and_issuer(world):
    async with world.browser() as browser:
        where = await world.to_eid(browser)
        chosen = await browser.post(where, data={"person": "kari", "level": "4"})
    parts = urlsplit(chosen.headers["location"])
    query = parse_qs(parts.query)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == world.journal.sign_in.redirect_uri
    assert query["iss"] == [ISSUER]
    assert set(query) == {"code", "state", "iss"}


async def test_the_page_speaks_the_readers_language(world):
    async with world.browser() as browser:
        where = await world.to_eid(browser)
        for language, word in {
            "nn": "Vel kven",
            "en-GB": "Choose whom",
            "no": "Velg hvem",
            "fi": "Velg hvem",
        }.items():
            page = await browser.get(where, headers={"Accept-Language": language})
            assert word in page.text


async def test_a_client_with_two_keys_names_which(world):
    old = world.journal.system.keys
    extra = stranger().as_dict(private=False)
    client = world.client(world.journal, client_id="two-keys", jwks={"keys": [*old.public()["keys"], extra]})
    async with world.databases["tillitsanker"].transaction() as tx:
        await register_client(tx, client)
    mine = claims(world, iss="two-keys", sub="two-keys")
    named = sign(mine, old.current, "jwt")
    assert (await push(world, request(client_id="two-keys"), named)).status_code == 201
    nameless = sign_raw(
        {"alg": "ES256", "typ": "jwt"}, claims(world, iss="two-keys", sub="two-keys"), old.current
    )
    assert (await push(world, request(client_id="two-keys"), nameless)).status_code == 401


async def test_nobody_is_signed_in_without_being_asked(world):
    answer = await authorize(world, await pushed(world, prompt="none"))
    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == ["login_required"]

"""Signed request objects in pushed requests: all parameters in one JWT, and every way of getting that wrong."""

import time

import pytest

from akson.security.jose import sign
from tests.security.forge import part, sign_hmac, sign_raw, stranger
from tests.security.world import ISSUER, UNIT, attest
from tests.trust.test_acting import SINGLE, organisation
from tests.trust.test_par import DAY, authorize, push, request

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]


def claims(**changed):
    moment = int(time.time())
    outer = {"iss": "akson-journal", "aud": ISSUER, "iat": moment, "nbf": moment, "exp": moment + 60}
    return {name: value for name, value in (request() | outer | changed).items() if value is not None}


def signed(kind="oauth-authz-req+jwt", **changed):
    return lambda world: sign(claims(**changed), world.journal.system.keys.current, kind)


async def push_object(world, made, **beside):
    return await push(world, {"client_id": "akson-journal", "request": made, **beside})


async def test_a_right_request_object_is_taken(world):
    for right in (signed(), signed("JWT"), signed(aud=[ISSUER]), signed(max_age=60)):
        answer = await push_object(world, right(world))
        assert answer.status_code == 201, answer.text
        assert (await authorize(world, answer.json()["request_uri"])).status_code == 303


async def test_details_inside_count(world):
    inside = signed(authorization_details=[attest(world), *organisation(SINGLE, UNIT)])
    assert (await push_object(world, inside(world))).status_code == 201
    foreign = signed(authorization_details=organisation(SINGLE, "310000008"))
    assert (await push_object(world, foreign(world))).json()["error"] == "access_denied"
    inside = signed(authorization_details=organisation(SINGLE, UNIT))(world)
    assertion = world.journal.system.assertion(organisation(SINGLE, UNIT))
    double = await push(world, {"client_id": "akson-journal", "request": inside}, assertion)
    assert (double.json()["error"], "HID-DOUBLE-STRUCTURE" in double.text) == ("access_denied", True)


async def test_one_with_a_name_is_good_once(world):
    made = signed(jti="once-only")(world)
    assert (await push_object(world, made)).status_code == 201
    assert (await push_object(world, made)).json()["error"] == "invalid_request_object"


def unsigned(world):
    return f"{part({'alg': 'none', 'typ': 'oauth-authz-req+jwt'})}.{part(claims())}."


def by_stranger(world):
    header = {"alg": "PS256", "typ": "JWT", "kid": world.journal.system.keys.current.kid}
    return sign_raw(header, claims(), stranger())


def rs256(world):
    header = {"alg": "RS256", "typ": "JWT", "kid": world.journal.system.keys.current.kid}
    return sign_raw(header, claims(), world.journal.system.keys.current)


def confused(world):
    key = world.journal.system.keys.current
    return sign_hmac({"alg": "HS256", "typ": "JWT", "kid": key.kid}, claims(), key.as_pem(private=False))


WRONG = {
    "empty": lambda world: "",
    "no token": lambda world: "x",
    "alg none": unsigned,
    "alg RS256": rs256,
    "alg HS256 with the public key": confused,
    "signed by another": by_stranger,
    "signed by another client": lambda world: sign(claims(), world.sykehus.system.keys.current, "JWT"),
    "typ of a client assertion": signed("client-authentication+jwt"),
    "typ of an access token": signed("at+jwt"),
    "iss missing": signed(iss=None),
    "iss of another client": signed(iss="akson-sykehus"),
    "client_id missing": signed(client_id=None),
    "client_id of another": signed(client_id="akson-sykehus"),
    "sub of another": signed(sub="akson-sykehus"),
    "aud missing": signed(aud=None),
    "aud the PAR endpoint": signed(aud=f"{ISSUER}/connect/par"),
    "aud with slash": signed(aud=f"{ISSUER}/"),
    "aud of several": signed(aud=[ISSUER, "https://evil.test"]),
    "exp missing": signed(exp=None),
    "exp past": signed(exp=int(time.time()) - 60),
    "exp text": signed(exp="99999999999"),
    "exp more than an hour ahead": signed(exp=int(time.time()) + DAY),
    "nbf missing": signed(nbf=None),
    "nbf ahead": signed(nbf=int(time.time()) + DAY, exp=int(time.time()) + DAY + 60),
    "nbf long ago": signed(nbf=int(time.time()) - 2 * 3600),
    "iat ahead": signed(iat=int(time.time()) + DAY),
    "jti a number": signed(jti=5),
    "a request object inside": signed(request="x"),
    "request_uri inside": signed(request_uri="urn:x"),
    "a list": signed(scope=["openid"]),
    "true": signed(max_age=True),
    "twice": lambda world: sign_raw(
        {"alg": "ES256", "typ": "JWT", "kid": world.journal.system.keys.current.kid},
        f'{{"iss": "akson-journal", "iss": "akson-journal", "aud": "{ISSUER}"}}',
        world.journal.system.keys.current,
    ),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_request_object_is_refused(world, case):
    answer = await push_object(world, WRONG[case](world))
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] == "invalid_request_object"


@pytest.mark.parametrize("beside", ["state", "scope", "redirect_uri", "dpop_jkt", "authorization_details"])
async def test_nothing_but_the_system_itself_stands_outside(world, beside):
    value = '{"type": "helseid_authorization"}' if beside == "authorization_details" else "x"
    answer = await push_object(world, signed()(world), **{beside: value})
    assert answer.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"redirect_uri": "https://evil.test/"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"max_age": -1}, "invalid_request"),
    ],
)
async def test_what_is_inside_is_checked_as_what_is_not(world, changed, error):
    assert (await push_object(world, signed(**changed)(world))).json()["error"] == error

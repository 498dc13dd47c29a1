"""Signed request objects in pushed requests: all parameters in one JWT, and every way of getting that wrong."""

import time

import pytest

from akson.security.jose import sign
from tests.security.world import ISSUER, UNIT, attest
from tests.trust.test_acting import SINGLE, organisation
from tests.trust.test_par import authorize, push, request

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

"""Access tokens at a node: a right one is let in, and every kind of wrong one is refused with a reason."""

import time

import pytest

from akson.security import keys
from tests.security.forge import URL, anchor_key, proof_of, read, sign_raw
from tests.security.world import CITIZEN, NURSE, attest

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]

PID = "helseid://claims/identity/pid"
LEVEL = "helseid://claims/identity/security_level"
ASSURANCE = "helseid://claims/identity/assurance_level"
PARENT = "helseid://claims/client/claims/orgnr_parent"
ATTEST = "nhn:tillitsrammeverk:parameters"


async def call(world, token):
    proof = {"DPoP": proof_of(world.journal, token)}
    return await world.http.get(URL, headers={"Authorization": f"DPoP {token}"} | proof)


async def good(world):
    return await world.journal.peer.token(world.sykehus.scope)


async def test_a_system_is_let_in_as_itself(world):
    answer = await call(world, await good(world))
    assert answer.status_code == 200, answer.text
    assert answer.json()["kind"] == "system"
    assert answer.json()["client"] == "akson-journal"
    assert answer.json()["organization"] == world.journal.node.organization


def changed(**claims):
    """The good token with some claims changed (None removes), signed by the anchor's own key."""

    def make(world, token):
        found = {k: v for k, v in (read(token) | claims).items() if v is not None}
        return sign_raw(read(token, 0), found, anchor_key(world))

    return make


def changed_raw(claims):
    """The good token with claims that may be null."""
    return lambda world, token: sign_raw(read(token, 0), read(token) | claims, anchor_key(world))


def attesting(attest_=None, **claims):
    """A token of the nurse with an attest as the anchor signs it, of which some members are changed."""

    def make(world, token):
        good = attest(world) | {"toa": int(time.time())}
        who = {"identifier": {"id": NURSE.pid, "system": "urn:oid:2.16.578.1.12.4.1.4.1"}}
        good["practitioner"] = good["practitioner"] | who
        spoiled = {k: v for k, v in (good | (attest_ or {})).items() if v is not None}
        person = {"sub": "somebody", PID: NURSE.pid, LEVEL: "4", ATTEST: spoiled}
        return changed(**(person | claims))(world, token)

    return make


WRONG = {
    "attest without a user": attesting(**{PID: None, LEVEL: None}),
    "attest of another person": attesting(**{PID: CITIZEN.pid}),
    "attest on level substantial": attesting(**{LEVEL: "3"}),
    "attest older than an hour": attesting({"toa": int(time.time()) - 3700}),
    "attest from tomorrow": attesting({"toa": int(time.time()) + 86_400}),
    "attest without its time": attesting({"toa": None}),
    "attest whose time is text": attesting({"toa": "now"}),
    "attest whose time is true": attesting({"toa": True}),
    "attest for two patients": attesting({"patients": [{}, {}]}),
    "attest without patients": attesting({"patients": None}),
    "attest without a reason": attesting({"care_relationship": None}),
    "attest without a practitioner": attesting({"practitioner": None}),
    "attest of another type": attesting({"type": "x"}),
    "attest is text": changed(**{PID: NURSE.pid, LEVEL: "4", ATTEST: "x"}),
    "attest is null": changed_raw({PID: NURSE.pid, LEVEL: "4", ATTEST: None}),
}
"""What the attest of a token may not be; all else that is wrong with tokens is in plugins/negatives."""


@pytest.mark.parametrize("case", WRONG)
async def test_a_token_with_a_wrong_attest_is_refused(world, case):
    token = WRONG[case](world, await good(world))
    answer = await call(world, token)
    assert answer.status_code in {400, 401}, case
    assert answer.json()["resourceType"] == "OperationOutcome"
    if answer.status_code == 401:
        assert 'error="invalid_' in answer.headers["WWW-Authenticate"]
    assert "akson-journal" not in answer.text


async def test_the_changes_above_refuse_because_of_what_they_change(world):
    """The positive control: the same forge makes a token that passes when it changes nothing."""
    assert (await call(world, changed()(world, await good(world)))).status_code == 200
    both = changed(aud=["http://akson.test/sykehus", "http://akson.test/x"])
    assert (await call(world, both(world, await good(world)))).status_code == 200
    user = changed(**{"sub": "somebody", PID: NURSE.pid, LEVEL: "4"})
    assert (await call(world, user(world, await good(world)))).json()["kind"] == "citizen"
    for levels in ({ASSURANCE: "high"}, {LEVEL: "4", ASSURANCE: "high"}):
        sure = changed(**{"sub": "somebody", PID: NURSE.pid, **levels})
        assert (await call(world, sure(world, await good(world)))).json()["assurance"] == 4
    assert (await call(world, attesting()(world, await good(world)))).json()["attest"]["toa"]


async def test_an_id_token_is_no_access_token(world):
    behalf = await world.behalf()
    assert (await call(world, behalf.session.id_token)).status_code == 401


async def test_a_key_rotated_out_signs_nothing_more_and_a_new_one_is_found(world):
    old = await good(world)
    ring = keys.load(world.data, "tillitsanker-signing")
    for _ in range(keys.KEEP):
        ring = ring.rotate()
    for verifier in (world.sykehus.verifier, world.journal.verifier):
        verifier.anchor.forget()
    assert (await call(world, old)).status_code == 401
    answer = await world.journal.peer.request("GET", URL, scope=world.sykehus.scope)
    assert answer.status_code == 200, answer.text


async def test_the_attest_travels_and_is_bound_to_the_person(world):
    behalf = await world.behalf(attest(world))
    answer = await world.journal.peer.request("GET", URL, scope=world.sykehus.scope, on_behalf_of=behalf)
    found = answer.json()
    assert found["kind"] == "personnel"
    assert found["pid"] == NURSE.pid
    assert found["attest"]["care_relationship"]["purpose_of_use"]["code"] == "TREAT"
    assert found["attest"]["practitioner"]["hpr_nr"]["id"] == NURSE.hpr
    assert abs(found["attest"]["toa"] - time.time()) < 30

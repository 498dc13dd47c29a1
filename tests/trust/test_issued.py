"""What has become of a token: userinfo, introspection and revocation."""

import time

import pytest

from akson.security import dpop, keys
from akson.security.system import ASSERTION
from akson.trust import registry
from tests.security.forge import anchor_key, read, sign_raw
from tests.security.world import ISSUER, NURSE
from tests.trust.test_token import SYSTEM, ask, refresh_form, revoke, signed_in

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]

INFO = f"{ISSUER}/connect/userinfo"
SCOPE = "openid offline_access profile helseid://scopes/identity/pid"


async def userinfo(world, token, *, key=None, method="GET", proof=None, scheme="DPoP"):
    made = proof or dpop.make(key or world.journal.system.proof.current, method, INFO, token=token)
    headers = {"Authorization": f"{scheme} {token}", "DPoP": made}
    return await world.http.request(method, INFO, headers=headers)


async def introspect(world, party, token):
    body = {"client_assertion_type": ASSERTION, "client_assertion": party.system.assertion(), "token": token}
    answer = await world.http.post(f"{ISSUER}/connect/introspect", data=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_userinfo_says_what_the_scopes_give(world, method):
    tokens = await signed_in(world, scope=SCOPE)
    found = (await userinfo(world, tokens["access_token"], method=method)).json()
    identity = read(tokens["id_token"])
    assert found["sub"] == identity["sub"]
    assert found["name"] == NURSE.name
    assert found["helseid://claims/identity/pid"] == NURSE.pid
    assert "helseid://claims/hpr/hpr_number" not in found


async def test_userinfo_wants_a_living_token_for_it_and_its_own_proof(world):
    tokens = await signed_in(world, scope=SCOPE)
    token = tokens["access_token"]
    proof = dpop.make(world.journal.system.proof.current, "GET", INFO, token=token)
    assert (await userinfo(world, token, proof=proof)).status_code == 200
    wrong = [
        await userinfo(world, token, proof=proof),
        await userinfo(world, token, key=world.sykehus.system.proof.current),
        await userinfo(world, token, scheme="Bearer"),
        await userinfo(world, tokens["id_token"]),
        await userinfo(world, "x"),
        await userinfo(world, (await ask(world, SYSTEM))["access_token"]),
        await userinfo(world, sign_raw(read(token, 0), read(token) | {"exp": 1}, anchor_key(world))),
        await userinfo(world, sign_raw(read(token, 0), read(token) | {"iss": "x"}, anchor_key(world))),
    ]
    assert [answer.status_code for answer in wrong] == [401] * len(wrong)
    assert all("error=" in answer.headers["WWW-Authenticate"] for answer in wrong)
    await revoke(world, world.journal, token)
    assert (await userinfo(world, token)).status_code == 401


async def test_a_token_is_told_of_to_who_holds_it_and_who_is_asked_with_it(world):
    async with world.databases["tillitsanker"].transaction() as tx:
        node = world.sykehus.node
        await registry.register_api(tx, registry.Api("akson:sykehus", node.base, node.client_id))
        await registry.register_client(
            tx, world.client(world.journal, client_id="third", jwks=world.journal.system.public())
        )
    token = (await ask(world, SYSTEM))["access_token"]
    for party in (world.journal, world.sykehus):
        found = await introspect(world, party, token)
        assert found["active"] is True
        assert (found["client_id"], found["scope"]) == ("akson-journal", "akson:sykehus/fhir")
        assert found["exp"] > time.time()
    other = (await ask(world, {"grant_type": "client_credentials", "scope": "akson:journal/fhir"}))[
        "access_token"
    ]
    assert await introspect(world, world.sykehus, other) == {"active": False}
    for nothing in ("x", "", token[:-4] + "AAAA"):
        if nothing:
            assert await introspect(world, world.journal, nothing) == {"active": False}


async def test_a_revoked_token_is_over_and_only_its_own_client_revokes_it(world):
    token = (await ask(world, SYSTEM))["access_token"]
    await revoke(world, world.sykehus, token)
    assert (await introspect(world, world.journal, token))["active"]
    await revoke(world, world.journal, token)
    assert await introspect(world, world.journal, token) == {"active": False}


async def test_the_tokens_of_a_sign_in_end_with_it(world):
    tokens = await signed_in(world)
    access = await ask(world, refresh_form(tokens))
    assert (await introspect(world, world.journal, access["access_token"]))["active"]
    await revoke(world, world.journal, access["refresh_token"])
    assert await introspect(world, world.journal, access["access_token"]) == {"active": False}


async def test_keys_are_rotated_with_overlap_and_no_call_fails(world):
    """The node's own key and the anchor's, each in the steps that `akson keys` has, with calls between them."""
    url = f"{world.sykehus.node.base}/fhir/Patient/1"

    async def call():
        world.journal.peer._tokens.clear()
        for verifier in (world.sykehus.verifier, world.journal.verifier):
            verifier.anchor._looked = float("-inf")
        assert (await world.journal.peer.request("GET", url, scope=world.sykehus.scope)).status_code == 200

    async def register():
        async with world.databases["tillitsanker"].transaction() as tx:
            await registry.register_client(tx, world.client(world.journal))

    await call()
    mine = world.journal.system.keys.added()
    await call()
    await register()
    await call()
    mine = mine.used(mine.keys[-1].kid)
    await call()
    assert world.journal.system.keys.current.kid == mine.current.kid
    mine.dropped(mine.keys[-1].kid)
    await register()
    await call()
    held = await world.journal.peer.token(world.sykehus.scope)
    ring = keys.load(world.data, "tillitsanker-signing").added()
    ring = ring.used(ring.keys[-1].kid)
    proof = dpop.make(world.journal.system.proof.current, "GET", url, token=held)
    headers = {"Authorization": f"DPoP {held}", "DPoP": proof}
    assert (await world.http.get(url, headers=headers)).status_code == 200
    await call()
    ring.dropped(ring.keys[-1].kid)
    await call()
    world.sykehus.verifier.anchor.forget()
    proof = dpop.make(world.journal.system.proof.current, "GET", url, token=held)
    answer = await world.http.get(url, headers=headers | {"DPoP": proof})
    assert answer.status_code == 401  # class 14: the key that signed it is gone

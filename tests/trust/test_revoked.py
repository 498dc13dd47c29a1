"""What the anchor takes back is refused at the nodes that hear of it; where an anchor tells nothing, as before."""

from dataclasses import replace

import httpx
import pytest

from akson.kit.clock import now
from akson.kit.errors import PeerFailed
from akson.security import dpop
from akson.security.anchor import Anchor
from akson.security.client import Onward
from akson.security.jose import BadToken
from akson.security.system import AnchorRefused
from akson.trust import registry
from tests.security.forge import URL, read
from tests.security.world import ISSUER, attest
from tests.trust.test_token import SYSTEM, ask, refresh_form, revoke, signed_in

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]


async def taken(world, token, party=None):
    """Show a token at a node that has heard the latest; who called."""
    by = party or world.sykehus
    await by.verifier.anchor.hear()
    key = (world.journal if by is world.sykehus else world.sykehus).system.proof.current
    url = URL if by is world.sykehus else f"{world.journal.node.base}/fhir/Patient/1"
    proof = dpop.make(key, "GET", url, token=token)
    return await by.verifier.verify(token, [proof], dpop.Request("GET", url, token))


async def refused(world, token, party=None):
    with pytest.raises(BadToken, match="taken back"):
        await taken(world, token, party)


async def test_a_token_that_is_revoked_is_refused_and_others_are_not(world):
    first, second = [(await ask(world, SYSTEM))["access_token"] for _ in range(2)]
    assert await taken(world, first)
    await revoke(world, world.sykehus, first)  # not its own
    assert await taken(world, first)
    await revoke(world, world.journal, first)
    await refused(world, first)
    assert await taken(world, second)


@pytest.mark.parametrize("way", ["signed out", "refresh revoked", "refresh shown twice"])
async def test_the_tokens_of_a_sign_in_end_with_it(world, way):
    tokens = await signed_in(world)
    first = await ask(world, refresh_form(tokens))
    token = first["access_token"]
    assert (await taken(world, token)).pid
    if way == "signed out":
        query = {"id_token_hint": tokens["id_token"]}
        await world.http.post(f"{ISSUER}/connect/endsession", data=query)
    elif way == "refresh revoked":
        await revoke(world, world.journal, first["refresh_token"])
    else:
        with pytest.raises(AnchorRefused, match="invalid_grant"):
            await ask(world, refresh_form(tokens))
    await refused(world, token)


async def test_what_was_made_of_a_token_ends_with_it(world):
    async with world.databases["tillitsanker"].transaction() as tx:
        node = world.sykehus.node
        await registry.register_api(tx, registry.Api("akson:sykehus", node.base, node.client_id))
    token = await world.journal.peer.token("akson:sykehus/fhir", await world.behalf(attest(world)))
    onward = await world.sykehus.peer.token("akson:journal/fhir", Onward(token))
    assert (await taken(world, onward, world.journal)).attest
    await revoke(world, world.journal, token)
    await refused(world, token)
    await refused(world, onward, world.journal)


async def test_a_system_that_is_ended_is_refused_at_once_and_behind_another_too(world):
    async with world.databases["tillitsanker"].transaction() as tx:
        node = world.sykehus.node
        await registry.register_api(tx, registry.Api("akson:sykehus", node.base, node.client_id))
    token = await world.journal.peer.token("akson:sykehus/fhir", await world.behalf(attest(world)))
    onward = await world.sykehus.peer.token("akson:journal/fhir", Onward(token))
    ended = replace(world.client(world.journal), ended=now().date().isoformat())
    try:
        async with world.databases["tillitsanker"].transaction() as tx:
            await registry.register_client(tx, ended)
        await refused(world, token)
        await refused(world, onward, world.journal)
    finally:
        async with world.databases["tillitsanker"].transaction() as tx:
            await registry.register_client(tx, world.client(world.journal))
    assert await taken(world, token)


async def test_the_list_tells_of_nobody(world):
    tokens = await signed_in(world)
    await world.http.post(f"{ISSUER}/connect/endsession", data={"id_token_hint": tokens["id_token"]})
    found = (await world.http.get(f"{ISSUER}/connect/revocations")).json()
    assert found.keys() == {"iss", "jti", "sid", "client_id"}
    assert read(tokens["id_token"])["sid"] in found["sid"]
    assert read(tokens["id_token"])["sub"] not in str(found)


def anchor_told(found, tells=True):
    def told(request):
        if request.url.path.endswith("/revocations"):
            assert tells, "nobody asks an anchor that does not tell"
            return httpx.Response(200, json=found) if found is not None else httpx.Response(500)
        if request.url.path.endswith("jwks"):
            return httpx.Response(200, json={"keys": []})
        names = ("authorization", "token", "pushed_authorization_request", "end_session")
        said = {f"{name}_endpoint": f"{ISSUER}/{name}" for name in names}
        said |= {"revocation_list_endpoint": f"{ISSUER}/revocations"} if tells else {}
        return httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks", **said})

    return Anchor(ISSUER, httpx.AsyncClient(transport=httpx.MockTransport(told)))


@pytest.mark.parametrize(
    "found",
    [
        None,
        {"iss": "https://evil.test", "jti": [], "sid": [], "client_id": []},
        {"iss": ISSUER, "jti": [], "sid": []},
        {"iss": ISSUER, "jti": {}, "sid": [], "client_id": []},
    ],
)
async def test_a_list_that_is_not_the_anchors_own_changes_nothing(found):
    anchor = anchor_told(found)
    anchor.revoked = frozenset({("jti", "x")})
    async with anchor.http:
        with pytest.raises(PeerFailed):
            await anchor.hear()
    assert anchor.revoked == {("jti", "x")}


async def test_helseid_is_not_asked_and_zero_switches_it_off():
    anchor = anchor_told({}, tells=False)
    async with anchor.http:
        await anchor.hear()
        assert anchor.revoked == frozenset()
    await anchor_told(None).follow(0)

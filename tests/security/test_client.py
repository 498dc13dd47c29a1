"""Calls between nodes: tokens are got, kept, bound and renewed; silence and refusal are told apart."""

import asyncio
import socket

import httpx
import pytest

from akson.kit.errors import NotAuthenticated, PeerFailed, PeerSilent
from akson.security import client as client_module
from akson.security.anchor import Anchor
from akson.security.client import Behalf, Peer
from akson.security.system import AnchorRefused, System
from tests.security.forge import URL
from tests.security.world import CITIZEN, ISSUER, NURSE, attest

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]


def peer_of(world, http):
    """A peer of the journal with a cache of its own, over another HTTP client."""
    party = world.journal
    return Peer(party.system, party.sessions, http, 0.2)


async def test_a_node_calls_as_itself_and_keeps_its_token(world):
    peer = world.journal.peer
    first = await peer.token(world.sykehus.scope)
    answer = await peer.request("GET", URL, scope=world.sykehus.scope, params={"a": "b"})
    assert answer.json()["kind"] == "system"
    assert await peer.token(world.sykehus.scope) == first


async def test_a_node_calls_for_its_user(world):
    behalf = await world.behalf()
    for _ in range(3):
        answer = await world.journal.peer.request(
            "POST", URL, scope=world.sykehus.scope, on_behalf_of=behalf, data={"x": "1"}
        )
        assert answer.json()["pid"] == NURSE.pid
        assert answer.json()["form"] == {"x": "1"}


async def test_two_users_never_share_a_token(world):
    async with world.browser() as browser:
        await world.sign_in(browser, "ola")
        citizen = Behalf(await world.session(browser))
    nurse = await world.behalf()
    peer = world.journal.peer
    calls = [
        peer.request("GET", URL, scope=world.sykehus.scope, on_behalf_of=behalf)
        for behalf in (nurse, citizen) * 3
    ]
    assert [answer.json()["pid"] for answer in await asyncio.gather(*calls)] == [NURSE.pid, CITIZEN.pid] * 3


async def test_an_attest_has_a_token_of_its_own(world):
    behalf = await world.behalf()
    with_attest = Behalf(behalf.session, attest(world))
    peer = world.journal.peer
    tokens = {
        await peer.token(world.sykehus.scope, each)
        for each in (behalf, with_attest, Behalf(behalf.session, None))
    }
    assert len(tokens) == 2


async def test_refreshing_at_once_in_two_processes_does_not_end_the_sign_in(world):
    """Two peers without a common memory: the row lock alone keeps the refresh token from being used twice."""
    behalf = await world.behalf()
    peers = [peer_of(world, world.http) for _ in range(3)]
    tokens = await asyncio.gather(*(peer.token(world.sykehus.scope, behalf) for peer in peers))
    assert len(set(tokens)) == 3
    assert await peer_of(world, world.http).token(world.journal.scope, behalf)


async def test_a_session_that_is_over_at_the_anchor_is_over(world):
    behalf = await world.behalf()
    query = {"id_token_hint": behalf.session.id_token}
    await world.http.post(f"{ISSUER}/connect/endsession", data=query)
    with pytest.raises(NotAuthenticated):
        await world.journal.peer.token(world.sykehus.scope, behalf)
    await world.journal.sessions.end(behalf.session)
    with pytest.raises(NotAuthenticated):
        await world.journal.peer.token(world.sykehus.scope, behalf)


async def test_a_scope_one_may_not_have_is_refused(world):
    with pytest.raises(AnchorRefused) as caught:
        await world.journal.peer.token("akson:samhandling/fhir")
    assert caught.value.error == "invalid_scope"


async def test_an_attest_that_breaks_a_rule_is_refused_and_the_session_lives_on(world):
    behalf = await world.behalf(attest(world, patients=[{}, {}]))
    with pytest.raises(AnchorRefused):
        await world.journal.peer.token(world.sykehus.scope, behalf)
    assert await world.journal.peer.token(world.sykehus.scope, Behalf(behalf.session))


async def test_a_kept_token_that_is_refused_is_got_anew(world):
    peer = world.journal.peer
    good = await peer.token(world.sykehus.scope)
    key = ("", world.sykehus.scope, "")
    peer._tokens[key] = (good[:-8] + "AAAAAAAA", peer._tokens[key][1])
    answer = await peer.request("GET", URL, scope=world.sykehus.scope)
    assert answer.status_code == 200


async def test_a_token_near_its_end_is_got_anew(world, monkeypatch):
    peer = peer_of(world, world.http)
    monkeypatch.setattr(client_module, "MARGIN", 300)
    first = await peer.token(world.sykehus.scope)
    assert await peer.token(world.sykehus.scope) != first


async def test_a_node_that_does_not_answer_is_silent(world):
    """A real socket that takes the call and says nothing, then one that is closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        async with httpx.AsyncClient() as http:
            with pytest.raises(PeerSilent):
                await peer_of(world, http).request("GET", url, scope=world.sykehus.scope)
    async with httpx.AsyncClient() as http:
        with pytest.raises(PeerSilent):
            await peer_of(world, http).request("GET", url, scope=world.sykehus.scope)


LIES = {
    "silent": (httpx.ConnectError("no"), PeerSilent),
    "slow": (httpx.ReadTimeout("late"), PeerSilent),
    "an error": (httpx.Response(500, text="oops"), PeerFailed),
    "not JSON": (httpx.Response(200, text="<html>"), PeerFailed),
    "a list": (httpx.Response(200, json=[]), PeerFailed),
    "another issuer": (httpx.Response(200, json={"issuer": "https://evil.test"}), PeerFailed),
    "half": (httpx.Response(200, json={"issuer": ISSUER}), PeerFailed),
    "somewhere else": (httpx.Response(302, headers={"location": "https://evil.test"}), PeerFailed),
}


@pytest.mark.parametrize("case", LIES)
async def test_an_anchor_that_is_down_slow_or_lying_is_not_believed(world, tmp_path, case):
    told, error = LIES[case]

    def answer(_):
        if isinstance(told, Exception):
            raise told
        return told

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        system = System(world.journal.node, tmp_path, Anchor(ISSUER, http))
        with pytest.raises(error):
            await system.tokens({"grant_type": "client_credentials", "scope": "x"})


async def test_what_a_peer_remembers_does_not_grow_for_ever(world, monkeypatch):
    peer = peer_of(world, world.http)
    monkeypatch.setattr(client_module, "CACHE", 5)
    monkeypatch.setattr(client_module, "MARGIN", 301)  # every token is old at once
    for _ in range(8):
        await peer.token(world.sykehus.scope, await world.behalf())
    assert len(peer._locks) <= 7
    assert len(peer._tokens) <= 7

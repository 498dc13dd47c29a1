"""Every negative case of the plugin against the small world: an API and a trust anchor with nothing around them."""

import pytest

from akson.security import keys
from helseid_negatives import client, proofs
from helseid_negatives.case import control, send
from tests.security.forge import URL, anchor_key
from tests.security.targets import AnchorTarget, ApiTarget
from tests.security.world import ISSUER

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def rotated(world):
    """The key that the anchor signed with until now; the nodes have heard that it has another."""
    ring = keys.load(world.data, "tillitsanker-signing")
    before = ring.current
    ring.rotate().retire()
    for party in (world.journal, world.sykehus):
        party.verifier.anchor.forget()
        party.peer._tokens.clear()
    return before


@pytest.fixture
def api(world, rotated):
    journal, sykehus = world.journal, world.sykehus
    return ApiTarget(
        world.http,
        "GET",
        URL,
        ISSUER,
        sykehus.node.base,
        anchor_key(world),
        rotated,
        journal.system.proof.current,
        lambda: journal.peer.token(sykehus.scope),
    )


@pytest.fixture
def anchor(world):
    journal, sykehus = world.journal, world.sykehus
    return AnchorTarget(
        world.browser,
        ISSUER,
        journal.node.client_id,
        journal.system.keys.current,
        journal.system.proof.current,
        journal.sign_in.redirect_uri,
        sykehus.scope,
        "akson:samhandling/fhir",
        sykehus.node.client_id,
        sykehus.system.keys.current,
        "kari",
    )


async def test_a_wrong_token_or_proof_is_refused_and_says_nothing(api, api_case):
    assert await api_case.fault(api) == ""


async def test_a_wrong_request_to_the_anchor_is_refused(anchor, anchor_case):
    assert await anchor_case.fault(anchor) == ""


async def test_right_ones_pass(api, anchor):
    """Without this the refusals would prove nothing."""
    assert (await control(api)).status == 200
    assert (await client.token(anchor, client.by_itself(anchor))).status == 200
    tokens = await client.signed_in(anchor)
    answer = await client.token(anchor, client.by_refresh(anchor, tokens["refresh_token"]))
    assert answer.status == 200


@pytest.mark.parametrize("way", proofs.SAME)
async def test_an_address_in_another_form_is_the_same(api, way):
    assert (await send(api, proofs.written_otherwise(api, await api.token(), way))).status == 200

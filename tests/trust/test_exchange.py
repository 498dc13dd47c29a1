"""Token exchange: a node calls on for the person it was called for, and nobody else can."""

import pytest
import pytest_asyncio

from akson.security.client import Onward
from akson.security.system import AnchorRefused
from akson.trust import registry
from tests.security.forge import read
from tests.security.world import NURSE, UNIT, attest
from tests.trust.test_acting import SINGLE, organisation

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def called(world):
    """A token that journal's nurse called sykehus with, where sykehus answers for its own address."""
    async with world.databases["tillitsanker"].transaction() as tx:
        node = world.sykehus.node
        await registry.register_api(tx, registry.Api("akson:sykehus", node.base, node.client_id))
    behalf = await world.behalf(attest(world))
    return world, await world.journal.peer.token("akson:sykehus/fhir", behalf), behalf


async def test_the_new_token_is_about_the_same_person_and_carries_the_attest(called):
    world, token, _ = called
    url = f"{world.journal.node.base}/fhir/Patient"
    answer = await world.sykehus.peer.request(
        "GET", url, scope="akson:journal/fhir", on_behalf_of=Onward(token)
    )
    found = answer.json()
    assert answer.status_code == 200
    claims = read(await world.sykehus.peer.token("akson:journal/fhir", Onward(token)))
    assert claims["act"] == {
        "client_id": "akson-journal",
        "helseid://claims/client/claims/orgnr_parent": world.journal.node.organization,
    }
    assert claims["exp"] <= read(token)["exp"]
    assert {"family_name", "helseid://claims/identity/pid_pseudonym"} <= claims.keys()
    assert (found["pid"], found["client"]) == (NURSE.pid, "akson-sykehus")
    assert found["attest"]["practitioner"]["legal_entity"]["id"] == world.journal.node.organization


async def test_the_one_who_calls_on_says_which_unit_and_attests_nothing_anew(called):
    world, token, _ = called
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": token,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "scope": "akson:journal/fhir",
    }
    found = await world.sykehus.system.tokens(form, organisation(SINGLE, UNIT))
    claims = read(found["access_token"])
    assert claims["helseid://claims/client/claims/orgnr_child"] == UNIT
    assert claims["helseid://claims/client/claims/orgnr_parent"] == world.sykehus.node.organization
    with pytest.raises(AnchorRefused) as refused:
        await world.sykehus.system.tokens(form, (attest(world),))
    assert refused.value.error == "access_denied"


async def test_only_the_one_who_was_called_may_exchange(called):
    world, token, _ = called
    with pytest.raises(AnchorRefused) as refused:
        await world.journal.peer.token("akson:journal/fhir", Onward(token))
    assert refused.value.error == "invalid_grant"


@pytest.mark.parametrize("spoil", [lambda t: t[:-8] + "AAAAAAAA", lambda _: "nonsense", lambda t: t + "."])
async def test_a_forged_token_gives_nothing(called, spoil):
    world, token, _ = called
    with pytest.raises(AnchorRefused):
        await world.sykehus.peer.token("akson:journal/fhir", Onward(spoil(token)))


async def test_a_systems_own_token_is_about_nobody(called):
    world, _, _ = called
    own = await world.journal.peer.token("akson:sykehus/fhir")
    with pytest.raises(AnchorRefused) as refused:
        await world.sykehus.peer.token("akson:journal/fhir", Onward(own))
    assert refused.value.error == "invalid_grant"


async def test_after_signing_out_nothing_is_exchanged(called):
    world, token, behalf = called
    assert await world.sykehus.peer.token("akson:journal/fhir", Onward(token))
    await world.http.post(
        f"{world.anchor_node.base}/connect/endsession", data={"id_token_hint": behalf.session.id_token}
    )
    world.sykehus.peer._tokens.clear()
    with pytest.raises(AnchorRefused) as refused:
        await world.sykehus.peer.token("akson:journal/fhir", Onward(token))
    assert refused.value.error == "invalid_grant"

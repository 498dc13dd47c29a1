"""The trust anchor decides which systems may talk, and each system signs in its own users, across the running nodes."""

import re
from dataclasses import replace

import pytest
from tests.exchange.forms import csrf

from akson.fhir.strict_json import loads
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.security.actor import Kind
from akson.security.anchor import Anchor
from akson.security.client import Peer
from akson.security.system import AnchorRefused, System
from akson.store.database.reader import OWNER
from akson.trust import registry

pytestmark = pytest.mark.store

SCOPE = "akson:samhandling/fhir"
NEWS = {"patients": [], "after": None, "wait": 0}


def side(world, name):
    return next(each for each in world.app.state.hosted if each.node.name == name)


def stranger(each, folder, client_id):
    """A system with keys of its own that calls itself `client_id`."""
    anchor = Anchor(each.node.trust, each.system.anchor.http)
    system = System(replace(each.node, client_id=client_id), folder, anchor)
    return Peer(system, each.sessions, each.system.anchor.http, 3)


async def news(peer, world, scope=SCOPE):
    url = side(world, "samhandling").node.base + "/hendelser"
    return await peer.request("POST", url, scope=scope, json=NEWS)


@pytest.mark.proves("T5")
async def test_only_systems_that_the_anchor_knows_may_talk(world, tmp_path):
    journal = side(world, "journal")
    assert (await news(journal.peer, world)).status_code == 200
    for client_id in ("akson-nobody", journal.node.client_id):
        with pytest.raises(AnchorRefused):
            await news(stranger(journal, tmp_path, client_id), world)
    with pytest.raises(AnchorRefused):
        await news(journal.peer, world, scope="akson:sykehus/fhir")
    wrong_place = await journal.peer.request(
        "GET", side(world, "sykehus").node.fhir + "/Organization", scope=SCOPE
    )
    assert wrong_place.status_code == 401


@pytest.mark.proves("T5")
async def test_a_system_that_the_anchor_takes_away_is_out(world):
    journal, anchor = side(world, "journal"), side(world, "tillitsanker")
    async with anchor.place.database.transaction(reader=OWNER) as tx:
        known = await registry.find_client(tx, journal.node.client_id)
        await registry.register_client(tx, replace(known, scopes=frozenset()))
    with pytest.raises(AnchorRefused):
        await news(journal.peer, world)
    assert (await news(side(world, "sykehus").peer, world)).status_code == 200


@pytest.mark.proves("T5")
async def test_each_system_knows_its_own_users_and_no_others(world):
    """Hanne Lunde proves who she is to both; only Solvik has given her a role."""
    here = await world.sign_in("journal", "hanne-lunde")
    assert (await here.get("/journal/pasienter")).status_code == 200
    there = await world.sign_in("sykehus", "hanne-lunde")
    page = await there.get("/sykehus/pasienter")
    assert "/sykehus/pasient/" not in page.text
    assert page.url.path != "/sykehus/pasienter"
    sessions = [await side(world, "sykehus").sessions.find(secret) for secret in there.cookies.values()]
    for session in filter(None, sessions):
        assert await side(world, "sykehus").people.find_actor(session.caller) is None
    actor = await side(world, "journal").people.find_actor(
        next(
            filter(None, [await side(world, "journal").sessions.find(s) for s in here.cookies.values()])
        ).caller
    )
    assert (actor.kind, actor.role) == (Kind.PERSONNEL, "hjemmesykepleier")


async def test_whose_role_was_taken_away_chooses_anew_and_goes_on_in_no_other(world):
    leader = await world.sign_in("journal", "guro-stroem")
    page = await leader.get("/journal/role")
    taken, stays = re.findall(r'name="role" value="([^"]+)"', page.text)
    assert "gjelder ikke lenger" not in page.text
    await leader.post("/journal/role", data={"csrf_token": csrf(page.text), "role": taken})
    assert (await leader.get("/journal/pasienter")).url.path == "/journal/pasienter"
    async with opened(side(world, "journal").place, NODE_ITSELF) as ctx:
        role = loads((await gate.read(ctx, *taken.split("/"))).body)
        await gate.update(ctx, role | {"active": False})
    gone = await leader.get("/journal/pasienter")
    assert gone.url.path == "/journal/role"
    assert "Rollen du brukte, gjelder ikke lenger" in gone.text
    assert re.findall(r'name="role" value="([^"]+)"', gone.text) == [stays]
    await leader.post("/journal/role", data={"csrf_token": csrf(gone.text), "role": stays})
    assert (await leader.get("/journal/pasienter")).url.path == "/journal/pasienter"


@pytest.mark.parametrize(("surface", "person"), [("journal", "hanne-lunde"), ("innbygger", "ingrid")])
async def test_an_eid_of_a_lower_level_opens_no_page_and_one_steps_up(world, surface, person):
    browser = world.browser()
    page = await browser.get(f"/{surface}/login", params={"person": person})
    low = await browser.post(page.url.path, data={"person": person, "level": "3"})
    assert low.url.path.startswith("/tillitsanker/eid/")  # to identify once more
    for path in ("", "pasienter", "logg", "pasient/1/strom", "strom"):
        answer = await browser.get(f"/{surface}/{path}", follow_redirects=False)
        assert answer.status_code in {303, 401, 404}, path
        if answer.status_code == 303:
            assert "level=4" in answer.headers["location"]
    page = await browser.get(f"/{surface}/")
    assert page.url.path.startswith("/tillitsanker/eid/")
    assert 'value="3"' not in page.text
    assert (await browser.post(page.url.path, data={"person": person, "level": "3"})).status_code == 400
    # Somebody else identifies: neither of them gets in.
    other = await browser.post(page.url.path, data={"person": "olav", "level": "4"})
    assert other.status_code in {401, 403}
    assert (await browser.get(f"/{surface}/")).url.path.startswith("/tillitsanker/")
    page = await browser.get(f"/{surface}/")
    high = await browser.post(page.url.path, data={"person": person, "level": "4"})
    assert high.status_code == 200
    assert high.url.path.startswith(f"/{surface}/")
    assert (await browser.get(f"/{surface}/", follow_redirects=False)).status_code in {200, 303}

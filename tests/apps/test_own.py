"""The citizen sees the apps that have rights to the own data, and ends them: at once, and nobody else's."""

import re

import pytest

from akson.apps import grants
from akson.store.access import audit
from akson.store.access.audit import Wanted
from akson.store.database.reader import OWNER
from tests.apps.client import BACK, Client, csrf, hosted, register

pytestmark = pytest.mark.asyncio(loop_scope="module")
FHIR = "http://localhost:8000/samhandling/fhir"
SCOPE = "launch/patient offline_access patient/AllergyIntolerance.rs"


async def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


async def allowed(world, browser, **changed):
    """An app of the platform that a citizen has allowed to read, and its tokens."""
    values = {"name": "Minhelse", "scope": SCOPE, "launch_uri": ""} | changed
    client = Client(
        world, *await register(hosted(world, "samhandling"), **values), surface="/innbygger", fhir=FHIR
    )
    return client, await client.tokens(browser, SCOPE)


async def end(browser, app_id):
    page = await browser.get("/innbygger/apper")
    return await browser.post("/innbygger/apper/avslutt", data={"csrf_token": csrf(page), "app": app_id})


@pytest.mark.proves("I18")
async def test_the_citizen_sees_own_apps_and_ends_one_at_once(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    assert "Ingen apper har lov" in await words(await ingrid.get("/innbygger/apper"))
    client, tokens = await allowed(world, ingrid, about="Samler det som er kritisk.")
    other, others = await allowed(world, ingrid, name="Annen app")
    assert (await client.call(tokens["access_token"], "AllergyIntolerance")).status_code == 200
    told = await words(await ingrid.get("/innbygger/apper"))
    for each in ("Minhelse", "om deg", "Samler det som er kritisk.", "Annen app", "Sist brukt", "Du ga lov"):
        assert each in told, told
    answer = await end(ingrid, client.app.id)
    assert "Minhelse har ikke lenger tilgang" in await words(answer)
    assert 'value="' + client.app.id not in answer.text
    dead = await client.call(tokens["access_token"], "AllergyIntolerance")
    assert dead.status_code == 401
    refused = await client.refresh(tokens["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert (await other.call(others["access_token"], "AllergyIntolerance")).status_code == 200
    page = await client.ask(ingrid, SCOPE)
    assert page.status_code == 200, "the app has to ask anew"
    async with hosted(world, "samhandling").place.database.transaction(reader=OWNER) as tx:
        rows = [each.row for each in await audit.page(tx, Wanted(count=300))]
    assert [row.actor_name for row in rows if row.reason == "reason.own_app"] == ["Ingrid Haugen"]
    assert (await end(ingrid, client.app.id)).status_code == 200  # again: nothing to end, and no error
    await ingrid.aclose()


async def test_nobody_sees_or_ends_the_app_of_another(world):
    ingrid, olav = await world.sign_in("innbygger", "ingrid"), await world.sign_in("innbygger", "olav")
    client, tokens = await allowed(world, ingrid, name="Bare Ingrids")
    assert "Bare Ingrids" not in (await olav.get("/innbygger/apper")).text
    told = await end(olav, client.app.id)
    assert "Bare Ingrids" not in told.text
    assert (await client.call(tokens["access_token"], "AllergyIntolerance")).status_code == 200
    nurse = await world.sign_in("journal", "hanne-lunde")
    assert (await nurse.get("/innbygger/apper", follow_redirects=False)).status_code in {303, 403}
    for each in (ingrid, olav, nurse):
        await each.aclose()


async def test_use_is_noted_once_a_minute_and_does_not_bring_back_what_has_ended(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    client, tokens = await allowed(world, ingrid, name="Ofte brukt")
    async with hosted(world, "samhandling").place.database.transaction(reader=OWNER) as tx:
        (grant,) = await grants.of_app(tx, client.app.id)
        assert grant.used
        await client.call(tokens["access_token"], "AllergyIntolerance")
        (again,) = await grants.of_app(tx, client.app.id)
        assert again.used == grant.used
    async with hosted(world, "samhandling").place.database.transaction(reader=OWNER) as tx:
        await grants.end_all(tx, client.app.id)
        await grants.use(tx, grants.Grant(grant.sid, grant.app, grant.caller, grant.scope))
        assert await grants.find(tx, grant.sid) is None
    await ingrid.aclose()


async def test_what_was_wrong_is_told_in_the_scheme_of_the_token_and_the_other_is_named(world):
    async with world.browser() as program:
        bearer = await program.get(f"{FHIR}/Patient", headers={"Authorization": f"Bearer {'x' * 40}"})
        dpop = await program.get(f"{FHIR}/Patient", headers={"Authorization": "DPoP x.y.z"})
        nobody = await program.get(f"{FHIR}/Patient")
        elsewhere = await program.get(
            "http://localhost:8000/samhandling/mhd/DocumentReference",
            headers={"Authorization": f"Bearer {'x' * 40}"},
        )
    told = [each.headers["www-authenticate"] for each in (bearer, dpop, nobody, elsewhere)]
    assert {each.status_code for each in (bearer, dpop, nobody, elsewhere)} == {401}
    assert told[0].startswith('Bearer error="invalid_token"')
    assert ', DPoP algs="' in told[0]
    assert told[1].startswith('DPoP error="invalid_')
    assert told[1].endswith(", Bearer")
    assert told[2] == "DPoP, Bearer"
    assert "Bearer" not in told[3]
    assert BACK not in str(told)

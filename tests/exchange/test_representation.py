"""Acting for others in the portal: parents, guardians, powers of attorney; what ends has ended at the next page."""

import re

import pytest
from tests.exchange.asking import PIDS, side
from tests.exchange.forms import csrf
from tests.world import TODAY

from akson.demo.citizens import citizens

pytestmark = pytest.mark.store

NOAH = next(each.pid for each in citizens(TODAY) if each.key == "noah")


async def choices(browser):
    """Names one may act for, and what the form of each sends."""
    page = (await browser.get("/innbygger/role")).text
    return dict(re.findall(r'name="role" value="([^"]*)">\s*<button[^>]*><span><strong>([^<]+)', page))


async def act_for(browser, name):
    found = {called: key for key, called in (await choices(browser)).items()}
    page = await browser.get("/innbygger/role")
    return await browser.post("/innbygger/role", data={"csrf_token": csrf(page.text), "role": found[name]})


async def test_a_mother_acts_for_her_child_and_is_told_apart_in_the_log(world):
    kristine = await world.sign_in("innbygger", "kristine")
    assert "Kristine Eriksen" in (await kristine.get("/innbygger/")).text
    assert list((await choices(kristine)).values()) == ["Kristine Eriksen", "Noah Eriksen"]
    page = await act_for(kristine, "Noah Eriksen")
    assert "Kristine Eriksen handler for" in page.text
    health = await kristine.get("/innbygger/helse")
    assert health.status_code == 200
    # The record systems answer about the one who has signed in: nothing of theirs is shown as the child's.
    for path in ("/helse/dokumenter", "/henvisninger", "/innsyn", "/fullmakt"):
        refused = await kristine.get(f"/innbygger{path}")
        assert refused.status_code == 403, path
    form = {"csrf_token": csrf(health.text), "hvem": "hpr:9100101:Hanne Lunde", "lagre": "ja", "mener": "ja"}
    assert "Lagret" in (await kristine.post("/innbygger/personvern/skjul", data=form)).text
    async with side(world, "samhandling").place.database.transaction(read_only=True) as tx:
        (rule,) = await tx.fetch("select pid, by_name, by_right from privacy_setting")
        rows = await tx.fetch("select distinct actor_kind, reason from audit where actor_name = 'Kristine Eriksen'"
                              " and granted and type <> ''")  # fmt: skip
    assert tuple(rule) == (NOAH, "Kristine Eriksen", "FO")
    assert ("representative", "reason.represented") in {tuple(row) for row in rows}


async def test_who_may_act_for_nobody_is_not_asked_and_cannot_choose(world):
    for person in ("ingrid", "fatima"):  # Amira, Fatima's daughter, is sixteen
        browser = await world.sign_in("innbygger", person)
        assert await choices(browser) == {}
        page = await browser.get("/innbygger/personvern")
        async with side(world, "samhandling").place.database.transaction(read_only=True) as tx:
            patient = await side(world, "samhandling").people.patient(tx, PIDS["olav"])
        form = {"csrf_token": csrf(page.text), "role": f"Patient/{patient['id']}"}
        assert (await browser.post("/innbygger/role", data=form)).status_code == 403


async def test_a_guardian_acts_and_a_secret_address_ends_it_at_the_next_page(world):
    gunnar = await world.sign_in("innbygger", "gunnar")
    assert "Gunnar Fjeld handler for" in (await act_for(gunnar, "Lukas Fjeld")).text
    assert (await gunnar.get("/innbygger/helse")).status_code == 200
    async with side(world, "samhandling").place.database.transaction() as tx:
        secret = '{"addressProtection": [{"level": "StrictlyConfidential"}]}'
        await tx.execute(
            "update register_entry set body = body || %s::jsonb where register = 'person' and keys && %s::text[]",
            [secret, [PIDS["lukas"]]],
        )
    ended = await gunnar.get("/innbygger/helse")
    assert "Lukas" not in ended.text
    assert await choices(gunnar) == {}


async def test_a_power_of_attorney_holds_until_it_is_taken_back(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = (await ingrid.get("/innbygger/fullmakt")).text
    relative = re.search(r'name="hvem" value="([^"]+)"><span>Marit Haugen', page)
    assert relative, page
    nothing = await ingrid.post("/innbygger/fullmakt", data={"csrf_token": csrf(page), "hvem": relative[1]})
    assert nothing.status_code == 422
    given = {"csrf_token": csrf(page), "hvem": relative[1], "omraade": "journal"}
    assert "Marit Haugen" in (await ingrid.post("/innbygger/fullmakt", data=given)).text
    marit = await world.sign_in("innbygger", "marit")
    await act_for(marit, "Ingrid Haugen")
    assert "Apiksaban" in (await marit.get("/innbygger/helse")).text
    # It is for reading alone.
    assert (await marit.get("/innbygger/personvern")).status_code == 403
    page = (await ingrid.get("/innbygger/fullmakt")).text
    power = re.search(r'name="id" value="([^"]+)"', page)[1]
    form = {"csrf_token": csrf(page), "id": power}
    assert (await marit.post("/innbygger/fullmakt/ta-tilbake", data=form)).status_code == 403
    await ingrid.post("/innbygger/fullmakt/ta-tilbake", data=form)
    assert "Apiksaban" not in (await marit.get("/innbygger/helse")).text

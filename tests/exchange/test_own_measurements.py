"""What citizens measure and read themselves: written once, drawn, seen by who treats; results of all systems in plain words."""

import re

import pytest
from tests.exchange.forms import chart, csrf
from tests.exchange.test_access_log import words

from akson.care import measuring
from akson.fhir.strict_json import dumps
from akson.fhir.validate import structure

pytestmark = pytest.mark.store
PAGE = "/innbygger/maalinger"


async def write(browser, kind="pressure", **values):
    page = await browser.get(f"{PAGE}?slag={kind}")
    assert page.status_code == 200, page.text[:2000]
    key = re.search(r'name="key" value="([^"]+)"', page.text)[1]
    return await browser.post(PAGE, data={"csrf_token": csrf(page.text), "key": key, "kind": kind} | values)


@pytest.mark.proves("I19", "L12")
async def test_a_measurement_is_written_once_drawn_and_seen_by_who_treats(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    assert "ikke skrevet inn noen" in words((await ingrid.get(PAGE)).text)
    for wrong in (
        {"value": "12o", "second": "80"},
        {"value": "80", "second": "120"},
        {"value": "900", "second": "80"},
    ):
        refused = await write(ingrid, **wrong)
        assert refused.status_code == 422, wrong
        is_order = wrong["second"] == "120"
        assert ("nederste tallet skal være lavere" in refused.text) is is_order, "only what is wrong is said"
        assert f'value="{wrong["value"]}"' in refused.text
    assert (await write(ingrid, value="128", second="82", at="2019-01-01T10:00")).status_code == 422
    page = await ingrid.get(PAGE)
    form = {
        "csrf_token": csrf(page.text),
        "key": re.search(r'name="key" value="([^"]+)"', page.text)[1],
        "kind": "pressure",
    }
    for _ in range(2):  # sent twice, it is one
        saved = await ingrid.post(PAGE, data=form | {"value": "128", "second": "82"})
    assert words(saved.text).count("128/82 mmHg") == 1
    assert "data-trend" not in saved.text
    drawn = await write(ingrid, value="134", second="86")
    assert "data-trend" in drawn.text
    assert "70,5 kg" in words((await write(ingrid, "weight", value="70,5")).text)
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    seen = words((await nurse.get(f"{here}/tjenester/innbyggers-opplysninger")).text)
    assert "134 mmHg, 86 mmHg" in seen
    assert "70,5 kg" in seen
    gone = re.search(r'action="([^"]+/slett)"', drawn.text)[1]
    left = await ingrid.post(gone, data={"csrf_token": csrf(drawn.text)})
    assert "134/86" not in words(left.text)
    olav = await world.sign_in("innbygger", "olav")
    assert (await olav.post(gone, data={"csrf_token": csrf((await olav.get(PAGE)).text)})).status_code == 404


async def test_what_is_wrong_is_said_of_what_was_measured(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    refused = await write(ingrid, "symptoms", value="", second="7", third="2")
    assert (refused.status_code, refused.text.count("Skriv et tall fra 0 til 4.")) == (422, 2)
    assert "nederste" not in refused.text
    assert 'inputmode="numeric"' in refused.text
    assert 'inputmode="decimal"' in (await ingrid.get(PAGE)).text
    # Where one reads what one has written, the way to write stands too.
    told = await ingrid.get("/innbygger/opplysninger/innbyggers-opplysninger")
    assert f'href="{PAGE}"' in told.text


async def test_who_acts_for_somebody_measures_for_them_and_who_may_see_appointments_alone_does_not(world):
    for who, may in (("kristine", True), ("linn", False)):
        parent = await world.sign_in("innbygger", who)
        roles = await parent.get("/innbygger/role")
        child = re.search(r'name="role" value="(Patient/[^"]+)">', roles.text)[1]
        await parent.post("/innbygger/role", data={"csrf_token": csrf(roles.text), "role": child})
        if may:
            assert "31,2 kg" in words((await write(parent, "weight", value="31.2")).text)
        else:
            assert (await parent.get(PAGE)).status_code == 403


async def test_results_of_all_systems_are_told_in_plain_words(world):
    kari = await world.sign_in("innbygger", "kari")
    page = await kari.get("/innbygger/helse/svar?alle")
    said = words(page.text)
    assert "Hemoglobin er stoffet i blodet som frakter oksygen" in said
    assert "Laboratoriet har ikke oppgitt hva som er vanlig" in said
    yusuf = await world.sign_in("innbygger", "yusuf")
    said = words((await yusuf.get("/innbygger/helse/svar", headers={"hx-request": "true"})).text)
    assert "HbA1c viser hvordan blodsukkeret har vært" in said
    assert "Vanlig område: 20 mmol/mol – 42 mmol/mol" in said
    assert "Over vanlig område" in said
    assert "tidligere svar" in said


def test_what_is_measured_is_an_observation():
    for kind in measuring.KINDS.values():
        values = [each.high - n for n, each in enumerate(kind.values)]
        made = measuring.observation(kind, values, "2026-11-27T10:00:00Z", "p", {"display": "Ingrid"})
        assert structure.check(made | {"id": "x"}) == [], dumps(made)
        assert measuring.kind_of(made) is kind
        assert measuring.values_of(kind, made) == tuple(values)

"""Referral and discharge summary through the pages of three nodes, as people send the forms."""

import asyncio
import re
from html import unescape

import pytest

from akson.demo.ids import demo_id

pytestmark = pytest.mark.store

PATIENT = demo_id("journal", "Patient", "per-arne")
CHART = f"/journal/pasient/{PATIENT}"
MEDICAL = "9000211"
STORY = "Klager over åndenød ved trapper de siste tre ukene. Hovne ankler."


def csrf(page):
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]


def ticked(page):
    """What is ticked in a form: the references that go along."""
    return re.findall(r'name="include" value="([^"]+)" checked', page.text)


async def post(browser, page, path, **fields):
    """Send a form of a page."""
    return await browser.post(path, data={"csrf_token": csrf(page), **fields})


async def until(browser, path, words, seconds=15.0):
    """The page once it says what is waited for."""
    for _ in range(int(seconds / 0.25)):
        page = await browser.get(path)
        if words in unescape(page.text):
            return page
        await asyncio.sleep(0.25)
    raise AssertionError(f"{path} never said {words!r}")


async def referred(world, **changes):
    """The GP writes a referral, looks it over and sends it; the browser of the GP."""
    gp = await world.sign_in("journal", "jonas-berg")
    form = await gp.get(f"{CHART}/henvisning/ny")
    assert form.status_code == 200
    fields = {
        "patient": PATIENT,
        "version": "0",
        "to": MEDICAL,
        "wanted": "Vurdering av hjertesvikt",
        "priority": "urgent",
        "story": STORY,
        "reason": "",
        "replaces": "",
        "include": ticked(form),
    } | changes
    preview = await post(gp, form, f"{CHART}/henvisning", do="preview", **fields)
    assert preview.status_code == 200, preview.text[-3000:]
    assert STORY in unescape(preview.text)
    sent = await post(gp, preview, f"{CHART}/henvisning", do="send", **fields)
    assert sent.url.path == f"{CHART}/meldinger"
    return gp


async def entry_at(browser, node):
    """The newest entry of an inbox, opened."""
    page = await until(browser, f"/{node}/innboks", "Per Arne Dahl")
    path = re.search(rf'href="(/{node}/innboks/[0-9a-f-]+)"', page.text)[1]
    return path, await browser.get(path)


@pytest.mark.proves("I14", "L17")
async def test_a_referral_is_written_sent_assessed_and_answered(world):
    gp = await referred(world)
    await until(gp, f"{CHART}/meldinger/liste", "Kvittert")

    doctor = await world.sign_in("sykehus", "ola-strand")
    path, letter = await entry_at(doctor, "sykehus")
    words = unescape(letter.text)
    assert letter.status_code == 200
    assert STORY in words
    assert "Jonas Berg" in words
    items = set(re.findall(r'type="radio" name="([a-z]+-\d+)" value="take"', letter.text))
    assert any(key.startswith("medicine") for key in items), words
    first, *rest = sorted(items)
    taken = await post(doctor, letter, f"{path}/ta-inn", **{first: "take"}, **dict.fromkeys(rest, "leave"))
    assert "1 opplysning er tatt inn" in unescape(taken.text)
    assert f'name="{first}" value="take"' not in taken.text

    accepted = await post(doctor, taken, f"{path}/vurder", do="accepted", words="")
    assert "Skriv epikrise" in accepted.text
    form = await doctor.get(f"{path}/epikrise")
    here = re.search(r'name="patient" value="([^"]+)"', form.text)[1]
    fields = {
        "patient": here,
        "title": "Epikrise, medisinsk avdeling",
        "text-FO": "Innlagt for utredning.",
        "text-OP": "Kontroll hos fastlegen om to uker.",
        "include": ticked(form),
        "main": re.search(r'name="main" value="([^"]+)"', form.text)[1],
    }
    preview = await post(doctor, form, f"{path}/epikrise", do="preview", **fields)
    assert "Kontroll hos fastlegen om to uker." in preview.text
    done = await post(doctor, preview, f"{path}/epikrise", do="send", **fields)
    assert done.url.path.endswith("/meldinger")

    path, summary = await entry_at(gp, "journal")
    assert "Kontroll hos fastlegen om to uker." in unescape(summary.text)
    read = await post(gp, summary, f"{path}/ferdig")
    assert read.status_code == 200
    documents = await gp.get(f"{CHART}/dokumenter")
    assert "Epikrise, medisinsk avdeling" in unescape(documents.text)
    await until(doctor, f"/sykehus/pasient/{here}/meldinger/liste", "Kvittert")

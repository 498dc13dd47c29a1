"""Referral and discharge summary through the pages of three nodes, as people send the forms."""

import asyncio
import base64
import re
from dataclasses import replace
from datetime import timedelta
from functools import partialmethod
from html import unescape

import pytest
from tests.exchange.asking import take_links_away

from akson.care import message_monitor
from akson.demo.ids import demo_id
from akson.kit.errors import PeerSilent
from akson.kit.ids import new_id
from akson.messaging import codec
from akson.messaging.model import Ident
from akson.messaging.outbox import Sending
from akson.messaging.sign import sign
from akson.store.database.reader import OWNER
from akson.store.underway import messages

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


async def until(browser, path, words, seconds=15.0, shows=None):
    """The page once it says what is waited for, and shows what matches."""
    for _ in range(int(seconds / 0.25)):
        page = await browser.get(path)
        if words in unescape(page.text) and (shows is None or shows.search(page.text)):
            return page
        await asyncio.sleep(0.25)
    raise AssertionError(f"{path} never said {words!r}: {page.text[-2000:]}")


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
    entry = re.compile(rf'href="(/{node}/innboks/[0-9a-f-]+)"')
    page = await until(browser, f"/{node}/innboks", "Per Arne Dahl", shows=entry)
    path = entry.search(page.text)[1]
    return path, await browser.get(path)


@pytest.mark.proves("I14", "L17")
async def test_a_referral_is_written_sent_assessed_and_answered(world):
    await take_links_away(world, "journal")  # what both sides share would be no copy to take in
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

    accepted = await post(doctor, taken, f"{path}/vurder", do="accepted", until="2027-02-01", words="")
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

    citizen = await world.sign_in("innbygger", "per-arne")
    standing = await until(citizen, "/innbygger/henvisninger?alle", "Ferdig")
    assert "Vurdering av hjertesvikt" in standing.text

    await until(gp, "/journal/innboks", "Epikrise, medisinsk avdeling")
    path, summary = await entry_at(gp, "journal")
    assert "Kontroll hos fastlegen om to uker." in unescape(summary.text)
    read = await post(gp, summary, f"{path}/ferdig")
    assert read.status_code == 200
    documents = await gp.get(f"{CHART}/dokumenter")
    assert "Epikrise, medisinsk avdeling" in unescape(documents.text)
    await until(doctor, f"/sykehus/pasient/{here}/meldinger/liste", "Kvittert")


async def test_the_citizen_sees_how_far_the_referral_has_come(world):
    await referred(world)
    citizen = await world.sign_in("innbygger", "per-arne")
    await until(citizen, "/innbygger/henvisninger?alle", "Kommet fram")
    doctor = await world.sign_in("sykehus", "ola-strand")
    path, letter = await entry_at(doctor, "sykehus")
    asked = await post(doctor, letter, f"{path}/vurder", do="rejected", words="")
    assert (asked.status_code, "Skriv hvorfor, eller hva du spør om." in asked.text) == (422, True)
    declined = await post(doctor, letter, f"{path}/vurder", do="rejected", words="Følges hos fastlegen.")
    assert "Avslått" in declined.text
    await until(citizen, "/innbygger/henvisninger?alle", "Avslått")
    gp = await world.sign_in("journal", "jonas-berg")
    _, answer = await entry_at(gp, "journal")
    assert "Følges hos fastlegen." in unescape(answer.text)


async def test_a_source_that_is_down_is_named_and_the_rest_is_shown(world):
    await referred(world)
    citizen = await world.sign_in("innbygger", "per-arne")
    await until(citizen, "/innbygger/henvisninger?alle", "Kommet fram")
    world.silent.add("sykehus")
    standing = unescape((await citizen.get("/innbygger/henvisninger?alle")).text)
    assert "Fjordsykehuset svarer ikke" in standing
    assert "Vurdering av hjertesvikt" in standing
    assert "Sendt" in standing


async def test_a_hospital_that_is_down_gets_the_letter_when_it_is_back(world):
    world.silent.add("sykehus")
    hospital = next(each for each in world.app.state.hosted if each.node.name == "sykehus")
    # The node is down: neither does it answer nor does it fetch.
    asked, hospital.peer.request = hospital.peer.request, down
    gp = await referred(world)
    page = await until(gp, f"{CHART}/meldinger/liste", "Sendt")
    assert "Kvittert" not in page.text
    world.silent.clear()
    hospital.peer.request = asked
    await until(gp, f"{CHART}/meldinger/liste", "Kvittert", 30)


async def down(*_, **__):
    raise PeerSilent("this node is down")


async def test_a_message_without_answer_becomes_a_task_for_the_unit(world, monkeypatch):
    hospital = next(each for each in world.app.state.hosted if each.node.name == "sykehus")
    hospital.peer.request = down
    monkeypatch.setattr(
        Sending, "__init__", partialmethod(Sending.__init__, answer_within=timedelta(seconds=2))
    )
    gp = await referred(world)
    page = await until(gp, f"{CHART}/meldinger/liste", "Uten svar")
    assert "Ring mottakeren" in unescape(page.text)
    inbox = await gp.get("/journal/innboks")
    tasks = unescape(inbox.text).partition("Arbeidsliste")[2]
    assert "Mottakeren har ikke kvittert innen fristen" in tasks
    assert "Per Arne Dahl" in tasks
    stalled = unescape((await gp.get("/journal/innboks/oppfolging")).text)
    assert "Mottakeren har ikke kvittert innen fristen" in stalled
    assert "Ansvarlig: fastlege" in stalled
    letter = await gp.get(re.search(r'href="(/journal/brev/[^"]+)"', inbox.text)[1])
    assert letter.url.path.startswith("/journal/sendt/")
    assert "Rett og send på nytt" in letter.text


async def test_a_rejected_referral_says_why_and_is_put_right_and_sent_again(world):
    journal = next(each for each in world.app.state.hosted if each.node.name == "journal")
    # A letter whose sender's signature is missing is refused by the receiver (V8221 S99).
    signer, journal.mailroom.signer = journal.mailroom.signer, None
    gp = await referred(world)
    page = await until(gp, f"{CHART}/meldinger/liste", "Avvist")
    sent = await gp.get(re.search(r'href="(/journal/sendt/[^"]+)"', page.text)[1])
    words = unescape(sent.text)
    assert "Noe er galt med signaturen" in words
    assert "S99" in words
    journal.mailroom.signer = signer
    form = await gp.get(re.search(r'href="([^"]+rett=[^"]+)"', sent.text)[1])
    assert STORY in unescape(form.text)
    replaces = re.search(r'name="replaces" value="([^"]+)"', form.text)[1]
    fields = {
        "patient": PATIENT,
        "version": "0",
        "to": MEDICAL,
        "wanted": "Vurdering av hjertesvikt",
        "priority": "urgent",
        "story": STORY,
        "reason": "",
        "replaces": replaces,
        "include": ticked(form),
    }
    again = await post(gp, form, f"{CHART}/henvisning", do="send", **fields)
    assert again.url.path == f"{CHART}/meldinger"
    await until(gp, f"{CHART}/meldinger/liste", "Kvittert")
    citizen = await world.sign_in("innbygger", "per-arne")
    standing = unescape((await citizen.get("/innbygger/henvisninger?alle")).text)
    assert standing.count("Vurdering av hjertesvikt") == 1


async def test_a_form_of_another_patient_and_an_unknown_address_are_refused(world):
    gp = await world.sign_in("journal", "jonas-berg")
    form = await gp.get(f"{CHART}/henvisning/ny")
    other = demo_id("journal", "Patient", "ingrid")
    fields = {"to": MEDICAL, "wanted": "Vurdering", "story": STORY, "version": "0"}
    mixed = await post(gp, form, f"{CHART}/henvisning", do="send", patient=other, **fields)
    assert mixed.status_code == 409
    nowhere = await post(
        gp, form, f"{CHART}/henvisning", do="send", **fields | {"patient": PATIENT, "to": "1234567"}
    )
    assert nowhere.status_code == 422
    assert "Ingen meldinger" in unescape((await gp.get(f"{CHART}/meldinger")).text)


async def test_the_draft_saves_itself_and_is_found_again(world):
    gp = await world.sign_in("journal", "jonas-berg")
    form = await gp.get(f"{CHART}/henvisning/ny")
    fields = {
        "patient": PATIENT,
        "version": "0",
        "to": "",
        "wanted": "",
        "story": "Halvskrevet",
        "include": [],
    }
    saved = await post(gp, form, f"{CHART}/henvisning/utkast", **fields)
    assert saved.json()["version"] == 1
    assert (await post(gp, form, f"{CHART}/henvisning/utkast", **fields)).status_code == 409
    assert "Halvskrevet" in (await gp.get(f"{CHART}/henvisning/ny")).text
    listed = unescape((await gp.get("/journal/utkast")).text)
    assert "Per Arne Dahl" in listed
    assert f'href="{CHART}/henvisning/ny"' in listed
    missing = await post(gp, form, f"{CHART}/henvisning", do="preview", **fields)
    assert missing.status_code == 422
    assert "Velg hvem du henviser til." in unescape(missing.text)


async def test_the_monitor_counts_names_nobody_and_lets_operations_act(world, monkeypatch):
    hospital = next(each for each in world.app.state.hosted if each.node.name == "sykehus")
    asked, hospital.peer.request = hospital.peer.request, down
    gp = await referred(world)
    await until(gp, f"{CHART}/meldinger/liste", "Sendt")
    operator = await world.sign_in("samhandling", "henrik-vold")
    page = unescape((await operator.get("/samhandling/")).text)
    assert "Solvik legesenter → Fjordsykehuset, medisinsk avdeling" in page
    assert "Alt går som det skal." in page
    for personal in ("Dahl", "Per Arne", STORY):
        assert personal not in page

    monkeypatch.setattr(message_monitor.overview, "__defaults__", (timedelta(0),))
    page = await operator.get("/samhandling/")
    assert "Ikke hentet av mottakeren" in page.text
    act = re.search(r'action="(/samhandling/meldinger/[^"]+)"', page.text)[1]
    again = await post(operator, page, act, do="offer")
    assert "Sendt på nytt 1 gang." in unescape(again.text)
    handled = await post(operator, page, act, do="handled")
    assert "Alt går som det skal." in unescape(handled.text)
    assert (await post(operator, page, act, do="handled")).status_code == 409

    hospital.peer.request = asked
    await until(gp, f"{CHART}/meldinger/liste", "Kvittert", 30)
    counts = unescape((await operator.get("/samhandling/")).text).partition("Mellom partene")[2]
    assert re.search(r'data-label="Kvittert">1<', counts)
    assert re.search(r'data-label="Svartid \(95 av 100\)">[\d,]+ s<', counts)
    assert (await gp.post(act, data={})).url.path.startswith("/tillitsanker/")


async def test_a_message_with_a_wrong_identity_number_is_answered_with_its_code(world):
    journal = next(each for each in world.app.state.hosted if each.node.name == "journal")
    await referred(world)
    async with journal.place.database.transaction(reader=OWNER) as tx:
        (good,) = await messages.find(tx, "out")
        letter = codec.read(await messages.payload(tx, good.id)).content
    number = letter.header.patient.national_id
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    patient = replace(letter.header.patient, idents=(Ident(wrong, "FNR"),))
    bad = replace(
        letter, document_id=new_id(), header=replace(letter.header, msg_id=new_id(), patient=patient)
    )
    raw = sign(codec.write(bad), journal.mailroom.signer)
    body = {
        "businessDocument": base64.b64encode(raw).decode(),
        "contentType": "application/xml",
        "contentTransferEncoding": "base64",
    }
    api, scope = f"{journal.node.platform}/msh/api/v2/Messages", "akson:samhandling/msh"
    taken = await journal.peer.request("POST", api, scope=scope, json=body)
    assert taken.status_code == 201
    for _ in range(60):
        answer = await journal.peer.request("GET", f"{api}/{taken.json()}/apprec", scope=scope)
        if answer.json()[0]["appRecStatus"]:
            break
        await asyncio.sleep(0.25)
    (receipt,) = answer.json()
    assert (receipt["appRecStatus"], receipt["appRecErrorList"][0]["errorCode"]) == ("Rejected", "E31")


async def test_a_stranger_is_registered_from_the_letter_by_the_one_who_opens_it(world):
    gp = await world.sign_in("journal", "mina-saether")
    stranger = demo_id("journal", "Patient", "amira")
    chart = f"/journal/pasient/{stranger}"
    form = await gp.get(f"{chart}/henvisning/ny")
    fields = {"patient": stranger, "version": "0", "to": MEDICAL, "wanted": "Vurdering", "story": STORY}
    await post(gp, form, f"{chart}/henvisning", do="send", **fields, include=ticked(form))
    doctor = await world.sign_in("sykehus", "ola-strand")
    page = await until(doctor, "/sykehus/innboks", "Amira Hassan")
    path = re.search(r'href="(/sykehus/innboks/[0-9a-f-]+)"', page.text)[1]
    letter = await doctor.get(path)
    assert "Vi fant ikke pasienten hos oss" in unescape(letter.text)
    assert (await post(doctor, letter, f"{path}/pasient", chosen="somebody")).status_code == 422
    filed = await post(doctor, letter, f"{path}/pasient", chosen="new")
    words = unescape(filed.text)
    assert filed.status_code == 200, words[-2000:]
    assert 'data-patient="' in filed.text
    assert 'name="do" value="accepted"' in words

"""An order from the page of the surgery to the laboratory of the hospital, with its state for all, and the answer back."""

import re
from dataclasses import replace
from html import unescape

import pytest
from tests.exchange.asking import PIDS, side
from tests.exchange.test_laboratory import MEDICAL, deliver, of_per_arne, report
from tests.exchange.test_laboratory import SURGERY as TO
from tests.exchange.test_send_pages import CHART, PATIENT, entry_at, post, until
from tests.messaging import reports
from tests.messaging.examples import schema_errors

from akson.messaging import codec
from akson.messaging.codec import report as report_codec
from akson.store.database.reader import OWNER
from akson.store.underway import messages

pytestmark = pytest.mark.store


async def ordered(world, gp):
    """Somebody orders two examinations on the page."""
    form = await gp.get(f"{CHART}/bestilling/ny")
    to = re.search(r'name="to" value="(REQ_LAB:\d+)"', form.text)[1]
    empty = await post(gp, form, f"{CHART}/bestilling", patient=PATIENT, to=to, why="")
    assert empty.status_code == 422
    assert "Velg eller skriv hva som skal undersøkes." in unescape(empty.text)
    fields = {
        "patient": PATIENT,
        "to": to,
        "what": ["2823-3"],
        "other": "Amylase & <lipase>",
        "why": "Magesmerter",
    }
    sent = await post(gp, form, f"{CHART}/bestilling", **fields, priority="urgent")
    assert sent.url.path == f"{CHART}/meldinger"
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        (out,) = await messages.find(tx, "out")
        return await messages.payload(tx, out.id)


@pytest.mark.proves("I13")
@pytest.mark.dimension("D1", "D2")
async def test_an_order_is_sent_followed_by_all_and_answered(world):
    gp = await world.sign_in("journal", "jonas-berg")
    raw = await ordered(world, gp)
    order = codec.read(raw).content
    assert order.header.patient.national_id == PIDS["per-arne"]
    doctor = await world.sign_in("sykehus", "ola-strand")
    citizen = await world.sign_in("innbygger", "per-arne")
    path, letter = await entry_at(doctor, "sykehus")
    words = unescape(letter.text)
    assert "Magesmerter" in words
    assert "Amylase & <lipase>" in words
    await until(gp, f"{CHART}/meldinger", "Kommet fram")
    await post(doctor, letter, f"{path}/vurder", do="in_progress", words="")
    for browser, where in (
        (gp, "/journal/saker"),
        (doctor, "/sykehus/saker"),
        (citizen, "/innbygger/henvisninger?alle"),
    ):
        page = await until(browser, where, "I gang")
        assert "P-Kalium, Amylase & <lipase>" in unescape(page.text)

    made = report(reports.POTASSIUM).body
    one = replace(
        made.serv_report[0],
        serv_req=(replace(made.serv_report[0].serv_req[0], id=order.document_id),),
        serv_provider=MEDICAL,
        requester=TO,
        patient=of_per_arne(made.serv_report[0].patient),
    )
    await deliver(world, report_codec.from_kith(replace(made, serv_report=(one,))))
    page = await until(gp, f"{CHART}/svar", "P-Kalium")
    assert "5,40" in unescape(page.text)
    assert "P-Kalium, Amylase" not in unescape((await gp.get("/journal/saker")).text)
    await until(citizen, "/innbygger/henvisninger?alle", "Ferdig")


@pytest.mark.shared
async def test_an_order_is_of_the_schema(world):
    assert schema_errors(await ordered(world, await world.sign_in("journal", "jonas-berg"))) == []

"""Results on the pages of the surgery: what deviates is seen, somebody signs for it, and a correction waits anew."""

import re
from html import unescape

import pytest
from tests.exchange.forms import chart
from tests.exchange.test_laboratory import deliver, report
from tests.exchange.test_send_pages import CHART, PATIENT, entry_at, post
from tests.messaging import reports

pytestmark = pytest.mark.store


def row(page, name):
    """The words of the line of a result."""
    found = re.search(rf"<tr><td[^>]*>{name}</td>.*?</tr>", unescape(page.text), re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


async def test_results_are_seen_signed_for_with_one_key_and_wait_anew_when_they_are_corrected(world):
    await deliver(world, report(reports.POTASSIUM, reports.CRP, reports.BACTERIUM, reports.RESISTANCE))
    gp = await world.sign_in("journal", "jonas-berg")
    path, letter = await entry_at(gp, "journal")
    assert "5,40 mmol/L Høy 3,5 - 5,0" in row(letter, "P-Kalium")
    assert "Høy" not in row(letter, "P-CRP")
    assert "Resistent" in row(letter, "Us-Ampicillin")
    # The button has the focus: Enter is all that the ordinary case takes.
    assert re.search(r"<button[^>]*autofocus>Sett og vurdert", letter.text)
    assert (await post(gp, letter, f"{path}/ferdig")).status_code == 409
    action = re.search(r'action="(/journal/pasient/[^"]+/svar/[^"]+)"', letter.text)[1]
    version = re.search(r'name="version" value="(\d+)"', letter.text)[1]
    signed = await post(gp, letter, action, version=version, back="/journal/innboks")
    assert signed.url.path == "/journal/innboks"
    assert "Dahl" not in (await gp.get("/journal/innboks/liste")).text
    chart = unescape((await gp.get(f"{CHART}/svar")).text)
    assert "Sett og vurdert av Jonas Berg" in chart

    mended = reports.changed(reports.POTASSIUM, "M", num_result=reports.number("4.10", "mmol/L"))
    mended = reports.changed(mended, "M", dev_result_ind=None)
    await deliver(world, report(mended, action="M"))
    page = await gp.get(f"{CHART}/svar")
    assert "Svaret er endret siden noen vurderte det." in page.text
    assert "4,10 mmol/L Rettet Før rettelsen: 5,40 mmol/L" in row(page, "P-Kalium")
    late = await post(gp, page, action, version=version, back=f"{CHART}/svar")
    assert late.status_code == 412
    fresh = re.search(r'name="version" value="(\d+)"', page.text)[1]
    again = await post(gp, page, action, version=fresh, back=f"{CHART}/svar")
    assert "Sett og vurdert av Jonas Berg" in unescape(again.text)

    await deliver(world, report(action="C"))
    gone = await gp.get(f"{CHART}/svar")
    assert "Trukket tilbake" in row(gone, "P-Kalium")
    assert "<s>4,10 mmol/L</s>" in gone.text.replace("\u00a0", " ")
    stranger = await world.sign_in("sykehus", "ola-strand")
    assert (await stranger.get(f"/sykehus/pasient/{PATIENT}/svar")).status_code == 404


async def test_what_was_written_by_hand_without_a_report_stands_too_and_is_not_signed_for(world):
    gp = await world.sign_in("journal", "jonas-berg")
    ingrid = await chart(gp, "journal", "Ingrid Haugen")
    page = await gp.get(f"{ingrid}/svar")
    assert "55 ml/min/1,73 m²" in row(page, "eGFR")
    assert "Ført i journalen uten rapport" in unescape(page.text)
    assert "Sett og vurdert" not in page.text
    await deliver(world, report(reports.POTASSIUM))
    reported, _, single = unescape((await gp.get(f"{CHART}/svar")).text).partition("uten rapport")
    assert "P-Kalium" in reported
    assert "P-Kalium" not in single

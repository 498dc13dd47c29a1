"""The forms in the chart that registers are told of: a yearly control of diabetes and a claim, corrected and taken back there."""

import json
import re
from datetime import timedelta

import pytest
import pytest_asyncio

from akson.exchange.reports import diabetes
from akson.fhir.model import concept
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.kit.norwegian import DNR, FNR, ICPC2
from akson.messaging.outbox import ACKNOWLEDGED, FAILED
from akson.messaging.times import day
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from tests.demo_world import start
from tests.exchange.forms import chart, made_from
from tests.services.reporting import PAGE, Scene, about, consent, consultation, words

pytestmark = [pytest.mark.store]
HERE = pytest.mark.asyncio(loop_scope="module")
NAME = "Yusuf"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield await Scene(made).begun()


async def gp(scene):
    """The patient's doctor, and the path of the chart."""
    browser = await scene.world.sign_in("journal", "jonas-berg")
    return browser, await chart(browser, "journal", NAME)


async def sent(browser, address, form):
    """A form filled in and sent."""
    asked = await browser.get(address)
    assert asked.status_code == 200, asked.text[:2000]
    patient = address.split("/pasient/")[1].partition("/")[0]
    return await browser.post(address, data=made_from(asked.text) | {"patient": patient} | form)


@HERE
@pytest.mark.proves("I22")
async def test_a_yearly_control_is_written_corrected_and_taken_back_on_a_page(scene):
    doctor, path = await gp(scene)
    base = f"{path}/tjenester/rapportering-helsefag"
    wrong = await sent(doctor, f"{base}/aarskontroll/ny", {"feet": "i fjor"})
    assert wrong.status_code == 422
    assert (
        wrong.text.count('aria-invalid="true"') == 4
    )  # the day, smoking and state are missing, and the feet's is no day
    today = day(now()).isoformat()
    form = {"held": today, "smokes": "no", "feet": today, "status": "completed"}
    page = await sent(doctor, f"{base}/aarskontroll/ny", form)
    assert page.status_code == 200, words(page)
    assert "Årskontroller av diabetes" in page.text
    await consent(scene)
    (made,) = [
        each for each in await scene.found("QuestionnaireResponse") if each["questionnaire"] == diabetes.FORM
    ]
    await scene.told(made, "diabetes", [ACKNOWLEDGED])
    edit = f"{base}/aarskontroll/{made['id']}/endre"
    await sent(doctor, edit, form | {"smokes": "yes"})
    await scene.sent_now(doctor, "diabetes", 1)
    await scene.told(made, "diabetes", [ACKNOWLEDGED] * 2)
    await sent(doctor, edit, form | {"smokes": "yes", "status": "entered-in-error"})
    await scene.sent_now(doctor, "diabetes", 1)
    await scene.told(made, "diabetes", [ACKNOWLEDGED] * 3)
    assert "Trukket tilbake" in words(await doctor.get(base))


def chosen(html, name, words):
    """The value of the choice with these words in a list of a form."""
    block = html.partition(f'id="field-{name}"')[2].partition("</select>")[0]
    found = re.search(rf'<option value="([^"]+)"[^>]*>[^<]*{words}', block)
    assert found, block
    return found[1]


async def stay(scene):
    """A consultation that was held, and the diagnosis of it."""
    kind = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    unit = {"reference": scene.units["Solvik legesenter"], "display": "Solvik legesenter"}
    start = (now() - timedelta(hours=2)).isoformat(timespec="seconds")
    met = {"resourceType": "Encounter", "status": "finished", "class": kind, "subject": about(scene)}
    await scene.write(met | {"period": {"start": start}, "serviceProvider": unit})
    cough = {"resourceType": "Condition", "subject": about(scene), "code": concept(ICPC2, "R05", "Hoste")}
    await scene.write(cough | {"recordedDate": start})


@HERE
@pytest.mark.proves("I23")
async def test_a_claim_is_written_counted_corrected_and_taken_back_on_a_page(scene):
    await stay(scene)
    doctor, path = await gp(scene)
    base = f"{path}/tjenester/rapportering-administrativt"
    assert f"{base}/krav/ny" in (await doctor.get(base)).text
    wrong = await sent(doctor, f"{base}/krav/ny", {"own": "201", "free": "F", "number2": "x", "price2": "y"})
    assert wrong.status_code == 422
    named = set(re.findall(r'id="field-(\w+)"[^>]*aria-invalid', wrong.text.replace("\n", " ")))
    assert named == {"encounter", "diagnosis", "code2", "number2", "price2", "paid", "free"}
    empty = await sent(doctor, f"{base}/krav/ny", {})
    assert {"code1", "price1"} < set(
        re.findall(r'id="field-(\w+)"[^>]*aria-invalid', empty.text.replace("\n", " "))
    )

    form = {
        "encounter": chosen(empty.text, "encounter", "[^<]*Solvik legesenter"),
        "diagnosis": chosen(empty.text, "diagnosis", "Hoste"),
        "code1": "2ad", "number1": "1", "price1": "176", "code2": "701a", "number2": "2", "price2": "32,50",
        "own": "201", "paid": "no",
    }  # fmt: skip
    counted = await sent(doctor, f"{base}/krav/ny", form | {"count": "1"})
    assert "Sum: 241" in words(counted)
    before = len(await scene.found("Claim"))
    page = await sent(doctor, f"{base}/krav/ny", form)
    assert page.url.path == base
    assert "2ad, 701a" in words(page)
    (made,) = [each for each in await scene.found("Claim") if each.get("total", {}).get("value") == 241]
    assert len(await scene.found("Claim")) == before + 1
    await scene.sent_now(doctor, "helfo", 1)
    await scene.told(made, "helfo", [ACKNOWLEDGED])

    edit = f"{base}/krav/{made['id']}/endre"
    shown = (await doctor.get(edit)).text
    assert 'value="32,50"' in shown
    await sent(doctor, edit, form | {"price2": "40"})
    await scene.sent_now(doctor, "helfo", 1)
    await scene.told(made, "helfo", [ACKNOWLEDGED] * 3)
    # Who began from the claim as it was is told, and nothing of the other is lost.
    stale = await doctor.post(edit, data=form | made_from(shown) | {"patient": scene.patient})
    assert stale.status_code == 409
    asked = await doctor.get(edit)
    gone = await doctor.post(
        f"{base}/krav/{made['id']}/trekk", data=made_from(asked.text) | {"patient": scene.patient}
    )
    assert gone.url.path == base
    await scene.sent_now(doctor, "helfo", 1)
    await scene.told(made, "helfo", [ACKNOWLEDGED] * 4)
    page = await doctor.get(base)
    assert "Trukket tilbake" in words(page)
    assert edit not in page.text
    assert (await doctor.get(edit)).status_code == 409


@HERE
async def test_what_is_missing_is_told_all_at_once_and_to_each_in_the_own_language(scene):
    doctor, _ = await gp(scene)
    bare = await consultation(scene, unit="Solvik legesenter")
    bare = await scene.write({k: v for k, v in bare.items() if k not in ("diagnosis", "careTeam")})
    await scene.sent_now(doctor, "helfo", 1)
    (failed,) = await scene.told(bare, "helfo", [FAILED])
    assert "Kravet mangler diagnose" in words(await doctor.get(PAGE))
    for address in (PAGE, "/journal/innboks/oppfolging"):
        english = words(await doctor.get(address, headers={"accept-language": "en"}))
        assert "The claim lacks a diagnosis" in english, address
        assert "Kravet mangler" not in english
    assert set(json.loads(failed.detail.removeprefix("akson:"))) == {
        "report.lacks_diagnosis",
        "report.lacks_provider",
    }


@HERE
async def test_what_the_record_lacks_besides_is_said_and_nothing_is_saved(scene):
    doctor, path = await gp(scene)
    await stay(scene)
    address = f"{path}/tjenester/rapportering-administrativt/krav/ny"
    empty = await sent(doctor, address, {})
    form = {
        "encounter": chosen(empty.text, "encounter", "[^<]*Solvik legesenter"),
        "diagnosis": chosen(empty.text, "diagnosis", "Hoste"), "code1": "2ad", "price1": "176",
    }  # fmt: skip
    before = len(await scene.found("Claim"))
    async with opened(scene.journal.place, NODE_ITSELF) as ctx:
        known = loads((await gate.read(ctx, "Patient", scene.patient)).body)
    nameless = [each for each in known["identifier"] if each["system"] not in (FNR, DNR)]
    await scene.write(
        {name: each for name, each in known.items() if name != "identifier"}
        | ({"identifier": nameless} if nameless else {})
    )
    try:
        said = await sent(doctor, address, form)
    finally:
        await scene.write(known)
    assert said.status_code == 422
    assert "Fødselsnummeret til pasienten mangler" in words(said)
    assert len(await scene.found("Claim")) == before

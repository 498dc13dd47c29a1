"""A referral as one case: whoever looks sees the same state, from the letter to the summary."""

import asyncio
import re
from html import unescape

import pytest
from tests.exchange.test_send import at, hospital_doctor, side
from tests.exchange.test_send_pages import CHART, entry_at, post, referred, until

from akson.exchange import cases
from akson.exchange.cases import FINAL, Side, State
from akson.kit.clock import now
from akson.kit.errors import BrokenRule
from akson.kit.workdays import after
from akson.record import gate
from akson.web.say import day

pytestmark = pytest.mark.store


def test_every_state_can_be_left_or_is_final_and_both_sides_have_their_moves():
    for state in State:
        performer, asker = cases.follows(state, Side.PERFORMER), cases.follows(state, Side.ASKER)
        assert (not performer and not asker) == (state in FINAL)
        assert State.CANCELLED not in performer
        assert asker <= {State.CANCELLED, State.RECEIVED}
    reached, new = set(), {State.REQUESTED}
    while new:
        reached |= new
        new = {t for s in new for side in Side for t in cases.follows(s, side)} - reached
    assert reached == set(State)


async def line_of(browser, path):
    """What a list of cases says of the referral: its state."""
    page = await browser.get(path)
    assert page.status_code == 200, page.text[-2000:]
    rows = re.findall(r'<li class="row-item">.*?</li>|<li><span>.*?</li>', page.text, re.DOTALL)
    return next((unescape(row) for row in rows if "hjertesvikt" in row), "")


async def line_when(browser, path, fits):
    """The line as soon as it fits, or as it is when thirty seconds and more are over."""
    for _ in range(300):
        if fits(line := await line_of(browser, path)):
            break
        await asyncio.sleep(0.1)
    return line


async def follow(browser, link):
    """The page that a row of the overview leads to."""
    return await browser.get(re.search(r'href="([^"]*/saker/[0-9a-f-]+)"', link)[1])


async def undated_is_refused_at_the_door(world):
    """Whatever leads to it: a hospital takes no referral on without the last day for care to begin."""
    hospital = side(world, "sykehus")
    async with at(hospital, await hospital_doctor(hospital)) as ctx:
        (case,) = await cases.find_cases(ctx, ("status", "received"))
    with pytest.raises(BrokenRule) as caught:
        async with at(hospital, await hospital_doctor(hospital)) as ctx:
            await gate.update(
                ctx, {k: v for k, v in case.items() if k != "restriction"} | {"status": "accepted"}
            )
    assert caught.value.issues[0].expression == ("Task.restriction.period.end", "Task.status")


@pytest.mark.proves("I14")
@pytest.mark.dimension("D1", "D2")
async def test_both_sides_and_the_citizen_see_the_same_state_all_the_way(world):
    gp = await referred(world)
    assert "Sendt" in await line_of(gp, "/journal/saker")
    doctor = await world.sign_in("sykehus", "ola-strand")
    citizen = await world.sign_in("innbygger", "per-arne")
    path, letter = await entry_at(doctor, "sykehus")
    due = f"Svar innen {day(after(now(), 10).date().isoformat(), 'nb')}"
    await until(gp, f"{CHART}/meldinger/liste", "Kvittert")

    async def all_say(words, more=""):
        for browser, where in (
            (gp, "/journal/saker"),
            (doctor, "/sykehus/saker"),
            (citizen, "/innbygger/henvisninger?alle"),
        ):
            line = await line_when(browser, where, lambda found: words in found and more in found)
            assert words in line, (where, line)
            assert more in line, (where, line)

    await all_say("Kommet fram", due)
    # The hospital wants to know more; the surgery gets a task with the question, and answers.
    asked = await post(doctor, letter, f"{path}/vurder", do="on_hold", words="Hva er NT-proBNP?")
    assert "Venter på flere opplysninger" in asked.text
    await all_say("Venter på flere opplysninger", "Hva er NT-proBNP?")
    question, page = await entry_at(gp, "journal")
    assert "Hva er NT-proBNP?" in unescape(page.text)
    sent = await follow(gp, await line_of(gp, "/journal/saker"))
    assert sent.url.path.startswith("/journal/sendt/")
    answered = await post(gp, sent, f"{sent.url.path}/sak", do="received", words="NT-proBNP 1200 ng/L")
    assert answered.status_code == 200
    await all_say("Kommet fram", due)
    _, told = await entry_at(doctor, "sykehus")
    assert "NT-proBNP 1200 ng/L" in unescape(told.text)

    letter = await follow(doctor, await line_of(doctor, "/sykehus/saker"))
    assert letter.url.path == path
    wrong = await post(doctor, letter, f"{path}/vurder", do="completed", words="")
    assert wrong.status_code == 422
    for last in ("", "2020-01-01", "i morgen"):
        undated = await post(doctor, letter, f"{path}/vurder", do="accepted", until=last, words="Velkommen")
        assert undated.status_code == 422
        assert "Skriv datoen helsehjelpen senest skal starte" in undated.text
        assert "Velkommen</textarea>" in undated.text
    await undated_is_refused_at_the_door(world)
    done = await post(doctor, letter, f"{path}/vurder", do="accepted", until="2027-01-20", words="")
    assert "Skriv epikrise" in done.text
    await all_say("Tatt imot", "Skal starte innen")
    await post(doctor, done, f"{path}/vurder", do="in_progress", words="")
    await all_say("I gang")
    # Of all that was told, only the question waits for somebody to read it.
    waiting = await gp.get("/journal/innboks/liste")
    assert set(re.findall(r'href="(/journal/innboks/[^"]+)"', waiting.text)) == {question}


async def test_a_referral_that_is_taken_back_is_at_its_end_for_all(world):
    gp = await referred(world)
    doctor = await world.sign_in("sykehus", "ola-strand")
    path, _ = await entry_at(doctor, "sykehus")
    sent = await follow(gp, await line_of(gp, "/journal/saker"))
    case = re.search(r"/saker/([0-9a-f-]+)", await line_of(gp, "/journal/saker"))[1]
    # A case has moves of its own: nobody ticks it off as a task.
    ticked = await post(gp, sent, f"/journal/oppgaver/{case}", do="complete", version="1", back="/")
    assert ticked.status_code == 409
    bare = await post(gp, sent, f"{sent.url.path}/sak", do="cancelled", words="")
    assert bare.status_code == 422
    gone = await post(gp, sent, f"{sent.url.path}/sak", do="cancelled", words="Pasienten er frisk.")
    assert "Trukket tilbake" in gone.text
    assert await line_of(gp, "/journal/saker") == ""
    assert await line_when(doctor, "/sykehus/saker", lambda found: not found) == ""
    letter = await doctor.get(path)
    assert "Trukket tilbake" in letter.text
    assert 'name="do" value="accepted"' not in letter.text
    citizen = await world.sign_in("innbygger", "per-arne")
    await until(citizen, "/innbygger/henvisninger?alle", "Trukket tilbake")

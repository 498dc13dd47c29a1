"""Opening what is closed with the patient's consent: asked on the citizen's page or in the room, for a time, on every node."""

import re
from datetime import timedelta
from functools import partial

import pytest
from tests.exchange.asking import PIDS, attested_nurse, side
from tests.exchange.forms import chart, csrf
from tests.exchange.test_privacy import HANNE, TOLD, choose, hides, shows, within_limit
from tests.exchange.test_privacy_register import as_citizen

from akson.asgi.pages import decided
from akson.exchange.edge.reach import Reach
from akson.fhir.strict_json import dumps
from akson.kit.clock import instant, now
from akson.security.actor import Purpose
from akson.security.privacy import DEFINITIONS
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store

NORTH = "unit:310000132:Solvik hjemmetjeneste nord"
WHY = "Jeg må vite hvilke medisiner du bruker før jeg gir deg noe."
LINK, OPEN = "Be om å få se", "Åpnet med pasientens samtykke"
SET = "SettInnbyggersPersonvernInnstilling/v2"


async def closed_chart(world, whom=NORTH):
    """A nurse whose unit, or who, may not see: her browser, the chart, and the citizen's browser."""
    hanne = await world.sign_in("journal", "hanne-lunde", "hjemmesykepleier")
    path = await chart(hanne, "journal", "Ingrid Haugen")
    ingrid = await world.sign_in("innbygger", "ingrid")
    await choose(ingrid, hvem=whom, omfang="alt")
    await within_limit(hides(hanne, f"{path}/legemidler", TOLD))
    return hanne, path, ingrid


async def send(browser, path, **form):
    page = await browser.get(f"{path}/samtykke")
    assert page.status_code == 200, page.text
    filled = {"csrf_token": csrf(page.text), "gjelder": "meg", "timer": "1", "begrunnelse": WHY} | form
    return await browser.post(
        f"{path}/samtykke", data={name: value for name, value in filled.items() if value}
    )


async def answer(browser, yes_or_no):
    page = (await browser.get("/innbygger/personvern")).text
    request = re.search(r'personvern/samtykke">.*?name="id" value="([^"]+)"', page, re.DOTALL)
    form = {"csrf_token": csrf(page), "id": request[1], "svar": yes_or_no}
    return await browser.post("/innbygger/personvern/samtykke", data=form)


async def end(browser):
    """End the opening that the page shows first."""
    page = (await browser.get("/innbygger/personvern")).text
    part = page.partition("Åpnet med samtykket ditt")[2]
    rule, version = (re.search(rf'name="{name}" value="([^"]+)"', part)[1] for name in ("id", "versjon"))
    form = {"csrf_token": csrf(page), "id": rule, "versjon": version}
    return await browser.post("/innbygger/personvern/ta-bort", data=form)


async def looks_by_consent(world, node):
    async with side(world, node).place.database.transaction(read_only=True, reader=OWNER) as tx:
        return {tuple(row) for row in await tx.fetch(
            "select reason, basis, actor_id from audit where basis = 'FORHOYET_SAMTYKKE' and granted and pat <> 0")}  # fmt: skip


@pytest.mark.proves("I18")
async def test_a_patient_who_is_asked_says_yes_and_ends_it(world):
    hanne, path, ingrid = await closed_chart(world)
    assert LINK in (await hanne.get(path)).text
    asked = await send(hanne, path, way="foresporsel")
    assert "Pasienten er spurt" in asked.text
    assert await hides(hanne, f"{path}/legemidler", TOLD)()
    for page in ("/innbygger/", "/innbygger/personvern"):
        shown = (await ingrid.get(page)).text
        assert "Hanne Lunde" in shown
        assert WHY in shown
    # Nobody else sees or answers it.
    olav = await world.sign_in("innbygger", "olav")
    assert WHY not in (await olav.get("/innbygger/personvern")).text
    said = await answer(ingrid, "ja")
    assert "Hanne Lunde (Solvik hjemmetjeneste nord) kan se det som er skjult" in said.text
    await within_limit(shows(hanne, f"{path}/legemidler", TOLD))
    page = (await hanne.get(path)).text
    assert OPEN in page
    assert LINK not in page
    assert ("reason.consented", "FORHOYET_SAMTYKKE", "9100101") in await looks_by_consent(world, "journal")
    log = (await ingrid.get("/innbygger/innsyn")).text
    assert "Det er sagt ja til at de fikk se det som er skjult" in log
    # A colleague of the unit was not named.
    amir = await world.sign_in("journal", "amir-khan", "helsefagarbeider")
    assert await hides(amir, f"{path}/legemidler", TOLD)()
    assert "Tatt bort" in (await end(ingrid)).text
    await within_limit(hides(hanne, f"{path}/legemidler", TOLD))
    assert LINK in (await hanne.get(path)).text


async def test_a_no_opens_nothing_and_a_question_is_answered_once(world):
    hanne, path, ingrid = await closed_chart(world)
    await send(hanne, path, way="foresporsel")
    await send(hanne, path, way="foresporsel", gjelder="enheten", timer="168")  # takes the place of the first
    page = (await ingrid.get("/innbygger/personvern")).text
    assert page.count("De ber om å få se") == 1
    assert "ber om at Solvik hjemmetjeneste nord får se det, i en uke" in page
    request = re.search(r'personvern/samtykke">.*?name="id" value="([^"]+)"', page, re.DOTALL)[1]
    await answer(ingrid, "nei")
    assert "De ber om å få se" not in (await ingrid.get("/innbygger/personvern")).text
    form = {"csrf_token": csrf(page), "id": request, "svar": "ja"}
    assert (await ingrid.post("/innbygger/personvern/samtykke", data=form)).status_code == 404
    assert await hides(hanne, f"{path}/legemidler", TOLD)()


@pytest.mark.proves("I18")
async def test_what_the_patient_says_in_the_room_is_written_down_and_opens_at_once_on_every_node(world):
    hanne, path, ingrid = await closed_chart(world)
    ask = await attested_nurse(world, hanne)

    async def at_platform():
        found = [
            await ask("GET", f"{world.base}/samhandling/fhir/{kind}")
            for kind in ("Flag", "Procedure", "Condition", "AllergyIntolerance")
        ]
        return sum(len(each.json().get("entry", [])) for each in found)

    assert await at_platform() == 0
    unsaid = await send(hanne, path, way="muntlig")
    assert (unsaid.status_code, "Kryss av når pasienten" in unsaid.text) == (422, True)
    assert WHY in unsaid.text
    done = await send(hanne, path, way="muntlig", said="ja", gjelder="enheten", timer="24")
    assert OPEN in done.text
    assert await shows(hanne, f"{path}/legemidler", TOLD)()
    # For the unit: the colleague too; and at the platform's own registers, for the same people.
    amir = await world.sign_in("journal", "amir-khan", "helsefagarbeider")
    assert await shows(amir, f"{path}/legemidler", TOLD)()
    ask = await attested_nurse(world, hanne)
    assert await at_platform() > 0
    page = (await ingrid.get("/innbygger/personvern")).text
    assert "Solvik hjemmetjeneste nord kan se det som er skjult" in page
    assert "Hanne Lunde skrev at du sa ja muntlig" in page
    assert WHY in (await ingrid.get("/innbygger/innsyn")).text
    await end(ingrid)
    for browser in (hanne, amir):
        await within_limit(hides(browser, f"{path}/legemidler", TOLD))


async def test_what_holds_in_an_emergency_too_is_not_asked_for_nor_opened(world):
    hanne, path, ingrid = await closed_chart(world, HANNE)
    assert LINK not in (await hanne.get(path)).text
    assert (await hanne.get(f"{path}/samtykke")).status_code == 403
    # Hidden from the unit besides: a yes opens that to her colleague's eyes, and nothing to hers.
    await choose(ingrid, hvem=NORTH, omfang="alt")
    await within_limit(shows(hanne, path, LINK))
    await send(hanne, path, way="muntlig", said="ja", gjelder="enheten")
    amir = await world.sign_in("journal", "amir-khan", "helsefagarbeider")
    await within_limit(shows(amir, f"{path}/legemidler", TOLD))
    assert await hides(hanne, f"{path}/legemidler", TOLD)()


async def test_without_the_platform_nothing_opens_and_the_form_says_so(world):
    hanne, path, _ = await closed_chart(world)
    page = await hanne.get(f"{path}/samtykke")
    world.silent.add("samhandling")
    form = {"csrf_token": csrf(page.text), "gjelder": "meg", "timer": "1", "begrunnelse": WHY}
    answered = await hanne.post(f"{path}/samtykke", data=form | {"way": "muntlig", "said": "ja"})
    assert answered.status_code == 503
    assert "Ingenting er åpnet" in answered.text
    assert WHY in answered.text
    assert await hides(hanne, f"{path}/legemidler", TOLD)()
    assert not await looks_by_consent(world, "journal")


async def test_who_is_not_asked_for_cannot_ask_and_personnel_set_no_rules(world):
    hanne, _, _ = await closed_chart(world)
    ask = await attested_nurse(world, hanne)
    register = f"{world.base}/samhandling/personvern"
    wish = {"timer": 1, "gjelder": "meg", "begrunnelse": WHY}
    headers = {"content-type": "application/json"}
    # The token of a page is for the one right that is asked for.

    refused = await ask("POST", f"{register}/samtykke/muntlig", content=dumps(wish), headers=headers)
    assert refused.status_code == 403, refused.text
    for case in (
        {"timer": 2},
        {"timer": "1"},
        {"gjelder": "alle"},
        {"begrunnelse": "kort"},
        {"begrunnelse": None},
    ):
        (name,) = case
        wrong = await _ask_register(world, hanne, "samtykke/muntlig", wish | case)
        assert wrong.status_code == 422, case
        assert name in wrong.text
    block = {
        "omfang": "BL",
        "berortHelsepersonell": {"logiskOmfang": "ANGITTE", "berortPerson": [{"id": "9100105"}]},
    }
    rule = {"definisjonGuid": DEFINITIONS["sperring"].identifier, "metadata": block}
    assert (await _ask_register(world, hanne, SET, rule)).status_code == 403
    assert (await _ask_register(world, hanne, "HentInnbyggersPiForPart/v2", {})).status_code == 403
    # Where nothing is closed there is nothing to ask for.
    olav = await chart(hanne, "journal", "Olav Berg")
    assert (await hanne.get(f"{olav}/samtykke")).status_code == 403


async def _ask_register(world, browser, path, body, patient="ingrid"):
    """Asks the register as the record system of a nurse does, with an attest for the one patient."""

    from akson.fhir.strict_json import dumps

    journal = side(world, "journal")
    secret = next(cookie.value for cookie in browser.cookies.jar if "journal" in cookie.name)
    session = await journal.sessions.find(secret)
    actor = await journal.people.find_actor(session.caller)
    why = partial(decided, journal, actor, Purpose.TREATMENT)
    ask = Reach(journal.node, actor, journal.peer, session, why).ask(
        PIDS[patient], "akson:samhandling/personvern"
    )
    url = f"{world.base}/samhandling/personvern/{path}"
    return await ask("POST", url, content=dumps(body), headers={"content-type": "application/json"})


async def test_whether_something_is_closed_can_be_asked_about_the_one_patient_alone(world):
    hanne, _, _ = await closed_chart(world)
    status = "SjekkInnbyggersPiStatus/v2"

    async def active(definition, pid=PIDS["ingrid"]):
        body = {
            "innbyggerFnr": pid,
            "definisjonGuid": DEFINITIONS[definition].identifier,
            "partKode": "akson",
        }
        return await _ask_register(world, hanne, status, body)

    found = await active("sperring")
    assert found.json() == {
        "definisjonGuid": DEFINITIONS["sperring"].identifier,
        "definisjonNavn": "sperring",
        "partKode": "akson",
        "typePi": "tilgangsbegrensning",
        "aktiv": True,
    }
    assert (await active("deling")).json()["aktiv"] is False
    assert (await active("innsyn")).json()["aktiv"] is False
    # Another citizen, known or not, is the same.
    answers = [await active("sperring", pid) for pid in (PIDS["olav"], PIDS["gunnar"], "x", "")]
    assert {(each.status_code, each.json()["issue"][0]["diagnostics"]) for each in answers} == {
        (404, "No such patient by this attest")
    }
    unknown = {"innbyggerFnr": PIDS["ingrid"], "definisjonGuid": "x"}
    assert (await _ask_register(world, hanne, status, unknown)).status_code == 422
    ingrid = await as_citizen(world, "ingrid")
    own = {"definisjonGuid": DEFINITIONS["sperring"].identifier}
    assert (await ingrid(status, own)).json()["aktiv"] is True
    assert (await ingrid(status, own | {"innbyggerFnr": PIDS["olav"]})).status_code == 404
    # A rule that is against somebody else is no business of hers.
    olav = await as_citizen(world, "olav")
    against = {
        "omfang": "BL",
        "berortHelsepersonell": {"logiskOmfang": "ANGITTE", "berortPerson": [{"id": "9100105"}]},
    }
    await olav(SET, {"definisjonGuid": DEFINITIONS["sperring"].identifier, "metadata": against})
    body = {"innbyggerFnr": PIDS["olav"], "definisjonGuid": DEFINITIONS["sperring"].identifier}
    about = await _ask_register(world, hanne, status, body, "olav")
    assert about.json()["aktiv"] is False, about.text


def consent(*hpr, **times):
    people = {"logiskOmfang": "ANGITTE", "berortPerson": [{"id": each} for each in hpr]}
    metadata = {"omfang": "IO", "berortHelsepersonell": people}
    return {"definisjonGuid": DEFINITIONS["innsyn"].identifier, "metadata": metadata} | times


async def test_a_consent_that_is_given_changed_withdrawn_and_over_shows_in_reads_in_time(world):
    hanne = await world.sign_in("journal", "hanne-lunde", "hjemmesykepleier")
    amir = await world.sign_in("journal", "amir-khan", "helsefagarbeider")
    path = f"{await chart(hanne, 'journal', 'Ingrid Haugen')}/legemidler"
    ingrid = await world.sign_in("innbygger", "ingrid")
    await choose(ingrid, hvem="hpr:9100105:Jonas Berg", retning="andre", omfang="alt", mener="ja")
    for browser in (hanne, amir):
        await within_limit(hides(browser, path, TOLD))
    register = await as_citizen(world, "ingrid")
    given = (await register(SET, consent("9100101"))).json()
    await within_limit(shows(hanne, path, TOLD))
    assert await hides(amir, path, TOLD)()
    named = {"id": given["id"], "versjonsnummer": 1}
    changed = await register(SET, consent("9100102") | named)
    assert changed.status_code == 200, changed.text
    await within_limit(shows(amir, path, TOLD))
    await within_limit(hides(hanne, path, TOLD))
    gone = await register(SET, {"id": given["id"], "versjonsnummer": 2, "aktiv": False})
    assert gone.status_code == 200, gone.text
    await within_limit(hides(amir, path, TOLD))
    # Over by itself, with nobody telling anybody.
    short = await register(SET, consent("9100101", tidsbegrensetTil=instant(now() + timedelta(seconds=4))))
    assert short.status_code == 200, short.text
    await within_limit(shows(hanne, path, TOLD))
    world.silent.add("samhandling")
    await within_limit(hides(hanne, path, TOLD))
    world.silent.clear()


async def test_of_a_consent_and_a_block_on_the_same_person_the_block_holds(world):
    hanne, path, ingrid = await closed_chart(world, HANNE)
    register = await as_citizen(world, "ingrid")
    assert (await register(SET, consent("9100101"))).status_code == 200
    await choose(ingrid, hvem="hpr:9100105:Jonas Berg", retning="andre", omfang="alt", mener="ja")
    amir = await world.sign_in("journal", "amir-khan", "helsefagarbeider")
    await within_limit(hides(amir, f"{path}/legemidler", TOLD))
    assert await hides(hanne, f"{path}/legemidler", TOLD)()
    # One that is not for all time, and one for longer than a week, are no openings.
    people = {"logiskOmfang": "ANGITTE", "berortPerson": [{"id": "9100101"}]}
    opening = {
        "definisjonGuid": DEFINITIONS["aapning"].identifier,
        "metadata": {"omfang": "IO", "berortHelsepersonell": people},
    }
    for times in ({}, {"tidsbegrensetTil": instant(now() + timedelta(days=8))}):
        refused = await register(SET, opening | times)
        assert (refused.status_code, "within 7 days" in refused.text) == (422, True), refused.text
    others = opening["metadata"] | {"berortHelsepersonell": {"berortVirksomhet": [{"id": "310000213"}]}}
    soon = {"tidsbegrensetTil": instant(now() + timedelta(hours=1))}
    assert (await register(SET, opening | soon | {"metadata": others})).status_code == 422
    assert (await register(SET, opening | soon)).status_code == 200
    assert await hides(hanne, f"{path}/legemidler", TOLD)()

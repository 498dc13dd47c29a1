"""An application to the municipality: sent by the citizen, assessed and decided by a case handler, read by the citizen, over HTTP."""

import re

import pytest
from tests.exchange.asking import side
from tests.exchange.forms import csrf
from tests.exchange.test_access_log import words
from tests.exchange.test_dialogue import link, listed, path_of, press, send

from akson.fhir.strict_json import loads
from akson.fhir.validate import structure
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened

pytestmark = pytest.mark.store
OFFICE = "9000115"


@pytest.mark.proves("I15", "I16")
@pytest.mark.dimension("D2")
async def test_an_application_from_the_form_to_the_decision(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    form = await ingrid.get("/innbygger/soknader/ny")
    assert re.findall(r'<option value="(\d+)"', form.text) == [OFFICE]
    nothing = await send(ingrid, form, "/innbygger/soknader/ny", to=OFFICE, topic="", words="x")
    assert nothing.status_code == 422
    assert "Velg hva du søker om" in nothing.text
    empty = await send(ingrid, form, "/innbygger/soknader/ny", to="", topic="", words="  ")
    assert empty.status_code == 422
    for said in ("Velg hvem du skriver til", "Velg hva du søker om", "Skriv en melding på høyst"):
        assert empty.text.count(said) == 2, said  # at the top, and at its field
    half = await send(
        ingrid, form, "/innbygger/soknader/ny", files=[("x.exe", b"MZ\x00\xff", "application/x")],
        to=OFFICE, topic="bpa", words="",
    )  # fmt: skip
    assert half.status_code == 422
    for said in ("Skriv en melding på høyst", "En fil er av et slag vi ikke tar imot"):
        assert said in half.text
    assert 'value="bpa" selected' in half.text
    assert f'value="{OFFICE}" selected' in half.text
    told = {"to": OFFICE, "topic": "trygghetsalarm", "words": "Jeg har falt to ganger i høst."}
    page = await send(ingrid, form, "/innbygger/soknader/ny", **told)
    assert "Ingen har begynt på den ennå" in words(page.text)

    handler = await world.sign_in("journal", "tone-bakke")
    case = await handler.get(link(await listed(handler), "Trygghetsalarm"))
    assert "Jeg har falt to ganger" in case.text
    assessing = await press(handler, case, f"{path_of(case)}/assess")
    assert "Til vurdering" in words((await ingrid.get("/innbygger/soknader")).text)
    unsaid = await press(handler, assessing, f"{path_of(case)}/decide", stage="granted", words=" ", key="k")
    assert unsaid.status_code == 422
    vague = await press(
        handler, assessing, f"{path_of(case)}/decide", stage="assessing", words="Ja.", key="k"
    )
    assert vague.status_code == 422
    assert ">Ja.</textarea>" in vague.text
    decision = {"stage": "granted", "words": "Du får trygghetsalarm fra 1. desember.", "key": "k"}
    done = await press(handler, assessing, f"{path_of(case)}/decide", **decision)
    assert "har gjort vedtak" in words(done.text)
    assert (
        await press(handler, done, f"{path_of(case)}/decide", **decision | {"key": "l"})
    ).status_code == 409

    said = words((await ingrid.get(path_of(page))).text)
    assert "Innvilget" in said
    assert "Du får trygghetsalarm fra 1. desember." in said
    again = await send(ingrid, await ingrid.get(path_of(page)), path_of(page), words="Takk!")
    assert "Takk!" in again.text
    async with opened(side(world, "samhandling").place, NODE_ITSELF) as ctx:
        task = loads((await gate.read(ctx, "Task", path_of(page).rpartition("/")[2])).body)
        request = loads((await gate.read(ctx, *task["focus"]["reference"].split("/"))).body)
    assert structure.check(task) == structure.check(request) == []
    assert request["status"] == "completed"
    nurse = await world.sign_in("journal", "hanne-lunde")
    assert (await nurse.get(path_of(case))).status_code == 404
    assert csrf(again.text)

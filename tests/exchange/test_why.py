"""Personnel read why they see what they see, and why not, with what to do next."""

import pytest
from tests.exchange.forms import chart, submit
from tests.exchange.test_access_log import words

pytestmark = pytest.mark.store
TREATED = "Ansatte ser og skriver det rollen trenger, om dem som enheten gir helsehjelp."
FOUND = (
    "Ansatte finner en person i pasientlisten og ser navn, fødselsdato og adresse. Det åpner ikke journalen."
)


@pytest.mark.proves("J22")
async def test_the_chart_tells_the_rule_the_relation_and_what_to_do(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    path = await chart(nurse, "journal", "Ingrid Haugen")
    said = words((await nurse.get(path)).text)
    assert TREATED in said
    assert "Eininga" not in said
    assert "Enheten eller du har: " in said
    assert "tjeneste som er innvilget" in said.split("Enheten eller du har: ")[1][:200]
    assert "Alt du ser, står i pasientens logg" in said
    assert "Lov: pasientjournalloven § 19, helsepersonelloven § 25 og § 45" in said
    outside = await world.sign_in("journal", "silje-aune")
    said = words((await outside.get(path)).text)
    assert FOUND in said
    assert TREATED not in said
    form = {"reason": "acute", "why": "Falt om på gata, trenger medisinliste"}
    said = words((await submit(outside, f"{path}/nodapning", form)).text)
    assert "Helsepersonell åpner én pasients journal en kort tid når det haster." in said
    assert "Avslutt når det ikke haster lenger." in said


@pytest.mark.proves("J22")
async def test_who_is_refused_reads_the_rule_and_what_to_do(world):
    handler = await world.sign_in("journal", "tone-bakke")
    path = await chart(handler, "journal", "Ingrid Haugen")
    page = await handler.get(f"{path}/legemidler")
    said = words(page.text)
    assert page.status_code == 403
    assert "Ingen av reglene for tilgang åpner dette for deg som saksbehandler." in said
    assert "velg den som gjelder dette arbeidet" in said
    assert "Lov: pasientjournalloven § 19" in said
    part = await handler.get(f"{path}/legemidler", headers={"HX-Request": "true"})
    assert "Ingen av reglene for tilgang" in words(part.text)
    nurse = await world.sign_in("journal", "hanne-lunde")
    said = words((await nurse.get("/journal/logg", headers={"Accept-Language": "en"})).text)
    assert "opens this to you as" in said or "for deg som hjemmesykepleier" in said

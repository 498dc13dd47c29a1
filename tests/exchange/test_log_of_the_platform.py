"""The citizen's log on paper; questions about looks at the platform's own registers; those who act for a citizen."""

import re

import pytest
from tests.documents.pdf.reading import Pdf
from tests.exchange.asking import PIDS, side
from tests.exchange.forms import csrf
from tests.exchange.test_access_log import looked, words
from tests.exchange.test_emergency import opened as in_an_emergency
from tests.exchange.test_question import answering, fields, link
from tests.exchange.test_representation import LATER, NOAH, act_for
from tests.world import TODAY

from akson.demo.nodes import persons
from akson.kit.clock import now
from akson.store.access import audit
from akson.store.access.audit import AuditRow
from akson.store.database.reader import OWNER
from akson.store.index.hashing import patient_number

pytestmark = pytest.mark.store
TITLE = "Helhetlig samhandling"


def spoken(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return Pdf(answer.content)


def shown(pdf, *said):
    text = pdf.text().replace(" ", "")
    for each in said:
        assert each.replace(" ", "") in text, text


async def test_the_log_is_taken_away_as_a_tagged_pdf_that_says_what_the_page_says(world):
    await looked(world)
    await in_an_emergency(world)
    ingrid = await world.sign_in("innbygger", "ingrid")
    answer = await ingrid.get("/innbygger/innsyn/oppslag.pdf")
    assert answer.headers["content-disposition"] == 'attachment; filename="innsyn.pdf"'
    assert answer.headers["cache-control"] == "no-store"
    pdf = spoken(answer)
    shown(pdf, "Hvem har sett journalen", "Ingrid Haugen", "Hanne Lunde, hjemmesykepleier", "Ola Strand")
    shown(
        pdf,
        "Solvik hjemmetjeneste",
        "Grunn: De gir helsehjelp",
        "loven gir adgang uten samtykke",
        "Skrev da: «Falt om på gata, trenger medisinliste»",
    )
    said = pdf.text().replace(" ", "")
    assert said.count("Skrevda:") == 1
    for person in persons(TODAY):
        assert person.pid not in said
    hanne = re.search(r'<option value="([^"]+)">Hanne', (await ingrid.get("/innbygger/innsyn")).text)[1]
    world.silent.add("sykehus")
    pdf = spoken(await ingrid.get(f"/innbygger/innsyn/oppslag.pdf?hvem={hanne}"))
    shown(pdf, "Utvalg: Hanne Lunde", "Fjordsykehuset svarte ikke")
    assert "OlaStrand" not in pdf.text().replace(" ", "")


@pytest.mark.parametrize(
    ("language", "said"), [("nn", "Kven har sett journalen"), ("en", "Who has seen the record")]
)
async def test_the_paper_is_in_the_language_of_the_reader(world, language, said):
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = await ingrid.get("/innbygger/")
    await ingrid.post(
        "/sprak", data={"csrf_token": csrf(page.text), "language": language, "next": "/innbygger/"}
    )
    pdf = spoken(await ingrid.get("/innbygger/innsyn/oppslag.pdf?periode=uke"))
    shown(pdf, said)
    assert f"/Lang({language}-NO)".encode() in pdf.catalog


async def platform_inbox(world):
    officer = await world.sign_in("samhandling", "anne-grete-rud")
    return officer, await officer.get("/samhandling/")


async def answered(world, question, says):
    """The platform's privacy officer sees the question and answers it."""
    officer, page = await platform_inbox(world)
    assert page.url.path == "/samhandling/logg/sporsmaal"
    for each in question:
        assert each in words(page.text), words(page.text)
    sent = {"csrf_token": csrf(page.text), "answer": says}
    assert "Besvart" in words((await officer.post(answering(page.text), data=sent)).text)


@pytest.mark.proves("I18")
async def test_a_look_at_the_platforms_registers_is_asked_about_where_nobody_else_can_tell(world):
    await looked(world)
    world.silent.add("sykehus")
    ingrid = await world.sign_in("innbygger", "ingrid")
    form = await ingrid.get(link((await ingrid.get("/innbygger/innsyn")).text, "Ola Strand"))
    assert f"Spørsmålet går til {TITLE}" in words(form.text)
    sent = fields(form.text)
    page = await ingrid.post("/innbygger/innsyn/spor", data=sent)
    twice = await ingrid.post("/innbygger/innsyn/spor", data=sent)
    assert words(twice.text).count(f"Til {TITLE}") == 1
    assert "Venter på svar" in words(page.text)
    await answered(world, ("Ingrid Haugen spør", "Ola Strand"), "Legen slo opp det som er kritisk.")
    page = await ingrid.get("/innbygger/innsyn")
    assert "Legen slo opp det som er kritisk." in words(page.text)
    for key in ("ingrid", "ola-strand", "anne-grete-rud"):
        assert PIDS[key] not in page.text


async def test_the_one_who_runs_the_machines_does_not_read_the_questions(world):
    operator = await world.sign_in("samhandling", "henrik-vold")
    assert (await operator.get("/samhandling/logg/sporsmaal")).status_code == 403
    assert "/logg/sporsmaal" not in (await operator.get("/samhandling/")).text


async def looked_at_the_platform(world, pid):
    """A row of the platform's log: a doctor of the hospital has looked at somebody there."""
    hub = side(world, "samhandling")
    async with hub.place.database.transaction(reader=OWNER) as tx:
        patient = await hub.people.patient(tx, pid)
        row = AuditRow(
            moment=now(), actor_kind="personnel", action="search", purpose="TREAT", granted=True,
            reason="reason.attested_care", actor_name="Ola Strand", actor_id="9100201",
            organization=side(world, "sykehus").node.organization, organization_name="Fjordsykehuset",
            pat=patient_number(patient["id"]), type="AllergyIntolerance", count=1, node="samhandling",
        )  # fmt: skip
        await audit.append(tx, row)


async def test_a_mother_reads_and_asks_for_her_child_at_the_platform(world):
    await looked_at_the_platform(world, NOAH)
    kristine = await world.sign_in("innbygger", "kristine")
    await act_for(kristine, "Noah Eriksen")
    page = await kristine.get("/innbygger/innsyn")
    assert page.status_code == 200, page.text
    paper = spoken(await kristine.get("/innbygger/innsyn/oppslag.pdf"))
    shown(paper, "Noah Eriksen", "Hentet ut av Kristine Eriksen", "Ola Strand")
    form = await kristine.get(link(page.text, "Ola Strand"))
    assert "Hvorfor så Ola Strand" in fields(form.text)["tekst"]
    assert "på journalen til Noah Eriksen" in fields(form.text)["tekst"]
    page = await kristine.post("/innbygger/innsyn/spor", data=fields(form.text))
    assert "spurt av Kristine Eriksen" in words(page.text)
    await answered(world, ("Kristine Eriksen spør for Noah Eriksen", "Ola Strand"), "Noah var innlagt.")
    assert "Noah var innlagt." in words((await kristine.get("/innbygger/innsyn")).text)
    for pid in (NOAH, PIDS["kristine"]):
        assert pid not in page.text


async def test_who_acts_in_something_else_reads_no_log(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = (await ingrid.get("/innbygger/fullmakt")).text
    relative = re.search(r'name="hvem" value="([^"]+)" ><span>Marit Haugen', page)[1]
    given = {"csrf_token": csrf(page), "hvem": relative, "omraade": "personvern", "til": LATER}
    await ingrid.post("/innbygger/fullmakt", data=given)
    marit = await world.sign_in("innbygger", "marit")
    await act_for(marit, "Ingrid Haugen")
    for path in ("innsyn", "innsyn/oppslag.pdf", "innsyn/oppslag.json", "innsyn/spor?hvem=x&dag=2026-01-01"):
        assert (await marit.get(f"/innbygger/{path}")).status_code == 403, path
    assert "/innbygger/innsyn" not in (await marit.get("/innbygger/personvern")).text

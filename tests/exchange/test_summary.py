"""The clinical summary: composed of the registers and of all record systems, as a document, a page and a PDF."""

import pytest
from tests.exchange.asking import PIDS, attested_nurse
from tests.exchange.forms import chart

from akson.exchange.hub.summary import LOINC
from akson.fhir.strict_json import dumps, loads
from akson.fhir.validate.structure import check
from akson.kit.norwegian import FNR
from akson.store.database.reader import NODE

pytestmark = pytest.mark.store
HEAD = {"content-type": "application/fhir+json"}


async def asked(world, ask, number):
    identifier = {"name": "identifier", "valueIdentifier": {"system": FNR, "value": number}}
    body = {"resourceType": "Parameters", "parameter": [identifier]}
    url = f"{world.base}/samhandling/oppslag/Patient/$summary"
    return await ask("POST", url, content=dumps(body), headers=HEAD)


@pytest.mark.proves("I1")
async def test_a_document_of_all_sources_that_is_whole_in_itself(world):
    ask = await attested_nurse(world, await world.sign_in("journal", "hanne-lunde"), "olav")
    answer = await asked(world, ask, PIDS["olav"])
    assert answer.status_code == 200, answer.content
    document = loads(answer.content)
    assert not list(check(document))
    composition, *others = [entry["resource"] for entry in document["entry"]]
    sections = {s["code"]["coding"][0]["code"]: s for s in composition["section"]}
    assert composition["type"]["coding"][0]["system"] == LOINC
    assert {"48765-2", "10160-0", "11450-4"} <= set(sections)
    known = {entry["fullUrl"] for entry in document["entry"]}
    named = [each["reference"] for section in sections.values() for each in section.get("entry", [])]
    assert named
    assert set(named) <= known
    assert {url.split("/")[3] for url in named} >= {"sykehus", "samhandling"}
    subjects = {(r.get("subject") or r.get("patient") or {}).get("reference") for r in others[1:]}
    assert len(subjects) == 1
    assert PIDS["ingrid"] not in answer.content.decode()


@pytest.mark.proves("I1")
async def test_what_must_be_known_is_in_it_and_what_two_wrote_is_one_line(world):
    ask = await attested_nurse(world, await world.sign_in("journal", "hanne-lunde"), "ingrid")
    composition = loads((await asked(world, ask, PIDS["ingrid"])).content)["entry"][0]["resource"]
    said = {s["code"]["coding"][0]["code"]: s["text"]["div"] for s in composition["section"]}
    assert "Viktig blodfortynnende behandling" in said["75310-3"]
    assert "Fallfare" in said["75310-3"]
    assert said["10160-0"].count("Apiksaban tabletter 5 mg, 1 tablett morgen og 1 kveld") == 1


async def test_who_could_not_be_asked_is_said_and_nothing_is_called_unknown(world):
    ask = await attested_nurse(world, await world.sign_in("journal", "hanne-lunde"), "olav")
    platform = next(each for each in world.app.state.hosted if each.node.name == "samhandling")
    async with platform.place.database.transaction(reader=NODE) as tx:
        await tx.execute("update hotel_source set told = null where source = 'sykehus'")
    world.silent.add("sykehus")
    composition = loads((await asked(world, ask, PIDS["olav"])).content)["entry"][0]["resource"]
    assert composition["status"] == "preliminary"
    empty = [s["emptyReason"]["coding"][0]["code"] for s in composition["section"] if "emptyReason" in s]
    assert set(empty) == {"unavailable"}
    assert "Fjordsykehuset svarer ikke" in composition["section"][0]["text"]["div"]


async def test_a_summary_is_of_the_one_patient_that_is_attested(world):
    ask = await attested_nurse(world, await world.sign_in("journal", "hanne-lunde"), "olav")
    assert (await asked(world, ask, PIDS["ingrid"])).status_code in {403, 404}
    wrong = await ask(
        "POST",
        f"{world.base}/samhandling/oppslag/Patient/$summary",
        content=dumps({"resourceType": "Parameters"}),
        headers=HEAD,
    )
    assert wrong.status_code == 400


@pytest.mark.proves("I1")
async def test_it_is_a_page_and_a_paper_for_the_nurse_and_for_the_citizen(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Olav Berg")
    citizen = await world.sign_in("innbygger", "olav")
    for browser, path in ((nurse, f"{here}/oppsummering"), (citizen, "/innbygger/oppsummering")):
        page = await browser.get(path)
        assert page.status_code == 200, page.text[:2000]
        assert "Kronisk obstruktiv lungesykdom" in page.text
        paper = await browser.get(f"{path}.pdf")
        assert paper.status_code == 200
        assert paper.content.startswith(b"%PDF-")

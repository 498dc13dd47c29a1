"""The work pages of a record system, on the demo's own data."""

import re
from dataclasses import replace

import pytest

from akson.demo.ids import demo_id
from akson.kit.text import text
from tests.web.conftest import PERSONS

pytestmark = pytest.mark.store
INGRID = demo_id("journal", "Patient", "ingrid")
OLAV = demo_id("journal", "Patient", "olav")
CHART = f"/pasient/{INGRID}"


def unmarked(page: str) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def test_the_day_lists_visits_in_order_and_tasks_with_the_urgent_first(journal):
    await journal.sign_in("hanne-lunde")
    page = await journal.get("/")
    assert page.index("08:30") < page.index("17:50")
    assert page.index("Meld fra til FACT") < page.index("Spør Ingrid og Marit om allergier")
    # which of the two depends on the clock: the urgent task is due at eleven
    assert text("chart.task_urgent") in page or text("chart.task_overdue") in page
    assert f'href="/journal/pasient/{INGRID}"' in page


async def test_nobody_signed_in_is_told_so(journal):
    page = await journal.get(CHART, status=401)
    assert text("error.not_authenticated") in page
    assert "Ingrid" not in page


@pytest.mark.parametrize("words", ["ingrid", "Haugen Ingrid", "12.03.1942", "12031942"])
async def test_a_patient_is_found_by_name_and_birth_date(journal, words):
    await journal.sign_in("hanne-lunde")
    answer = await journal.post("/pasienter", query=words)
    assert f'href="/journal{CHART}"' in answer.text
    assert f"pasient/{OLAV}" not in answer.text


async def test_the_identity_number_is_searched_for_in_the_body_and_shown_on_demand_only(journal):
    await journal.sign_in("hanne-lunde")
    pid = PERSONS["ingrid"].pid
    answer = await journal.post("/pasienter", query=f"{pid[:6]} {pid[6:]}")
    assert f'href="/journal{CHART}"' in answer.text
    assert pid[6:] not in await journal.get(CHART)
    shown = await journal.post(f"{CHART}/fodselsnummer")
    assert f"{pid[:6]} {pid[6:]}" in shown.text


async def test_nobody_found_is_said_with_what_to_try(journal):
    await journal.sign_in("hanne-lunde")
    answer = await journal.post("/pasienter", query="Finnes Ikke")
    assert text("chart.found_none_do") in answer.text


async def test_the_overview_shows_the_record_with_who_and_when(journal):
    await journal.sign_in("hanne-lunde")
    words = unmarked(await journal.get(CHART))
    for expected in (
        "Ingrid Haugen", "84 år", "Fallfare", "Apiksaban tabletter 5 mg", "Demens", "Trygghetsalarm",
        "5 timer i uken", "Marit Haugen", "Jeg vil klare å gå til kirken", "Hanne Lunde, hjemmesykepleier",
    ):  # fmt: skip
        assert expected in words


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/legemidler", "Metoprolol depottabletter 25 mg"),
        ("/problemer", "Osteoporose"),
        ("/notater", "Hjemmebesøk, kveld"),
        ("/kritisk", text("chart.the_register")),
        ("/dokumenter", "Fysioterapi hjemme"),
        ("/meldinger", "Ingen meldinger"),
    ],
)
async def test_every_tab_shows_its_part_and_the_same_banner(journal, path, expected):
    await journal.sign_in("hanne-lunde")
    page = await journal.get(CHART + path)
    assert expected in page
    assert f'data-patient="{INGRID}"' in page
    assert 'aria-current="page"' in page


async def test_a_silent_register_is_said_and_not_taken_for_nothing(journal):
    await journal.sign_in("hanne-lunde")
    assert text("chart.register_silent") in await journal.get(CHART)


async def test_a_silent_platform_is_shown_as_missing_with_a_retry(journal):
    await journal.sign_in("hanne-lunde")
    part = await journal.get(f"{CHART}/dokumenter/andre")
    assert text("web.source_missing", name=text("chart.documents_platform")) in part
    assert text("web.retry") in part
    assert text("chart.documents_others_empty") not in part


async def test_documents_are_found_by_the_words_in_them(journal):
    await journal.sign_in("hanne-lunde")
    page = (await journal.post(f"{CHART}/dokumenter", words="svimmel")).text
    assert "Hjemmebesøk, kveld" in page
    assert "Fysioterapi hjemme" not in page
    page = (await journal.post(f"{CHART}/dokumenter", words="finnesikke")).text
    assert text("chart.documents_found_none") in page


async def test_a_document_is_kept_as_a_file_and_never_opened_as_a_page(journal):
    await journal.sign_in("hanne-lunde")
    links = re.findall(rf"/journal{CHART}/dokumenter/([\w-]+)\"", await journal.get(f"{CHART}/dokumenter"))
    answer = await journal.http.get(f"/journal{CHART}/dokumenter/{links[1]}/innhold")
    assert answer.headers["content-disposition"].startswith("attachment")


async def test_without_a_care_relation_the_chart_says_why_it_is_empty(journal):
    await journal.sign_in("hanne-lunde")
    noah = demo_id("journal", "Patient", "noah")
    words = unmarked(await journal.get(f"/pasient/{noah}"))
    assert text("chart.no_relation") in words
    assert "Noah Eriksen" in words
    # Nobody may take what is not shown for something that is not there.
    assert text("chart.unrelated_empty") in words
    for name in ("critical", "medicines", "problems", "notes"):
        assert text(f"chart.{name}_empty") not in words


async def test_an_unknown_patient_is_not_found(journal):
    await journal.sign_in("hanne-lunde")
    assert text("error.not_found") in await journal.get("/pasient/nobody", status=404)


async def test_a_note_is_saved_while_it_is_written_and_found_again(journal):
    await journal.sign_in("hanne-lunde")
    form = {"patient": INGRID, "version": "0", "kind": "visit", "situation": "Sover godt."}
    first = (await journal.post(f"{CHART}/notater/utkast", **form)).json()
    assert first["version"] == 1
    second = (
        await journal.post(f"{CHART}/notater/utkast", **form | {"version": "1", "assessment": "Bra."})
    ).json()
    assert second["version"] == 2
    editor = await journal.get(f"{CHART}/notater/nytt")
    assert "Sover godt." in editor
    assert "Bra." in editor
    assert 'name="version" value="2"' in editor
    assert "Ingrid Haugen" in await journal.get("/utkast")
    assert "Sover godt." not in await journal.get(f"{CHART}/notater")


async def test_the_draft_in_an_older_window_is_a_conflict_and_changes_nothing(journal):
    await journal.sign_in("hanne-lunde")
    form = {"patient": INGRID, "version": "0", "kind": "visit", "situation": "Første vindu."}
    await journal.post(f"{CHART}/notater/utkast", **form)
    late = await journal.post(f"{CHART}/notater/utkast", **form | {"situation": "Andre vindu."})
    assert late.status_code == 409
    assert "Første vindu." in await journal.get(f"{CHART}/notater/nytt")


async def test_a_signed_note_is_in_the_record_and_the_draft_is_gone(journal):
    await journal.sign_in("hanne-lunde")
    form = {
        "patient": INGRID, "version": "0", "kind": "phone", "situation": "Ringte datter <Marit>.\nHun kommer.", "do": "sign",
    }  # fmt: skip
    answer = await journal.post(f"{CHART}/notater", **form)
    assert answer.status_code == 303
    page = (await journal.http.get(answer.headers["location"])).text
    assert "Ringte datter &lt;Marit&gt;." in page
    assert "Hanne Lunde, hjemmesykepleier" in page
    assert "Solvik hjemmetjeneste nord" in page
    assert text("chart.kind_phone") in await journal.get(f"{CHART}/notater")
    assert text("chart.drafts_empty") in await journal.get("/utkast")


@pytest.mark.proves("T4")
async def test_below_the_highest_level_of_sign_in_no_chart_opens_and_the_page_says_what_to_do(journal):
    await journal.sign_in("hanne-lunde")
    assert "Ingrid Haugen" in await journal.get(CHART)
    journal.caller = replace(journal.caller, assurance=3)
    for path in (CHART, f"{CHART}/notater", f"{CHART}/dokumenter", "/pasienter?q=ingrid"):
        page = await journal.get(path, status=403)
        assert text("reason.low_assurance") in page
        assert "Ingrid" not in page


@pytest.mark.proves("J20")
async def test_a_note_for_the_writer_alone_is_seen_by_no_colleague(journal):
    """The writer decides; a colleague of the same unit finds it neither in the list nor by its address."""
    words = "Fortalt i fortrolighet."
    await journal.sign_in("hanne-lunde")
    form = {"patient": INGRID, "version": "0", "kind": "visit", "situation": words, "shared": "self"}
    await journal.post(f"{CHART}/notater/utkast", **form)
    assert '<option value="self" selected>' in await journal.get(f"{CHART}/notater/nytt")
    answer = await journal.post(f"{CHART}/notater", **form | {"version": "1", "do": "sign"})
    address = answer.headers["location"]
    page = (await journal.http.get(address)).text
    assert words in page
    assert text("chart.only_self") in page
    listed = await journal.get(f"{CHART}/notater")
    assert text("chart.only_self") in listed
    await journal.sign_in("amir-khan")
    listed = await journal.get(f"{CHART}/notater")
    assert "Hjemmebesøk, kveld" in listed
    assert words not in listed
    assert (await journal.http.get(address)).status_code == 404


async def test_an_empty_note_is_not_signed(journal):
    await journal.sign_in("hanne-lunde")
    answer = await journal.post(f"{CHART}/notater", patient=INGRID, version="0", kind="visit", do="sign")
    assert text("chart.note_empty") in answer.text


async def test_a_draft_can_be_kept_or_deleted(journal):
    await journal.sign_in("hanne-lunde")
    form = {"patient": INGRID, "version": "0", "kind": "visit", "situation": "Kladd."}
    assert (await journal.post(f"{CHART}/notater", **form, do="keep")).status_code == 303
    assert "Kladd." in await journal.get("/utkast")
    await journal.post(f"{CHART}/notater", **form, do="discard")
    assert "Kladd." not in await journal.get("/utkast")


async def test_a_form_of_one_patient_is_refused_on_the_page_of_another(journal):
    await journal.sign_in("hanne-lunde")
    form = {"patient": OLAV, "version": "0", "kind": "visit", "situation": "Feil pasient.", "do": "sign"}
    answer = await journal.post(f"{CHART}/notater", **form)
    assert answer.status_code == 409
    assert "Feil pasient." not in await journal.get(f"/pasient/{OLAV}/notater")


async def test_a_document_of_one_patient_does_not_open_under_another(journal):
    await journal.sign_in("hanne-lunde")
    links = re.findall(rf"/journal{CHART}/dokumenter/([\w-]+)", await journal.get(f"{CHART}/dokumenter"))
    assert "Medisiner tatt" in await journal.get(f"{CHART}/dokumenter/{links[0]}")
    await journal.get(f"/pasient/{OLAV}/dokumenter/{links[0]}", status=409)


async def test_a_free_task_is_taken_and_finished(journal):
    await journal.sign_in("hanne-lunde")
    task = re.search(r"Ring Marit om brodder.*?oppgaver/([\w-]+)", await journal.get(CHART), re.DOTALL)
    assert task
    path = f"/oppgaver/{task[1]}"
    assert (await journal.post(path, version="1", do="claim", back="/journal/")).headers[
        "location"
    ] == "/journal/"
    late = await journal.post(path, version="1", do="claim", back="/journal/")
    assert late.status_code == 412
    assert (await journal.post(path, version="2", do="complete", back="https://evil.example/")).headers[
        "location"
    ] == "/"
    assert "Ring Marit om brodder" not in await journal.get(CHART)


async def test_the_guardian_is_in_the_banner(journal):
    await journal.sign_in("hanne-lunde")
    lukas = demo_id("journal", "Patient", "lukas")
    assert "Verge: Gunnar Fjeld" in await journal.get(f"/pasient/{lukas}")


async def test_the_page_is_in_the_language_chosen(journal):
    await journal.sign_in("hanne-lunde")
    await journal.http.post("/sprak", data={"language": "en", "next": "/"})
    words = unmarked(await journal.get(CHART))
    assert "Medicines in use" in words
    assert "84 years" in words

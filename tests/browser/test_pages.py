"""Every page: no serious fault of accessibility, no sideways scroll on a phone, no script error, nothing off policy."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

JOURNAL = ("", "innboks", "pasienter", "utkast")
CHART = ("", "/kritisk", "/legemidler", "/problemer", "/notater", "/notater/nytt", "/dokumenter", "/meldinger",
         "/kritisk/overfoelsomhet/ny")  # fmt: skip
PORTAL = ("", "helse", "helse/dokumenter", "henvisninger", "innsyn", "innsyn?periode=aar")


def check(page, path):
    """Open a page and hold it against the rules that hold for all."""
    faults = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    answer = page.goto(path)
    assert answer.status == 200, path
    page.wait_for_load_state("load")
    page.wait_for_timeout(300)
    results = Axe().run(page)
    bad = [v["id"] for v in results.response["violations"] if v["impact"] in {"serious", "critical"}]
    assert not bad, (path, results.generate_report())
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, f"{path} scrolls sideways by {width} px"
    assert not faults, (path, faults)


def chart_of(page, name):
    page.goto(page.url)
    return re.sub(r"^https?://[^/]+", "", page.get_by_role("link", name=name).first.evaluate("a => a.href"))


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_work_pages(site, phone):
    page = site.sign_in("journal", "hanne-lunde", "Hanne Lunde", phone=phone)
    chart = chart_of(page, "Ingrid Haugen")
    for path in [f"/journal/{path}" for path in JOURNAL] + [chart + tab for tab in CHART]:
        check(page, path)


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_citizen_pages(site, phone):
    page = site.sign_in("innbygger", "olav", "Olav Berg", phone=phone)
    for path in PORTAL:
        check(page, f"/innbygger/{path}")
    page.goto("/innbygger/helse")
    paper = page.locator("#papers a").first  # comes after the page, when the systems have answered
    check(page, paper.get_attribute("href"))


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_the_access_log(site, phone):
    page = site.sign_in("journal", "anne-grete-rud", "Anne Grete Rud", phone=phone)
    for path in ("/journal/logg", "/journal/logg?vis=alt", "/journal/logg/oppfolging"):
        check(page, path)


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_questions_to_the_platform(site, phone):
    officer = site.sign_in("samhandling", "anne-grete-rud", "Anne Grete Rud", phone=phone)
    officer.wait_for_url(re.compile("/samhandling/logg/sporsmaal"))
    check(officer, "/samhandling/logg/sporsmaal")


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_a_question_about_a_look(site, phone):
    nurse = site.sign_in("journal", "hanne-lunde", "Hanne Lunde", phone=phone)
    nurse.goto(chart_of(nurse, "Ingrid Haugen"))
    page = site.sign_in("innbygger", "ingrid", "Ingrid Haugen", phone=phone)
    page.goto("/innbygger/innsyn")
    form = page.get_by_role("link", name=re.compile("Spør hvorfor.*Hanne Lunde")).first.get_attribute("href")
    check(page, form)
    page.get_by_role("button", name="Send spørsmålet").click()
    page.wait_for_url(re.compile("/innbygger/innsyn"))
    check(page, "/innbygger/innsyn")
    officer = site.sign_in("journal", "anne-grete-rud", "Anne Grete Rud", phone=phone)
    check(officer, "/journal/logg/sporsmaal")
    officer.get_by_label("Svaret").first.fill("Hun var på vakt.")
    officer.get_by_role("button", name="Send svaret").first.click()
    officer.wait_for_url(re.compile("/logg/sporsmaal"))
    check(officer, "/journal/logg/sporsmaal")


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_open_pages(site, phone):
    page = site.page(phone=phone)
    for path in ("/", "/iga/", "/partner/"):
        check(page, path)


def test_the_language_changes_on_every_page(site):
    page = site.sign_in("journal", "hanne-lunde", "Hanne Lunde")
    page.get_by_role("button", name="English").click()
    page.wait_for_load_state()
    assert page.locator("html").get_attribute("lang") == "en"
    page.goto("/journal/pasienter")
    assert page.locator("html").get_attribute("lang") == "en"


def test_the_chart_is_reached_by_keyboard_alone(site):
    page = site.sign_in("journal", "hanne-lunde", "Hanne Lunde")
    page.keyboard.press("Control+k")
    page.keyboard.type("Ingrid Haugen")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    link = page.get_by_role("link", name="Ingrid Haugen").first
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/journal/pasient/"))
    assert page.get_by_role("heading", level=1).first.inner_text().startswith("Ingrid Haugen")

"""An app on SMART's own library, from its registration to its data, in a real browser: another origin, real tokens."""

import importlib.util
import re
import threading

import pytest

from tests.browser.conftest import ROOT
from tests.browser.test_pages import chart_of, check

EXAMPLE = ROOT / "examples" / "growth-and-vitals" / "serve.py"
NAMES = {False: "Vekst og vitale tegn", True: "Vekst på telefon"}
SCOPE = (
    "launch openid fhirUser patient/Patient.rs patient/Observation.rs"
    "?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs"
)


@pytest.fixture(scope="module")
def example():
    """The example app on a free port; its client id is set once it is registered."""
    spec = importlib.util.spec_from_file_location("growth_and_vitals", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.server("", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


def registered(site, address, name):
    """Add and approve the app as the privacy officer does it; its client id."""
    page = site.sign_in("journal", "anne-grete-rud", "Anne Grete Rud")
    page.goto("/journal/apper")
    page.locator("summary", has_text="Legg til en app").click()
    page.get_by_label("Navn").fill(name)
    page.get_by_label("Hva appen er til").fill("Viser vekt, høyde og vitale tegn over tid.")
    page.get_by_label("Hvordan appen viser hvem den er").select_option("public")
    page.get_by_label("Scopes (SMART)").fill(SCOPE)
    page.get_by_label("Adresser å komme tilbake til").fill(f"{address}/index.html")
    page.get_by_label("Adresse å åpne fra journalen").fill(f"{address}/launch.html")
    page.get_by_role("button", name="Legg til en app").click()
    client_id = page.get_by_role("status").locator("code").first.inner_text()
    page.get_by_role("button", name=f"Godkjenn {name}").click()
    page.get_by_role("button", name=f"Trekk tilbake {name}").wait_for()
    return page, client_id


def opened(page, chart, name, *, asked):
    """Open the app from a chart, and allow it what it asks for."""
    page.goto(f"{chart}/apper")
    with page.expect_popup() as popup:
        page.get_by_role("button", name=f"Åpne {name}").click()
    app = popup.value
    if asked:
        app.get_by_role("heading", name=f"Vil du la {name} bruke journalen?").wait_for()
        assert app.get_by_text(
            "lese målinger og observasjoner av typen vitale tegn om denne pasienten"
        ).is_visible()
        check_here(app)
        app.get_by_role("button", name="Tillat", exact=True).click()
    app.wait_for_url(re.compile("/index.html"))
    return app


def check_here(page):
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_an_app_is_approved_opened_from_the_chart_reads_and_is_withdrawn(site, example, phone):
    address = f"http://localhost:{example.server_address[1]}"
    office, client_id = registered(site, address, NAMES[phone])
    example.RequestHandlerClass.func.client_id = client_id
    page = site.sign_in("journal", "hanne-lunde", "Hanne Lunde", phone=phone)
    chart = chart_of(page, "Ingrid Haugen")
    app = opened(page, chart, NAMES[phone], asked=True)
    app.get_by_role("heading", name="Ingrid Haugen").wait_for()
    app.get_by_text(re.compile(r"^\d+ målinger$")).wait_for()
    assert app.locator("section svg").count() > 1
    check_here(app)
    again = opened(page, chart, NAMES[phone], asked=False)
    again.get_by_role("heading", name="Ingrid Haugen").wait_for()
    office.goto("/journal/apper")
    assert "Hanne Lunde" in office.locator("main").inner_text()
    office.get_by_role("button", name=f"Trekk tilbake {NAMES[phone]}").click()
    office.get_by_role("button", name=f"Godkjenn {NAMES[phone]}").wait_for()
    page.goto(f"{chart}/apper")
    assert page.get_by_text("Ingen apper er godkjent for bruk i journalen.").is_visible()
    again.reload()
    again.get_by_text(re.compile("Målingene kunne ikke hentes")).wait_for()


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_pages_of_apps(site, phone):
    office = site.sign_in("journal", "anne-grete-rud", "Anne Grete Rud", phone=phone)
    check(office, "/journal/apper")
    page = site.sign_in("journal", "hanne-lunde", "Hanne Lunde", phone=phone)
    check(page, chart_of(page, "Ingrid Haugen") + "/apper")


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_pages_of_apps_at_the_platform(site, phone):
    office = site.sign_in("samhandling", "henrik-vold", "Henrik Vold", phone=phone)
    check(office, "/samhandling/")
    office.get_by_role("link", name="Apper").click()
    office.get_by_role("heading", name="Apper").wait_for()
    check(office, "/samhandling/apper")

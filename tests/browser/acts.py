"""What people do on the pages in one journey after another: open a chart, fill in a declared form, write to each other, meet."""

import re
from datetime import datetime, timedelta

from playwright.sync_api import expect

from akson.kit.clock import NORWAY
from tests.browser.test_critical import open_chart

CLOSE = 60_000
"""Milliseconds for what goes between nodes, on a machine that has other work too."""


def treats(site, node, who, name, patient):
    """Somebody at a record system, with a patient's chart open; the page and the address of the chart."""
    page = site.sign_in(node, who, name)
    page.set_default_timeout(CLOSE)
    open_chart(page, patient)
    return page, re.sub(r"[?#].*", "", page.url)


def citizen(site, key, name):
    """Somebody in the portal, on a phone."""
    page = site.sign_in("innbygger", key, name, phone=True)
    page.set_default_timeout(CLOSE)
    return page


def register(page, chart, place, **fields):
    """Fill in the form of a part ("planer/plan") and save it. What is chosen of a list is given by its words."""
    service, part = place.split("/")
    page.goto(f"{chart}/tjenester/{service}/{part}/ny")
    fill(page, fields)
    page.get_by_role("button", name="Lagre").click()
    page.wait_for_url(re.compile(f"/tjenester/{service}$"))


def fill(page, fields):
    for name, value in fields.items():
        field = page.locator(f"[name={name}]")
        if field.evaluate("each => each.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)


def measure(page, chart, kind, *values):
    """Write down a measurement or a score."""
    page.goto(f"{chart}/maalinger?slag={kind}")
    for name, value in zip(("value", "second", "third"), values, strict=False):
        page.locator(f"[name={name}]").fill(str(value))
    page.get_by_role("button", name="Lagre").click()
    page.wait_for_url(re.compile("/tjenester/undersoekelser-og-maalinger$"))


def note(page, chart, words):
    """Write and sign a note."""
    page.goto(f"{chart}/notater/nytt")
    page.get_by_label("Hva du så og hørte").fill(words)
    page.get_by_role("button", name="Signer").click()
    expect(page.get_by_role("article")).to_contain_text(words)


def meet(page, chart, what, *, unit="", guests=(), minutes=10, note=""):
    """Call a meeting on video that begins soon; its address."""
    page.goto(f"{chart}/moeter/nytt")
    start = datetime.now(NORWAY) + timedelta(minutes=minutes)
    page.get_by_label("Hva").first.fill(what)
    page.locator("[name=how]").select_option("video")
    page.locator("[name=day]").fill(start.date().isoformat())
    page.locator("[name=clock]").fill(start.strftime("%H:%M"))
    page.locator("[name=note]").fill(note)
    for each in guests:
        page.get_by_role("checkbox", name=each).check()
    if unit:
        page.locator("[name=unit]").select_option(label=unit)
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url(re.compile(r"/(journal|sykehus|fjellheim)/moeter/[^/]+$"))
    return page.url


def write_to(page, chart, to, topic, words):
    """Begin a thread about the patient: with the patient (to empty) or with a unit whose name begins so."""
    page.goto(f"{chart}/dialog/ny")
    options = page.locator("[name=to] option")
    if to:
        value = options.filter(has_text=to).first.get_attribute("value")
        page.locator("[name=to]").select_option(value)
    page.get_by_label("Hva gjelder det?").fill(topic)
    page.locator("[name=words]").fill(words)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("heading", name=topic)).to_be_visible()


def answer(page, node, topic, words):
    """Open a thread from the list of the unit and answer it."""
    page.goto(f"/{node}/dialog")
    page.get_by_role("link", name=topic).first.click()
    page.locator("[name=words]").first.fill(words)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("main")).to_contain_text(words)


def reads(page, address, *words):
    """The page holds the words, at once or when what it fetches has come."""
    page.goto(address)
    for each in words:
        expect(page.locator("main")).to_contain_text(each, timeout=CLOSE)


def fits(page):
    """Nothing is cut off on the phone."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def partner(site, key, name):
    """A case worker of a cooperating service."""
    page = site.sign_in("partner", key, name)
    page.set_default_timeout(CLOSE)
    return page


def asks(page, pid, to, **fields):
    """A cooperating service sends a request to one who gives health care; the address of the case."""
    page.goto("/partner/saker/ny")
    page.locator("[name=pid]").fill(pid)
    fill(page, {"to": to, **fields})
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url(re.compile(r"/partner/saker/(?!ny)[^/]+$"))
    return page.url


def answers(page, surface, what, words, move):
    """Open a request by its words, and bring it on with an answer."""
    page.goto(f"/{surface}")
    page.get_by_role("link", name=what).first.click()
    page.locator("[name=words]").fill(words)
    page.get_by_role("button", name=move, exact=True).click()
    expect(page.locator("main")).to_contain_text(words)


def refer(doctor, chart, to, wanted, story):
    """A referral to a department, sent."""
    doctor.goto(f"{chart}/henvisning/ny")
    doctor.get_by_role("searchbox", name="Søk etter avdeling").press_sequentially(to)
    expect(doctor.get_by_role("radio")).to_have_count(1)
    doctor.get_by_role("radio").first.check()
    doctor.get_by_label("Hva ønsker du?").fill(wanted)
    doctor.get_by_label("Aktuell problemstilling").fill(story)
    doctor.get_by_role("button", name="Se over").click()
    doctor.get_by_role("button", name="Send henvisningen").click()
    doctor.wait_for_url(re.compile("/meldinger$"))


def take_on(specialist, node):
    """Open the newest referral in the inbox and accept it; its address."""
    specialist.goto(f"/{node}/innboks")
    found = specialist.get_by_role("link", name=re.compile("Henvisning"))
    expect(found.first).to_be_visible(timeout=CLOSE)
    found.first.click()
    letter = specialist.url.partition("?")[0]
    specialist.get_by_label("Helsehjelpen skal starte innen").fill(f"{datetime.now(NORWAY).year + 1}-03-01")
    specialist.get_by_role("button", name="Ta imot").click()
    expect(specialist.get_by_role("link", name="Skriv epikrise")).to_be_visible()
    return letter


def summarise(specialist, letter, title, words):
    """Write the discharge summary that answers a referral, and send it."""
    specialist.goto(f"{letter}/epikrise")
    specialist.get_by_label("Tittel").fill(title)
    specialist.get_by_role("textbox", name="Vurdering").fill(words)
    specialist.get_by_role("button", name="Se over").click()
    specialist.get_by_role("button", name="Send epikrisen").click()
    specialist.wait_for_url(re.compile("/meldinger$"))


def arrives(doctor, node, title, words):
    """The summary is in the inbox of who referred, and is read."""
    doctor.goto(f"/{node}/innboks")
    arrived = doctor.get_by_role("link", name=title)
    expect(arrived.first).to_be_visible(timeout=CLOSE)
    arrived.first.click()
    expect(doctor.get_by_role("article")).to_contain_text(words)


def ask_in(coordinator, chart, service, role):
    """Ask another service into the first team of the patient."""
    coordinator.goto(f"{chart}/team")
    form = coordinator.locator("form[action$='/inn']").first
    value = form.locator("[name=who] option").filter(has_text=service).first.get_attribute("value")
    form.locator("[name=who]").select_option(value)
    form.locator("[name=role]").fill(role)
    form.get_by_role("button", name="Ta med i teamet").click()
    expect(coordinator.get_by_role("status").filter(has_text="Tjenesten er med i teamet")).to_be_visible()


def shares(page, who):
    """A citizen answers yes to the service that asks to see something."""
    page.goto("/innbygger/")
    page.get_by_role("button", name=re.compile(rf"Ja, la dem se.*{who}")).first.click()
    expect(page.locator("main")).to_be_visible()


def apply_for(page, service, words):
    """A citizen applies to the municipality for a service."""
    page.goto("/innbygger/soknader/ny")
    page.locator("[name=to]").select_option("9000115")
    page.locator("[name=topic]").select_option(label=service)
    page.locator("[name=words]").fill(words)
    page.get_by_role("button", name="Send søknaden").click()
    expect(page.get_by_role("heading", name=service)).to_be_visible()


def decide(handler, service, words):
    """The office opens the application, assesses it, and grants it."""
    handler.goto("/journal/dialog")
    handler.get_by_role("link", name=service).first.click()
    handler.locator("form[action$='/assess'] button").click()
    handler.locator("[name=stage]").select_option("granted")
    handler.locator("#decision").fill(words)
    handler.locator("form[action$='/decide'] button").click()
    expect(handler.locator("main")).to_contain_text(words)

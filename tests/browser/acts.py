"""What people do on the pages in one journey after another: open a chart, fill in a declared form, write to each other, meet."""

import re
from datetime import datetime, timedelta

from playwright.sync_api import expect

from akson.web.say import ZONE
from tests.browser.test_critical import open_chart

CLOSE = 20_000
"""Milliseconds for what goes between nodes."""


def treats(site, node, who, name, patient):
    """Somebody at a record system, with a patient's chart open; the page and the address of the chart."""
    page = site.sign_in(node, who, name)
    open_chart(page, patient)
    return page, re.sub(r"[?#].*", "", page.url)


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
    start = datetime.now(ZONE) + timedelta(minutes=minutes)
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

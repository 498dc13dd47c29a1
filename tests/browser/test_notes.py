"""Writing a note on a screen: it saves itself, survives a closed window, and two windows never overwrite each other."""

import re
import time

from playwright.sync_api import expect

from tests.patience import in_time

SEEN = "Hva du så og hørte"


def editor(page, name):
    page.goto("/journal/pasienter")
    page.get_by_role("link", name=name).first.click()
    page.wait_for_url(re.compile("/journal/pasient/"))
    page.goto(f"{page.url}/notater/nytt")
    return page.url


def test_a_note_is_saved_within_two_seconds_and_found_after_the_window_was_closed(site):
    page = site.sign_in("journal", "hanne-lunde", "Hanne Lunde")
    address = editor(page, "Thomas Lie")
    page.get_by_label(SEEN).press_sequentially("Sov lite, men åt frokost.")
    last_key = time.monotonic()
    expect(page.locator(".save-state")).to_contain_text("Utkast lagret", timeout=10_000)
    assert in_time(time.monotonic() - last_key, 2)
    assert page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0
    again = page.context.new_page()
    page.close()
    again.goto(address)
    expect(again.get_by_label(SEEN)).to_have_value("Sov lite, men åt frokost.")
    again.get_by_role("button", name="Signer").click()
    expect(again.get_by_role("article")).to_contain_text("Sov lite, men åt frokost.")
    expect(again.get_by_role("article")).to_contain_text("Hanne Lunde, hjemmesykepleier")


def test_the_older_of_two_windows_is_told_and_loses_nothing(site):
    first = site.sign_in("journal", "hanne-lunde", "Hanne Lunde")
    address = editor(first, "Per Arne Dahl")
    second = first.context.new_page()
    second.goto(address)
    first.get_by_label(SEEN).press_sequentially("Første vindu")
    expect(first.locator(".save-state")).to_contain_text("Utkast lagret")
    second.get_by_label(SEEN).press_sequentially("Andre vindu")
    expect(second.locator(".save-state")).to_contain_text("endret i et annet vindu")
    expect(second.get_by_label(SEEN)).to_have_value("Andre vindu")


def test_a_note_is_begun_with_one_key_from_the_chart(site):
    page = site.sign_in("journal", "hanne-lunde", "Hanne Lunde")
    page.goto("/journal/pasienter")
    page.get_by_role("link", name="Olav Berg").first.click()
    page.wait_for_url(re.compile("/journal/pasient/"))
    page.keyboard.press("n")
    page.wait_for_url(re.compile("/notater/nytt$"))
    page.keyboard.press("Control+k")
    expect(page.get_by_role("searchbox", name="Søk etter pasient")).to_be_focused()


def test_the_identity_number_is_shown_on_demand_and_never_in_an_address(site):
    page = site.sign_in("journal", "hanne-lunde", "Hanne Lunde")
    page.goto("/journal/pasienter")
    page.get_by_role("link", name="Olav Berg").first.click()
    page.wait_for_url(re.compile("/journal/pasient/"))
    shown = re.compile(r"\d{6} \d{5}")
    assert not shown.search(page.locator("body").inner_text())
    page.get_by_role("button", name="Vis fødselsnummer").click()
    expect(page.locator(".national-id")).to_have_text(shown)
    assert not re.search(r"\d{11}", page.url)

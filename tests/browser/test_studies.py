"""The viewer in a browser: by keys alone, on a phone, and without a program in the page."""

import re

from playwright.sync_api import expect

LISTED = "/opplysninger/multimedia-og-mtu"


def opened(page):
    """The picture on its page. On a busy machine a source may take longer than a page waits for it: then once more."""
    button, picture = (
        page.get_by_role("link", name=re.compile("Se bildene.*CT hode")),
        page.locator(".viewer-frame img"),
    )
    for _ in range(10):
        page.goto(f"/innbygger{LISTED}")
        expect(page.locator("#others[aria-busy]")).to_have_count(0, timeout=15_000)
        if button.count():
            button.click()
            page.wait_for_url(re.compile("/undersokelser/"))
        if picture.count():
            break
    expect(picture).to_have_js_property("naturalWidth", 128, timeout=15_000)
    return picture


def test_a_citizen_turns_lights_and_enlarges_by_keys(site):
    page = site.sign_in("innbygger", "ingrid", "Ingrid", phone=True)
    picture = opened(page)
    expect(picture).to_have_attribute("alt", re.compile("CT hode: Bilde 1 av 6"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Bilde 2 av 6", exact=True)).to_be_visible()
    page.keyboard.press("4")
    expect(picture).to_have_attribute("alt", re.compile("skjelett"))
    page.keyboard.press("+")
    expect(page.locator(".viewer-frame")).to_have_class(re.compile("zoom-2"))
    frame = page.locator(".viewer-frame").evaluate(
        "each => [each.scrollWidth > each.clientWidth, each.tabIndex]"
    )
    assert frame == [True, 0]
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    # Who goes by buttons stays on the one that was pressed.
    page.locator("#viewer-next").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Bilde 3 av 6", exact=True)).to_be_visible()
    expect(page.locator("#viewer-next")).to_be_focused()
    assert "bilde=3" in page.url
    page.go_back()
    expect(page.get_by_text("Bilde 2 av 6", exact=True)).to_be_visible()


def test_the_viewer_works_without_a_program_in_the_page(site):
    page = site.sign_in("innbygger", "ingrid", "Ingrid")
    opened(page)
    plain = page.context.browser.new_context(
        java_script_enabled=False,
        locale="nb-NO",
        base_url=site.base,
        storage_state=page.context.storage_state(),
    ).new_page()
    plain.goto(page.url)
    plain.get_by_role("link", name="Neste").click()
    expect(plain.get_by_text("Bilde 2 av 6", exact=True)).to_be_visible()
    plain.get_by_role("link", name="Lunge").click()
    expect(plain.get_by_role("link", name="Lunge")).to_have_attribute("aria-current", "true")

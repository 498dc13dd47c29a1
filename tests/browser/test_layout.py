"""Pages of many columns, cards and entries on a wide screen and on a phone: nothing is cut off, touches an edge or lies on something."""

import re

import pytest

FAULTS = """() => {
  const shown = (each) => { const r = each.getBoundingClientRect(); return r.width > 1 && r.height > 1 };
  const words = (each) => each.textContent.trim().slice(0, 40);
  const faults = document.documentElement.scrollWidth > innerWidth ? ["the page is wider than the screen"] : [];
  for (const card of document.querySelectorAll("main .card")) {
    const box = card.getBoundingClientRect();
    for (const each of card.querySelectorAll("p, td, h2, h3, a, dt, dd")) {
      if (!shown(each)) continue;
      const range = document.createRange();
      range.selectNodeContents(each);
      for (const line of range.getClientRects()) {
        if (!line.width) continue;
        if (line.left < box.left + 6) faults.push("at the left edge: " + words(each));
        if (line.right > box.right + 1) faults.push("cut off: " + words(each));
      }
    }
  }
  const entries = [...document.querySelectorAll(".side li span:not(.count):not(.ds-sr-only)")].map((each) => each.getBoundingClientRect());
  entries.forEach((each, at) => { if (entries.slice(at + 1).some((other) =>
    other.left < each.right - 1 && each.left < other.right - 1 && other.top < each.bottom - 1 && each.top < other.bottom - 1))
    faults.push("entries of the menu lie on each other") });
  for (const each of document.querySelectorAll("main input:not([type=hidden]), main select, main textarea"))
    if (!each.labels.length) faults.push("no label: " + each.name);
  for (const each of document.querySelectorAll("a"))
    if (shown(each) && getComputedStyle(each).color === "rgb(0, 0, 238)" && each.textContent.trim()) faults.push("bare link: " + words(each));
  return [...new Set(faults)];
}"""


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_nothing_is_cut_off_or_touches_an_edge(site, phone):
    runs = site.sign_in("samhandling", "henrik-vold", "Henrik", phone=phone)
    runs.goto("/samhandling/tjenester")
    assert runs.evaluate(FAULTS) == []
    nurse = site.sign_in("journal", "petter-holm", "Petter", phone=phone)
    for path in (
        "/journal/hjemme",
        "/journal/felles",
        "/journal/rapportering",
        "/journal/rapportering/registre",
    ):
        nurse.goto(path)
        nurse.wait_for_selector("[aria-busy]", state="detached")
        assert nurse.evaluate(FAULTS) == [], path
    assert "Målinger hjemme" in nurse.goto("/journal/hjemme").text()
    current = nurse.locator(".side [aria-current]").bounding_box()
    assert current["x"] >= -1, "the entry of the page is in sight"
    assert current["x"] + current["width"] <= nurse.viewport_size["width"] + 1
    case_worker = site.sign_in("partner", "geir-hansen", "Geir", phone=phone)
    for path in ("/partner/", "/partner/saker/ny", "/partner/samtykke"):
        case_worker.goto(path)
        assert case_worker.evaluate(FAULTS) == [], path


def test_the_title_names_what_the_page_shows(site):
    doctor = site.sign_in("journal", "jonas-berg", "Jonas")
    doctor.goto("/journal/pasienter")
    doctor.locator("main input[type=search], #find").first.fill("Ingrid Haugen")
    doctor.keyboard.press("Enter")
    doctor.get_by_role("link", name=re.compile("Ingrid Haugen")).first.click()
    doctor.wait_for_url(re.compile("/pasient/"))
    base = doctor.url.split("?")[0]
    for path, title in (
        ("immunisering", "immunisering"),
        ("legemidler-og-vaksiner/endringer", "legemidler og vaksiner"),
    ):
        doctor.goto(f"{base}/tjenester/{path}")
        assert doctor.title().startswith(f"Ingrid Haugen, {title} –")

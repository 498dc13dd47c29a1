"""The citizen's page of own apps in a real browser: with an app and without, ended with one click."""

import re

import pytest

from tests.apps.client import BACK, VERIFIER
from tests.browser.test_pages import check

CHALLENGE = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
SCOPE = "launch/patient offline_access patient/AllergyIntolerance.rs"


def registered(site, name):
    """An app that the platform's keeper has added and approved; its client id."""
    page = site.sign_in("samhandling", "henrik-vold", "Henrik Vold")
    page.goto("/samhandling/apper")
    page.locator("summary", has_text="Legg til en app").click()
    page.get_by_label("Navn").fill(name)
    page.get_by_label("Hva appen er til").fill("Samler det som er kritisk om deg.")
    page.get_by_label("Hvordan appen viser hvem den er").select_option("public")
    page.get_by_label("Scopes (SMART)").fill(SCOPE)
    page.get_by_label("Adresser å komme tilbake til").fill(BACK)
    page.get_by_role("button", name="Legg til en app").click()
    client_id = page.get_by_role("status").locator("code").first.inner_text()
    page.get_by_role("button", name=f"Godkjenn {name}").click()
    page.get_by_role("button", name=f"Trekk tilbake {name}").wait_for()
    return client_id


def allowed(site, page, client_id):
    """The citizen allows the app what it asks for, and it fetches its tokens."""
    page.route("https://app.example/**", lambda route: route.fulfill(body="tilbake"))
    aud = f"{site.base}/samhandling/fhir"
    page.goto(
        f"/innbygger/app/tillat?response_type=code&client_id={client_id}&redirect_uri={BACK}&state=12345678"
        f"&scope={SCOPE.replace(' ', '%20')}&aud={aud}&code_challenge={CHALLENGE}&code_challenge_method=S256"
    )
    page.get_by_role("button", name="Tillat", exact=True).click()
    page.wait_for_url(re.compile("^https://app.example"))
    code = re.search("code=([^&]+)", page.url)[1]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    form |= {"client_id": client_id, "code_verifier": VERIFIER}
    answer = page.request.post(f"{site.base}/samhandling/oauth/token", form=form)
    assert answer.status == 200, answer.text()


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_an_own_app_is_seen_and_ended(site, phone):
    name = "Minhelse på telefon" if phone else "Minhelse"
    page = site.sign_in("innbygger", "olav", "Olav Berg", phone=phone)
    check(page, "/innbygger/apper")
    assert page.get_by_text("Ingen apper har lov").is_visible()
    allowed(site, page, registered(site, name))
    check(page, "/innbygger/apper")
    assert page.get_by_role("heading", name=name).is_visible()
    page.get_by_role("button", name=f"Avslutt – {name}").click()
    page.get_by_role("status").get_by_text(f"{name} har ikke lenger tilgang").wait_for()
    assert page.get_by_text("Ingen apper har lov").is_visible()

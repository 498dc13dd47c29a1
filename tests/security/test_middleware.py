"""What a cookie is worth: on its own surface, for reading, and for changes only with the form's secret."""

from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from starlette.responses import Response

from akson.fhir import xml
from akson.rest.edge import tell
from akson.security import sessions as sessions_module
from akson.security.door_log import DoorLog
from akson.security.middleware import Authentication, Door
from akson.security.oidc import Surface
from tests.security.forge import proof_of
from tests.security.world import BASE, find_actor

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]

PAGE = "/journal/page"


@pytest_asyncio.fixture(loop_scope="module")
async def browser(world):
    async with world.browser() as made:
        await world.sign_in(made)
        yield made


async def csrf(world, browser):
    return (await world.session(browser)).csrf


async def test_reading_needs_the_cookie_only(world, browser):
    assert (await browser.get(PAGE)).status_code == 200
    browser.cookies.clear()
    assert (await browser.get(PAGE)).status_code == 401
    browser.cookies.set("akson_journal", "guess", domain="akson.test", path="/journal")
    assert (await browser.get(PAGE)).status_code == 401


async def test_a_change_needs_the_secret_of_the_form(world, browser):
    secret = await csrf(world, browser)
    assert (await browser.post(PAGE, data={"a": "b"})).status_code == 403
    assert (await browser.post(PAGE, data={"a": "b", "csrf_token": "x"})).status_code == 403
    assert (await browser.post(PAGE, data={"a": "b", "csrf_token": [secret, secret]})).status_code == 403
    assert (await browser.post(PAGE, json={"csrf_token": secret})).status_code == 403
    assert (await browser.post(f"{PAGE}?csrf_token={secret}")).status_code == 403
    good = await browser.post(PAGE, data={"a": "æøå", "csrf_token": secret})
    assert good.status_code == 200
    assert good.json()["form"]["a"] == "æøå"
    assert (await browser.post(PAGE, headers={"X-CSRF-Token": secret})).status_code == 200


async def test_the_secret_is_the_sessions_own(world, browser):
    async with world.browser() as other:
        await world.sign_in(other)
        foreign = await csrf(world, other)
    assert (await browser.post(PAGE, data={"csrf_token": foreign})).status_code == 403


async def test_a_change_from_another_site_is_refused_even_with_the_secret(world, browser):
    headers = {"X-CSRF-Token": await csrf(world, browser), "Origin": "https://evil.test"}
    assert (await browser.post(PAGE, headers=headers)).status_code == 403
    assert (await browser.post(PAGE, headers=headers | {"Origin": BASE})).status_code == 200


async def test_a_cookie_counts_for_nothing_at_the_api(world, browser):
    assert (await browser.get("/journal/fhir/Patient/1")).status_code == 401


async def test_a_cookie_counts_for_nothing_at_another_node(world, browser):
    secret = browser.cookies["akson_journal"]
    for name in ("akson_journal", "akson_sykehus"):
        answer = await world.http.get("/sykehus/page", headers={"Cookie": f"{name}={secret}"})
        assert answer.status_code == 401


async def test_a_token_opens_no_page_whether_a_session_stands_beside_it_or_not(world, browser):
    token = await world.sykehus.peer.token(world.journal.scope)
    for page in (PAGE, "/journal/login", "/journal/fhirx"):
        proof = proof_of(world.sykehus, token, f"{BASE}{page}")
        headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
        for client in (browser, world.http):
            assert (await client.get(page, headers=headers)).status_code == 400
    assert (await browser.get(PAGE, headers={"Authorization": "DPoP x"})).status_code == 400


async def test_a_session_ends_when_nobody_uses_it(world, browser, monkeypatch):
    session = await world.session(browser)
    moment = session.seen + timedelta(minutes=29)
    monkeypatch.setattr(sessions_module, "now", lambda: moment)
    assert (await browser.get(PAGE)).status_code == 200  # and it counts from here
    moment += timedelta(minutes=29)
    assert (await browser.get(PAGE)).status_code == 200
    moment += timedelta(minutes=31)
    assert (await browser.get(PAGE)).status_code == 401


async def test_a_session_ends_after_a_shift_however_busy(world, browser, monkeypatch):
    session = await world.session(browser)
    moment = session.started
    monkeypatch.setattr(sessions_module, "now", lambda: moment)
    for _ in range(21):
        moment += timedelta(minutes=28)
        assert (await browser.get(PAGE)).status_code == 200
    moment += timedelta(minutes=28)
    assert (await browser.get(PAGE)).status_code == 401


async def test_the_database_holds_no_key_to_a_session(world, browser):
    secret = browser.cookies["akson_journal"]
    session = await world.session(browser)
    assert session.key != secret
    assert await world.journal.sessions.find(session.key) is None


async def test_a_broken_cookie_is_no_cookie(world):
    for cookie in ("akson_journal", "akson_journal=", "=x", "akson_journal=\x7f;;;", "a=b; akson_journal=æ"):
        headers = {"Cookie": cookie.encode()}
        assert (await world.http.get(PAGE, headers=headers)).status_code == 401


async def test_an_anchor_that_is_down_is_said_so(world, monkeypatch):
    token = await world.journal.peer.token(world.sykehus.scope)
    url = f"{BASE}/sykehus/fhir/Patient/1"
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof_of(world.journal, token, url)}
    anchor = world.sykehus.verifier.anchor
    anchor.forget()
    with monkeypatch.context() as patched:
        patched.setattr(anchor, "issuer", f"{BASE}/nowhere")
        answer = await world.http.get(url, headers=headers)
    assert answer.status_code == 502
    assert answer.json()["issue"][0]["code"] == "transient"


@pytest.mark.parametrize("asked", [("", "application/fhir+xml"), ("?_format=xml", "*/*")])
async def test_a_refusal_comes_in_the_format_that_was_asked_for(world, asked):
    query, accept = asked
    journal = world.journal
    paths = ("/journal/fhir",)
    door_log = DoorLog(journal.node, journal.database)
    door = Door(
        journal.node, journal.verifier, journal.sessions, find_actor, door_log, token_paths=paths, tell=tell
    )
    guarded = httpx.ASGITransport(Authentication(Response(), door))
    async with httpx.AsyncClient(transport=guarded, base_url=BASE) as http:
        for token, status in (("Bearer nonsense", 401), ("Basic x", 401)):
            headers = {"Authorization": token, "accept": accept}
            answer = await http.get(f"/journal/fhir/Patient/1{query}", headers=headers)
            assert answer.status_code == status
            assert answer.headers["content-type"].startswith("application/fhir+xml")
            assert xml.loads(answer.content)["issue"][0]["severity"] == "error"
            plain = await http.get("/journal/fhir/Patient/1", headers={"Authorization": token})
            assert plain.json()["resourceType"] == "OperationOutcome"


async def test_nothing_of_one_request_is_seen_by_the_next(world, browser):
    """Some servers hand the same state to every request."""
    shared = {"started": True}

    async def app(scope, receive, send):
        seen.append(scope["state"])
        await Response()(scope, receive, send)

    seen = []
    journal = world.journal
    door_log = DoorLog(journal.node, journal.database)
    door = Door(
        journal.node, journal.verifier, journal.sessions, find_actor, door_log, (Surface("/journal"),)
    )
    guarded = Authentication(app, door)

    async def serve(scope, receive, send):
        await guarded({**scope, "state": shared}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(serve), base_url=BASE) as http:
        secret = browser.cookies["akson_journal"]
        await http.get(PAGE, headers={"Cookie": f"akson_journal={secret}"})
        await http.get(PAGE)
    assert seen[0]["actor"] is not None
    assert seen[1]["actor"] is None
    assert seen[1]["started"]
    assert shared == {"started": True}

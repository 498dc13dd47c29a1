"""Signing in: the whole way over HTTP, and every way in which an answer can be somebody else's."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest

from akson.kit.errors import NotAllowed, NotAuthenticated, PeerSilent
from akson.security import leaving
from akson.security.id_token import identity
from akson.security.jose import sign
from akson.security.oidc import SignInAway, Surface
from tests.leaving import left_by
from tests.security.forge import anchor_key, read, sign_raw, stranger
from tests.security.world import CITIZEN, ISSUER, NURSE, ROLES

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]


async def test_a_nurse_signs_in_and_is_known(world):
    async with world.browser() as browser:
        back = await world.sign_in(browser)
        assert back.status_code == 303
        assert back.headers["location"] == "/journal/"
        found = (await browser.get("/journal/page")).json()
    assert found["kind"] == "personnel"
    assert found["pid"] == NURSE.pid
    assert found["role"] == "PractitionerRole/1"
    assert found["assurance"] == 4


async def test_a_citizen_signs_in_with_the_lower_level(world):
    async with world.browser() as browser:
        await world.sign_in(browser, "ola", "3")
        found = (await browser.get("/journal/page")).json()
    assert (found["kind"], found["pid"], found["assurance"]) == ("citizen", CITIZEN.pid, 3)


async def test_no_identity_number_stands_in_an_address(world):
    async with world.browser() as browser:
        eid = await world.to_eid(browser)
        chosen = await browser.post(eid, data={"person": "kari", "level": "4"})
        back = await browser.get(chosen.headers["location"])
        seen = [eid, chosen.headers["location"], back.headers["location"]]
    assert not any(NURSE.pid in address for address in seen)


async def test_the_session_cookie_is_the_nodes_own(world):
    async with world.browser() as browser:
        cookie = (await world.sign_in(browser)).headers["set-cookie"]
    assert cookie.startswith("akson_journal=")
    assert all(part in cookie for part in ("HttpOnly", "Path=/journal", "SameSite=lax"))
    assert NURSE.pid not in cookie


async def test_one_goes_back_to_where_one_came_from_but_never_elsewhere(world):
    for wanted, reached in {
        "/journal/page?x=1": "/journal/page?x=1",
        "https://evil.test/": "/journal/",
        "//evil.test/": "/journal/",
        "/journal/../iga": "/journal/",
        "/journal\\evil": "/journal/",
        "/sykehus/": "/journal/",
        "/journalx/": "/journal/",
        "/journal/\r\nx: y": "/journal/",
    }.items():
        async with world.browser() as browser:
            started = await browser.get("/journal/login", params={"next": wanted})
            where = (await browser.get(started.headers["location"])).headers["location"]
            chosen = await browser.post(where, data={"person": "kari", "level": "4"})
            back = await browser.get(chosen.headers["location"])
        assert back.headers["location"] == reached


async def test_with_several_roles_one_chooses_first(world):
    world.roles = ROLES
    try:
        async with world.browser() as browser:
            back = await world.sign_in(browser)
            assert back.headers["location"].startswith("/journal/role?next=")
            assert (await browser.get("/journal/page")).json()["role"] == ""
            assert (await browser.get("/journal/role")).json() == ["PractitionerRole/1", "PractitionerRole/2"]
            form = {"role": "PractitionerRole/2", "csrf_token": (await world.session(browser)).csrf}
            assert (
                await browser.post("/journal/role", data=form | {"next": "/journal/page"})
            ).status_code == 303
            assert (await browser.get("/journal/page")).json()["role"] == "PractitionerRole/2"
            with pytest.raises(NotAllowed):
                await browser.post("/journal/role", data=form | {"role": "PractitionerRole/9"})
    finally:
        world.roles = ROLES[:1]


async def test_the_start_page_can_hint_at_person_and_role(world):
    world.roles = ROLES
    try:
        async with world.browser() as browser:
            hint = {"person": "kari", "role": "PractitionerRole/2"}
            started = await browser.post("/journal/login", data=hint)
            where = (await browser.get(started.headers["location"])).headers["location"]
            chosen = await browser.post(where, data={"person": "kari", "level": "4"})
            await browser.get(chosen.headers["location"])
            assert (await browser.get("/journal/page")).json()["role"] == "PractitionerRole/2"
    finally:
        world.roles = ROLES[:1]


async def test_the_person_hinted_at_stands_first(world):
    async with world.browser() as browser:
        plain = (await browser.get(await world.to_eid(browser))).text
        hinted = (await browser.get(await world.to_eid(browser, "/journal/login?person=ola"))).text
    assert plain.index("Kari") < plain.index("Ola")
    assert hinted.index("Ola") < hinted.index("Kari")


async def test_signing_out_ends_the_session_here_and_at_the_anchor(world):
    async with world.browser() as browser:
        await world.sign_in(browser)
        session = await world.session(browser)
        behalf = await world.behalf()
        out = await browser.post("/journal/logout", data={"csrf_token": session.csrf})
        assert "location" not in out.headers, "the token names a person, and an address is kept"
        assert "form-action" not in out.headers["content-security-policy"]
        assert f"<script>{leaving.SCRIPT}</script>" in out.text
        endpoint, form = left_by(out.text)
        assert endpoint == f"{ISSUER}/connect/endsession"
        assert form == {
            "id_token_hint": session.id_token,
            "post_logout_redirect_uri": world.journal.sign_in.home,
        }
        assert (await browser.get("/journal/page")).status_code == 401
        assert not browser.cookies  # neither of the session nor of the way there
        ended = await browser.post(endpoint, data=form)
        assert ended.headers["location"] == world.journal.sign_in.home
    assert await world.journal.peer.token(world.sykehus.scope, behalf)


async def test_a_new_sign_in_ends_the_old_session(world):
    async with world.browser() as browser:
        await world.sign_in(browser)
        old = browser.cookies["akson_journal"]
        await world.sign_in(browser)
        assert browser.cookies["akson_journal"] != old
    assert await world.journal.sessions.find(old) is None


async def answered(world, browser):
    """A right answer of the anchor, not yet brought to the node: path and its parameters."""
    where = await world.to_eid(browser)
    chosen = await browser.post(where, data={"person": "kari", "level": "4"})
    parts = urlsplit(chosen.headers["location"])
    return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}


WRONG = {
    "state missing": lambda q: {k: v for k, v in q.items() if k != "state"},
    "state wrong": lambda q: q | {"state": "x"},
    "iss missing": lambda q: {k: v for k, v in q.items() if k != "iss"},
    "iss of another anchor": lambda q: q | {"iss": "https://evil.test"},
    "iss with slash": lambda q: q | {"iss": f"{ISSUER}/"},
    "code missing": lambda q: {k: v for k, v in q.items() if k != "code"},
    "code wrong": lambda q: q | {"code": "x"},
    "an error": lambda q: {k: v for k, v in q.items() if k != "code"} | {"error": "access_denied"},
    "state twice": lambda q: [*q.items(), ("state", q["state"])],
    "nothing": lambda q: {},
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_answer_signs_nobody_in(world, case):
    async with world.browser() as browser:
        path, query = await answered(world, browser)
        with pytest.raises(NotAuthenticated):
            await browser.get(path, params=WRONG[case](query))
        assert "akson_journal" not in browser.cookies


async def test_an_answer_for_another_browser_signs_nobody_in(world):
    async with world.browser() as victim, world.browser() as thief:
        path, query = await answered(world, thief)
        with pytest.raises(NotAuthenticated):
            await victim.get(path, params=query)
        await victim.get("/journal/login")
        with pytest.raises(NotAuthenticated):
            await victim.get(path, params=query)


async def test_an_answer_is_good_once(world):
    async with world.browser() as browser:
        path, query = await answered(world, browser)
        await browser.get(path, params=query)
        with pytest.raises(NotAuthenticated):
            await browser.get(path, params=query)


async def test_somebody_who_breaks_off_is_not_signed_in(world):
    async with world.browser() as browser:
        where = await world.to_eid(browser)
        back = await browser.post(where, data={"cancel": "1"})
        assert "error=access_denied" in back.headers["location"]
        with pytest.raises(NotAuthenticated):
            await browser.get(back.headers["location"])


def id_claims(world, **changed):
    moment = int(time.time())
    good = {
        "iss": ISSUER,
        "aud": "akson-journal",
        "iat": moment,
        "exp": moment + 60,
        "nonce": "n",
        "sub": "s",
        "helseid://claims/identity/pid": NURSE.pid,
        "helseid://claims/identity/security_level": "4",
    }
    return {name: value for name, value in (good | changed).items() if value is not None}


WRONG_ID = {
    "iss": {"iss": "https://evil.test"},
    "aud": {"aud": "akson-sykehus"},
    "aud among others": {"aud": ["akson-journal", "akson-sykehus"]},
    "azp": {"azp": "akson-sykehus"},
    "exp past": {"exp": 1},
    "exp text": {"exp": "99999999999"},
    "exp missing": {"exp": None},
    "iat ahead": {"iat": int(time.time()) + 86_400},
    "nonce wrong": {"nonce": "m"},
    "nonce missing": {"nonce": None},
    "no person": {"helseid://claims/identity/pid": None},
    "no level": {"helseid://claims/identity/security_level": None},
}


@pytest.mark.parametrize("case", WRONG_ID)
async def test_a_wrong_id_token_is_refused(world, case):
    token = sign(id_claims(world, **WRONG_ID[case]), anchor_key(world), "JWT")
    with pytest.raises(NotAuthenticated):
        await identity(world.journal.system, token, "n")


async def test_an_id_token_is_checked_by_its_signature(world):
    key = anchor_key(world)
    right = sign(id_claims(world), key, "JWT")
    assert (await identity(world.journal.system, right, "n"))["sub"] == "s"
    foreign = stranger()
    header = {"alg": "PS256", "typ": "JWT", "kid": key.kid}
    for wrong in (
        sign_raw(header, id_claims(world), foreign),
        sign_raw(read(right, 0) | {"typ": "at+jwt"}, id_claims(world), key),
        right.rpartition(".")[0] + ".",
        "",
    ):
        with pytest.raises(NotAuthenticated):
            await identity(world.journal.system, wrong, "n")


async def test_a_surface_may_demand_the_high_level(world):
    sign_in = world.journal.sign_in
    kept, sign_in._surface = sign_in._surface, Surface("/journal", kept_scopes(sign_in), 4)
    try:
        async with world.browser() as browser:
            where = await world.to_eid(browser)
            assert "level-3" not in (await browser.get(where)).text
            assert (await browser.post(where, data={"person": "kari", "level": "3"})).status_code == 400
    finally:
        sign_in._surface = kept


@pytest.mark.parametrize(("person", "level", "gets_in"), [("kari", "4", True), ("ola", "4", False)])
async def test_one_steps_up_as_the_same_person_only(world, person, level, gets_in):
    """Class 56: whoever identifies the second time must be who was signed in."""
    sign_in = world.journal.sign_in
    kept, sign_in._surface = sign_in._surface, Surface("/journal", kept_scopes(sign_in), 3, 4)
    try:
        async with world.browser() as browser:
            await world.sign_in(browser, "kari", "3")
            before = browser.cookies["akson_journal"]
            where = await world.to_eid(browser, "/journal/login?level=4&next=/journal/page")
            assert (await browser.post(where, data={"person": person, "level": "3"})).status_code == 400
            chosen = await browser.post(where, data={"person": person, "level": level})
            if not gets_in:
                with pytest.raises(NotAuthenticated, match="another person"):
                    await browser.get(chosen.headers["location"])
                assert browser.cookies["akson_journal"] == before
                return
            back = await browser.get(chosen.headers["location"])
            assert back.headers["location"] == "/journal/page"
            session = await world.session(browser)
            assert (session.caller.assurance, session.caller.role) == (4, "PractitionerRole/1")
            assert await world.journal.sessions.find(before) is None
    finally:
        sign_in._surface = kept


def kept_scopes(sign_in):
    return sign_in._surface.scopes


async def test_without_the_anchor_nobody_signs_in_which_is_said_and_whoever_is_in_can_leave(
    world, monkeypatch
):
    async with world.browser() as browser:
        await world.sign_in(browser)
        session = await world.session(browser)

        async def silent(*_, **__):
            raise PeerSilent("the trust anchor does not answer")

        anchor = world.journal.system.anchor
        monkeypatch.setattr(anchor, "send", silent)
        anchor.forget()
        with pytest.raises(SignInAway) as caught:
            await browser.get("/journal/login")
        assert caught.value.status == 503
        out = await browser.post("/journal/logout", data={"csrf_token": session.csrf})
        assert out.headers["location"] == world.journal.sign_in.home
        assert (await browser.get("/journal/page")).status_code == 401
    monkeypatch.undo()

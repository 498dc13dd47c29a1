"""Every wrong answer of the plugin to a node that signs people in: nobody gets in, and right ones do."""

import time

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from akson.kit.errors import AksonError
from akson.security import keys
from akson.security.anchor import Anchor
from akson.security.door_log import DoorLog
from akson.security.oidc import Desk, SignIn, Surface
from akson.security.system import System
from helseid_negatives import relying
from helseid_negatives.target import Answer, Started
from tests.security.world import BASE, CITIZEN, ISSUER, NURSE

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]

PID, LEVEL = "helseid://claims/identity/pid", "helseid://claims/identity/security_level"


class Client:
    """The journal of the small world as a client, at an anchor that says what a case wants."""

    def __init__(self, world):
        self.world, self.issuer, self.client_id = world, ISSUER, world.journal.node.client_id
        self.ring = keys.load(world.data, "played-anchor")
        self.anchor_key = self.ring.current
        self.pushed, self.id_token, self.change = {}, "", lambda found: found
        routes = [
            Route("/tillitsanker/.well-known/openid-configuration", self.discover),
            Route("/tillitsanker/jwks", self.jwks),
            Route("/tillitsanker/par", self.push, methods=["POST"]),
            Route("/tillitsanker/token", self.token, methods=["POST"]),
        ]
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)))
        journal = world.journal
        self.anchor = Anchor(ISSUER, self.http)
        system = System(journal.node, world.data / "journal", self.anchor)
        log = DoorLog(journal.node, journal.database)
        desk = Desk(system, journal.database, journal.sessions, world._find_roles, world._render_roles, log)
        sign_in = SignIn(desk, Surface("/journal", "akson:journal/fhir", 3, 4)).routes()
        self.app = Starlette(routes=[Mount("/journal", routes=sign_in)])
        self.browser = self.fresh()

    def fresh(self):
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.known), base_url=BASE)

    async def known(self, scope, receive, send):
        """What the middleware of a node does: the session of a cookie."""
        cookies = httpx.Headers(scope["headers"]).get("cookie", "")
        found = [each.partition("=")[2] for each in cookies.split("; ") if each.startswith("akson_journal=")]
        session = await self.world.journal.sessions.find(found[0]) if found else None
        await self.app({**scope, "state": {"session": session}}, receive, send)

    async def discover(self, _request):
        found = {f"{name}_endpoint": f"{ISSUER}/{name}" for name in ("authorization", "token", "end_session")}
        found |= {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"}
        found |= {"pushed_authorization_request_endpoint": f"{ISSUER}/par"}
        return JSONResponse(self.change(found))

    async def jwks(self, _request):
        return JSONResponse(self.ring.public())

    async def push(self, request):
        self.pushed = dict(await request.form())
        return JSONResponse({"request_uri": "urn:x", "expires_in": 60}, 201)

    async def token(self, _request):
        return JSONResponse({"access_token": "x", "token_type": "DPoP", "id_token": self.id_token})

    def claims(self, level="4"):
        moment = int(time.time())
        said = {"iss": ISSUER, "aud": self.client_id, "sub": "s", "nonce": self.pushed["nonce"]}
        return said | {"iat": moment, "exp": moment + 60, PID: NURSE.pid, LEVEL: level, "name": NURSE.name}

    async def begin(self, *, steps_up):
        self.browser = self.fresh()
        if steps_up:
            await self.browser.get("/journal/login")
            query = [("code", "code"), ("state", self.pushed["state"]), ("iss", ISSUER)]
            token = relying._signed(self, self.claims("3"))
            assert (await self.finish(query, token, other_browser=False)).status == 303
        await self.browser.get("/journal/login", params={"level": "4"} if steps_up else {})
        return Started(self.pushed["state"], self.claims())

    async def begin_by(self, change):
        self.change = change
        self.anchor.forget()
        try:
            return await self.ask(self.fresh(), "/journal/login")
        finally:
            self.change = lambda found: found
            self.anchor.forget()

    async def finish(self, query, id_token, *, other_browser):
        self.id_token = id_token
        browser = self.fresh() if other_browser else self.browser
        before = browser.cookies.get("akson_journal")
        answer = await self.ask(browser, "/journal/callback", params=list(query))
        if answer.status >= 400:
            assert browser.cookies.get("akson_journal") == before
        return answer

    async def ask(self, browser, path, **options):
        try:
            answer = await browser.get(path, **options)
        except AksonError as error:
            return Answer(error.status, {}, error.diagnostics)
        return Answer(answer.status_code, dict(answer.headers), answer.text)

    def as_other(self, claims):
        return dict(claims) | {PID: CITIZEN.pid}

    def as_low(self, claims):
        return dict(claims) | {LEVEL: "3"}


@pytest.fixture
def client(world):
    return Client(world)


async def test_a_wrong_answer_signs_nobody_in(client, client_case):
    assert await client_case.fault(client) == ""


async def test_metadata_of_another_send_nobody_anywhere(client, discovery_case):
    assert await discovery_case.fault(client) == ""


async def test_right_answers_are_taken(client):
    """Without this the refusals would prove nothing."""
    assert await relying.control(client) == 303
    assert await relying.control(client, steps_up=True) == 303

"""HelseID or ID-porten in place of the anchor that comes along, by settings alone: signing in, and tokens of an API."""

import time
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from akson.asgi.trusting import trusting as set_anchor
from akson.kit.settings import Settings, of_node
from akson.security import dpop, keys
from akson.security.anchor import Anchor
from akson.security.door_log import DoorLog
from akson.security.jose import BadToken, sign
from akson.security.oidc import Desk, SignIn, Surface
from akson.security.once import Once
from akson.security.system import System
from akson.security.tokens import Verifier
from tests.security.world import BASE, NURSE

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]

ISSUER = "https://sts.test"
SETTINGS = {
    "AKSON_TRUST": f"journal={ISSUER}",
    "AKSON_TRUST_CLIENTS": "journal=8f2c,sykehus=77aa",
    "AKSON_TRUST_AUDIENCES": "journal=akson:journal",
    "AKSON_TRUST_ALGORITHMS": "RS256 PS256",
}
HELSEID = {
    "helseid://claims/identity/pid": NURSE.pid,
    "helseid://claims/identity/security_level": "4",
    "helseid://claims/hpr/hpr_number": NURSE.hpr,
    "name": NURSE.name,
}
IDPORTEN = {"pid": NURSE.pid, "acr": "idporten-loa-high"}


class Foreign:
    """An OpenID provider that signs with RSA and issues what it is told to."""

    def __init__(self, data, said, token_type, levels=None):
        self.ring = keys.load(data, f"foreign-{token_type}", "RS256")
        self.said, self.token_type, self.levels, self.pushed = said, token_type, levels, {}
        routes = [
            Route("/.well-known/openid-configuration", self.discover),
            Route("/jwks", self.keys),
            Route("/par", self.push, methods=["POST"]),
            Route("/token", self.token, methods=["POST"]),
        ]
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)))

    async def discover(self, _request):
        names = ("authorization", "token", "end_session")
        found = {f"{name}_endpoint": f"{ISSUER}/{name}" for name in names}
        found |= {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"}
        found |= {"pushed_authorization_request_endpoint": f"{ISSUER}/par"}
        return JSONResponse(found | ({"acr_values_supported": self.levels} if self.levels else {}))

    async def keys(self, _request):
        return JSONResponse(self.ring.public())

    async def push(self, request):
        self.pushed = dict(await request.form())
        return JSONResponse({"request_uri": "urn:x", "expires_in": 60}, 201)

    async def token(self, request):
        form = await request.form()
        assert form["client_id"] == "8f2c"
        moment = int(time.time())
        claims = {"iss": ISSUER, "aud": "8f2c", "sub": "s", "nonce": self.pushed["nonce"]}
        token = sign(claims | {"iat": moment, "exp": moment + 60} | self.said, self.ring.current, "JWT")
        return JSONResponse({"access_token": "x", "token_type": self.token_type, "id_token": token})

    def access_token(self, key, audience):
        moment = int(time.time())
        claims = {"iss": ISSUER, "aud": audience, "client_id": "77aa", "nbf": moment, "iat": moment}
        claims |= {"exp": moment + 60, "scope": ["akson:journal/fhir"], "cnf": {"jkt": key.thumbprint()}}
        claims |= {"helseid://claims/client/claims/orgnr_parent": "310000008"}
        return sign(claims, self.ring.current, "at+jwt")


def trusting(world, **more):
    """The node as it is when the settings say so."""
    return set_anchor(Settings.load(SETTINGS | more), world.journal.node)


async def signed_in(world, foreign, owner):
    """Sign somebody in at the foreign anchor; the session."""
    anchor = Anchor(owner.trust, foreign.http, algorithms=owner.algorithms)
    system = System(owner, world.data / "foreign", anchor)
    journal = world.journal
    log = DoorLog(owner, journal.database)
    desk = Desk(system, journal.database, journal.sessions, world._find_roles, world._render_roles, log)
    routes = SignIn(desk, Surface("/journal", "akson:journal/fhir", 3, 4)).routes()
    app = Starlette(routes=[Mount("/journal", routes=routes)])

    async def stated(scope, receive, send):
        await app({**scope, "state": {}}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(stated), base_url=BASE) as browser:
        away = await browser.get("/journal/login")
        where = urlsplit(away.headers["location"])
        assert parse_qs(where.query) == {"client_id": ["8f2c"], "request_uri": ["urn:x"]}
        query = {"code": "c", "state": foreign.pushed["state"], "iss": ISSUER}
        back = await browser.get("/journal/callback", params=query)
        assert back.status_code == 303, back.text
        return await journal.sessions.find(browser.cookies["akson_journal"])


async def test_one_signs_in_at_helseid(world, tmp_path):
    foreign = Foreign(tmp_path, HELSEID, "DPoP")
    session = await signed_in(world, foreign, trusting(world))
    assert (session.caller.pid, session.caller.hpr, session.caller.assurance) == (NURSE.pid, NURSE.hpr, 4)
    assert foreign.pushed["acr_values"] == "Level3"
    assert foreign.pushed["scope"].endswith("akson:journal/fhir")
    assert "helseid://scopes/identity/pid" in foreign.pushed["scope"]


async def test_one_signs_in_at_id_porten(world, tmp_path):
    levels = ["idporten-loa-substantial", "idporten-loa-high"]
    foreign = Foreign(tmp_path, IDPORTEN, "Bearer", levels)
    session = await signed_in(world, foreign, trusting(world, AKSON_TRUST_SCOPES="openid profile"))
    assert (session.caller.pid, session.caller.assurance) == (NURSE.pid, 4)
    assert foreign.pushed["acr_values"] == "idporten-loa-substantial"
    assert foreign.pushed["scope"] == "openid profile"


async def test_a_token_of_helseid_is_checked_as_any_other(world, tmp_path):
    foreign, owner = Foreign(tmp_path, HELSEID, "DPoP"), trusting(world)
    key = world.sykehus.system.proof.current
    anchor = Anchor(owner.trust, foreign.http, algorithms=owner.algorithms)
    verifier = Verifier(anchor, owner.audience, Once(world.journal.database))
    url = f"{owner.fhir}/Patient/1"

    async def checked(audience, by=verifier):
        token = foreign.access_token(key, audience)
        proof = dpop.make(key, "GET", url, token=token)
        return await by.verify(token, [proof], dpop.Request("GET", url, token))

    assert (await checked("akson:journal")).client_id == "77aa"
    with pytest.raises(BadToken, match="audience"):
        await checked(owner.base)
    strict = Verifier(Anchor(ISSUER, foreign.http), owner.audience, Once(world.journal.database))
    with pytest.raises(BadToken, match="algorithm"):
        await checked("akson:journal", strict)


async def test_other_nodes_stay_with_their_own_anchor(world):
    journal, sykehus = trusting(world), set_anchor(Settings.load(SETTINGS), world.sykehus.node)
    assert (journal.trust, journal.client_id) == (ISSUER, "8f2c")
    assert (sykehus.trust, sykehus.client_id) == (world.sykehus.node.trust, "77aa")
    assert set_anchor(Settings.load({}), world.journal.node) == world.journal.node
    everywhere = set_anchor(Settings.load({"AKSON_TRUST": ISSUER}), world.sykehus.node)
    assert everywhere == replace(world.sykehus.node, trust=ISSUER)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("", ""), ("a", "a"), ("x=1", ""), ("me=1", "1"), ("a, me=1", "1"), ("me=1,a", "1"), ("x=1,a", "a")],
)
async def test_a_setting_holds_for_all_nodes_or_for_one(raw, expected):
    assert of_node(raw, "me") == expected

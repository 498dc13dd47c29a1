"""An app as a test drives it: its registration, the steps of its user in a browser, its calls to the node."""

import base64
import hashlib
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from joserfc.jwk import ECKey

from akson.apps import registry
from akson.apps.registry import App, Kind, State
from akson.demo.ids import demo_id
from akson.kit.ids import new_secret
from akson.security.jose import sign
from akson.security.system import ASSERTION
from akson.store.database.reader import OWNER

BACK = "https://app.example/back"
BASE = "http://localhost:8000/journal"
FHIR = f"{BASE}/fhir"
VITAL = "http://terminology.hl7.org/CodeSystem/observation-category|vital-signs"
ALL = "launch launch/patient openid fhirUser offline_access online_access user/*.cruds patient/*.cruds"
INGRID, OLAV = demo_id("journal", "Patient", "ingrid"), demo_id("journal", "Patient", "olav")
VERIFIER = "v" * 43


def hosted(world, name):
    """A node of the running program."""
    return next(each for each in world.app.state.hosted if each.node.name == name)


async def register(each, *, approve=True, **changed):
    """An app with its secret, approved at a node."""
    values: dict[str, Any] = {
        "id": "",
        "name": "Vekst og vitale tegn",
        "kind": Kind.PUBLIC,
        "scope": ALL,
        "redirect_uris": (BACK,),
        "launch_uri": "https://app.example/launch",
    }
    async with each.place.database.transaction(reader=OWNER) as tx:
        made, secret = await registry.add(tx, App(**(values | changed)))
        if approve:
            made = await registry.decide(tx, made.id, State.APPROVED, "Anne Grete Rud")
    return made, secret


def key():
    """A key pair of an app."""
    return ECKey.generate_key("P-384", {"use": "sig", "alg": "ES384"}, auto_kid=True)


def public(one):
    return {"keys": [one.as_dict(private=False)]}


@dataclass
class Client:
    """An app at one node."""

    world: Any
    app: App
    secret: str = ""
    key: Any = None
    surface: str = "/journal"
    fhir: str = FHIR
    state: str = field(default_factory=new_secret)

    @property
    def base(self):
        return self.fhir.removesuffix("/fhir")

    def request(self, scope, **changed):
        """The parameters of an authorization request; None leaves one out."""
        hashed = hashlib.sha256(VERIFIER.encode()).digest()
        good = {
            "response_type": "code",
            "client_id": self.app.id,
            "redirect_uri": BACK,
            "scope": scope,
            "state": self.state,
            "aud": self.fhir,
            "code_challenge": base64.urlsafe_b64encode(hashed).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (good | changed).items() if value is not None}

    async def ask(self, browser, scope, **changed):
        """Send the user to the node; the page, or the answer that leads back."""
        return await browser.get(
            f"{self.surface}/app/tillat", params=self.request(scope, **changed), follow_redirects=False
        )

    async def launch(self, browser, patient=INGRID):
        """Open the app from a chart; what it is launched with."""
        page = await browser.get(f"{self.surface}/pasient/{patient}/apper")
        answer = await browser.post(
            f"{self.surface}/pasient/{patient}/apper",
            data={"csrf_token": csrf(page), "app": self.app.id},
            follow_redirects=False,
        )
        assert answer.status_code == 303, answer.text
        return query(answer)["launch"]

    async def send(self, browser, page, to, **form):
        """Send one of the forms of a page."""
        data = {"csrf_token": csrf(page), "key": re.search(r'name="key" value="([^"]+)"', page.text)[1]}
        return await browser.post(f"{self.surface}/app/{to}", data=data | form, follow_redirects=False)

    async def code(self, browser, scope, *, patient="", **changed):
        """A code that the user has allowed."""
        page = await self.ask(browser, scope, **changed)
        if page.status_code == 200 and patient:
            page = await self.send(browser, page, "pasient", patient=patient)
        answer = page if page.status_code == 303 else await self.send(browser, page, "svar", answer="allow")
        assert answer.status_code == 303, answer.text
        assert query(answer)["state"] == self.state
        assert query(answer)["iss"] == f"{self.base}/oauth"
        return query(answer)["code"]

    async def post(self, name, **form):
        """Call one of the endpoints for programs, proving the app as it was registered."""
        headers = {}
        if self.secret:
            pair = base64.b64encode(f"{self.app.id}:{self.secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        elif self.key is not None:
            form = {"client_assertion_type": ASSERTION, "client_assertion": self.assertion()} | form
        else:
            form = {"client_id": self.app.id} | form
        return await self.raw(name, headers, **form)

    async def raw(self, name, headers, **form):
        data = {name: value for name, value in form.items() if value is not None}
        async with self.world.browser() as program:
            return await program.post(f"{self.base}/oauth/{name}", data=data, headers=headers)

    def assertion(self, **changed):
        moment = int(time.time())
        claims = {
            "iss": self.app.id,
            "sub": self.app.id,
            "aud": f"{self.base}/oauth/token",
            "exp": moment + 60,
            "jti": new_secret(),
        } | changed
        return sign({name: value for name, value in claims.items() if value is not None}, self.key, "JWT")

    async def redeem(self, code, **changed):
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        }
        return await self.post("token", **(form | changed))

    async def tokens(self, browser, scope, **changed):
        """What the token endpoint answers after the user has allowed all that is asked for."""
        answer = await self.redeem(await self.code(browser, scope, **changed))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refresh(self, token, **changed):
        return await self.post("token", grant_type="refresh_token", refresh_token=token, **changed)

    async def call(self, token, path, method="GET", **rest):
        """Ask the FHIR API."""
        async with self.world.browser() as program:
            headers = {"Authorization": f"Bearer {token}"} | rest.pop("headers", {})
            return await program.request(method, f"{self.fhir}/{path}", headers=headers, **rest)


def csrf(page):
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]


def query(answer: httpx.Response):
    """The parameters of the address that an answer leads to."""
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def database(world):
    return hosted(world, "journal").place.database


async def decided(world, app, state):
    async with database(world).transaction() as tx:
        await registry.decide(tx, app.app.id, state, "somebody")


async def service(world, **changed):
    mine = key()
    made, _ = await register(
        hosted(world, "journal"), kind=Kind.SERVICE, scope="system/Observation.rs",
        organization="974760673", redirect_uris=(), launch_uri="", jwks=public(mine), **changed,
    )  # fmt: skip
    return Client(world, made, key=mine)

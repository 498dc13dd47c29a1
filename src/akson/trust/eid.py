"""The e-ID of somebody else behind the anchor: ID-porten, or a provider of its shape, in place of the demo's page.

The anchor is a client there as a node is here: pushed request, PKCE, `private_key_jwt` with the ring `<name>-client`. The
provider says who and how surely (`pid`, `acr`); all else of the profile stays the anchor's. https://docs.digdir.no
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.kit.errors import NotAuthenticated, PeerFailed, PeerSilent
from akson.kit.ids import new_secret
from akson.kit.norwegian import parse
from akson.kit.settings import Node, Settings
from akson.security.anchor import Anchor
from akson.security.id_token import asked_level, challenge, identity
from akson.security.jose import Claims, moment
from akson.security.leaving import sign_out_at
from akson.security.once import digest
from akson.security.system import AnchorRefused, System
from akson.security.tokens import LEVEL, PID, SKEW
from akson.store.underway import keep
from akson.trust import authorize
from akson.trust.oauth import OAuthError
from akson.trust.pages import Page, language_of, render
from akson.trust.provider import INTERACTION_LIFE, Provider, until
from akson.trust.registry import Person, person_of, register_person

STARTED, LEAVING = "trust-eid", "trust-eid-out"
BACK, OUT = "/eid/back", "/eid/out"


@dataclass(frozen=True, slots=True)
class EId:
    """The provider as the anchor sees it, and the anchor as a client of it."""

    system: System
    scopes: str

    @property
    def name(self) -> str:
        """What tokens say of where the person identified (`idp`)."""
        return urlsplit(self.system.anchor.issuer).hostname or ""


def behind(settings: Settings, node: Node, http: httpx.AsyncClient) -> EId | None:
    """The provider that the settings name; None where they name none, and the demo's own page serves."""
    if not settings.eid:
        return None
    anchor = Anchor(
        settings.eid, http, algorithms=tuple(settings.eid_algorithms.split()), timeout=settings.peer_timeout
    )
    client = replace(node, client_id=settings.eid_client)
    return EId(System(client, Path(settings.data), anchor), settings.eid_scopes)


def _of(provider: Provider) -> EId:
    assert isinstance(provider.eid, EId)  # noqa: S101  these routes are there only with one
    return provider.eid


async def begin(provider: Provider, request: Request) -> Response:
    """GET /eid/{interaction}: on to the provider, with the level that the client wants."""
    eid, interaction = _of(provider), request.path_params["interaction"]
    asked = (await authorize.under_way(provider, request, interaction))["request"]
    nonce, verifier = new_secret(), new_secret()
    anew = "login" in asked["prompt"].split()
    try:
        metadata = await eid.system.anchor.metadata()
        pushed = await eid.system.push(
            {
                "response_type": "code",
                "redirect_uri": provider.url(BACK),
                "scope": eid.scopes,
                "state": interaction,
                "nonce": nonce,
                "code_challenge": challenge(verifier),
                "code_challenge_method": "S256",
                **asked_level(metadata, asked["level"]),
                **({"prompt": "login"} if anew else {}),
                **({"ui_locales": asked["language"]} if asked["language"] else {}),
            }
        )
    except (PeerFailed, PeerSilent):
        return _away(provider, request)
    kept = {"nonce": nonce, "verifier": verifier, "since": int(time.time()) if anew else 0}
    async with provider.database.transaction() as tx:
        await keep.put(tx, STARTED, digest(interaction), kept, until(INTERACTION_LIFE))
    query = urlencode({"client_id": eid.system.node.client_id, "request_uri": pushed})
    return RedirectResponse(f"{metadata.authorize}?{query}", 303, {"Cache-Control": "no-store"})


async def back(provider: Provider, request: Request) -> Response:
    """GET /eid/back: the person comes back from the provider; on to the client with a code or an error."""
    query = request.query_params
    if len(query.multi_items()) != len(query.keys()):
        raise OAuthError("invalid_request", "the answer of the e-ID says a thing twice")
    interaction = query.get("state", "")
    asked = (await authorize.under_way(provider, request, interaction))["request"]
    async with provider.database.transaction() as tx:
        started = await keep.take(tx, STARTED, digest(interaction))
    if started is None or query.get("iss") != _of(provider).system.anchor.issuer:
        raise OAuthError("invalid_request", "the answer belongs to no sign-in, or comes from another issuer")
    leaving = authorize.Leaving(request, interaction, asked)
    if "error" in query or not query.get("code"):
        return await authorize.refuse(provider, leaving, "access_denied")
    try:
        claims, token = await _identified(provider, query["code"], started)
    except (AnchorRefused, NotAuthenticated) as error:
        raise OAuthError("invalid_request", error.diagnostics) from error
    except (PeerFailed, PeerSilent):
        return _away(provider, request)
    level, stamp = int(claims[LEVEL]), moment(claims, "auth_time") or 0
    if level < asked["level"] or stamp < started["since"] - SKEW:
        return await authorize.refuse(provider, leaving, "unmet_authentication_requirements")
    person = await _person(provider, claims)
    return await authorize.finish(
        provider, leaving, authorize.Identified(person, level, _of(provider).name, token)
    )


async def _identified(provider: Provider, code: str, started: dict[str, Any]) -> tuple[Claims, str]:
    """The claims of the provider's ID token, and the token."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": provider.url(BACK),
        "code_verifier": started["verifier"],
    }
    system = _of(provider).system
    token = str((await system.tokens(form, bound=False)).get("id_token", ""))
    # An ID token of OpenID Connect need not say what kind of token it is.
    return await identity(system, token, started["nonce"], ("jwt", "")), token


async def _person(provider: Provider, claims: Claims) -> Person:
    """Who it is: somebody known here, or from now on, as a citizen."""
    pid, name = claims[PID], claims.get("name", "")
    if parse(pid) is None:
        raise OAuthError("invalid_request", "the e-ID names nobody by an identity number")
    async with provider.database.transaction() as tx:
        known = await person_of(tx, pid)
        if known is None:
            known = Person(f"eid-{new_secret()}", pid, name if isinstance(name, str) else "")
            await register_person(tx, known)
    return known


async def sign_out(provider: Provider, request: Request, token: str, where: str) -> Response | None:
    """Away to the provider's own sign-out, from which one comes back to `where`; None when it does not answer."""
    state = new_secret()
    try:
        metadata = await _of(provider).system.anchor.metadata()
    except (PeerFailed, PeerSilent):
        return None
    async with provider.database.transaction() as tx:
        await keep.put(tx, LEAVING, digest(state), {"where": where}, until(INTERACTION_LIFE))
    form = {"id_token_hint": token, "post_logout_redirect_uri": provider.url(OUT), "state": state}
    return sign_out_at(metadata.endsession, form, language_of(request), provider.stylesheets)


async def out(provider: Provider, request: Request) -> Response:
    """GET /eid/out: signed out at the provider; back to where the client wanted."""
    async with provider.database.transaction() as tx:
        kept = await keep.take(tx, LEAVING, digest(request.query_params.get("state", "")))
    if kept and kept["where"]:
        return RedirectResponse(kept["where"], 303)
    values = {"heading": "trust.signed_out", "message": "trust.signed_out_text"}
    return render(provider, Page("message.html", language_of(request), values))


def _away(provider: Provider, request: Request) -> Response:
    values = {"heading": "trust.eid_away", "message": "trust.eid_away_text"}
    return render(provider, Page("message.html", language_of(request), values, status=503))

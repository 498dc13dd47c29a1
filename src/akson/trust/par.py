"""Pushed authorization requests (RFC 9126): the only way in. All is checked here, before a person sees anything."""

import re
from typing import Any

from starlette.requests import Request

from akson.kit.ids import new_secret
from akson.security import dpop
from akson.security.once import digest
from akson.store.underway import keep
from akson.trust.acting import acting, joined
from akson.trust.assertion import authenticate
from akson.trust.attest import precheck
from akson.trust.claims import IDENTITY_SCOPES
from akson.trust.oauth import Form, OAuthError, required
from akson.trust.provider import REQUEST_LIFE, Provider, until
from akson.trust.registry import Client
from akson.trust.request_object import unpacked

URN = "urn:ietf:params:oauth:request_uri:"
KIND = "trust-par"
VALUE_LIMIT = 512

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
LEVELS = {"": 3, "Level3": 3, "Level4": 4, "idporten-loa-substantial": 3, "idporten-loa-high": 4}


async def push(provider: Provider, request: Request, form: Form) -> dict[str, Any]:
    """POST /connect/par: keep the request, answer with its `request_uri`."""
    asker = await authenticate(provider, form)
    form, inside = await unpacked(provider, asker, form)
    if "request_uri" in form:
        raise OAuthError("invalid_request", "send the parameters themselves")
    details = joined(asker.details, inside)
    acting(details, asker.client)
    precheck(details, asker.client)
    if form.get("response_type") != "code":
        raise OAuthError("unsupported_response_type", "only code")
    if form.get("response_mode", "query") != "query":
        raise OAuthError("invalid_request", "response_mode is query")
    _max_age(form)
    kept = {
        "client_id": asker.client.client_id,
        "redirect_uri": _redirect_uri(asker.client, form),
        "scope": sorted(scopes(asker.client, form.get("scope", ""))),
        "state": _short(form, "state"),
        "nonce": _short(form, "nonce"),
        "challenge": _challenge(form),
        "level": _level(form),
        "login_hint": form.get("login_hint", "")[:100],
        "prompt": form.get("prompt", "")[:100],
        "details": [dict(item) for item in details],
        "language": form.get("ui_locales", "")[:20],
        "jkt": await _jkt(provider, request, form),
    }
    secret = new_secret()
    async with provider.database.transaction() as tx:
        await keep.put(tx, KIND, digest(secret), kept, until(REQUEST_LIFE))
    return {"request_uri": URN + secret, "expires_in": int(REQUEST_LIFE.total_seconds())}


async def take(provider: Provider, client_id: str, request_uri: str) -> dict[str, Any]:
    """The request behind a `request_uri`, once. OAuthError when it is unknown, used, expired or another client's."""
    async with provider.database.transaction() as tx:
        kept = await keep.take(tx, KIND, digest(request_uri.removeprefix(URN)))
    if not request_uri.startswith(URN) or kept is None or kept["client_id"] != client_id:
        raise OAuthError("invalid_request_uri", "unknown, used or expired request_uri")
    return dict(kept)


def scopes(client: Client, text: str) -> frozenset[str]:
    """The scopes asked for, all of which the client may have. OAuthError (`invalid_scope`) when not."""
    asked = frozenset(text.split())
    if not asked <= IDENTITY_SCOPES | client.scopes:
        raise OAuthError("invalid_scope", "a scope is unknown or not the client's")
    return asked


def _short(form: Form, name: str) -> str:
    """A value that is only handed back: whole, or refused."""
    if len(form.get(name, "")) > VALUE_LIMIT:
        raise OAuthError("invalid_request", f"{name} is longer than {VALUE_LIMIT} characters")
    return form.get(name, "")


def _redirect_uri(client: Client, form: Form) -> str:
    where = required(form, "redirect_uri")
    if where not in client.redirect_uris:
        raise OAuthError("invalid_request", "redirect_uri is not registered")
    return where


def _challenge(form: Form) -> str:
    challenge = form.get("code_challenge", "")
    if form.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise OAuthError("invalid_request", "PKCE with S256 is needed")
    return challenge


def _level(form: Form) -> int:
    for word in form.get("acr_values", "").split():
        if word in LEVELS:
            return LEVELS[word]
    return LEVELS[""]


def _max_age(form: Form) -> None:
    """Nobody stays signed in at the anchor: every sign-in is younger than any age that makes sense."""
    age = form.get("max_age", "0")
    if not (age.isascii() and age.isdigit()):
        raise OAuthError("invalid_request", "max_age is a number of seconds")


async def _jkt(provider: Provider, request: Request, form: Form) -> str:
    """The key the code will be bound to (RFC 9449 10): `dpop_jkt`, or that of a proof sent along, or none yet."""
    named = form.get("dpop_jkt", "")
    if named and not _THUMBPRINT.fullmatch(named):
        raise OAuthError("invalid_request", "dpop_jkt is no thumbprint")
    proofs = request.headers.getlist("dpop")
    if not proofs:
        return named
    proof = dpop.check(proofs, dpop.Request("POST", provider.url("/connect/par")), named)
    if not await provider.once.first("dpop", proof.jkt + proof.jti, dpop.KEEP):
        raise OAuthError("invalid_dpop_proof", "the proof was used before")
    return proof.jkt

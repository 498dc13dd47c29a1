"""Which app asks, at the endpoints for programs: a name alone, a secret, or a signed assertion, as it was registered."""

import base64
import binascii
import hmac
from urllib.parse import unquote_plus

from starlette.requests import Request

from akson.apps import registry
from akson.apps.issuer import Issuer
from akson.apps.registry import App, Kind
from akson.security.jose import ALGORITHMS, BadToken, Jwt, parse, public_key, short_lived, verify
from akson.security.oauth import Form, OAuthError
from akson.security.once import digest
from akson.security.system import ASSERTION

LIFE = 300
"""Longest life of an assertion in seconds (SMART: at most five minutes)."""
SKEW = 5
SIGNED = (*ALGORITHMS, "RS384")
"""SMART asks every server for ES384 and RS384."""


async def authenticate(issuer: Issuer, request: Request, form: Form) -> App:
    """The approved app that asks. OAuthError (`invalid_client`) when it is not known or does not prove that it is itself."""
    headers = request.headers.getlist("authorization")
    ways = [bool(headers), "client_assertion" in form, "client_secret" in form]
    if sum(ways) > 1 or "client_secret" in form:
        raise OAuthError(
            "invalid_client", "one way of proving who asks: nothing, client_secret_basic or private_key_jwt"
        )
    try:
        if "client_assertion" in form:
            return await _by_assertion(issuer, form)
    except BadToken as error:
        raise OAuthError("invalid_client", error.diagnostics) from error
    if headers:
        return await _by_secret(issuer, headers, form)
    app = await _known(issuer, form.get("client_id", ""))
    if app.kind is not Kind.PUBLIC:
        raise OAuthError("invalid_client", "this app has to prove who it is")
    return app


async def _known(issuer: Issuer, client_id: str) -> App:
    async with issuer.database.transaction() as tx:
        app = await registry.approved(tx, client_id)
    if app is None:
        raise OAuthError("invalid_client", "no approved app has this client_id")
    return app


async def _by_secret(issuer: Issuer, headers: list[str], form: Form) -> App:
    """RFC 6749 2.3.1: name and secret are encoded as in a form before they are joined."""
    kind, _, rest = headers[0].partition(" ")
    try:
        pair = base64.b64decode(rest, validate=True).decode() if kind.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        pair = ""
    name, colon, secret = pair.partition(":")
    name, secret = unquote_plus(name), unquote_plus(secret)
    if len(headers) != 1 or not colon or form.get("client_id", name) != name:
        raise OAuthError("invalid_client", "not a client_secret_basic of one app")
    app = await _known(issuer, name)
    if app.kind is not Kind.SECRET or not hmac.compare_digest(app.secret, digest(secret)):
        raise OAuthError("invalid_client", "the secret does not fit")
    return app


async def _by_assertion(issuer: Issuer, form: Form) -> App:
    """RFC 7523 as SMART has it: iss and sub are the app, aud is this token endpoint or this issuer."""
    if form.get("client_assertion_type") != ASSERTION:
        raise BadToken("client_assertion_type is not jwt-bearer")
    token = parse(form["client_assertion"], ("jwt", ""), SIGNED)
    app = await _known(issuer, str(token.claims.get("iss", "")))
    claims = verify(token, public_key(_key(app, token)))
    if app.kind not in {Kind.KEYS, Kind.SERVICE} or claims.get("sub") != app.id:
        raise BadToken("the assertion is about another app")
    if form.get("client_id", app.id) != app.id:
        raise BadToken("client_id is another app's")
    if claims.get("aud") not in (issuer.url("token"), issuer.issuer):
        raise BadToken("aud of the assertion is not this token endpoint")
    short_lived(claims, LIFE, SKEW)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti:
        raise BadToken("jti is missing")
    if not await issuer.once.first("app-assertion", f"{app.id} {jti}", LIFE + 2 * SKEW, durable=True):
        raise BadToken("the assertion was used before")
    return app


def _key(app: App, token: Jwt) -> object:
    found = [jwk for jwk in app.jwks.get("keys", ()) if jwk.get("kid") == token.header.get("kid")]
    if "kid" not in token.header or len(found) != 1 or "jwk" in token.header:
        raise BadToken("the assertion does not name a registered key")
    return found[0]

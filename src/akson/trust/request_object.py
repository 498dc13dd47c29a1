"""Signed request objects (RFC 9101) inside a pushed request: one JWT that holds every parameter."""

import time
from typing import Any

from akson.security.dpop import SKEW
from akson.security.jose import BadToken, Claims, moment, parse
from akson.trust.acting import Details, read_details
from akson.trust.assertion import KEEP, Asker, verified
from akson.trust.oauth import Form, OAuthError
from akson.trust.provider import Provider

TYPES = ("oauth-authz-req+jwt", "jwt", "")
LIFE = 3600
"""Longest life of a request object in seconds (FAPI 2.0 message signing, 5.3.1)."""
BESIDE = frozenset({"client_id", "client_assertion", "client_assertion_type", "request"})
"""What stands outside the request object; all else is inside."""
OF_JWT = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "authorization_details"})


async def unpacked(provider: Provider, asker: Asker, form: Form) -> tuple[Form, Details]:
    """The parameters of a pushed request and the details inside its request object; the form itself where it has none.

    OAuthError `invalid_request_object` when it is not this client's, not signed as it should be, or too old.
    """
    if "request" not in form:
        return form, ()
    if form.keys() - BESIDE:
        raise OAuthError("invalid_request", "all parameters belong in the request object")
    try:
        token = parse(form["request"], TYPES)
        claims = verified(token, asker.client)
        _check(claims, asker, provider.issuer)
    except BadToken as error:
        raise OAuthError("invalid_request_object", error.diagnostics) from error
    jti = claims.get("jti")
    if jti is not None and not await provider.once.first(
        "request", f"{asker.client.client_id} {jti}", LIFE + KEEP, durable=True
    ):
        raise OAuthError("invalid_request_object", "the request object was used before")
    details = read_details(claims["authorization_details"]) if "authorization_details" in claims else ()
    return {name: _text(name, value) for name, value in claims.items() if name not in OF_JWT}, details


def _check(claims: Claims, asker: Asker, issuer: str) -> None:
    mine, now = asker.client.client_id, time.time()
    if claims.get("iss") != mine or claims.get("client_id") != mine or claims.get("sub", mine) != mine:
        raise BadToken("the request object is another client's")
    if claims.get("aud") not in (issuer, [issuer]):
        raise BadToken("aud of the request object is not the issuer")
    if {"request", "request_uri"} & claims.keys():
        raise BadToken("a request object holds no other")
    expires, begins, issued = (moment(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is None or expires <= now - SKEW:
        raise BadToken("the request object has expired")
    if begins is None or begins > now + SKEW or (issued is not None and issued > now + SKEW):
        raise BadToken("the request object is not valid yet")
    if expires - begins > LIFE:
        raise BadToken(f"the request object lives longer than {LIFE} s")
    if not isinstance(claims.get("jti", ""), str):
        raise BadToken("jti is not text")


def _text(name: str, value: Any) -> str:
    """A parameter as a form would hold it."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise OAuthError("invalid_request_object", f"{name} is neither text nor a whole number")
    return str(value)

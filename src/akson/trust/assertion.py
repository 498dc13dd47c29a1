"""Which system asks: private_key_jwt (RFC 7523, OpenID Connect Core 9) as HelseID wants it, with its details."""

from dataclasses import dataclass
from typing import Any

from akson.security.dpop import SKEW
from akson.security.jose import ALGORITHMS, BadToken, Claims, Jwt, parse, public_key, short_lived, verify
from akson.security.system import ASSERTION
from akson.trust.acting import Details, joined, read_details
from akson.trust.oauth import Form
from akson.trust.provider import ASSERTION_LIFE, Provider
from akson.trust.registry import Client, find_client

KEEP = ASSERTION_LIFE + 2 * SKEW
"""Seconds a used assertion has to be remembered."""
TYPES = ("client-authentication+jwt", "jwt", "")


@dataclass(frozen=True, slots=True)
class Asker:
    """The system that asks and the details it sent along, in its assertion or beside it."""

    client: Client
    details: Details


async def authenticate(provider: Provider, form: Form) -> Asker:
    """Who asks. BadToken (`invalid_client`) when the assertion does not prove it."""
    if form.get("client_assertion_type") != ASSERTION or "client_secret" in form:
        raise BadToken("authenticate by private_key_jwt", "invalid_client")
    try:
        client, said = await _authenticate(provider, form)
    except BadToken as error:
        raise BadToken(error.diagnostics, "invalid_client") from error
    beside = read_details(form["authorization_details"]) if "authorization_details" in form else ()
    return Asker(client, joined(read_details(said), beside))


async def _authenticate(provider: Provider, form: Form) -> tuple[Client, Any]:
    """The system, and the details in its assertion."""
    token = parse(form.get("client_assertion", ""), TYPES, (*ALGORITHMS, "RS256"))
    async with provider.database.transaction() as tx:
        client = await find_client(tx, str(token.claims.get("iss", "")))
    if client is None:
        raise BadToken("unknown client")
    claims = verified(token, client)
    if claims.get("sub") != client.client_id or form.get("client_id", client.client_id) != client.client_id:
        raise BadToken("the assertion is about another client")
    if claims.get("aud") != provider.issuer:
        raise BadToken("aud of the assertion is not the issuer")
    short_lived(claims, ASSERTION_LIFE, SKEW)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti:
        raise BadToken("jti is missing")
    if not await provider.once.first("assertion", f"{client.client_id} {jti}", KEEP, durable=True):
        raise BadToken("the assertion was used before")
    return client, claims.get("assertion_details", [])


def verified(token: Jwt, client: Client) -> Claims:
    """By the key the assertion names, or by the only one; without a name and several keys, none."""
    keys = [jwk for jwk in client.jwks.get("keys", ()) if jwk.get("kid") == token.header.get("kid")]
    if "kid" not in token.header:
        keys = list(client.jwks.get("keys", ()))
    if len(keys) != 1 or "jwk" in token.header:
        raise BadToken("the assertion does not name a registered key")
    return verify(token, public_key(keys[0]))

"""Token exchange (RFC 8693): a node that was called on behalf of a person calls on, still on behalf of that person.

The new token says the same of the person and carries the same attest, names the calling system as client and the first
system as actor behind it, is bound to the caller's key, and does not outlive the token it was made of.
"""

import time
from typing import Any

from joserfc.jwk import Key

from akson.kit.ids import new_id
from akson.security.attested import ATTEST
from akson.security.jose import BadToken, Claims, Jwt, moment, parse, sign, verify
from akson.security.tokens import ASSURANCE, CLIENT_NAME, HPR, LEVEL, PARENT, PID, TENANCY
from akson.store.underway import keep
from akson.trust import par
from akson.trust.claims import GRANT, IDENTITY_SCOPES
from akson.trust.oauth import Form, OAuthError, required
from akson.trust.provider import TOKEN_LIFE, Provider
from akson.trust.registry import Client, audiences, owner_of

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  the name of a kind of token
CARRIED = (PID, LEVEL, ASSURANCE, HPR, ATTEST, "name", "sub", "sid", "auth_time", "idp", "amr")


async def by_exchange(provider: Provider, client: Client, form: Form, jkt: str) -> dict[str, Any]:
    """The answer of the token endpoint. OAuthError when the token is not one that this client was called with."""
    if form.get("subject_token_type") != ACCESS_TOKEN:
        raise OAuthError("invalid_request", "subject_token_type must be access_token")
    subject = _subject(provider, required(form, "subject_token"))
    scopes = par.scopes(client, required(form, "scope"))
    async with provider.database.transaction() as tx:
        owner = await owner_of(tx, str(subject["aud"]))
        heard = await audiences(tx, scopes)
        alive = await keep.get(tx, GRANT, str(subject.get("sid", "")))
    if alive is None:
        raise OAuthError("invalid_grant", "the sign-in is over")
    if owner != client.client_id:
        raise OAuthError("invalid_grant", "the token was not meant for this client")
    if scopes & IDENTITY_SCOPES or len(heard) != 1:
        raise OAuthError("invalid_scope", "one API at a time")
    begins = int(time.time())
    ends = min(int(moment(subject, "exp") or 0), begins + int(TOKEN_LIFE.total_seconds()))
    claims = {
        "iss": provider.issuer,
        "aud": heard.pop(),
        "iat": begins,
        "nbf": begins,
        "exp": ends,
        "jti": new_id(),
        "client_id": client.client_id,
        "client_amr": "private_key_jwt",
        "scope": sorted(scopes),
        "cnf": {"jkt": jkt},
        "act": {"client_id": subject["client_id"]},
        CLIENT_NAME: client.name,
        TENANCY: "multi-tenant" if client.units else "single-tenant",
        PARENT: client.organization,
        **{name: subject[name] for name in CARRIED if name in subject},
    }
    return {
        "access_token": sign(claims, provider.key, "at+jwt"),
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "DPoP",
        "expires_in": ends - begins,
        "scope": " ".join(sorted(scopes)),
    }


def _subject(provider: Provider, raw: str) -> Claims:
    """The claims of a token of ours that is still alive and about a person."""
    try:
        token = parse(raw, ("at+jwt",), (str(provider.key.alg),))
        claims = verify(token, _own_key(provider, token))
        expires = moment(claims, "exp")
    except BadToken as error:
        raise OAuthError("invalid_grant", f"subject_token: {error.diagnostics}") from error
    if claims.get("iss") != provider.issuer or expires is None or expires <= time.time() or PID not in claims:
        raise OAuthError("invalid_grant", "subject_token is over, foreign or about nobody")
    return claims


def _own_key(provider: Provider, token: Jwt) -> Key:
    """The key of ours that signed a token."""
    for key in provider.ring.keys:
        if key.kid == token.header.get("kid"):
            return key
    raise BadToken("unknown key")

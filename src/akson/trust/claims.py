"""The tokens the anchor signs: access tokens (RFC 9068) and ID tokens, with the claims of HelseID."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from akson.kit.ids import new_id
from akson.security.attested import ATTEST
from akson.security.jose import sign
from akson.security.tokens import ASSURANCE, CHILD, CLIENT_NAME, HPR, LEVEL, PARENT, PID, TENANCY
from akson.trust.attest import User
from akson.trust.provider import TOKEN_LIFE, Provider
from akson.trust.registry import Client

ID_TOKEN_LIFE = 300
GRANT = "trust-grant"
"""Kind under which a sign-in is kept by its `sid` while it is alive."""

SCOPED_CLAIMS = {
    "helseid://scopes/identity/pid": PID,
    "helseid://scopes/identity/security_level": LEVEL,
    "helseid://scopes/identity/assurance_level": ASSURANCE,
    "helseid://scopes/hpr/hpr_number": HPR,
    "profile": "name",
}
IDENTITY_SCOPES = frozenset(SCOPED_CLAIMS) | {"openid", "offline_access"}


@dataclass(frozen=True, slots=True)
class Grant:
    """One sign-in of a person at one client; refresh tokens hang on it (`sid`)."""

    sid: str
    client_id: str
    handle: str
    level: int
    signed_in: int
    scopes: frozenset[str]
    jkt: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """What one access token shall say."""

    client: Client
    audience: str
    scopes: frozenset[str]
    jkt: str
    unit: str = ""
    user: User | None = None
    grant: Grant | None = None
    attest: Mapping[str, Any] | None = None


def access_token(provider: Provider, ticket: Ticket) -> str:
    """A signed access token bound to the key `ticket.jkt`. The API reads who and how sure from it without asking."""
    moment = int(time.time())
    claims: dict[str, Any] = {
        "iss": provider.issuer,
        "aud": ticket.audience,
        "iat": moment,
        "nbf": moment,
        "exp": moment + int(TOKEN_LIFE.total_seconds()),
        "jti": new_id(),
        "client_id": ticket.client.client_id,
        "client_amr": "private_key_jwt",
        "scope": sorted(ticket.scopes),
        "cnf": {"jkt": ticket.jkt},
        CLIENT_NAME: ticket.client.name,
        TENANCY: "multi-tenant" if ticket.client.units else "single-tenant",
        PARENT: ticket.client.organization,
    }
    if ticket.unit:
        claims[CHILD] = ticket.unit
    if ticket.user is not None and ticket.grant is not None:
        claims |= _identity(ticket.user) | _session(ticket.user, ticket.grant)
    if ticket.attest is not None:
        claims[ATTEST] = ticket.attest
    return sign(claims, provider.key, "at+jwt")


def id_token(provider: Provider, client: Client, user: User, grant: Grant, nonce: str) -> str:
    """A signed ID token with the claims that the granted scopes give."""
    moment = int(time.time())
    known = _identity(user)
    given = {
        name: known[name] for scope, name in SCOPED_CLAIMS.items() if scope in grant.scopes and name in known
    }
    claims = {
        "iss": provider.issuer,
        "aud": client.client_id,
        "iat": moment,
        "exp": moment + ID_TOKEN_LIFE,
        **({"nonce": nonce} if nonce else {}),
        **_session(user, grant),
        **given,
    }
    return sign(claims, provider.key, "JWT")


def _identity(user: User) -> dict[str, Any]:
    claims = {
        PID: user.person.pid,
        LEVEL: str(user.level),
        ASSURANCE: "high" if user.level == 4 else "substantial",
        "name": user.person.name,
    }
    return claims | ({HPR: user.person.hpr} if user.person.hpr else {})


def _session(user: User, grant: Grant) -> dict[str, Any]:
    return {
        "sub": user.person.subject,
        "sid": grant.sid,
        "auth_time": grant.signed_in,
        "idp": "demo-eid",
        "amr": ["external"],
    }

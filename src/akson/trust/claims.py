"""The tokens the anchor signs: access tokens (RFC 9068) and ID tokens, with the claims of HelseID."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from akson.kit.ids import new_id
from akson.security.attested import ATTEST
from akson.security.jose import sign
from akson.security.once import digest
from akson.security.tokens import (
    ASSURANCE,
    CHILD,
    CLIENT_NAME,
    HPR,
    HPR_DETAILS,
    LEVEL,
    NETWORK,
    PARENT,
    PID,
    PSEUDONYM,
    SUPPLIER,
    TENANCY,
)
from akson.trust.acting import Acting
from akson.trust.attest import User
from akson.trust.provider import TOKEN_LIFE, Provider
from akson.trust.registry import Client

ID_TOKEN_LIFE = 300
DEMO = "demo-eid"
"""The demo's own e-ID, as tokens name it."""
GRANT = "trust-grant"
"""Kind under which a sign-in is kept by its `sid` while it is alive."""

SCOPED_CLAIMS: Mapping[str, tuple[str, ...]] = {
    "helseid://scopes/identity/pid": (PID,),
    "helseid://scopes/identity/pid_pseudonym": (PSEUDONYM,),
    "helseid://scopes/identity/security_level": (LEVEL,),
    "helseid://scopes/identity/assurance_level": (ASSURANCE,),
    "helseid://scopes/identity/network": (NETWORK,),
    "helseid://scopes/hpr/hpr_number": (HPR, HPR_DETAILS),
    "profile": ("name", "given_name", "middle_name", "family_name"),
}
"""What each scope puts into the ID token and the answer of userinfo. An access token says all that its API may need."""
CLIENT_CLAIMS: Mapping[str, tuple[str, ...]] = {
    "helseid://scopes/client/info": (CLIENT_NAME, TENANCY, PARENT, CHILD, SUPPLIER),
    "helseid://scopes/client/client_name": (CLIENT_NAME,),
}
"""Scopes about the system itself, which one may ask for without a person."""
PERSON_SCOPES = frozenset(SCOPED_CLAIMS) | {"openid", "offline_access", ATTEST}
IDENTITY_SCOPES = PERSON_SCOPES | frozenset(CLIENT_CLAIMS)


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
    details: tuple[Mapping[str, Any], ...] = ()
    """For whom the client acts (`helseid_authorization`), as it said when it began."""
    idp: str = DEMO
    """Where the person identified."""
    eid_token: str = ""
    """What the e-ID of somebody else said, to sign out there too."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What one access token shall say."""

    client: Client
    audience: str
    scopes: frozenset[str]
    jkt: str
    acting: Acting
    user: User | None = None
    grant: Grant | None = None
    attest: Mapping[str, Any] | None = None
    carried: Mapping[str, Any] = field(default_factory=dict)
    """Claims of the token that this one is made of (token exchange)."""
    ends: int = 0
    """Second at which that token ends; this one does not outlive it."""
    jti: str = field(default_factory=new_id)


def access_token(provider: Provider, ticket: Ticket) -> str:
    """A signed access token bound to the key `ticket.jkt`. The API reads who and how sure from it without asking."""
    moment = int(time.time())
    ends = moment + int(TOKEN_LIFE.total_seconds())
    claims: dict[str, Any] = {
        **ticket.carried,
        "iss": provider.issuer,
        "aud": ticket.audience,
        "iat": moment,
        "nbf": moment,
        "exp": min(ends, ticket.ends or ends),
        "jti": ticket.jti,
        "client_id": ticket.client.client_id,
        "client_amr": "private_key_jwt",
        "scope": sorted(ticket.scopes),
        "cnf": {"jkt": ticket.jkt},
        **system_claims(ticket.client, ticket.acting),
    }
    if ticket.user is not None and ticket.grant is not None:
        claims |= identity(ticket.user) | _session(ticket.user, ticket.grant)
    if ticket.attest is not None:
        claims[ATTEST] = ticket.attest
    return sign(claims, provider.key, "at+jwt")


def system_claims(client: Client, place: Acting) -> dict[str, Any]:
    """Which system, and whom it acts for."""
    claims = {
        CLIENT_NAME: client.name,
        TENANCY: "multi-tenant" if client.delegations else "single-tenant",
        PARENT: place.organization,
        CHILD: place.unit,
        SUPPLIER: place.supplier,
    }
    return {name: value for name, value in claims.items() if value}


def id_token(provider: Provider, client: Client, user: User, grant: Grant, nonce: str) -> str:
    """A signed ID token with the claims that the granted scopes give."""
    moment = int(time.time())
    claims = {
        "iss": provider.issuer,
        "aud": client.client_id,
        "iat": moment,
        "exp": moment + ID_TOKEN_LIFE,
        **({"nonce": nonce} if nonce else {}),
        **_session(user, grant),
        **scoped(user, grant.scopes),
    }
    return sign(claims, provider.key, "JWT")


def scoped(user: User, scopes: frozenset[str]) -> dict[str, Any]:
    """What these scopes give of what is known of a person."""
    known = identity(user)
    wanted = {name for scope in scopes for name in SCOPED_CLAIMS.get(scope, ())}
    return {name: value for name, value in known.items() if name in wanted}


def identity(user: User) -> dict[str, Any]:
    """All that the anchor says of a person; what does not exist is left out."""
    person = user.person
    *first, family = person.name.split() or [""]
    given, *middle = first or [""]
    claims: dict[str, Any] = {
        PID: person.pid,
        PSEUDONYM: digest(f"pid_pseudonym {person.subject}"),
        LEVEL: str(user.level),
        ASSURANCE: "high" if user.level == 4 else "substantial",
        NETWORK: "internett",
        "name": person.name,
        "given_name": given,
        "middle_name": " ".join(middle),
        "family_name": family,
        HPR: person.hpr,
        HPR_DETAILS: {"approvals": [{"profession": person.profession}]} if person.profession else None,
    }
    return {name: value for name, value in claims.items() if value}


def _session(user: User, grant: Grant) -> dict[str, Any]:
    return {
        "sub": user.person.subject,
        "sid": grant.sid,
        "auth_time": grant.signed_in,
        "idp": grant.idp,
        "amr": ["external"],
    }

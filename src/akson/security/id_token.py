"""The ID token of a sign-in and what goes with it: levels in the words of HelseID and ID-porten, PKCE."""

import base64
import hashlib
import time
from collections.abc import Collection

from akson.kit.errors import NotAuthenticated
from akson.security.anchor import Metadata
from akson.security.jose import BadToken, Claims, moment, parse
from akson.security.system import System
from akson.security.tokens import LEVEL, PID, SKEW

ACR = {
    3: ("Level3", "idporten-loa-substantial"),
    4: ("Level4", "idporten-loa-high"),
}
"""What HelseID and ID-porten call the levels."""


def asked_level(metadata: Metadata, level: int) -> dict[str, str]:
    """The level asked for, in the words of the provider; in HelseID's where it does not say which it knows."""
    known = [word for word in ACR[level] if word in metadata.levels]
    return {"acr_values": known[0] if known else ACR[level][0]}


async def identity(system: System, raw: str, nonce: str, types: Collection[str] = ("jwt",)) -> Claims:
    """The claims of an ID token, with PID and LEVEL as HelseID names them (OpenID Connect Core 3.1.3.7).

    NotAuthenticated when it is not for this sign-in, or does not say who and how surely.
    """
    anchor = system.anchor
    try:
        token = parse(raw, types, anchor.algorithms)
        claims = await anchor.claims(token)
        expires, issued = moment(claims, "exp"), moment(claims, "iat")
    except BadToken as error:
        raise NotAuthenticated(f"ID token refused: {error.diagnostics}") from error
    client, stamp = system.node.client_id, time.time()
    sound = (
        claims.get("iss") == anchor.issuer
        and claims.get("aud") in (client, [client])
        and claims.get("azp", client) == client
        and claims.get("nonce") == nonce
        and expires is not None
        and issued is not None
        and issued <= stamp + SKEW
        and stamp < expires + SKEW
    )
    who = claims | {PID: claims.get(PID, claims.get("pid")), LEVEL: _level(claims)}
    if not sound or not isinstance(who[PID], str) or who[LEVEL] not in {"3", "4"}:
        raise NotAuthenticated("ID token refused: not for this sign-in, or it does not say who")
    return who


def _level(claims: Claims) -> object:
    """The level that an ID token says: HelseID's claim, or ID-porten's `acr`."""
    said = [str(level) for level, words in ACR.items() if claims.get("acr") in words]
    return claims.get(LEVEL, said[0] if said else None)


def challenge(verifier: str) -> str:
    """PKCE S256 (RFC 7636 4.2)."""
    hashed = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()

"""Access tokens that the anchor has given out and what has become of them: userinfo, introspection, revocation.

APIs check tokens by themselves and never ask here; of those that were taken back they hear within seconds
(`trust/revoked.py`). The anchor itself takes these nowhere from that moment on.
"""

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from akson.security import dpop
from akson.security.door_log import Doing
from akson.security.jose import BadToken, Claims, Jwt, moment, parse, verify, words
from akson.security.tokens import scheme
from akson.store.underway import keep
from akson.trust import revoked
from akson.trust.assertion import authenticate
from akson.trust.attest import User
from akson.trust.claims import GRANT, scoped
from akson.trust.oauth import Form, answer, required, turned_away
from akson.trust.provider import Provider
from akson.trust.registry import find_person, owner_of


async def alive(provider: Provider, raw: str) -> Claims | None:
    """The claims of an access token of ours, None when it is over, revoked, its sign-in has ended, or it is none."""
    try:
        token = parse(raw, ("at+jwt",), (str(provider.key.alg),))
        claims = verify(token, _own_key(provider, token))
        expires = moment(claims, "exp")
    except BadToken:
        return None
    if claims.get("iss") != provider.issuer or expires is None or expires <= time.time():
        return None
    async with provider.database.transaction() as tx:
        taken_back = await revoked.is_revoked(tx, claims)
        over = "sid" in claims and await keep.get(tx, GRANT, str(claims["sid"])) is None
    return None if taken_back or over else claims


def _own_key(provider: Provider, token: Jwt) -> Any:
    """The key of ours that signed a token."""
    for key in provider.ring.keys:
        if key.kid == token.header.get("kid"):
            return key
    raise BadToken("unknown key")


async def revoke(provider: Provider, raw: str, client_id: str) -> None:
    """End an access token of this client; says nothing of whether there was one."""
    claims = await alive(provider, raw)
    if claims is not None and claims["client_id"] == client_id:
        async with provider.database.transaction() as tx:
            await revoked.revoke_token(tx, claims)


async def introspect(provider: Provider, _: Request, form: Form) -> dict[str, Any]:
    """POST /connect/introspect (RFC 7662), for the client a token was given to and the system it was given for."""
    asker = await authenticate(provider, form)
    claims = await alive(provider, required(form, "token"))
    if claims is None:
        return {"active": False}
    async with provider.database.transaction() as tx:
        owner = await owner_of(tx, str(claims["aud"]))
    if asker.client.client_id not in {claims["client_id"], owner}:
        return {"active": False}
    return {"active": True, "token_type": "DPoP", **claims, "scope": " ".join(sorted(words(claims["scope"])))}


async def userinfo(provider: Provider, request: Request) -> Response:
    """GET or POST /connect/userinfo (OpenID Connect Core 5.3), with a token of a person and its DPoP proof."""
    try:
        return answer(await _told(provider, request))
    except BadToken as error:
        await turned_away(provider, request, error, Doing.TOKEN)
        status = 400 if error.error == "invalid_request" else 401
        challenge = f'DPoP error="{error.error}", error_description="{error.diagnostics}"'
        headers = {"WWW-Authenticate": challenge} if status == 401 else {}
        return answer({"error": error.error, "error_description": error.diagnostics}, status, headers)


async def _told(provider: Provider, request: Request) -> dict[str, Any]:
    token = scheme(request.headers.getlist("authorization"))
    claims = await alive(provider, token)
    if claims is None or "openid" not in words(claims["scope"]):
        raise BadToken("the token is over, or not for this")
    where = dpop.Request(request.method, provider.url("/connect/userinfo"), token)
    proof = dpop.check(request.headers.getlist("dpop"), where, str(claims["cnf"]["jkt"]))
    if not await provider.once.first("dpop", proof.jkt + proof.jti, dpop.KEEP):
        raise BadToken("the proof was used before", "invalid_dpop_proof")
    async with provider.database.transaction() as tx:
        grant = await keep.get(tx, GRANT, str(claims["sid"]))
        person = await find_person(tx, grant["handle"]) if grant else None
    if grant is None or person is None:
        raise BadToken("the sign-in is over")
    return {"sub": claims["sub"], **scoped(User(person, grant["level"]), words(claims["scope"]))}

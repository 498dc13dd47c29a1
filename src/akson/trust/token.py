"""The token endpoint: authorization_code, refresh_token with rotation, client_credentials. DPoP always.

What may be used once is taken in a transaction of its own before it is checked, so a failed try uses it up as well.
"""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from starlette.requests import Request

from akson.kit.ids import new_secret
from akson.security import dpop
from akson.security.caller import Caller
from akson.security.door_log import Doing, Happened
from akson.security.id_token import challenge
from akson.security.once import digest
from akson.store.underway import keep
from akson.trust import exchange, par
from akson.trust.acting import HELSEID, Details, acting, joined
from akson.trust.assertion import Asker, authenticate
from akson.trust.attest import User, attest
from akson.trust.authorize import CODE
from akson.trust.claims import GRANT, IDENTITY_SCOPES, PERSON_SCOPES, Grant, Ticket, access_token, id_token
from akson.trust.oauth import Form, OAuthError, required
from akson.trust.provider import GRANT_LIFE, TOKEN_LIFE, Provider, until
from akson.trust.registry import audiences, find_person
from akson.trust.revoked import end_sign_in

REFRESH, SPENT = "trust-refresh", "trust-spent"


@dataclass(frozen=True, slots=True)
class Asked:
    """A token request whose system and key are proven."""

    asker: Asker
    form: Form
    jkt: str


async def give(provider: Provider, request: Request, form: Form) -> dict[str, Any]:
    """POST /connect/token."""
    where = dpop.Request("POST", provider.url("/connect/token"), nonces=provider.nonces)
    proof = dpop.check(request.headers.getlist("dpop"), where)
    asker = await authenticate(provider, form)
    if not await provider.once.first("dpop", proof.jkt + proof.jti, dpop.KEEP):
        raise OAuthError("invalid_dpop_proof", "the proof was used before")
    found = await _given(provider, Asked(asker, form, proof.jkt))
    client = asker.client
    caller = Caller(client.client_id, client.organization, client.name)
    happened = Happened(Doing.TOKEN, "reason.token_given", granted=True, detail=str(found.get("scope", "")))
    await provider.door_log.note(happened, caller)
    return found


async def _given(provider: Provider, asked: Asked) -> dict[str, Any]:
    """By which grant, and what for."""
    grants = {
        "authorization_code": _by_code,
        "refresh_token": _by_refresh,
        "client_credentials": _by_itself,
    }
    kind = asked.form.get("grant_type", "")
    if kind == exchange.GRANT_TYPE:
        return await exchange.by_exchange(provider, asked.asker, asked.form, asked.jkt)
    handler: Callable[[Provider, Asked], Awaitable[dict[str, Any]]] | None = grants.get(kind)
    if handler is None:
        raise OAuthError(
            "unsupported_grant_type",
            "authorization_code, refresh_token, client_credentials or token-exchange",
        )
    return await handler(provider, asked)


async def _by_itself(provider: Provider, asked: Asked) -> dict[str, Any]:
    """A system for itself (RFC 6749 4.4): no person, so no identity scopes and no attest."""
    client, details = asked.asker.client, asked.asker.details
    scopes = par.scopes(client, required(asked.form, "scope"))
    if scopes & PERSON_SCOPES:
        raise OAuthError("invalid_scope", "identity scopes are for people")
    attest(details, client, None)
    audience = await _audience(provider, scopes - IDENTITY_SCOPES)
    ticket = Ticket(client, audience, scopes, asked.jkt, acting(details, client))
    return _answer(provider, ticket)


async def _by_code(provider: Provider, asked: Asked) -> dict[str, Any]:
    """A code, once. Used again it ends the sign-in it came from (RFC 6749 10.5), also while its first use is under way."""
    key = digest(required(asked.form, "code"))
    async with provider.database.transaction() as tx:
        kept = await keep.take(tx, CODE, key)
        if kept is not None:
            signed_in = {name: kept["grant"][name] for name in ("handle", "level", "eid_token")}
            await keep.put(tx, GRANT, kept["grant"]["sid"], signed_in, until(GRANT_LIFE))
            await keep.put(tx, SPENT, key, {"sid": kept["grant"]["sid"]}, until(GRANT_LIFE))
    if kept is None:
        await _end_spent(provider, key)
        raise OAuthError("invalid_grant", "unknown, used or expired code")
    grant = _read(kept["grant"])
    verifier = asked.form.get("code_verifier", "")
    if grant.client_id != asked.asker.client.client_id or kept["redirect_uri"] != asked.form.get(
        "redirect_uri"
    ):
        raise OAuthError("invalid_grant", "the code is another client's or for another address")
    if not 43 <= len(verifier) <= 128 or not hmac.compare_digest(
        challenge(verifier).encode(), kept["challenge"].encode()
    ):
        raise OAuthError("invalid_grant", "the PKCE verifier does not fit")
    if grant.jkt not in ("", asked.jkt):
        raise OAuthError("invalid_dpop_proof", "the code is bound to another key")
    details = _with_pushed(kept["details"], asked.asker.details)
    asked = replace(asked, asker=replace(asked.asker, details=details))
    grant = replace(grant, jkt=asked.jkt, details=tuple(_organisation(details)))
    user = await _user(provider, grant)
    ticket = await _ticket(provider, asked, grant, user)
    found = _answer(provider, ticket)
    if "openid" in grant.scopes:
        found["id_token"] = id_token(provider, asked.asker.client, user, grant, kept["nonce"])
    async with provider.database.transaction() as tx:
        if await keep.get(tx, GRANT, grant.sid) is None:
            raise OAuthError("invalid_grant", "the code was used twice")
    if "offline_access" in grant.scopes:
        found["refresh_token"] = await _refresh_token(provider, grant)
    return found


async def _by_refresh(provider: Provider, asked: Asked) -> dict[str, Any]:
    """A refresh token, once; the next comes with the answer. One used before ends the sign-in (RFC 9700 4.14)."""
    key = digest(required(asked.form, "refresh_token"))
    async with provider.database.transaction() as tx:
        kept = await keep.get(tx, REFRESH, key)
        grant = _read(kept) if kept else None
    if grant is None:
        await _end_spent(provider, key)
        raise OAuthError("invalid_grant", "unknown, used or expired refresh token")
    if grant.client_id != asked.asker.client.client_id or grant.jkt != asked.jkt:
        raise OAuthError("invalid_grant", "the refresh token is bound to another client or key")
    if not _organisation(asked.asker.details):
        details = (*asked.asker.details, *grant.details)
        asked = replace(asked, asker=replace(asked.asker, details=details))
    user = await _user(provider, grant)
    ticket = await _ticket(provider, asked, grant, user)
    async with provider.database.transaction() as tx:
        taken = await keep.take(tx, REFRESH, key)
        alive = await keep.get(tx, GRANT, grant.sid)
        if taken is not None:
            await keep.put(tx, SPENT, key, {"sid": grant.sid}, until(GRANT_LIFE))
    if taken is None or alive is None:
        await _end_spent(provider, key)
        raise OAuthError("invalid_grant", "the sign-in is over")
    return _answer(provider, ticket) | {"refresh_token": await _refresh_token(provider, grant)}


async def _ticket(provider: Provider, asked: Asked, grant: Grant, user: User) -> Ticket:
    """A token for one API. `scope` narrows what was granted, and never widens it."""
    client, details = asked.asker.client, asked.asker.details
    scopes = par.scopes(client, asked.form["scope"]) if asked.form.get("scope") else grant.scopes
    if not scopes <= grant.scopes:
        raise OAuthError("invalid_scope", "more than was granted")
    wanted = scopes - IDENTITY_SCOPES
    async with provider.database.transaction() as tx:
        heard = await audiences(tx, wanted)
    if asked.form.get("scope") and len(heard) > 1:
        raise OAuthError("invalid_scope", "one API at a time")
    audience = heard.pop() if len(heard) == 1 else provider.issuer
    if audience == provider.issuer:
        scopes &= IDENTITY_SCOPES
    return Ticket(
        client,
        audience,
        scopes,
        asked.jkt,
        acting(details, client),
        user,
        grant,
        attest(details, client, user),
    )


def _with_pushed(pushed: list[dict[str, Any]], details: Details) -> Details:
    """What was pushed and what comes with the code; what comes both times must be the same."""
    return joined(tuple(item for item in pushed if item not in details), details)


def _organisation(details: Details) -> list[Mapping[str, Any]]:
    """For whom the system acts: stays for the whole sign-in. An attest does not, it is made anew each time."""
    return [item for item in details if item["type"] == HELSEID]


async def _audience(provider: Provider, scopes: frozenset[str]) -> str:
    async with provider.database.transaction() as tx:
        heard = await audiences(tx, scopes)
    if len(heard) != 1:
        raise OAuthError("invalid_scope", "one API at a time")
    return heard.pop()


async def _user(provider: Provider, grant: Grant) -> User:
    async with provider.database.transaction() as tx:
        person = await find_person(tx, grant.handle)
    if person is None:
        raise OAuthError("invalid_grant", "the person is unknown now")
    return User(person, grant.level)


async def _refresh_token(provider: Provider, grant: Grant) -> str:
    secret = new_secret()
    value = asdict(grant) | {"scopes": sorted(grant.scopes), "details": list(grant.details)}
    async with provider.database.transaction() as tx:
        await keep.put(tx, REFRESH, digest(secret), value, until(GRANT_LIFE))
    return secret


async def _end_spent(provider: Provider, key: str) -> None:
    """Somebody shows what was used before: end the sign-in it belonged to."""
    async with provider.database.transaction() as tx:
        spent = await keep.get(tx, SPENT, key)
        if spent:
            await end_sign_in(tx, spent["sid"])


def _answer(provider: Provider, ticket: Ticket) -> dict[str, Any]:
    return {
        "access_token": access_token(provider, ticket),
        "token_type": "DPoP",
        "expires_in": int(TOKEN_LIFE.total_seconds()),
        "scope": " ".join(sorted(ticket.scopes)),
    }


def _read(value: Mapping[str, Any]) -> Grant:
    sets = {"scopes": frozenset(value["scopes"]), "details": tuple(value.get("details", ()))}
    return Grant(**(value | sets))  # type: ignore[operator]

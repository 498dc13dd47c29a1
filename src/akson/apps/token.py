"""The token endpoint of apps: authorization_code, refresh_token with rotation, client_credentials for services.

What may be used once is taken in a transaction that stands, also when the rest is refused.
"""

import hmac
import re
from typing import Any

from starlette.requests import Request

from akson.apps import grants
from akson.apps.client import authenticate
from akson.apps.grants import TOKEN_LIFE, Grant
from akson.apps.issuer import Issuer
from akson.apps.registry import App, Kind
from akson.security import app_scopes
from akson.security.caller import Caller
from akson.security.door_log import Doing, Happened
from akson.security.id_token import challenge
from akson.security.oauth import Form, OAuthError, required
from akson.store.database.pool import Tx

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


async def give(issuer: Issuer, request: Request, form: Form) -> dict[str, Any]:
    """POST /oauth/token."""
    app = await authenticate(issuer, request, form)
    kinds = {"authorization_code": _by_code, "refresh_token": _by_refresh, "client_credentials": _by_itself}
    handler = kinds.get(form.get("grant_type", ""))
    if handler is None:
        raise OAuthError("unsupported_grant_type", f"one of {', '.join(kinds)}")
    if (app.kind is Kind.SERVICE) != (handler is _by_itself):
        raise OAuthError("unauthorized_client", "services ask for themselves, and only they do")
    made = await handler(issuer, app, form)
    given = Happened(Doing.TOKEN, "reason.token_given", granted=True, detail=made["scope"])
    await issuer.door_log.note(given, await issuer.find_app(made["access_token"]))
    return made


async def _by_code(issuer: Issuer, app: App, form: Form) -> dict[str, Any]:
    secret = required(form, "code")
    async with issuer.database.transaction() as tx:
        found = await grants.redeemed(tx, secret)
    if found is None:
        raise OAuthError("invalid_grant", "unknown, used or expired code")
    grant, asked = found
    if grant.app != app.id or asked["redirect_uri"] != form.get("redirect_uri"):
        raise OAuthError("invalid_grant", "the code is another app's or for another address")
    verifier = form.get("code_verifier", "")
    if not _VERIFIER.fullmatch(verifier) or not hmac.compare_digest(challenge(verifier), asked["challenge"]):
        raise OAuthError("invalid_grant", "code_verifier does not fit (PKCE)")
    async with issuer.database.transaction() as tx:
        if not await grants.begin(tx, grant, secret):
            raise OAuthError("invalid_grant", "the code was used twice")
        made = await _tokens(tx, grant, grant.scope)
    if "openid" in grant.words:
        made["id_token"] = issuer.id_token(app, grant, asked["nonce"])
    return made


async def _by_refresh(issuer: Issuer, app: App, form: Form) -> dict[str, Any]:
    secret = required(form, "refresh_token")
    async with issuer.database.transaction() as tx:
        grant = await grants.refreshed(tx, secret, app.id)
    if grant is None:
        raise OAuthError(
            "invalid_grant", "unknown, used or expired refresh token, or what it stood for has ended"
        )
    scope = _narrowed(grant, form.get("scope", ""))
    async with issuer.database.transaction() as tx:
        return await _tokens(tx, grant, scope)


async def _by_itself(issuer: Issuer, app: App, form: Form) -> dict[str, Any]:
    """A service (SMART Backend Services): no user, no refresh token, and a grant that lives as long as its token."""
    asked, _ = app_scopes.read(required(form, "scope"))
    scope = app_scopes.write(app_scopes.common(asked, app.scopes), ())
    if not scope:
        raise OAuthError("invalid_scope", "nothing that the service asks for is allowed to it")
    grant = grants.new(app.id, Caller(app.id, app.organization, app.name), scope)
    async with issuer.database.transaction() as tx:
        await grants.begin(tx, grant)
        return await _tokens(tx, grant, scope)


def _narrowed(grant: Grant, text: str) -> str:
    """The scope of a new token: all that was granted, or the part that is asked for; never more (RFC 6749 6)."""
    if not text:
        return grant.scope
    held, plain_held = app_scopes.read(grant.scope)
    asked, plain = app_scopes.read(text)
    if not app_scopes.all_covered(asked, held) or not plain <= plain_held or not (asked or plain):
        raise OAuthError("invalid_scope", "more than was granted")
    if len(asked) + len(plain) != len(set(text.split())):
        raise OAuthError("invalid_scope", "a scope is not one that was granted")
    return app_scopes.write(asked, plain)


async def _tokens(tx: Tx, grant: Grant, scope: str) -> dict[str, Any]:
    context: dict[str, Any] = {"patient": grant.patient, "need_patient_banner": True} if grant.patient else {}
    made = {
        "access_token": await grants.access(tx, grant, scope),
        "token_type": "Bearer",
        "expires_in": int(TOKEN_LIFE.total_seconds()),
        "scope": scope,
        **context,
    }
    return made | ({"refresh_token": await grants.refresh(tx, grant)} if grant.goes_on else {})

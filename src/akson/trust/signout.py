"""The end of a sign-in: RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0) and revocation (RFC 7009)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.security.caller import Caller
from akson.security.door_log import Doing, Happened
from akson.security.jose import BadToken, parse, verify
from akson.security.once import digest
from akson.store.underway import keep
from akson.trust import eid, issued
from akson.trust.assertion import authenticate
from akson.trust.claims import GRANT
from akson.trust.oauth import Form, OAuthError, required
from akson.trust.pages import Page, language_of, render
from akson.trust.provider import Provider
from akson.trust.registry import find_client
from akson.trust.revoked import end_sign_in
from akson.trust.token import REFRESH


async def endsession(provider: Provider, request: Request) -> Response:
    """POST or GET /connect/endsession: refresh tokens of the sign-in die; back to the client where it has registered it.

    The standard demands both. Nodes send a form, since the token names a person and addresses are kept.
    """
    asked = await request.form() if request.method == "POST" else request.query_params
    claims = _hint(provider, str(asked.get("id_token_hint", "")))
    where = str(asked.get("post_logout_redirect_uri", ""))
    async with provider.database.transaction() as tx:
        signed_in = await keep.get(tx, GRANT, claims["sid"]) or {}
        await end_sign_in(tx, claims["sid"])
        client = await find_client(tx, claims["aud"])
    caller = Caller(claims["aud"], pid=str(claims.get("sub", "")), name=str(claims.get("name", "")))
    await provider.door_log.note(Happened(Doing.LOGOUT, "reason.signed_out", granted=True), caller)
    if client is None or where not in client.logout_uris:
        where = ""
    if provider.eid and signed_in.get("eid_token"):
        away = await eid.sign_out(provider, request, signed_in["eid_token"], where)
        if away is not None:
            return away
    if where:
        return RedirectResponse(where, 303)
    values = {"heading": "trust.signed_out", "message": "trust.signed_out_text"}
    return render(provider, Page("message.html", language_of(request), values))


async def revoke(provider: Provider, _: Request, form: Form) -> dict[str, Any]:
    """POST /connect/revocation: a refresh token dies with its sign-in, an access token alone. Says not if it was known."""
    asker = await authenticate(provider, form)
    key = digest(required(form, "token"))
    await issued.revoke(provider, form["token"], asker.client.client_id)
    async with provider.database.transaction() as tx:
        kept = await keep.get(tx, REFRESH, key)
        if kept and kept["client_id"] == asker.client.client_id:
            await keep.delete(tx, REFRESH, key)
            await end_sign_in(tx, kept["sid"])
    return {}


def _hint(provider: Provider, raw: str) -> dict[str, Any]:
    """The claims of an ID token of ours, also an old one."""
    try:
        token = parse(raw, ("jwt",))
        keys = [key for key in provider.ring.keys if key.kid == token.header.get("kid")]
        claims = verify(token, keys[0]) if keys else {}
    except BadToken as error:
        raise OAuthError("invalid_request", "id_token_hint is not ours") from error
    if (
        claims.get("iss") != provider.issuer
        or not claims.get("sid")
        or not isinstance(claims.get("aud"), str)
    ):
        raise OAuthError("invalid_request", "id_token_hint is not ours")
    return claims

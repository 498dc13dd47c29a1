"""What the trust anchor has taken back before its time: single tokens, all tokens of a sign-in, all of a system.

APIs check tokens by themselves. So that what is taken back ends there too, the anchor tells of it in a list, which its
nodes fetch every few seconds (`security/anchor.py`). Names that say nothing of anybody stand in it, and only for as
long as a token of that name can be about (docs/adr/0032).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from akson.kit.clock import now
from akson.security.jose import Claims, moment
from akson.store.database.pool import Tx
from akson.store.underway import keep
from akson.trust.claims import GRANT
from akson.trust.oauth import answer
from akson.trust.provider import TOKEN_LIFE, Provider
from akson.trust.registry import all_clients, is_over

PATH = "/connect/revocations"
TOKEN, SIGN_IN, MADE = "trust-revoked", "trust-ended", "trust-made"
"""Kinds of what is kept: a token by its `jti`, a sign-in by its `sid`, a token that was made of another."""

AFTER = timedelta(minutes=1)
"""How long a name stays in the list when its last token is over: clocks differ."""


async def revoke_token(tx: Tx, claims: Claims) -> None:
    """End an access token and those that were made of it (token exchange), none of which outlives it."""
    made = [key.split() for key in await keep.find(tx, MADE)]
    ended = {str(claims["jti"])}
    while more := {child for parent, child in made if parent in ended} - ended:
        ended |= more
    for jti in ended:
        await keep.put(tx, TOKEN, jti, {}, _end(claims))


async def made_of(tx: Tx, parent: Claims, jti: str) -> None:
    """Remember that a token was made of another."""
    await keep.put(tx, MADE, f"{parent['jti']} {jti}", {}, _end(parent))


async def end_sign_in(tx: Tx, sid: str) -> None:
    """End a sign-in: no refresh token of it is good, and none of its access tokens."""
    await keep.delete(tx, GRANT, sid)
    await keep.put(tx, SIGN_IN, sid, {}, now() + TOKEN_LIFE + AFTER)


async def is_revoked(tx: Tx, claims: Claims) -> bool:
    """Whether this very token was taken back."""
    return await keep.get(tx, TOKEN, str(claims["jti"])) is not None


def _end(claims: Claims) -> datetime:
    return datetime.fromtimestamp(moment(claims, "exp") or 0, UTC) + AFTER


async def told(provider: Provider, _: Request) -> Response:
    """GET /connect/revocations: `jti`, `sid` and `client_id` whose tokens are worth nothing any more."""
    async with provider.database.transaction(read_only=True) as tx:
        found: dict[str, Any] = {
            "iss": provider.issuer,
            "jti": sorted(await keep.find(tx, TOKEN)),
            "sid": sorted(await keep.find(tx, SIGN_IN)),
            "client_id": [each.client_id for each in await all_clients(tx) if is_over(each)],
        }
    return answer(found)

"""Calls from this node to others, as the system or on behalf of a signed-in person.

Tokens are got from the trust anchor, kept until they run out, and bound to this node's key (DPoP).
"""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from akson.kit.errors import NotAuthenticated, PeerSilent
from akson.kit.log import Event, log
from akson.security import dpop
from akson.security.once import digest
from akson.security.sessions import Session, Sessions
from akson.security.system import AnchorRefused, Details, System

MARGIN = 20
"""Seconds before its end at which a token is not used any more."""
CACHE = 2000
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105  a name, not a secret
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Behalf:
    """For whom a call is made: a session, and what its person attests about the care relation (or nothing)."""

    session: Session
    attest: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Onward:
    """A call that goes on for somebody who called us: the access token it came with is exchanged (RFC 8693)."""

    token: str


class Peer:
    """The HTTP client of one node towards all others."""

    def __init__(self, system: System, sessions: Sessions, http: httpx.AsyncClient, timeout: float) -> None:
        self.system = system
        self._sessions = sessions
        self._http = http
        self._timeout = timeout
        self._tokens: dict[_Key, tuple[str, float]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._nonces: dict[str, str] = {}
        self._going: set[asyncio.Future[dict[str, Any]]] = set()

    async def request(
        self,
        method: str,
        url: str,
        *,
        scope: str,
        on_behalf_of: Behalf | Onward | None = None,
        **options: Any,
    ) -> httpx.Response:
        """The other node's answer, whatever its status. `options` go to httpx (params, json, content, headers ...).

        Raises PeerSilent when there is no answer in time, NotAuthenticated when the session is over at the anchor,
        AnchorRefused when the anchor gives no token for `scope`.
        """
        token = await self.token(scope, on_behalf_of)
        answer = await self._send(method, url, token, options)
        if answer.status_code == 401 and self._again(answer):
            answer = await self._send(method, url, await self.token(scope, on_behalf_of), options)
        return answer

    async def token(self, scope: str, on_behalf_of: Behalf | Onward | None = None) -> str:
        """An access token for a scope that lives long enough to be used."""
        key = _cache_key(scope, on_behalf_of)
        async with self._locks[key[0]]:
            kept = self._tokens.get(key)
            if kept and kept[1] > time.monotonic():
                return kept[0]
            found = await self._ask(scope, on_behalf_of)
            self._tidy()
            life = float(found.get("expires_in", 60)) - MARGIN
            self._tokens[key] = (found["access_token"], time.monotonic() + life)
            return str(found["access_token"])

    async def _ask(self, scope: str, on_behalf_of: Behalf | Onward | None) -> dict[str, Any]:
        if isinstance(on_behalf_of, Behalf):
            return await self._as_user(scope, on_behalf_of)
        return await (self._onward(scope, on_behalf_of.token) if on_behalf_of else self._as_system(scope))

    async def _onward(self, scope: str, token: str) -> dict[str, Any]:
        form = {"grant_type": TOKEN_EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN}
        return await self.system.tokens(form | {"scope": scope})

    async def _as_system(self, scope: str) -> dict[str, Any]:
        return await self.system.tokens({"grant_type": "client_credentials", "scope": scope})

    async def _as_user(self, scope: str, behalf: Behalf) -> dict[str, Any]:
        """The refresh runs to its end also when whoever waits for it has left: by then the anchor has given another
        token, and with the one before the session would be over.
        """
        going = asyncio.ensure_future(self._refreshed(scope, behalf))
        self._going.add(going)
        going.add_done_callback(self._gone)
        return await asyncio.shield(going)

    def _gone(self, going: asyncio.Future[dict[str, Any]]) -> None:
        self._going.discard(going)
        if not going.cancelled():
            going.exception()  # who waited has it, or has left

    async def _refreshed(self, scope: str, behalf: Behalf) -> dict[str, Any]:
        details: tuple[Details, ...] = (behalf.attest,) if behalf.attest else ()
        try:
            async with self._sessions.refreshing(behalf.session) as refresh:
                form = {"grant_type": "refresh_token", "refresh_token": refresh.token, "scope": scope}
                found = await self.system.tokens(form, details)
                refresh.token = str(found.get("refresh_token", refresh.token))
        except AnchorRefused as error:
            if error.error == "invalid_grant":
                raise NotAuthenticated("the session is over at the trust anchor") from error
            raise
        return found

    async def _send(self, method: str, url: str, token: str, options: Mapping[str, Any]) -> httpx.Response:
        origin = str(httpx.URL(url).copy_with(path="/", query=None, fragment=None))
        nonce = self._nonces.get(origin, "")
        proof = dpop.make(self.system.proof.current, method, url, token=token, nonce=nonce)
        headers = httpx.Headers(options.get("headers"))
        headers["Authorization"] = f"DPoP {token}"
        headers["DPoP"] = proof
        rest = {"timeout": self._timeout, "follow_redirects": False} | dict(options) | {"headers": headers}
        try:
            answer = await self._http.request(method, url, **rest)
        except httpx.HTTPError as error:
            log(Event.PEER_FAILED, peer=origin, error=type(error).__name__)
            raise PeerSilent(f"{origin} does not answer") from error
        if "DPoP-Nonce" in answer.headers:
            self._nonces[origin] = answer.headers["DPoP-Nonce"]
        return answer

    def _again(self, answer: httpx.Response) -> bool:
        """A nonce was asked for, or the token has been refused and a new one may do (keys were rotated)."""
        challenge = answer.headers.get("WWW-Authenticate", "")
        if "invalid_token" in challenge:
            used = answer.request.headers["Authorization"].partition(" ")[2]
            self._tokens = {key: kept for key, kept in self._tokens.items() if kept[0] != used}
            return True
        return "use_dpop_nonce" in challenge

    def _tidy(self) -> None:
        if len(self._tokens) > CACHE:
            moment = time.monotonic()
            self._tokens = {key: kept for key, kept in self._tokens.items() if kept[1] > moment}
        if len(self._locks) > CACHE:
            held = {name: lock for name, lock in self._locks.items() if lock.locked()}
            self._locks = defaultdict(asyncio.Lock, held)


def _cache_key(scope: str, behalf: Behalf | Onward | None) -> _Key:
    if behalf is None:
        return "", scope, ""
    if isinstance(behalf, Onward):
        return digest(behalf.token), scope, ""
    attest = digest(json.dumps(behalf.attest, sort_keys=True)) if behalf.attest else ""
    return behalf.session.key, scope, attest

"""The trust anchor as its clients see it: its metadata and keys, fetched over HTTP and kept for a day.

A key that is not known is looked for once more at the anchor (rotation), but not more often than RETRY seconds.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc.jwk import Key

from akson.kit.errors import PeerFailed, PeerSilent
from akson.kit.log import Event, log
from akson.security.jose import ALGORITHMS, BadToken, Claims, Jwt, public_key, verify

LIFE = 24 * 3600
"""Seconds that metadata and keys are kept (HelseID functional demand FK2)."""
PATIENCE = 60
"""Seconds to go on with old metadata before the next look at an anchor that is down."""
RETRY = 10
"""Seconds between two looks for a key that nobody knows."""

REVOCATIONS = "revocation_list_endpoint"
"""Member of the metadata (Akson's own, docs/adr/0032)."""
NAMES = ("jti", "sid", "client_id")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the discovery document says (OpenID Connect Discovery 1.0, RFC 8414), the parts that are used."""

    issuer: str
    authorize: str
    token: str
    par: str
    jwks: str
    endsession: str
    levels: tuple[str, ...] = ()
    """`acr_values_supported`, where it says which."""
    revocations: str = ""
    """Where it tells what it has taken back; HelseID and most others tell it nowhere."""


class Anchor:
    """One trust anchor: `issuer` must equal what its metadata and tokens say, letter by letter."""

    def __init__(
        self,
        issuer: str,
        http: httpx.AsyncClient,
        *,
        algorithms: tuple[str, ...] = ALGORITHMS,
        timeout: float = 3.0,
    ) -> None:
        self.issuer = issuer
        self.http = http
        self.algorithms = algorithms
        self.timeout = timeout
        self._metadata: Metadata | None = None
        self._keys: dict[str, Key] = {}
        self._until = 0.0
        self._looked = float("-inf")
        self.revoked: frozenset[tuple[str, str]] = frozenset()
        """Claims (`jti`, `sid`, `client_id`) whose tokens the issuer has taken back, as it last told."""
        self.generation = 0
        """Counts up when the keys may have changed: what was concluded from them before is old."""

    async def metadata(self) -> Metadata:
        """PeerFailed when the document is not this issuer's, PeerSilent when there is no answer."""
        if self._metadata is None:
            await self._learn()
        elif time.monotonic() > self._until:
            try:
                await self._learn()
            except (PeerSilent, PeerFailed):
                self._until = time.monotonic() + PATIENCE  # what it said yesterday still holds
        if self._metadata is None:
            raise PeerFailed("the trust anchor has no metadata")
        return self._metadata

    async def claims(self, token: Jwt) -> Claims:
        """The claims of a token that this issuer signed. BadToken when it did not.

        A signature that does not fit may be of a key that the issuer has changed under its name, or that somebody gave
        out in its place for a moment: it is asked once more before the token is refused.
        """
        try:
            return verify(token, await self.key(token))
        except BadToken:
            if not await self._renewed():
                raise
        return verify(token, await self.key(token))

    async def key(self, token: Jwt) -> Key:
        """The issuer's key that a token names. BadToken when it has none of that name now."""
        kid = token.header.get("kid")
        if not isinstance(kid, str) or not kid or "jwk" in token.header:
            raise BadToken("the token does not name its key")
        metadata = await self.metadata()
        if kid not in self._keys and time.monotonic() - self._looked > RETRY:
            self._looked = time.monotonic()
            self._keys = _keys(await self._get(metadata.jwks))
            self.generation += 1
        if kid not in self._keys:
            raise BadToken("unknown key")
        return self._keys[kid]

    async def _renewed(self) -> bool:
        """Whether the issuer has other keys than it had. Those that are known stay when it does not say."""
        if time.monotonic() - self._looked <= RETRY:
            return False
        self._looked = time.monotonic()
        try:
            keys = _keys(await self._get((await self.metadata()).jwks))
        except (PeerSilent, PeerFailed):
            return False
        if {name: key.thumbprint() for name, key in keys.items()} == {
            name: key.thumbprint() for name, key in self._keys.items()
        }:
            return False
        self._keys = keys
        self.generation += 1
        return True

    async def follow(self, seconds: float) -> None:
        """Ask every so often what was taken back, until cancelled; never when `seconds` is 0.

        What was told last holds on while there is no answer. Of an issuer that tells it nowhere, a token is good until
        it ends.
        """
        while seconds > 0:
            with suppress(PeerSilent, PeerFailed):
                await self.hear()
            await asyncio.sleep(seconds)

    async def hear(self) -> None:
        """Ask once what was taken back. PeerSilent or PeerFailed when there is no answer to use."""
        where = (await self.metadata()).revocations
        if where:
            self.revoked = _revoked(await self._get(where), self.issuer)

    def forget(self) -> None:
        """Fetch metadata and keys anew at the next use."""
        self._metadata, self._keys, self._looked = None, {}, float("-inf")
        self.generation += 1

    async def _learn(self) -> None:
        """Metadata and keys together, so that a key rotated out is gone within a day."""
        metadata = _metadata(await self._get(f"{self.issuer}/.well-known/openid-configuration"), self.issuer)
        keys = _keys(await self._get(metadata.jwks))
        self._metadata, self._keys, self._until = metadata, keys, time.monotonic() + LIFE
        self.generation += 1

    async def send(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Its answer, whatever the status: begun in the time that is set and whole in twice that. PeerSilent if not.

        Where it says that something is elsewhere, nobody goes: it answers itself or not at all.
        """
        try:
            async with asyncio.timeout(2 * self.timeout):
                return await self.http.request(
                    method, url, timeout=self.timeout, follow_redirects=False, **options
                )
        except (httpx.HTTPError, TimeoutError) as error:
            log(Event.PEER_FAILED, peer=self.issuer, error=type(error).__name__)
            raise PeerSilent("the trust anchor does not answer") from error

    async def _get(self, url: str) -> Mapping[str, Any]:
        answer = await self.send("GET", url)
        try:
            found = answer.json() if answer.is_success else None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            log(Event.PEER_FAILED, peer=self.issuer, status=answer.status_code)
            raise PeerFailed("the trust anchor answers with an error")
        return found


def _metadata(found: Mapping[str, Any], issuer: str) -> Metadata:
    names = {
        "issuer": "issuer",
        "authorize": "authorization_endpoint",
        "token": "token_endpoint",
        "par": "pushed_authorization_request_endpoint",
        "jwks": "jwks_uri",
        "endsession": "end_session_endpoint",
    }
    values = {field: found.get(name) for field, name in names.items()}
    if values["issuer"] != issuer or not all(isinstance(value, str) for value in values.values()):
        raise PeerFailed("the trust anchor's metadata is not its own or not complete")
    levels = found.get("acr_values_supported")
    return Metadata(
        **{field: str(value) for field, value in values.items()},
        levels=tuple(map(str, levels)) if isinstance(levels, list) else (),
        revocations=found[REVOCATIONS] if isinstance(found.get(REVOCATIONS), str) else "",
    )


def _revoked(found: Mapping[str, Any], issuer: str) -> frozenset[tuple[str, str]]:
    lists = {name: found.get(name) for name in NAMES}
    if found.get("iss") != issuer or not all(isinstance(each, list) for each in lists.values()):
        raise PeerFailed("the trust anchor's list of what it has taken back is not its own or not complete")
    return frozenset((name, str(each)) for name, values in lists.items() for each in values or ())


def _keys(found: Mapping[str, Any]) -> dict[str, Key]:
    """Signing keys by name; what is not usable is left out, as RFC 7517 section 5 wants it."""
    keys: dict[str, Key] = {}
    listed = found.get("keys")
    for jwk in listed if isinstance(listed, list) else ():
        try:
            key = public_key(jwk)
        except BadToken:
            continue
        if jwk.get("use", "sig") == "sig" and isinstance(jwk.get("kid"), str):
            keys[jwk["kid"]] = key
    return keys

"""A node as a client of the trust anchor: its keys, its client assertions, its token requests.

Asks by `private_key_jwt` (RFC 7523) with a DPoP proof, and once more when the anchor wants a nonce in it.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from akson.kit.errors import PeerFailed
from akson.kit.ids import new_secret
from akson.kit.log import Event, log
from akson.kit.settings import Node
from akson.security import dpop, keys
from akson.security.anchor import Anchor
from akson.security.jose import sign

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE = 30
UNSAID = 60
"""Seconds that a token is taken to live whose answer does not say it."""

Details = Mapping[str, Any]
"""One element of `assertion_details`: `helseid_authorization` or the trust-framework attest."""


class AnchorRefused(PeerFailed):
    """The trust anchor said no. `error` is the OAuth error code."""

    def __init__(self, error: str) -> None:
        super().__init__(f"the trust anchor refused: {error}")
        self.error = error


class System:
    """The identity of one node towards the anchor."""

    def __init__(self, node: Node, data: Path, anchor: Anchor) -> None:
        self.node = node
        self.anchor = anchor
        self._keys = keys.Watched(data, f"{node.name}-client")
        # Tokens and sessions hang on this one: a new one counts from the next start.
        self.proof = keys.load(data, f"{node.name}-dpop")
        self._nonce = ""

    @property
    def keys(self) -> keys.KeyRing:
        """What proves the node, as the file has it now."""
        return self._keys.ring

    def public(self) -> dict[str, Any]:
        """The JWK set to register at the anchor."""
        return self.keys.public()

    def assertion(self, details: tuple[Details, ...] = ()) -> str:
        """A client assertion for one use (HelseID: at most 60 s, `aud` is the issuer)."""
        moment = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.node.client_id,
            "sub": self.node.client_id,
            "aud": self.anchor.issuer,
            "iat": moment,
            "nbf": moment,
            "exp": moment + ASSERTION_LIFE,
            "jti": new_secret(),
        }
        if details:
            claims["assertion_details"] = list(details)
        return sign(claims, self.keys.current, "client-authentication+jwt")

    async def push(self, form: Mapping[str, str]) -> str:
        """Push an authorization request (RFC 9126); its `request_uri`."""
        metadata = await self.anchor.metadata()
        found = await self._ask(metadata.par, form, ())
        if not isinstance(found.get("request_uri"), str):
            raise PeerFailed("the trust anchor took a request and gave it no name")
        return str(found["request_uri"])

    async def tokens(
        self, form: Mapping[str, str], details: tuple[Details, ...] = (), *, bound: bool = True
    ) -> dict[str, Any]:
        """Ask the token endpoint. AnchorRefused, PeerFailed or PeerSilent when it does not give any.

        `bound`: for an access token that is used, which must be bound to this node's key.
        """
        metadata = await self.anchor.metadata()
        found = await self._ask(metadata.token, form, details)
        is_bound = str(found.get("token_type", "")).lower() == "dpop" or not bound
        if not is_bound or not isinstance(found.get("access_token"), str):
            raise PeerFailed("the trust anchor gave no DPoP-bound token")
        life = found.get("expires_in")
        return found if isinstance(life, int) and life >= 0 else found | {"expires_in": UNSAID}

    async def _ask(self, url: str, form: Mapping[str, str], details: tuple[Details, ...]) -> dict[str, Any]:
        answer = await self._post(url, form, details)
        if "use_dpop_nonce" in answer.text and answer.headers.get("DPoP-Nonce"):
            answer = await self._post(url, form, details)
        try:
            found = answer.json()
        except ValueError:
            found = {}
        if not answer.is_success or not isinstance(found, dict):
            error = str(found.get("error", answer.status_code)) if isinstance(found, dict) else "server_error"
            log(Event.PEER_FAILED, peer=self.anchor.issuer, status=answer.status_code, error=error)
            raise AnchorRefused(error)
        return found

    async def _post(self, url: str, form: Mapping[str, str], details: tuple[Details, ...]) -> httpx.Response:
        body = {
            **form,
            "client_id": self.node.client_id,
            "client_assertion_type": ASSERTION,
            "client_assertion": self.assertion(details),
        }
        proof = dpop.make(self.proof.current, "POST", url, nonce=self._nonce)
        answer = await self.anchor.send("POST", url, data=body, headers={"DPoP": proof})
        self._nonce = answer.headers.get("DPoP-Nonce", self._nonce)
        return answer

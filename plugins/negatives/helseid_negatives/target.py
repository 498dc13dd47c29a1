"""What is tested: an API, or a trust anchor. A project writes one small class for each of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from joserfc.jwk import Key


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    text: str


Headers = Sequence[tuple[str, str]]
Pairs = Sequence[tuple[str, str]]


class Api(Protocol):
    """One route of an API that takes access tokens bound to a key (DPoP)."""

    method: str
    url: str
    """Absolute address, without a query."""
    content: bytes
    headers: Headers
    """What a right request carries besides token and proof, e.g. its content type."""
    issuer: str
    audience: str
    anchor_key: Key
    """The private key that the trust anchor of the tests signs with."""
    retired_key: Key
    """The one that it signed with before, which it publishes no more and the API has heard so."""
    proof_key: Key
    """The private key that the tokens are bound to."""

    async def token(self) -> str:
        """A right access token for this route."""

    async def call(self, method: str, url: str, headers: Headers, content: bytes) -> Answer:
        """Send a request as it is, following no redirects."""


class Anchor(Protocol):
    """A trust anchor with two clients that sign with their keys and that are alike."""

    issuer: str
    client_id: str
    client_key: Key
    proof_key: Key
    redirect_uri: str
    scope: str
    """Scopes of one API that the client may have, e.g. `example:api/read`."""
    foreign_scope: str
    """A scope that exists and that the client may not have."""
    other_id: str
    other_key: Key

    async def post(self, url: str, form: Sequence[tuple[str, str]], headers: Headers) -> Answer:
        """Send a form."""

    async def get(self, url: str, query: Mapping[str, str]) -> Answer:
        """Follow no redirects."""

    async def sign_in(self, where: str) -> str:
        """Let a person sign in at an authorization address; the code that comes back."""


@dataclass(frozen=True)
class Started:
    """A sign-in that a client has begun."""

    state: str
    claims: Mapping[str, Any]
    """What a right ID token says for it, its `nonce` among them."""


class RelyingParty(Protocol):
    """A client that signs people in, at a trust anchor that the tests play."""

    issuer: str
    client_id: str
    anchor_key: Key

    async def begin(self, *, steps_up: bool) -> Started:
        """Begin in a fresh browser; where one steps up, in that of somebody who is signed in on a lower level."""

    async def begin_by(self, change: Callable[[Mapping[str, Any]], object]) -> Answer:
        """Begin when the anchor's metadata are changed so and the client knows none; where the browser is sent."""

    async def finish(self, query: Pairs, id_token: str, *, other_browser: bool) -> Answer:
        """The browser comes back with this query, and the token endpoint answers with this ID token."""

    def as_other(self, claims: Mapping[str, Any]) -> dict[str, Any]:
        """The claims of another person."""

    def as_low(self, claims: Mapping[str, Any]) -> dict[str, Any]:
        """The claims of the same person on a lower level than was asked for."""

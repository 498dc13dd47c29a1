"""Answers that a client of a trust anchor must not take: classes 52 to 56, by the eyes of who signs people in.

The tests play the trust anchor: they hold its key, and say what comes back to the browser and from the token endpoint.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from helseid_negatives.forge import now, part, public_pem, sign_hmac, sign_raw, stranger, without_none
from helseid_negatives.target import Pairs, RelyingParty

Claims = dict[str, Any]
Query = Callable[[RelyingParty, dict[str, str]], Pairs]
Token = Callable[[RelyingParty, Claims], str]
DAY = 86_400


def _right_query(_: RelyingParty, right: dict[str, str]) -> Pairs:
    return list(right.items())


def _right_token(client: RelyingParty, claims: Claims) -> str:
    return _signed(client, claims)


def _signed(client: RelyingParty, claims: Claims, **header: Any) -> str:
    key = client.anchor_key
    head = {"typ": "JWT", "alg": str(key.alg or "ES256"), "kid": key.kid}
    return sign_raw(without_none(head | header), without_none(claims), key)


@dataclass(frozen=True)
class ClientCase:
    """An answer that is wrong in one way; nobody may be signed in by it."""

    number: int
    name: str
    query: Query = _right_query
    token: Token = _right_token
    other_browser: bool = False
    """It comes to a browser that began no sign-in."""
    is_replay: bool = False
    """Sent twice: the first is right, the second must be refused."""
    steps_up: bool = False
    """The one who is signed in already was to identify once more."""

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    async def fault(self, client: RelyingParty) -> str:
        """What is wrong with how the client takes it; empty when it refuses as it should."""
        started = await client.begin(steps_up=self.steps_up)
        query = self.query(client, {"code": "code", "state": started.state, "iss": client.issuer})
        token = self.token(client, dict(started.claims))
        if self.is_replay:
            first = await client.finish(query, token, other_browser=False)
            if first.status >= 400:
                return f"the first of two was not accepted ({first.status})"
        answer = await client.finish(query, token, other_browser=self.other_browser)
        if answer.status < 400:
            return f"answered {answer.status}"
        return "the ID token stands in the answer" if token[20:] and token in answer.text else ""


async def control(client: RelyingParty, *, steps_up: bool = False) -> int:
    """A right answer, which must be accepted; its status."""
    started = await client.begin(steps_up=steps_up)
    query = [("code", "code"), ("state", started.state), ("iss", client.issuer)]
    token = _signed(client, dict(started.claims))
    return (await client.finish(query, token, other_browser=False)).status


@dataclass(frozen=True)
class DiscoveryCase:
    """Metadata that are not the anchor's: no sign-in may begin by them."""

    number: int
    name: str
    change: Callable[[Mapping[str, Any]], object]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    async def fault(self, client: RelyingParty) -> str:
        """Empty when nobody was sent anywhere."""
        answer = await client.begin_by(self.change)
        if answer.status < 400 or "location" in answer.headers:
            return f"answered {answer.status} {answer.headers.get('location', '')}"
        return ""


def _asked(**changed: str | None) -> Query:
    return lambda _, right: [(name, value) for name, value in (right | changed).items() if value is not None]


def _asked_of(change: Callable[[RelyingParty], dict[str, str]]) -> Query:
    return lambda client, right: list((right | change(client)).items())


def _twice(name: str) -> Query:
    return lambda _, right: [*right.items(), (name, right[name])]


def _claims(**changed: Any) -> Token:
    return lambda client, claims: _signed(client, claims | changed)


def _claims_of(change: Callable[[RelyingParty], Claims]) -> Token:
    return lambda client, claims: _signed(client, claims | change(client))


def _header(**changed: Any) -> Token:
    return lambda client, claims: _signed(client, claims, **changed)


def _unsigned(alg: str) -> Token:
    return lambda client, claims: (
        f"{part({'typ': 'JWT', 'alg': alg, 'kid': client.anchor_key.kid})}.{part(claims)}."
    )


def _confused(client: RelyingParty, claims: Claims) -> str:
    header = {"typ": "JWT", "alg": "HS256", "kid": client.anchor_key.kid}
    return sign_hmac(header, claims, public_pem(client.anchor_key))


def _by_stranger(client: RelyingParty, claims: Claims) -> str:
    key = stranger()
    return sign_raw({"typ": "JWT", "alg": "PS256", "kid": client.anchor_key.kid}, claims, key)


def _by_unknown(_: RelyingParty, claims: Claims) -> str:
    key = stranger()
    return sign_raw({"typ": "JWT", "alg": "PS256", "kid": key.kid}, claims, key)


def _doubled(client: RelyingParty, claims: Claims) -> str:
    text = f'{json.dumps(claims)[:-1]}, "nonce": {json.dumps(claims["nonce"])}}}'
    head = {"typ": "JWT", "alg": str(client.anchor_key.alg or "ES256"), "kid": client.anchor_key.kid}
    return sign_raw(head, text, client.anchor_key)


_TOKENS: dict[str, Token] = {
    "no ID token": lambda *_: "",
    "an ID token that is none": lambda *_: "x.y.z",
    "iss of another": _claims(iss="https://evil.example"),
    "iss with a slash": _claims_of(lambda client: {"iss": f"{client.issuer}/"}),
    "iss missing": _claims(iss=None),
    "aud of another client": _claims(aud="another"),
    "aud of the anchor": _claims_of(lambda client: {"aud": client.issuer}),
    "aud of two": _claims_of(lambda client: {"aud": [client.client_id, "another"]}),
    "aud missing": _claims(aud=None),
    "azp of another client": _claims(azp="another"),
    "expired": _claims(exp=1),
    "exp missing": _claims(exp=None),
    "exp is text": _claims(exp="99999999999"),
    "iat ahead": _claims_of(lambda _: {"iat": now() + DAY}),
    "iat missing": _claims(iat=None),
    "nonce of another sign-in": _claims(nonce="another"),
    "nonce missing": _claims(nonce=None),
    "nonce twice": _doubled,
    "an access token": _header(typ="at+jwt"),
    "a client assertion": _header(typ="client-authentication+jwt"),
    "alg none": _unsigned("none"),
    "alg nOnE": _unsigned("nOnE"),
    "HS256 with the public key": _confused,
    "a foreign signature under the right name": _by_stranger,
    "an unknown key": _by_unknown,
    "own key in the header": _header(jwk={"kty": "EC"}),
    "crit": _header(crit=["exp"]),
}
CLIENTS = (
    ClientCase(52, "iss missing", _asked(iss=None)),
    ClientCase(52, "iss of another", _asked(iss="https://evil.example")),
    ClientCase(52, "iss with a slash", _asked_of(lambda client: {"iss": f"{client.issuer}/"})),
    ClientCase(52, "iss in capitals", _asked_of(lambda client: {"iss": client.issuer.upper()})),
    ClientCase(52, "iss twice", _twice("iss")),
    ClientCase(53, "state missing", _asked(state=None)),
    ClientCase(53, "state of nobody", _asked(state="x" * 43)),
    ClientCase(53, "state empty", _asked(state="")),
    ClientCase(53, "state twice", _twice("state")),
    ClientCase(53, "code twice", _twice("code")),
    ClientCase(53, "code missing", _asked(code=None)),
    ClientCase(53, "an error beside a code", _asked(error="access_denied")),
    ClientCase(53, "in another browser", other_browser=True),
    ClientCase(53, "used before", is_replay=True),
    *(ClientCase(54, name, token=token) for name, token in _TOKENS.items()),
    ClientCase(
        56,
        "another person than the one who steps up",
        token=lambda client, claims: _signed(client, client.as_other(claims)),
        steps_up=True,
    ),
    ClientCase(
        56, "no higher than before", token=lambda client, claims: _signed(client, client.as_low(claims)), steps_up=True
    ),
)  # fmt: skip


def _with(**changed: object) -> Callable[[Mapping[str, Any]], object]:
    return lambda found: dict(found) | changed


DISCOVERIES = (
    DiscoveryCase(55, "another issuer", _with(issuer="https://evil.example")),
    DiscoveryCase(
        55, "the issuer with a slash", lambda found: dict(found) | {"issuer": f"{found['issuer']}/"}
    ),
    DiscoveryCase(
        55, "the issuer in capitals", lambda found: dict(found) | {"issuer": found["issuer"].upper()}
    ),
    DiscoveryCase(55, "no issuer", _with(issuer=None)),
    DiscoveryCase(55, "the issuer in a list", lambda found: dict(found) | {"issuer": [found["issuer"]]}),
    DiscoveryCase(55, "no token endpoint", _with(token_endpoint=None)),
    DiscoveryCase(55, "no keys", _with(jwks_uri=None)),
    DiscoveryCase(55, "a list", lambda _: []),
    DiscoveryCase(55, "text", lambda _: "metadata"),
)

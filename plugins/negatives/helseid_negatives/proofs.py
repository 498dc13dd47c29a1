"""DPoP proofs that must be refused: classes 20 to 32. The token beside each is right."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from helseid_negatives.case import ApiCase, Request
from helseid_negatives.forge import (
    fresh_key,
    now,
    part,
    proof,
    proof_claims,
    proof_header,
    public,
    public_pem,
    short_key,
    sign_hmac,
    sign_raw,
    token_hash,
)
from helseid_negatives.target import Api

Proofs = Callable[[Api, str], tuple[str, ...]]


def made(header: dict[str, Any] | None = None, **claims: Any) -> Proofs:
    """A proof with some members changed (None removes), signed by the right key."""

    def make(api: Api, token: str) -> tuple[str, ...]:
        key = api.proof_key
        said = proof_claims(api.method, api.url, token, **claims)
        return (sign_raw(proof_header(key, **(header or {})), said, key),)

    return make


def _of(change: Callable[[Api], dict[str, Any]]) -> Proofs:
    return lambda api, token: made(None, **change(api))(api, token)


def _htu(change: Callable[[str], Any]) -> Proofs:
    return _of(lambda api: {"htu": change(api.url)})


def right(api: Api, token: str) -> str:
    return proof(api.proof_key, api.method, api.url, token)


def _by_another_key(api: Api, token: str) -> tuple[str, ...]:
    return (proof(fresh_key(), api.method, api.url, token),)


def _another_key_named(api: Api, token: str) -> tuple[str, ...]:
    """The right public key in the header, signed by another."""
    return (sign_raw(proof_header(api.proof_key), proof_claims(api.method, api.url, token), fresh_key()),)


def _private(api: Api, token: str) -> tuple[str, ...]:
    return made({"jwk": api.proof_key.as_dict(private=True)})(api, token)


def _symmetric(api: Api, token: str) -> tuple[str, ...]:
    header = {"typ": "dpop+jwt", "alg": "HS256", "jwk": {"kty": "oct", "k": part(b"0" * 32)}}
    return (sign_hmac(header, proof_claims(api.method, api.url, token), b"0" * 32),)


def _hmac_with_public_key(api: Api, token: str) -> tuple[str, ...]:
    key = api.proof_key
    said = proof_claims(api.method, api.url, token)
    return (sign_hmac(proof_header(key, alg="HS256"), said, public_pem(key)),)


def _symmetric_under_es256(api: Api, token: str) -> tuple[str, ...]:
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "oct", "k": part(b"0" * 32)}}
    return (f"{part(header)}.{part(proof_claims(api.method, api.url, token))}.AAAA",)


def _short_rsa(api: Api, token: str) -> tuple[str, ...]:
    key = short_key()
    header = {"typ": "dpop+jwt", "alg": "PS256", "jwk": public(key)}
    return (sign_raw(header, proof_claims(api.method, api.url, token), key),)


def _spoiled(api: Api, token: str) -> tuple[str, ...]:
    head, claims, tail = right(api, token).split(".")
    return (f"{head}.{claims}.{'B' if tail[0] != 'B' else 'C'}{tail[1:]}",)


def _unsigned(api: Api, token: str) -> tuple[str, ...]:
    head, claims, _ = right(api, token).split(".")
    return (f"{head}.{claims}.",)


def _twice(member: str, value: Callable[[Api], Any]) -> Proofs:
    def make(api: Api, token: str) -> tuple[str, ...]:
        said = json.dumps(proof_claims(api.method, api.url, token))
        key = api.proof_key
        return (sign_raw(proof_header(key), f'{said[:-1]}, "{member}": {json.dumps(value(api))}}}', key),)

    return make


def _user_in(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"a@{parts.netloc}").geturl()


def _port(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.hostname}:1").geturl()


def _scheme(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{'http' if scheme == 'https' else 'https'}://{rest}"


HOUR = 3600
WRONG: dict[int, dict[str, Proofs]] = {
    20: {
        "none": lambda *_: (),
        "empty": lambda *_: ("",),
        "two": lambda api, token: (right(api, token), right(api, token)),
        "the same twice": lambda api, token: (right(api, token),) * 2,
        "two in one line": lambda api, token: (f"{right(api, token)}, {right(api, token)}",),
    },
    21: {"not a token": lambda *_: ("hello",), "the access token itself": lambda _, token: (token,)},
    22: {
        "typ missing": made({"typ": None}),
        "typ wrong": made({"typ": "JWT"}),
        "typ nearly right": made({"typ": "dpop"}),
        "typ of an access token": made({"typ": "at+jwt"}),
    },
    23: {
        "alg missing": made({"alg": None}),
        "alg none": made({"alg": "none"}),
        "alg of another kind of key": made({"alg": "PS256"}),
        "alg symmetric": _symmetric,
        "alg HS256 with the public key": _hmac_with_public_key,
        "symmetric key under ES256": _symmetric_under_es256,
    },
    24: {
        "jwk missing": made({"jwk": None}),
        "jwk is text": made({"jwk": "x"}),
        "jwk is empty": made({"jwk": {}}),
        "jwk broken": made({"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}),
        "jwk of another curve": made({"jwk": {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}}),
        "jwk private": _private,
        "RSA key too short": _short_rsa,
        "crit": made({"crit": ["x"]}),
        "jku": made({"jku": "https://evil.example/jwks"}),
    },
    25: {"key is not the token's": _by_another_key, "key is not the one named": _another_key_named},
    26: {"signature wrong": _spoiled, "signature missing": _unsigned},
    27: {
        "jti missing": made(jti=None),
        "jti empty": made(jti=""),
        "jti a number": made(jti=12345678),
        "jti very long": made(jti="x" * 300),
        "jti twice": _twice("jti", lambda _: "another-jti"),
    },
    29: {
        "htm missing": made(htm=None),
        "htm wrong": made(htm="DELETE"),
        "htm in small letters": _of(lambda api: {"htm": api.method.lower()}),
        "htm a list": _of(lambda api: {"htm": [api.method]}),
    },
    30: {
        "htu missing": made(htu=None),
        "htu a list": _htu(lambda url: [url]),
        "htu of another host": _htu(lambda url: f"http://evil.example{urlsplit(url).path}"),
        "htu of another port": _htu(_port),
        "htu of another scheme": _htu(_scheme),
        "htu of another path": _htu(lambda url: f"{url}x"),
        "htu is a prefix": _htu(lambda url: url.rpartition("/")[0]),
        "htu with slash after": _htu(lambda url: f"{url}/"),
        "htu with an encoded slash": _htu(lambda url: "%2F".join(url.rsplit("/", 1))),
        "htu with a user": _htu(_user_in),
        "htu relative": _htu(lambda url: urlsplit(url).path),
        "htu no address": made(htu="http://[x"),
        "htu twice": _twice("htu", lambda api: api.url),
    },
    31: {
        "iat missing": made(iat=None),
        "iat an hour ago": made(iat=now() - HOUR),
        "iat a minute ago": _of(lambda _: {"iat": now() - 60}),
        "iat a minute ahead": _of(lambda _: {"iat": now() + 60}),
        "iat in a day": made(iat=now() + 24 * HOUR),
        "iat is text": _of(lambda _: {"iat": str(now())}),
        "iat is true": made(iat=True),
    },
    32: {
        "ath missing": made(ath=None),
        "ath of another token": made(ath=token_hash("another")),
        "ath a number": made(ath=1),
        "ath a list": lambda api, token: made(ath=[token_hash(token)])(api, token),
    },
}


def _shown(forged: Proofs) -> Callable[[Api, str], Request]:
    return lambda api, token: Request(token, forged(api, token))


BAD_PROOF = frozenset({"invalid_dpop_proof"})
PROOFS = (
    *(
        ApiCase(number, name, _shown(forged), BAD_PROOF)
        for number, cases in WRONG.items()
        for name, forged in cases.items()
    ),
    ApiCase(28, "used before", _shown(lambda api, token: (right(api, token),)), BAD_PROOF, is_replay=True),
)


def _in_capitals(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme.upper()}://{parts.netloc.upper()}{parts.path}"


def _with_port(url: str) -> str:
    parts = urlsplit(url)
    ports = {"http": 80, "https": 443}
    return url if parts.port else parts._replace(netloc=f"{parts.netloc}:{ports[parts.scheme]}").geturl()


SAME: dict[str, Callable[[str], str]] = {
    "as it is": lambda url: url,
    "query and fragment do not count": lambda url: f"{url}?a=b#c",
    "scheme and host in capitals": _in_capitals,
    "the port of the scheme": _with_port,
}
"""Ways of writing `htu` that must be accepted (class 30)."""


def written_otherwise(api: Api, token: str, way: str) -> Request:
    """A right request whose proof writes the address in another of the ways that mean the same."""
    return Request(token, made(None, htu=SAME[way](api.url))(api, token))

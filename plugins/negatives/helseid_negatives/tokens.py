"""Access tokens that an API must refuse: classes 1 to 19. All but what is named in a case is right."""

import json
from collections.abc import Callable
from typing import Any

from helseid_negatives.case import ApiCase, Request
from helseid_negatives.forge import (
    now,
    part,
    proof,
    public,
    public_pem,
    read,
    sign_hmac,
    sign_raw,
    stranger,
    without_none,
)
from helseid_negatives.target import Api

Forge = Callable[[Api, str], str]

PID = "helseid://claims/identity/pid"
LEVEL = "helseid://claims/identity/security_level"
ASSURANCE = "helseid://claims/identity/assurance_level"
PARENT = "helseid://claims/client/claims/orgnr_parent"
ATTEST = "nhn:tillitsrammeverk:parameters"
NOBODY = "13845499916"
"""A synthetic identity number (month + 80)."""
DAY = 86_400


def _claims(**changed: Any) -> Forge:
    """The right token with some claims changed (None removes), signed by the anchor's own key."""
    return lambda api, token: sign_raw(read(token, 0), without_none(read(token) | changed), api.anchor_key)


def _header(**changed: Any) -> Forge:
    return lambda api, token: sign_raw(without_none(read(token, 0) | changed), read(token), api.anchor_key)


def _unsigned(alg: str, signature: str = "") -> Forge:
    return lambda _, token: f"{part(read(token, 0) | {'alg': alg})}.{part(read(token))}.{signature}"


def _confused(api: Api, token: str) -> str:
    """HS256 keyed with what everyone knows: the anchor's public key."""
    return sign_hmac(read(token, 0) | {"alg": "HS256"}, read(token), public_pem(api.anchor_key))


def _by_stranger(_: Api, token: str) -> str:
    key = stranger()
    return sign_raw(read(token, 0) | {"alg": "PS256", "kid": key.kid}, read(token), key)


def _own_key_in_header(_: Api, token: str) -> str:
    key = stranger()
    return sign_raw(read(token, 0) | {"alg": "PS256", "kid": key.kid, "jwk": public(key)}, read(token), key)


def _under_the_right_name(_: Api, token: str) -> str:
    return sign_raw(read(token, 0) | {"alg": "PS256"}, read(token), stranger())


def _by_the_proof_key(api: Api, token: str) -> str:
    return sign_raw(read(token, 0), read(token), api.proof_key)


def _named_by_the_proof_key(api: Api, token: str) -> str:
    return sign_raw(read(token, 0) | {"kid": api.proof_key.kid}, read(token), api.proof_key)


def _twice(member: str, value: Callable[[Api], Any]) -> Forge:
    """A claim that stands twice: parsers differ on which one counts."""

    def make(api: Api, token: str) -> str:
        text = json.dumps(read(token))
        return sign_raw(
            read(token, 0), f'{text[:-1]}, "{member}": {json.dumps(value(api))}}}', api.anchor_key
        )

    return make


def _raw(member: str, value: str) -> Forge:
    """A claim written in a way that no encoder would."""

    def make(api: Api, token: str) -> str:
        claims = {name: item for name, item in read(token).items() if name != member}
        return sign_raw(read(token, 0), f'{json.dumps(claims)[:-1]}, "{member}": {value}}}', api.anchor_key)

    return make


def _double_header(api: Api, token: str) -> str:
    return sign_raw(f'{json.dumps(read(token, 0))[:-1]}, "alg": "none"}}', read(token), api.anchor_key)


def _tampered(_: Api, token: str) -> str:
    head, _claims_part, tail = token.split(".")
    return f"{head}.{part(read(token) | {'scope': ['everything']})}.{tail}"


def _of(make: Callable[[Api], dict[str, Any]]) -> Forge:
    """Claims that depend on what is tested."""
    return lambda api, token: _claims(**make(api))(api, token)


def _person(**changed: Any) -> Forge:
    """A user's token, some claims changed. What another user's token says besides is taken away."""
    said = {PID: NOBODY, LEVEL: "4", ASSURANCE: "high", "sub": "somebody", ATTEST: None}
    return _claims(**(said | changed))


def _attested(**changed: Any) -> Forge:
    """A user's token whose attest says next to nothing."""
    return _person(**{ATTEST: {"type": ATTEST, "toa": now(), **changed}})


WRONG: dict[int, dict[str, Forge]] = {
    2: {
        "empty": lambda *_: "",
        "no token at all": lambda *_: "x",
        "two parts": lambda _, token: ".".join(token.split(".")[:2]),
        "four parts": lambda _, token: f"{token}.x",
        "not base64": lambda *_: "!!!.???.***",
        "not JSON": lambda api, token: sign_raw("hello", read(token), api.anchor_key),
        "claims are a list": lambda api, token: sign_raw(read(token, 0), "[]", api.anchor_key),
        "claims nested too deep": _raw("deep", "[" * 100 + "]" * 100),
        "claims nested a thousand times": _raw("deep", "[" * 1000 + "]" * 1000),
        "longer than any token": _claims(fill="x" * 20_000),
        "a header longer than any": _header(fill="x" * 4_000),
        "claims tampered with": _tampered,
    },
    3: {
        "alg none": _unsigned("none"),
        "alg nOnE": _unsigned("nOnE"),
        "alg None": _unsigned("None"),
        "alg empty": _unsigned(""),
        "alg none with a signature": _unsigned("none", "AAAA"),
        "alg right without a signature": _unsigned("ES256"),
        "alg missing": _header(alg=None),
        "alg is a list": _header(alg=["ES256"]),
        "alg of another kind of key": _header(alg="PS384"),
    },
    4: {"HS256 with the public key": _confused},
    5: {"unknown key": _by_stranger, "no kid": _header(kid=None), "kid is a number": _header(kid=1)},
    6: {
        "foreign signature under the right name": _under_the_right_name,
        "signature of the client's key": _by_the_proof_key,
        "named and signed by the client's key": _named_by_the_proof_key,
    },
    7: {
        "own key in the header": _own_key_in_header,
        "jwk in the header of a right token": _header(jwk={"kty": "EC"}),
        "jku": _header(jku="https://evil.example/jwks"),
        "x5u": _header(x5u="https://evil.example/x"),
        "x5c": _header(x5c=["AAAA"]),
    },
    8: {"crit": _header(crit=["exp"]), "b64": _header(b64=False), "zip": _header(zip="DEF")},
    9: {
        "iss missing": _claims(iss=None),
        "iss foreign": _claims(iss="https://evil.example"),
        "iss with slash": _of(lambda api: {"iss": f"{api.issuer}/"}),
        "iss is a prefix": _of(lambda api: {"iss": api.issuer[:-1]}),
        "iss in capitals": _of(lambda api: {"iss": api.issuer.upper()}),
        "iss is a list": _of(lambda api: {"iss": [api.issuer]}),
    },
    10: {
        "aud missing": _claims(aud=None),
        "aud empty": _claims(aud=""),
        "aud an empty list": _claims(aud=[]),
        "aud of another API": _claims(aud="https://other.example"),
        "aud of the trust anchor": _of(lambda api: {"aud": api.issuer}),
        "aud with slash": _of(lambda api: {"aud": f"{api.audience}/"}),
        "aud is a prefix": _of(lambda api: {"aud": api.audience[:-1]}),
        "aud in capitals": _of(lambda api: {"aud": api.audience.upper()}),
        "aud is an object": _of(lambda api: {"aud": {api.audience: 1}}),
        "aud in a list in a list": _of(lambda api: {"aud": [[api.audience]]}),
    },
    11: {
        "exp missing": _claims(exp=None),
        "exp past": _claims(exp=now() - 3600),
        "exp just past what clocks may differ": _of(lambda _: {"exp": now() - 60}),
        "exp is text": _claims(exp="99999999999"),
        "exp is true": _claims(exp=True),
        "exp is 1e400": _raw("exp", "1e400"),
        "exp is NaN": _raw("exp", "NaN"),
        "exp is Infinity": _raw("exp", "Infinity"),
        "exp below zero": _claims(exp=-1),
        "nbf missing": _claims(nbf=None),
        "nbf ahead": _claims(nbf=now() + DAY),
        "nbf a minute ahead": _of(lambda _: {"nbf": now() + 60}),
        "nbf is text": _claims(nbf="0"),
        "iat ahead": _claims(iat=now() + DAY),
        "iat is text": _claims(iat="0"),
    },
    12: {
        "typ of an ID token of another kind": _header(typ="id+jwt"),
        "typ of a proof": _header(typ="dpop+jwt"),
        "typ of a client assertion": _header(typ="client-authentication+jwt"),
        "typ of a request object": _header(typ="oauth-authz-req+jwt"),
        "typ missing": _header(typ=None),
        "typ is a number": _header(typ=1),
    },
    13: {
        "aud twice": _twice("aud", lambda api: api.audience),
        "iss twice": _twice("iss", lambda api: api.issuer),
        "exp twice": _twice("exp", lambda _: 99999999999),
        "scope twice": _twice("scope", lambda _: ["everything"]),
        "client_id twice": _twice("client_id", lambda _: "another"),
        "header member twice": _double_header,
    },
    14: {
        "signed by a key that was rotated out": lambda api, token: sign_raw(
            read(token, 0) | {"kid": api.retired_key.kid}, read(token), api.retired_key
        ),
        "signed so under the name of the present key": lambda api, token: sign_raw(
            read(token, 0), read(token), api.retired_key
        ),
    },
    17: {
        "client_id missing": _claims(client_id=None),
        "client_id is a list": _claims(client_id=["a"]),
        "organisation missing": _claims(**{PARENT: None}),
        "organisation is a list": _claims(**{PARENT: ["1"]}),
        "a user without a pid": _person(**{PID: None}),
        "a user whose pid is a number": _person(**{PID: 13845499916}),
        "a user without a level": _person(**{LEVEL: None, ASSURANCE: None}),
        "a user on an unknown level": _person(**{LEVEL: "5", ASSURANCE: None}),
        "a user on a low level": _person(**{LEVEL: None, ASSURANCE: "low"}),
        "level is a number": _person(**{LEVEL: 4, ASSURANCE: None}),
        "two levels that do not agree": _person(**{ASSURANCE: "substantial"}),
        "scope is a number": _claims(scope=1),
        "scope holds a number": _claims(scope=["a", 1]),
        "an attest without a user": _claims(**{ATTEST: {"toa": 1}, PID: None, LEVEL: None, ASSURANCE: None}),
        "an attest without anything": _attested(),
        "an attest older than an hour": _attested(toa=now() - 3700),
        "an attest that is text": _person(**{ATTEST: "x"}),
        "an attest that is a list": _person(**{ATTEST: []}),
    },
    19: {
        "cnf missing": _claims(cnf=None),
        "cnf without jkt": _claims(cnf={}),
        "cnf is text": _claims(cnf="x"),
        "cnf is a list": _claims(cnf=["x"]),
        "jkt is empty": _claims(cnf={"jkt": ""}),
    },
}


def _with_proof(forged: Forge) -> Callable[[Api, str], Request]:
    """The token with a proof that is right for it."""

    def make(api: Api, token: str) -> Request:
        wrong = forged(api, token)
        return Request(wrong, (proof(api.proof_key, api.method, api.url, wrong or "x"),))

    return make


def _right(api: Api, token: str) -> tuple[str, ...]:
    return (proof(api.proof_key, api.method, api.url, token),)


def _line(token: str) -> tuple[str, str]:
    return ("Authorization", f"DPoP {token}")


def _shown(**options: Any) -> Callable[[Api, str], Request]:
    return lambda api, token: Request(token, _right(api, token), **options)


def _in_address(api: Api, token: str) -> Request:
    return Request(token, (), headers=[("DPoP", _right(api, token)[0])], query=f"?access_token={token}")


def _in_both(api: Api, token: str) -> Request:
    return Request(token, _right(api, token), query=f"?access_token={token}")


def _in_body(api: Api, token: str) -> Request:
    form = [("Content-Type", "application/x-www-form-urlencoded"), ("DPoP", _right(api, token)[0])]
    return Request(token, (), headers=form, content=f"access_token={token}".encode())


def _two_headers(api: Api, token: str) -> Request:
    return Request(token, (), headers=[_line(token), _line(token), ("DPoP", _right(api, token)[0])])


def _two_in_one(api: Api, token: str) -> Request:
    return Request(f"{token}, DPoP {token}", _right(api, token))


def _nothing(_: Api, token: str) -> Request:
    return Request(token, (), headers=[])


def _proof_alone(api: Api, token: str) -> Request:
    return Request(token, (), headers=[("DPoP", _right(api, token)[0])])


def _bearer_alone(_: Api, token: str) -> Request:
    return Request(token, (), scheme="Bearer")


REFUSED = frozenset({400, 401})
SHOWN = (
    ApiCase(1, "no token", _nothing),
    ApiCase(1, "a proof without a token", _proof_alone),
    ApiCase(15, "in the address", _in_address, statuses=REFUSED),
    ApiCase(15, "in the address and the header", _in_both, statuses=REFUSED),
    ApiCase(15, "in the body", _in_body, statuses=REFUSED),
    ApiCase(16, "two Authorization headers", _two_headers, statuses=REFUSED),
    ApiCase(16, "two tokens in one header", _two_in_one, statuses=REFUSED),
    ApiCase(18, "scheme Bearer", _shown(scheme="Bearer"), statuses=REFUSED),
    ApiCase(18, "scheme bearer", _shown(scheme="bearer"), statuses=REFUSED),
    ApiCase(18, "scheme Bearer without a proof", _bearer_alone),
    ApiCase(18, "scheme Basic", _shown(scheme="Basic")),
    ApiCase(18, "scheme DPoPx", _shown(scheme="DPoPx")),
    ApiCase(18, "no scheme", _shown(scheme="")),
)
TOKENS = (
    *SHOWN,
    *(
        ApiCase(number, name, _with_proof(forged), frozenset({"invalid_token", "invalid_request"}), REFUSED)
        for number, cases in WRONG.items()
        for name, forged in cases.items()
    ),
)

"""Authorization requests that a trust anchor must refuse: classes 34 to 43."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from helseid_negatives import client
from helseid_negatives.case import AnchorCase
from helseid_negatives.forge import now, part, public_pem, sign_hmac, sign_raw, stranger, without_none
from helseid_negatives.target import Anchor, Answer

Run = Callable[[Anchor], Awaitable[Answer]]
DAY = 86_400
INVALID = frozenset({"invalid_request"})


def _push(change: Callable[[Anchor], dict[str, str | None]]) -> Run:
    async def run(anchor: Anchor) -> Answer:
        return await client.push(anchor, client.request(anchor, **change(anchor)))

    return run


def _with(**changed: str | None) -> Run:
    return _push(lambda _: changed)


async def _twice(anchor: Anchor) -> Answer:
    proven = {"client_assertion_type": client.BEARER, "client_assertion": client.assertion(anchor)}
    form = [*client.request(anchor).items(), *proven.items(), ("state", "t")]
    return await anchor.post(f"{anchor.issuer}/connect/par", form, [])


def _redirect(change: Callable[[str], str | None]) -> Run:
    return _push(lambda anchor: {"redirect_uri": change(anchor.redirect_uri)})


PUSHED: tuple[tuple[int, str, Run, frozenset[str]], ...] = (
    (36, "request_uri inside", _with(request_uri="urn:x"), INVALID),
    (36, "request_uri of another server inside", _with(request_uri="https://evil.example/r"), INVALID),
    (37, "redirect_uri missing", _redirect(lambda _: None), INVALID),
    (37, "redirect_uri empty", _redirect(lambda _: ""), INVALID),
    (37, "redirect_uri unregistered", _redirect(lambda _: "https://evil.example/"), INVALID),
    (37, "redirect_uri with more path", _redirect(lambda uri: f"{uri}/x"), INVALID),
    (37, "redirect_uri with a slash after", _redirect(lambda uri: f"{uri}/"), INVALID),
    (37, "redirect_uri with a query", _redirect(lambda uri: f"{uri}?x"), INVALID),
    (37, "redirect_uri with a fragment", _redirect(lambda uri: f"{uri}#x"), INVALID),
    (37, "redirect_uri with dots", _redirect(lambda uri: "/x/../".join(uri.rsplit("/", 1))), INVALID),
    (37, "redirect_uri in capitals", _redirect(str.upper), INVALID),
    (37, "redirect_uri with a user", _redirect(lambda uri: uri.replace("://", "://a@")), INVALID),
    (37, "redirect_uri on a longer host", _redirect(lambda uri: uri.replace("://", "://x.")), INVALID),
    (
        37,
        "redirect_uri with an encoded letter",
        _redirect(lambda uri: f"{uri[:-1]}%{ord(uri[-1]):x}"),
        INVALID,
    ),
    (38, "no PKCE", _with(code_challenge=None), INVALID),
    (38, "PKCE plain", _with(code_challenge_method="plain"), INVALID),
    (38, "PKCE s256", _with(code_challenge_method="s256"), INVALID),
    (38, "PKCE without a method", _with(code_challenge_method=None), INVALID),
    (38, "PKCE challenge too short", _with(code_challenge="x"), INVALID),
    (38, "PKCE challenge too long", _with(code_challenge="x" * 44), INVALID),
    (39, "response_type token", _with(response_type="token"), frozenset({"unsupported_response_type"})),
    (39, "response_type id_token", _with(response_type="id_token"), frozenset({"unsupported_response_type"})),
    (
        39,
        "response_type code token",
        _with(response_type="code token"),
        frozenset({"unsupported_response_type"}),
    ),
    (39, "no response_type", _with(response_type=None), frozenset({"unsupported_response_type"})),
    (39, "response_mode fragment", _with(response_mode="fragment"), INVALID),
    (39, "response_mode form_post", _with(response_mode="form_post"), INVALID),
    (40, "state twice", _twice, INVALID),
    (40, "state very long", _with(state="s" * 10_000), INVALID),
    (40, "unknown scope", _with(scope="openid everything"), frozenset({"invalid_scope"})),
    (40, "another client's scope", _push(lambda a: {"scope": a.foreign_scope}), frozenset({"invalid_scope"})),
    (42, "dpop_jkt no thumbprint", _with(dpop_jkt="x"), INVALID),
    (43, "client_id of another", _push(lambda a: {"client_id": a.other_id}), frozenset({"invalid_client"})),
    (43, "a secret", _with(client_secret="x"), frozenset({"invalid_client"})),  # noqa: S106
)


def _object(header: dict[str, Any] | None = None, **changed: Any) -> Callable[[Anchor], str]:
    """A right request object, or one with some members changed (None removes)."""

    def make(anchor: Anchor) -> str:
        return sign_raw(
            _object_header(anchor, **(header or {})), _object_claims(anchor, **changed), anchor.client_key
        )

    return make


def _object_header(anchor: Anchor, **changed: Any) -> dict[str, Any]:
    key = anchor.client_key
    good = {"typ": "oauth-authz-req+jwt", "alg": str(key.alg or "ES256"), "kid": key.kid}
    return without_none(good | changed)


def _object_claims(anchor: Anchor, **changed: Any) -> dict[str, Any]:
    times = {"iat": now(), "nbf": now(), "exp": now() + 60}
    return without_none(
        client.request(anchor) | {"iss": anchor.client_id, "aud": anchor.issuer} | times | changed
    )


def _of(change: Callable[[Anchor], dict[str, Any]]) -> Callable[[Anchor], str]:
    return lambda anchor: _object(None, **change(anchor))(anchor)


def _unsigned(anchor: Anchor) -> str:
    return f"{part(_object_header(anchor, alg='none'))}.{part(_object_claims(anchor))}."


def _confused(anchor: Anchor) -> str:
    secret = public_pem(anchor.client_key)
    return sign_hmac(_object_header(anchor, alg="HS256"), _object_claims(anchor), secret)


def _by_stranger(anchor: Anchor) -> str:
    return sign_raw(_object_header(anchor, alg="PS256"), _object_claims(anchor), stranger())


def _by_other(anchor: Anchor) -> str:
    return sign_raw(_object_header(anchor), _object_claims(anchor), anchor.other_key)


def _member_twice(anchor: Anchor) -> str:
    text = f'{json.dumps(_object_claims(anchor))[:-1]}, "scope": "openid"}}'
    return sign_raw(_object_header(anchor), text, anchor.client_key)


OBJECTS: Mapping[str, Callable[[Anchor], str]] = {
    "empty": lambda _: "",
    "no token": lambda _: "x",
    "alg none": _unsigned,
    "alg RS256": _object({"alg": "RS256"}),
    "alg HS256 with the public key": _confused,
    "signed by a stranger": _by_stranger,
    "signed by another client": _by_other,
    "typ of a client assertion": _object({"typ": "client-authentication+jwt"}),
    "typ of an access token": _object({"typ": "at+jwt"}),
    "key in the header": _object({"jwk": {}}),
    "iss missing": _object(iss=None),
    "iss of another client": _of(lambda anchor: {"iss": anchor.other_id}),
    "client_id missing": _object(client_id=None),
    "client_id of another": _of(lambda anchor: {"client_id": anchor.other_id}),
    "sub of another": _of(lambda anchor: {"sub": anchor.other_id}),
    "aud missing": _object(aud=None),
    "aud the PAR endpoint": _of(lambda anchor: {"aud": f"{anchor.issuer}/connect/par"}),
    "aud with slash": _of(lambda anchor: {"aud": f"{anchor.issuer}/"}),
    "aud of several": _of(lambda anchor: {"aud": [anchor.issuer, "https://evil.example"]}),
    "exp missing": _object(exp=None),
    "exp past": _of(lambda _: {"exp": now() - 60}),
    "exp text": _object(exp="99999999999"),
    "exp more than an hour ahead": _of(lambda _: {"exp": now() + DAY}),
    "nbf missing": _object(nbf=None),
    "nbf ahead": _of(lambda _: {"nbf": now() + 600, "exp": now() + 900}),
    "nbf more than an hour ago": _of(lambda _: {"nbf": now() - 2 * 3600}),
    "iat ahead": _of(lambda _: {"iat": now() + DAY}),
    "jti a number": _object(jti=5),
    "a request object inside": _object(request="x"),
    "request_uri inside": _object(request_uri="urn:x"),
    "a list in place of text": _object(scope=["openid"]),
    "true in place of a number": _object(max_age=True),
    "a member twice": _member_twice,
}


def _push_object(make: Callable[[Anchor], str], **beside: str) -> Run:
    async def run(anchor: Anchor) -> Answer:
        return await client.push(anchor, {"client_id": anchor.client_id, "request": make(anchor), **beside})

    return run


async def _object_again(anchor: Anchor) -> Answer:
    made = _object(jti=f"once{now()}{id(anchor)}")(anchor)
    form = {"client_id": anchor.client_id, "request": made}
    assert (await client.push(anchor, form)).status == 201
    return await client.push(anchor, form)


def _authorize(query: Callable[[Anchor], Awaitable[Mapping[str, str]]]) -> Run:
    async def run(anchor: Anchor) -> Answer:
        return await anchor.get(f"{anchor.issuer}/connect/authorize", await query(anchor))

    return run


async def _plain(anchor: Anchor) -> Mapping[str, str]:
    return client.request(anchor)


async def _nothing(_: Anchor) -> Mapping[str, str]:
    return {}


def _uri(value: str) -> Callable[[Anchor], Awaitable[Mapping[str, str]]]:
    async def query(anchor: Anchor) -> Mapping[str, str]:
        return {"client_id": anchor.client_id} | ({"request_uri": value} if value else {})

    return query


async def _of_other(anchor: Anchor) -> Mapping[str, str]:
    return {"client_id": anchor.other_id, "request_uri": await client.pushed(anchor)}


async def _without_client(anchor: Anchor) -> Mapping[str, str]:
    return {"request_uri": await client.pushed(anchor)}


def _beside(**more: str) -> Callable[[Anchor], Awaitable[Mapping[str, str]]]:
    async def query(anchor: Anchor) -> Mapping[str, str]:
        return {"client_id": anchor.client_id, "request_uri": await client.pushed(anchor)} | more

    return query


async def _used(anchor: Anchor) -> Mapping[str, str]:
    query = {"client_id": anchor.client_id, "request_uri": await client.pushed(anchor)}
    answer = await anchor.get(f"{anchor.issuer}/connect/authorize", query)
    assert answer.status in {302, 303}
    return query


URN = "urn:ietf:params:oauth:request_uri:"
AUTHORIZE: tuple[tuple[int, str, Run], ...] = (
    (34, "without a pushed request", _authorize(_plain)),
    (34, "nothing at all", _authorize(_nothing)),
    (34, "without request_uri", _authorize(_uri(""))),
    (35, "request_uri guessed", _authorize(_uri(f"{URN}guess"))),
    (35, "request_uri without its secret", _authorize(_uri(URN))),
    (35, "request_uri of another server", _authorize(_uri("https://evil.example/request"))),
    (35, "request_uri used", _authorize(_used)),
    (35, "request_uri of another client", _authorize(_of_other)),
    (35, "request_uri without client_id", _authorize(_without_client)),
    (40, "redirect_uri beside the pushed request", _authorize(_beside(redirect_uri="https://evil.example/"))),
    (40, "scope beside the pushed request", _authorize(_beside(scope="openid"))),
    (40, "state beside the pushed request", _authorize(_beside(state="x"))),
)

ALONE = frozenset({"invalid_request"})
REQUESTS = (
    *(AnchorCase(number, name, run, errors) for number, name, run, errors in PUSHED),
    *(
        AnchorCase(41, name, _push_object(make), frozenset({"invalid_request_object", "invalid_request"}))
        for name, make in OBJECTS.items()
    ),
    AnchorCase(41, "used before", _object_again, frozenset({"invalid_request_object"})),
    *(
        AnchorCase(41, f"{name} beside the request object", _push_object(_object(), **{name: "x"}), ALONE)
        for name in ("state", "scope", "redirect_uri", "nonce", "dpop_jkt", "response_type")
    ),
    *(AnchorCase(number, name, run) for number, name, run in AUTHORIZE),
)

"""Client assertions and token requests that a trust anchor must refuse: classes 42 and 44 to 51."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from helseid_negatives import client
from helseid_negatives.case import AnchorCase
from helseid_negatives.forge import (
    fresh_key,
    now,
    proof,
    proof_claims,
    proof_header,
    public_pem,
    sign_hmac,
    sign_raw,
    stranger,
)
from helseid_negatives.target import Anchor, Answer

Run = Callable[[Anchor], Awaitable[Answer]]
DAY = 86_400
GRANT = frozenset({"invalid_grant"})


def _asserted(header: dict[str, Any] | None = None, **changed: Any) -> Callable[[Anchor], str]:
    return lambda anchor: client.assertion(anchor, header, **changed)


def _of(change: Callable[[Anchor], dict[str, Any]]) -> Callable[[Anchor], str]:
    return lambda anchor: client.assertion(anchor, None, **change(anchor))


def _by_stranger(anchor: Anchor) -> str:
    return client.assertion(anchor, {"alg": "PS256"}, key=stranger())


def _by_other(anchor: Anchor) -> str:
    return client.assertion(anchor, key=anchor.other_key)


def _confused(anchor: Anchor) -> str:
    said = {
        "iss": anchor.client_id,
        "sub": anchor.client_id,
        "aud": anchor.issuer,
        "exp": now() + 30,
        "jti": "x" * 9,
    }
    header = {"typ": "JWT", "alg": "HS256", "kid": anchor.client_key.kid}
    return sign_hmac(header, said, public_pem(anchor.client_key))


ASSERTIONS: Mapping[str, Callable[[Anchor], str]] = {
    "empty": lambda _: "",
    "not a token": lambda _: "x",
    "alg none": _asserted({"alg": "none"}),
    "HS256 with the public key": _confused,
    "signed by a stranger": _by_stranger,
    "signed by another client": _by_other,
    "naming another key": _asserted({"kid": "other"}),
    "key in the header": _asserted({"jwk": {}}),
    "crit": _asserted({"crit": ["exp"]}),
    "typ of an access token": _asserted({"typ": "at+jwt"}),
    "typ of a proof": _asserted({"typ": "dpop+jwt"}),
    "iss unknown": _asserted(iss="nobody", sub="nobody"),
    "iss missing": _asserted(iss=None),
    "sub missing": _asserted(sub=None),
    "sub of another": _of(lambda anchor: {"sub": anchor.other_id}),
    "aud missing": _asserted(aud=None),
    "aud the token endpoint": _of(lambda anchor: {"aud": f"{anchor.issuer}/connect/token"}),
    "aud the PAR endpoint": _of(lambda anchor: {"aud": f"{anchor.issuer}/connect/par"}),
    "aud with slash": _of(lambda anchor: {"aud": f"{anchor.issuer}/"}),
    "aud a list": _of(lambda anchor: {"aud": [anchor.issuer]}),
    "aud another anchor": _asserted(aud="https://evil.example"),
    "exp missing": _asserted(exp=None),
    "exp past": _of(lambda _: {"exp": now() - 60}),
    "exp far ahead": _of(lambda _: {"exp": now() + 600}),
    "exp text": _asserted(exp="99999999999"),
    "iat ahead": _of(lambda _: {"iat": now() + DAY}),
    "nbf ahead": _of(lambda _: {"nbf": now() + DAY}),
    "jti missing": _asserted(jti=None),
    "jti a number": _asserted(jti=5),
    "jti empty": _asserted(jti=""),
}


def _par(make: Callable[[Anchor], str]) -> Run:
    async def run(anchor: Anchor) -> Answer:
        return await client.push(anchor, client.request(anchor), client_assertion=make(anchor))

    return run


def _tokens(make: Callable[[Anchor], str]) -> Run:
    async def run(anchor: Anchor) -> Answer:
        return await client.token(anchor, client.by_itself(anchor), client_assertion=make(anchor))

    return run


def _about_token(endpoint: str) -> Callable[[Callable[[Anchor], str]], Run]:
    """Revocation and introspection, which take a token to say or do something about."""

    def with_assertion(make: Callable[[Anchor], str]) -> Run:
        async def run(anchor: Anchor) -> Answer:
            form = {"client_assertion_type": client.BEARER, "client_assertion": make(anchor), "token": "x"}
            return await anchor.post(f"{anchor.issuer}/connect/{endpoint}", list(form.items()), [])

        return run

    return with_assertion


ENDPOINTS = {
    "PAR": _par,
    "token": _tokens,
    "revocation": _about_token("revocation"),
    "introspection": _about_token("introspect"),
}


async def _assertion_again(anchor: Anchor) -> Answer:
    made = client.assertion(anchor)
    assert (await client.push(anchor, client.request(anchor), client_assertion=made)).status == 201
    return await client.push(anchor, client.request(anchor), client_assertion=made)


async def _assertion_elsewhere(anchor: Anchor) -> Answer:
    made = client.assertion(anchor)
    assert (await client.push(anchor, client.request(anchor), client_assertion=made)).status == 201
    return await client.token(anchor, client.by_itself(anchor), client_assertion=made)


def _code(change: Callable[[Anchor], dict[str, str | None]], **asked: str) -> Run:
    """A code of a right sign-in, traded in a wrong way."""

    async def run(anchor: Anchor) -> Answer:
        form = client.by_code(anchor, await client.code(anchor, **asked), **change(anchor))
        return await client.token(anchor, form)

    return run


async def _code_again(anchor: Anchor) -> Answer:
    form = client.by_code(anchor, await client.code(anchor))
    assert (await client.token(anchor, form)).status == 200
    return await client.token(anchor, form)


async def _refresh_after_code_again(anchor: Anchor) -> Answer:
    form = client.by_code(anchor, await client.code(anchor))
    tokens = json.loads((await client.token(anchor, form)).text)
    await client.token(anchor, form)
    return await client.token(anchor, client.by_refresh(anchor, tokens["refresh_token"]))


async def _code_of_another(anchor: Anchor) -> Answer:
    form = client.by_code(anchor, await client.code(anchor))
    return await client.token(anchor, form | client.by_other(anchor))


async def _code_with_another_key(anchor: Anchor) -> Answer:
    code = await client.code(anchor, dpop_jkt=anchor.proof_key.thumbprint())
    return await client.token(anchor, client.by_code(anchor, code), key=fresh_key())


async def _refresh_again(anchor: Anchor) -> Answer:
    tokens = await client.signed_in(anchor)
    form = client.by_refresh(anchor, tokens["refresh_token"])
    assert (await client.token(anchor, form)).status == 200
    return await client.token(anchor, form)


async def _family_after_refresh_again(anchor: Anchor) -> Answer:
    first = (await client.signed_in(anchor))["refresh_token"]
    second = json.loads((await client.token(anchor, client.by_refresh(anchor, first))).text)["refresh_token"]
    await client.token(anchor, client.by_refresh(anchor, first))
    return await client.token(anchor, client.by_refresh(anchor, second))


async def _refresh_of_another(anchor: Anchor) -> Answer:
    tokens = await client.signed_in(anchor)
    return await client.token(
        anchor, client.by_refresh(anchor, tokens["refresh_token"]) | client.by_other(anchor)
    )


async def _refresh_with_another_key(anchor: Anchor) -> Answer:
    tokens = await client.signed_in(anchor)
    return await client.token(anchor, client.by_refresh(anchor, tokens["refresh_token"]), key=fresh_key())


def _refresh(change: Callable[[Anchor], dict[str, str | None]]) -> Run:
    async def run(anchor: Anchor) -> Answer:
        tokens = await client.signed_in(anchor)
        form = client.by_refresh(anchor, tokens["refresh_token"], **change(anchor))
        return await client.token(anchor, form)

    return run


async def _access_as_refresh(anchor: Anchor) -> Answer:
    tokens = await client.signed_in(anchor)
    return await client.token(anchor, client.by_refresh(anchor, tokens["access_token"]))


def _organisation(system: str, value: str) -> dict[str, Any]:
    identifier = {"system": system, "type": "ENH", "value": value}
    return {
        "type": "helseid_authorization",
        "practitioner_role": {"organization": {"identifier": identifier}},
    }


SINGLE, MULTI = "urn:oid:2.16.578.1.12.4.1.4.101", "urn:oid:1.0.6523"
FOREIGN = "310000008"
DETAILS: Mapping[str, tuple[Any, str]] = {
    "a unit of somebody else": ([_organisation(SINGLE, FOREIGN)], "access_denied"),
    "somebody else as a tenant": ([_organisation(MULTI, f"NO:ORGNR:{FOREIGN}:")], "access_denied"),
    "somebody else's unit as a tenant": (
        [_organisation(MULTI, f"NO:ORGNR:{FOREIGN}:{FOREIGN}")],
        "access_denied",
    ),
    "nobody as a tenant": ([_organisation(MULTI, "NO:ORGNR::")], "access_denied"),
    "an unknown system": ([_organisation("urn:x", FOREIGN)], "invalid_request"),
    "no organisation": ([{"type": "helseid_authorization"}], "invalid_request"),
    "a structure twice": ([{"type": "helseid_authorization"}] * 2, "access_denied"),
    "an unknown structure": ([{"type": "x"}], "invalid_authorization_details"),
    "no structure": (["x"], "invalid_authorization_details"),
}


def _by_itself_with(details: Any) -> Run:
    async def run(anchor: Anchor) -> Answer:
        made = client.assertion(anchor, assertion_details=details)
        return await client.token(anchor, client.by_itself(anchor), client_assertion=made)

    return run


def _proven(make: Callable[[Anchor, str, str], tuple[str, ...]]) -> Run:
    """A right token request with a wrong proof; `make` gets the address and a fresh nonce."""

    async def run(anchor: Anchor) -> Answer:
        where = f"{anchor.issuer}/connect/token"
        proofs = make(anchor, where, await client.nonce(anchor))
        proven = {"client_assertion_type": client.BEARER, "client_assertion": client.assertion(anchor)}
        form = [*client.by_itself(anchor).items(), *proven.items()]
        return await anchor.post(where, form, [("DPoP", each) for each in proofs])

    return run


def _proof(header: dict[str, Any] | None = None, **claims: Any) -> Run:
    def make(anchor: Anchor, where: str, nonce: str) -> tuple[str, ...]:
        said = proof_claims("POST", where, **({"nonce": nonce} | claims))
        return (sign_raw(proof_header(anchor.proof_key, **(header or {})), said, anchor.proof_key),)

    return _proven(make)


def _two_proofs(anchor: Anchor, where: str, nonce: str) -> tuple[str, ...]:
    return tuple(proof(anchor.proof_key, "POST", where, nonce=nonce) for _ in range(2))


async def _proof_again(anchor: Anchor) -> Answer:
    where = f"{anchor.issuer}/connect/token"
    made = proof(anchor.proof_key, "POST", where, nonce=await client.nonce(anchor))
    for _ in range(2):
        proven = {"client_assertion_type": client.BEARER, "client_assertion": client.assertion(anchor)}
        answer = await anchor.post(
            where, [*client.by_itself(anchor).items(), *proven.items()], [("DPoP", made)]
        )
    return answer


PROOF, NONCE = frozenset({"invalid_dpop_proof"}), frozenset({"use_dpop_nonce"})
AT_TOKEN: tuple[tuple[int, str, Run, frozenset[str]], ...] = (
    (20, "no proof", _proven(lambda *_: ()), PROOF),
    (20, "two proofs", _proven(_two_proofs), PROOF),
    (21, "not a token", _proven(lambda *_: ("hello",)), PROOF),
    (22, "typ wrong", _proof({"typ": "JWT"}), PROOF),
    (23, "alg none", _proof({"alg": "none"}), PROOF),
    (24, "jwk missing", _proof({"jwk": None}), PROOF),
    (27, "jti missing", _proof(jti=None), PROOF),
    (28, "used before", _proof_again, PROOF),
    (29, "htm wrong", _proof(htm="GET"), PROOF),
    (30, "htu of another endpoint", _proof(htu="https://evil.example/connect/token"), PROOF),
    (31, "iat an hour ago", _proof(iat=now() - 3600), PROOF),
    (31, "iat in a day", _proof(iat=now() + DAY), PROOF),
    (33, "nonce missing", _proof(nonce=None), NONCE),
    (33, "nonce foreign", _proof(nonce="1.AAAA"), NONCE),
    (33, "nonce a number", _proof(nonce=5), NONCE),
    (33, "nonce old", _proof(nonce=f"{now() - 9000}.AAAA"), NONCE),
)


SCOPE = frozenset({"invalid_scope"})
CODES: tuple[tuple[int, str, Run, frozenset[str]], ...] = (
    (38, "verifier wrong", _code(lambda _: {"code_verifier": "w" * 43}), GRANT),
    (38, "verifier missing", _code(lambda _: {"code_verifier": None}), GRANT),
    (38, "verifier empty", _code(lambda _: {"code_verifier": ""}), GRANT),
    (38, "the challenge as verifier", _code(lambda _: {"code_verifier": client.challenge()}), GRANT),
    (42, "key is not the pushed one", _code_with_another_key, PROOF),
    (42, "dpop_jkt of another key", _code(lambda _: {}, dpop_jkt="A" * 43), PROOF),
    (44, "code used twice", _code_again, GRANT),
    (44, "refresh token after a code used twice", _refresh_after_code_again, GRANT),
    (45, "code of another client", _code_of_another, GRANT),
    (
        45,
        "redirect_uri is another",
        _code(lambda anchor: {"redirect_uri": f"{anchor.redirect_uri}/x"}),
        GRANT,
    ),
    (45, "redirect_uri missing", _code(lambda _: {"redirect_uri": None}), GRANT),
    (46, "code guessed", _code(lambda _: {"code": "guess"}), GRANT),
    (46, "code missing", _code(lambda _: {"code": None}), frozenset({"invalid_request"})),
    (48, "refresh token used twice", _refresh_again, GRANT),
    (48, "the next one after a refresh token used twice", _family_after_refresh_again, GRANT),
    (48, "refresh token guessed", _refresh(lambda _: {"refresh_token": "guess"}), GRANT),
    (48, "an access token as refresh token", _access_as_refresh, GRANT),
    (49, "refresh token with another key", _refresh_with_another_key, GRANT),
    (49, "refresh token of another client", _refresh_of_another, GRANT),
    (50, "a scope that is not the client's", _refresh(lambda anchor: {"scope": anchor.foreign_scope}), SCOPE),
    (
        50,
        "a scope that was not granted",
        _refresh(lambda anchor: {"scope": f"{anchor.scope} profile"}),
        SCOPE,
    ),
    (50, "a scope that nobody knows", _refresh(lambda _: {"scope": "everything"}), SCOPE),
)

GRANTS = (
    *(
        AnchorCase(47, f"{name} at {endpoint}", run(make), frozenset({"invalid_client"}))
        for endpoint, run in ENDPOINTS.items()
        for name, make in ASSERTIONS.items()
    ),
    AnchorCase(47, "used before", _assertion_again, frozenset({"invalid_client"})),
    AnchorCase(47, "used before at another endpoint", _assertion_elsewhere, frozenset({"invalid_client"})),
    *(AnchorCase(number, name, run, errors) for number, name, run, errors in CODES),
    *(AnchorCase(number, f"{name} at token", run, errors) for number, name, run, errors in AT_TOKEN),
    *(
        AnchorCase(51, name, _by_itself_with(details), frozenset({error}))
        for name, (details, error) in DETAILS.items()
    ),
)

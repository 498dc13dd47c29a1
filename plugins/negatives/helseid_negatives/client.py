"""A client of a trust anchor that does everything right, so that a case can do one thing wrong."""

import hashlib
import json
import secrets
from typing import Any
from urllib.parse import urlencode

from joserfc.jwk import Key

from helseid_negatives.forge import now, part, proof, sign_raw, without_none
from helseid_negatives.target import Anchor, Answer

BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
VERIFIER = "v" * 43
Form = dict[str, str]


def assertion(
    anchor: Anchor, header: dict[str, Any] | None = None, *, key: Key | None = None, **changed: Any
) -> str:
    """A right client assertion, or one with some members changed (None removes)."""
    signer = key or anchor.client_key
    said = {
        "iss": anchor.client_id,
        "sub": anchor.client_id,
        "aud": anchor.issuer,
        "iat": now(),
        "nbf": now(),
        "exp": now() + 30,
        "jti": secrets.token_urlsafe(16),
    }
    head = {
        "typ": "client-authentication+jwt",
        "alg": str(signer.alg or "ES256"),
        "kid": anchor.client_key.kid,
    }
    return sign_raw(without_none(head | (header or {})), without_none(said | changed), signer)


def by_other(anchor: Anchor) -> Form:
    """What proves the other client."""
    header = {"kid": anchor.other_key.kid}
    made = assertion(anchor, header, key=anchor.other_key, iss=anchor.other_id, sub=anchor.other_id)
    return {"client_id": anchor.other_id, "client_assertion_type": BEARER, "client_assertion": made}


def challenge(verifier: str = VERIFIER) -> str:
    return part(hashlib.sha256(verifier.encode()).digest())


def request(anchor: Anchor, **changed: str | None) -> Form:
    """Parameters of a right authorization request, some changed (None removes)."""
    good = {
        "response_type": "code",
        "client_id": anchor.client_id,
        "redirect_uri": anchor.redirect_uri,
        "scope": f"openid offline_access helseid://scopes/identity/pid {anchor.scope}",
        "state": "s",
        "nonce": "n",
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
    }
    return without_none(good | changed)


async def push(anchor: Anchor, form: Form, **proven: str) -> Answer:
    """Push a request, with a right assertion unless another is given."""
    body = {"client_assertion_type": BEARER, "client_assertion": assertion(anchor)} | form | proven
    return await anchor.post(f"{anchor.issuer}/connect/par", list(body.items()), [])


async def pushed(anchor: Anchor, **changed: str | None) -> str:
    """The `request_uri` of a right request."""
    return str(json.loads((await push(anchor, request(anchor, **changed))).text)["request_uri"])


async def code(anchor: Anchor, **changed: str | None) -> str:
    """A code for a person who has signed in."""
    query = urlencode({"client_id": anchor.client_id, "request_uri": await pushed(anchor, **changed)})
    return await anchor.sign_in(f"{anchor.issuer}/connect/authorize?{query}")


async def nonce(anchor: Anchor) -> str:
    """A nonce of the token endpoint."""
    where = f"{anchor.issuer}/connect/token"
    headers = [("DPoP", proof(anchor.proof_key, "POST", where))]
    return (await anchor.post(where, [("grant_type", "x")], headers)).headers["dpop-nonce"]


async def token(anchor: Anchor, form: Form, *, key: Key | None = None, **changed: str | None) -> Answer:
    """Ask the token endpoint with a right proof and assertion; `changed` are members of the form."""
    where = f"{anchor.issuer}/connect/token"
    made = proof(key or anchor.proof_key, "POST", where, nonce=await nonce(anchor))
    body = {"client_assertion_type": BEARER, "client_assertion": assertion(anchor)} | form | changed
    return await anchor.post(where, list(without_none(body).items()), [("DPoP", made)])


def by_code(anchor: Anchor, given: str, **changed: str | None) -> Form:
    """The form that trades a code for tokens."""
    good = {
        "grant_type": "authorization_code",
        "code": given,
        "redirect_uri": anchor.redirect_uri,
        "code_verifier": VERIFIER,
    }
    return without_none(good | changed)


def by_refresh(anchor: Anchor, given: str, **changed: str | None) -> Form:
    return without_none(
        {"grant_type": "refresh_token", "refresh_token": given, "scope": anchor.scope} | changed
    )


def by_itself(anchor: Anchor) -> Form:
    return {"grant_type": "client_credentials", "scope": anchor.scope}


async def signed_in(anchor: Anchor, **changed: str | None) -> dict[str, str]:
    """All tokens of a person who has signed in."""
    answer = await token(anchor, by_code(anchor, await code(anchor, **changed)))
    found: dict[str, str] = json.loads(answer.text)
    return found

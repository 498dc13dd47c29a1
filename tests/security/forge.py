"""Makes tokens and proofs that are wrong in exactly one way."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from joserfc.jwk import Key, RSAKey
from joserfc.jws import JWSRegistry

from akson.security import dpop, keys
from tests.security.world import BASE, Party, World

URL = f"{BASE}/sykehus/fhir/Patient/1"


def part(value: Any) -> str:
    """base64url of bytes, text or JSON."""
    raw = (
        value
        if isinstance(value, bytes)
        else (value if isinstance(value, str) else json.dumps(value)).encode()
    )
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read(token: str, which: int = 1) -> dict[str, Any]:
    """Header (0) or claims (1) of a token, unchecked."""
    piece = token.split(".")[which]
    return json.loads(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)))


def sign_raw(header: Any, claims: Any, key: Key) -> str:
    """A JWS of whatever header and claims (JSON text or objects), signed rightly."""
    signing = f"{part(header)}.{part(claims)}"
    alg = JWSRegistry.algorithms[str(key.alg or "ES256")]
    return f"{signing}.{part(alg.sign(signing.encode(), key))}"


def sign_hmac(header: Any, claims: Any, secret: bytes) -> str:
    signing = f"{part(header)}.{part(claims)}"
    return f"{signing}.{part(hmac.digest(secret, signing.encode(), hashlib.sha256))}"


def anchor_key(world: World) -> Key:
    return keys.load(world.data, "tillitsanker-signing").current


def stranger() -> Key:
    """A key that nobody has registered."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "PS256"}, auto_kid=True)


def proof_of(party: Party, token: str, url: str = URL, method: str = "GET") -> str:
    return dpop.make(party.system.proof.current, method, url, token=token)


def proof_claims(token: str, **changed: Any) -> dict[str, Any]:
    good = {
        "jti": base64.urlsafe_b64encode(hashlib.sha256(str(time.time_ns()).encode()).digest()).decode(),
        "htm": "GET",
        "htu": URL,
        "iat": int(time.time()),
        "ath": dpop.token_hash(token),
    }
    return {name: value for name, value in (good | changed).items() if value is not None}


def proof_header(key: Key, **changed: Any) -> dict[str, Any]:
    good = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    return {name: value for name, value in (good | changed).items() if value is not None}

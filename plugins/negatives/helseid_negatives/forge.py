"""Makes what is wrong in exactly one way: JWTs of whatever header and claims, signed rightly or not."""

import base64
import hashlib
import hmac
import json
import secrets
import time
import warnings
from typing import Any

from joserfc.jwk import ECKey, Key, RSAKey
from joserfc.jws import JWSRegistry


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
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)))
    return found


def sign_raw(header: Any, claims: Any, key: Key, algorithm: str = "") -> str:
    """A JWS of whatever header and claims (JSON text or objects), signed with the key's own algorithm or another."""
    signing = f"{part(header)}.{part(claims)}"
    alg = JWSRegistry.algorithms[algorithm or str(key.alg or "ES256")]
    return f"{signing}.{part(alg.sign(signing.encode(), key))}"


def sign_hmac(header: Any, claims: Any, secret: bytes) -> str:
    """A JWS with a symmetric signature."""
    signing = f"{part(header)}.{part(claims)}"
    return f"{signing}.{part(hmac.digest(secret, signing.encode(), hashlib.sha256))}"


def stranger() -> Key:
    """A key that nobody has registered."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "PS256"}, auto_kid=True)


def fresh_key() -> Key:
    """Another key for proofs."""
    return ECKey.generate_key("P-256", {"alg": "ES256"}, auto_kid=True)


def short_key() -> Key:
    """An RSA key that is too short, which the library warns of and the tested must refuse."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return RSAKey.generate_key(1024, {"alg": "PS256"}, auto_kid=True)


def public(key: Key) -> dict[str, Any]:
    """The public half, without what names or limits the key."""
    return {
        name: value
        for name, value in key.as_dict(private=False).items()
        if name in {"kty", "crv", "x", "y", "n", "e"}
    }


def public_pem(key: Key) -> bytes:
    """The public half as text: what everyone knows, and what some libraries take for a symmetric secret."""
    assert isinstance(key, RSAKey | ECKey)
    return key.as_pem(private=False)


def token_hash(token: str) -> str:
    """`ath` of a proof."""
    return part(hashlib.sha256(token.encode()).digest())


def now() -> int:
    return int(time.time())


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def proof_claims(method: str, url: str, token: str = "", **changed: Any) -> dict[str, Any]:
    """Claims of a right proof, some changed (None removes)."""
    good: dict[str, Any] = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": url, "iat": now()}
    return without_none(good | ({"ath": token_hash(token)} if token else {}) | changed)


def proof_header(key: Key, **changed: Any) -> dict[str, Any]:
    """Header of a right proof, some members changed (None removes)."""
    return without_none({"typ": "dpop+jwt", "alg": str(key.alg or "ES256"), "jwk": public(key)} | changed)


def proof(key: Key, method: str, url: str, token: str = "", **changed: Any) -> str:
    """A right proof, or one with changed claims."""
    return sign_raw(proof_header(key), proof_claims(method, url, token, **changed), key)

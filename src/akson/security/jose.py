"""Signed tokens, read strictly: own size limits, an allow-list of algorithms, no keys from the token's own header.

joserfc does the cryptography. What it leaves to its users is done here: `typ`, duplicate members, number types,
and headers large enough for an RSA key in a DPoP proof.
"""

import json
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, import_key
from joserfc.util import urlsafe_b64decode

from akson.kit.errors import NotAuthenticated

ALGORITHMS = ("ES256", "PS256", "ES384", "PS384", "ES512", "PS512")
"""What FAPI 2.0 and HelseID allow, without RS256; a trust domain that needs it names it in its own list."""

HEADER_LIMIT = 2048
TOKEN_LIMIT = 16384
DEPTH_LIMIT = 16
RSA_MODULUS = 342
"""Base64url characters of a modulus of 2048 bits."""
KEY_HEADERS = frozenset({"jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip"})
"""Header members that point to keys or change what is signed: refused in every token."""
END_OF_TIME = 253_402_300_799
"""The last second of the year 9999: later moments are none that a clock can show."""

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

Claims = dict[str, Any]


class BadToken(NotAuthenticated):
    """A token, assertion or proof that does not pass. `error` is the OAuth error code."""

    def __init__(self, diagnostics: str, error: str = "invalid_token") -> None:
        super().__init__(diagnostics)
        self.error = error


@dataclass(frozen=True, slots=True)
class Jwt:
    """A token split into its parts; nothing in it is believed before `verify`."""

    raw: str
    header: Mapping[str, Any]
    claims: Claims

    @property
    def jwk(self) -> tuple[Key, str]:
        """The public key that the header holds, with its thumbprint. BadToken when it holds none that is good."""
        return _held_key(self.raw.partition(".")[0])


class _Registry(jws.JWSRegistry):
    max_header_length = HEADER_LIMIT
    max_payload_length = TOKEN_LIMIT


def sign(claims: Mapping[str, Any], key: Key, kind: str, **header: Any) -> str:
    """A compact JWS with `typ` = kind, signed with the key's own algorithm and named by its key id."""
    alg = key.alg or "ES256"
    protected = {"typ": kind, "alg": alg} | ({} if "jwk" in header else {"kid": key.kid}) | header
    return jws.serialize_compact(protected, json.dumps(claims).encode(), key, registry=_registry((alg,)))


def parse(raw: str, types: Collection[str], algorithms: Collection[str] = ALGORITHMS) -> Jwt:
    """Header and claims of a compact JWS, its form checked and its signature not. BadToken when the form is wrong."""
    parts = raw.split(".")
    if len(raw) > TOKEN_LIMIT or len(parts) != 3 or not all(parts) or not raw.isascii():
        raise BadToken("not a compact signed token")
    if len(parts[0]) > HEADER_LIMIT * 4 // 3:
        raise BadToken("header too long")
    header, claims = _header(parts[0]), _object(parts[1])
    if header.get("alg") not in algorithms:
        raise BadToken("algorithm not allowed")
    kind = header.get("typ", "")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in types:
        raise BadToken("wrong kind of token (typ)")
    if found := KEY_HEADERS & header.keys():
        raise BadToken(f"header not allowed: {min(found)}")
    return Jwt(raw, header, claims)


def verify(token: Jwt, key: Key) -> Claims:
    """The claims, when the signature fits the key. BadToken when it does not."""
    name = str(token.header["alg"])
    algorithm = jws.JWSRegistry.algorithms[name]
    signed, _, signature = token.raw.rpartition(".")
    try:
        algorithm.check_key(key)
        raw = urlsafe_b64decode(signature.encode())
        if isinstance(key, ECKey) and name in _CURVES:
            fits = _fits_curve(name, signed.encode(), raw, key)
        else:
            fits = algorithm.verify(signed.encode(), raw, key)
    except (JoseError, ValueError, TypeError) as error:
        raise BadToken("the key is not for this algorithm, or the signature is broken") from error
    if not fits:
        raise BadToken("signature does not fit")
    return token.claims


def _fits_curve(name: str, signed: bytes, signature: bytes, key: ECKey) -> bool:
    """What joserfc would say, on the shortest way to the key: each request brings such a signature."""
    half = (key.public_key.key_size + 7) // 8
    if len(signature) != 2 * half:
        return False
    told = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
    try:
        key.public_key.verify(told, signed, _CURVES[name])
    except InvalidSignature:
        return False
    return True


_CURVES = {"ES256": ECDSA(SHA256()), "ES384": ECDSA(SHA384()), "ES512": ECDSA(SHA512())}


def public_key(jwk: object) -> Key:
    """A public asymmetric key from a JWK. BadToken when it is symmetric, private or broken."""
    return known_key(jwk)[0]


def known_key(jwk: object) -> tuple[Key, str]:
    """A public key as `public_key` gives it, with its thumbprint (RFC 7638)."""
    if not isinstance(jwk, dict) or jwk.get("kty") not in {"EC", "RSA"}:
        raise BadToken("not an asymmetric public key")
    if jwk.keys() & {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}:
        raise BadToken("private key material in a public key")
    if jwk["kty"] == "RSA" and len(str(jwk.get("n"))) < RSA_MODULUS:
        raise BadToken("RSA key shorter than 2048 bits")
    return _imported(json.dumps(jwk, sort_keys=True))


@lru_cache(maxsize=1000)
def _imported(jwk: str) -> tuple[Key, str]:
    """The same few systems call again and again, and reading a key takes as long as checking a signature."""
    try:
        key = import_key(json.loads(jwk))
        return key, key.thumbprint()
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadToken("broken key") from error


@lru_cache(maxsize=500)
def _header(part: str) -> Mapping[str, Any]:
    """A header read: the same one stands before all proofs of a system, since its key does."""
    return _object(part)


@lru_cache(maxsize=500)
def _held_key(part: str) -> tuple[Key, str]:
    return known_key(_header(part).get("jwk"))


def moment(claims: Claims, name: str) -> float | None:
    """A NumericDate claim, None when absent. BadToken when it is not a plain number that can be a moment."""
    value = claims.get(name)
    if name not in claims:
        return None
    # Compared before anything else is done with it: a number of 400 digits is no float, and NaN lies nowhere.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= END_OF_TIME:
        raise BadToken(f"{name} is not a number")
    return float(value)


def short_lived(claims: Claims, life: int, skew: int) -> None:
    """BadToken for an assertion that is over, from the future, or lives longer than `life` seconds."""
    stamp = time.time()
    expires, issued, begins = (moment(claims, name) for name in ("exp", "iat", "nbf"))
    if expires is None or expires <= stamp - skew:
        raise BadToken("the assertion has expired")
    if expires > stamp + life + skew:
        raise BadToken(f"the assertion lives longer than {life} s")
    if any(each is not None and each > stamp + skew for each in (issued, begins)):
        raise BadToken("the assertion is from the future")


def words(value: object) -> frozenset[str]:
    """Scopes, as RFC 9068 writes them (one string) or as HelseID does (an array). BadToken on anything else."""
    if value is None:
        return frozenset()
    if isinstance(value, str):
        return frozenset(value.split())
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return frozenset(value)
    raise BadToken("scope has the wrong shape")


def _registry(algorithms: Collection[str]) -> _Registry:
    return _Registry(algorithms=list(algorithms), strict_check_header=False)


def _object(part: str) -> Claims:
    try:
        raw = urlsafe_b64decode(part.encode()).decode()
        found = _decoder.decode(raw)
        if "\\u" in raw:  # what only an escape can write, and no database and no other program takes as text
            _text(found)
    except (ValueError, RecursionError) as error:
        raise BadToken("part of the token is not plain JSON") from error
    # With fewer brackets than that it cannot be deeper.
    is_deep = raw.count("{") + raw.count("[") > DEPTH_LIMIT and _depth(found) > DEPTH_LIMIT
    if not isinstance(found, dict) or is_deep:
        raise BadToken("part of the token is not a JSON object of sensible depth")
    return found


def _text(found: object) -> None:
    """ValueError where a text has half a character, or the one that ends texts."""
    plain = json.dumps(found, ensure_ascii=False)
    plain.encode()
    if _NUL.search(plain):
        raise ValueError("NUL")


def _unique(pairs: list[tuple[str, Any]]) -> Claims:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadToken("a member stands twice")
    return found


def _no_constant(name: str) -> float:
    raise BadToken(f"{name} is not a number")


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0

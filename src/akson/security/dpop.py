"""DPoP (RFC 9449): proofs that whoever sends a token holds its key. Made by clients, checked by servers.

`check` is pure; that a proof is used once only is the caller's to see to, with the `jti` it returns.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from joserfc.jwk import Key

from akson.kit.ids import new_secret
from akson.security.jose import ALGORITHMS, BadToken, moment, parse, sign, verify

LIFE = 10
"""Seconds a proof may be old."""
SKEW = 5
"""Seconds a proof may lie in the future (NHN's reference check has the same)."""
KEEP = LIFE + 2 * SKEW
"""Seconds a used `jti` has to be remembered."""
NONCE_LIFE = 300

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Request:
    """What a proof is about: the request line, the token that goes with it, the nonces that are good."""

    method: str
    url: str
    token: str = ""
    nonces: "Nonces | None" = None
    ath: str = ""
    """The token's hash, where it is known already."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that passed."""

    jkt: str
    jti: str


class NonceNeeded(BadToken):
    """The proof lacks a fresh nonce; the answer carries one in `DPoP-Nonce`."""

    def __init__(self) -> None:
        super().__init__("a fresh nonce is needed in the DPoP proof", "use_dpop_nonce")


class Nonces:
    """Nonces that any process with the same secret can check without keeping them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def fresh(self) -> str:
        return self._make(int(time.time()))

    def good(self, nonce: object) -> bool:
        """Made by us within the last five minutes."""
        stamp = str(nonce).split(".")[0]
        if not isinstance(nonce, str) or not nonce.isascii() or not stamp.isdigit() or len(stamp) > 12:
            return False
        return (
            hmac.compare_digest(nonce, self._make(int(stamp))) and 0 <= time.time() - int(stamp) < NONCE_LIFE
        )

    def _make(self, stamp: int) -> str:
        mark = hmac.digest(self._secret, b"dpop-nonce %d" % stamp, "sha256")
        return f"{stamp}.{_b64(mark)}"


def make(key: Key, method: str, url: str, *, token: str = "", nonce: str = "") -> str:
    """A proof for one request."""
    claims = {"jti": new_secret(), "htm": method.upper(), "htu": target(url), "iat": int(time.time())}
    if token:
        claims["ath"] = token_hash(token)
    if nonce:
        claims["nonce"] = nonce
    public = {name: part for name, part in key.as_dict(private=False).items() if name in _PUBLIC}
    return sign(claims, key, "dpop+jwt", jwk=public)


def check(proofs: Sequence[str], request: Request, jkt: str = "") -> Proof:
    """The one proof of a request. BadToken (`invalid_dpop_proof`) when there is none, two, or it does not fit."""
    try:
        return _check(proofs, request, jkt)
    except NonceNeeded:
        raise
    except BadToken as error:
        raise BadToken(error.diagnostics, "invalid_dpop_proof") from error


def token_hash(token: str) -> str:
    """`ath`: base64url of the SHA-256 of the access token."""
    return _b64(hashlib.sha256(token.encode("ascii", "replace")).digest())


def target(url: str) -> str:
    """`htu`: the address without query and fragment, in normal form (RFC 3986 6.2.2, 6.2.3). BadToken if not http."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadToken("htu is not an address") from error
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if scheme not in _PORTS or not host or parts.username is not None:
        raise BadToken("htu is not an address")
    where = f"[{host}]" if ":" in host else host
    if port not in (None, _PORTS[scheme]):
        where = f"{where}:{port}"
    return f"{scheme}://{where}{_path(parts.path)}"


_PUBLIC = {"kty", "crv", "x", "y", "n", "e"}


def _check(proofs: Sequence[str], request: Request, jkt: str) -> Proof:
    if len(proofs) != 1:
        raise BadToken("exactly one DPoP proof is needed")
    proof = parse(proofs[0], ("dpop+jwt",), (*ALGORITHMS, "RS256"))
    key, found = proof.jwk
    claims = verify(proof, key)
    if jkt and found != jkt:
        raise BadToken("the proof's key is not the token's")
    if request.token and claims.get("ath") != (request.ath or token_hash(request.token)):
        raise BadToken("the proof is for another token (ath)")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 8 <= len(jti) <= 256:
        raise BadToken("jti is missing")
    if claims.get("htm") != request.method:
        raise BadToken("the proof is for another method (htm)")
    if not _is_for(claims.get("htu"), request.url):
        raise BadToken("the proof is for another address (htu)")
    _fresh(moment(claims, "iat"))
    if request.nonces is not None and not request.nonces.good(claims.get("nonce")):
        raise NonceNeeded
    return Proof(found, jti)


def _is_for(told: object, url: str) -> bool:
    """Whether `htu` means the address; nearly always it is written as we write it."""
    return isinstance(told, str) and (told == url or target(told) == target(url))


def _fresh(issued: float | None) -> None:
    if issued is None:
        raise BadToken("iat is missing")
    if not -SKEW <= time.time() - issued <= LIFE + SKEW:
        raise BadToken("the proof is too old or from the future (iat)")


def _path(path: str) -> str:
    """Percent-encoding normalised piece by piece, so that %2F stays what it is; an empty path is /."""
    pieces = path.split("/")
    return "/".join(quote(unquote(piece), safe="-._~!$&'()*+,;=:@") for piece in pieces) or "/"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

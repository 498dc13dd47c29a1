"""Access tokens at a resource server: every check of HelseID's profile, and those its libraries leave out.

`Verifier.verify` says who calls (a `Caller`), or raises BadToken. The DPoP proof is checked with it: a token
without its proof is worth nothing here.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from akson.security import attested, dpop
from akson.security.anchor import NAMES, Anchor
from akson.security.attested import ATTEST
from akson.security.caller import Caller
from akson.security.jose import BadToken, Claims, moment, parse, words
from akson.security.once import Once

PID = "helseid://claims/identity/pid"
LEVEL = "helseid://claims/identity/security_level"
ASSURANCE = "helseid://claims/identity/assurance_level"
HPR = "helseid://claims/hpr/hpr_number"
HPR_DETAILS = "helseid://claims/hpr/hpr_details"
PSEUDONYM = "helseid://claims/identity/pid_pseudonym"
NETWORK = "helseid://claims/identity/network"
CLIENT_NAME = "helseid://claims/client/client_name"
TENANCY = "helseid://claims/client/client_tenancy"
PARENT = "helseid://claims/client/claims/orgnr_parent"
CHILD = "helseid://claims/client/claims/orgnr_child"
SUPPLIER = "helseid://claims/client/claims/orgnr_supplier"
LEVELS = {"substantial": 3, "high": 4}

SKEW = 5
"""Seconds that two clocks may differ."""
KEEP = 60
"""Seconds that the outcome of checking a token is kept: so fast a key rotated out loses its worth."""
KEPT = 2000


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller
    names: frozenset[tuple[str, str]]
    """By which the token can be taken back."""
    jkt: str
    ath: str
    until: float
    generation: int


class Verifier:
    """Checks tokens of one anchor for one audience."""

    def __init__(self, anchor: Anchor, audience: str, once: Once) -> None:
        self.anchor = anchor
        self.audience = audience
        self.once = once
        self._kept: dict[str, _Known] = {}

    async def verify(self, token: str, proofs: Sequence[str], request: dpop.Request) -> Caller:
        """Who calls with this token and these `DPoP` headers. BadToken says what is wrong."""
        known = await self._known(token)
        if not self.anchor.revoked.isdisjoint(known.names):
            raise BadToken("the token, its sign-in or its system was taken back")
        proof = dpop.check(proofs, dpop.Request(request.method, request.url, token, ath=known.ath), known.jkt)
        if not await self.once.first("dpop", proof.jkt + proof.jti, dpop.KEEP):
            raise BadToken("the proof was used before (jti)", "invalid_dpop_proof")
        return known.caller

    async def _known(self, token: str) -> "_Known":
        """What a token says, all of it checked. Kept for a minute: a caller uses a token many times."""
        kept = self._kept.get(token)
        if kept is not None and time.time() < kept.until and kept.generation == self.anchor.generation:
            return kept
        parsed = parse(token, ("at+jwt", "jwt"), self.anchor.algorithms)
        claims = await self.anchor.claims(parsed)
        self._address(claims)
        expires = _times(claims)
        caller = _caller(claims)
        if ATTEST in claims:
            attest, aged = attested.recheck(claims[ATTEST], caller.pid, caller.assurance)
            caller, expires = replace(caller, attest=attest), min(expires, aged)
        known = _Known(
            caller,
            _names(claims),
            _bound(claims),
            dpop.token_hash(token),
            min(expires, time.time() + KEEP),
            self.anchor.generation,
        )
        if len(self._kept) >= KEPT:
            self._kept.clear()
        self._kept[token] = known
        return known

    def _address(self, claims: Claims) -> None:
        if claims.get("iss") != self.anchor.issuer:
            raise BadToken("foreign issuer")
        audience = claims.get("aud")
        heard = audience if isinstance(audience, list) else [audience]
        if self.audience not in heard:
            raise BadToken("the token is for another audience")


def _times(claims: Claims) -> float:
    """The moment the token expires."""
    now = time.time()
    expires, begins, issued = (moment(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is None or expires <= now - SKEW:
        raise BadToken("the token has expired")
    if begins is None or begins > now + SKEW or (issued is not None and issued > now + SKEW):
        raise BadToken("the token is not valid yet")
    return expires


def _bound(claims: Claims) -> str:
    confirmation = claims.get("cnf")
    jkt = confirmation.get("jkt") if isinstance(confirmation, dict) else None
    if not isinstance(jkt, str) or not jkt:
        raise BadToken("the token is not bound to a key (cnf)")
    return jkt


def _caller(claims: Claims) -> Caller:
    """Fails closed: a token of a user that does not say which user is refused."""
    client = _text(claims, "client_id")
    organization = _text(claims, PARENT)
    if not client or not organization:
        raise BadToken("the token does not say which system and organisation calls")
    pid = _text(claims, PID)
    level = _level(claims)
    if (pid or "sub" in claims or "sid" in claims or ATTEST in claims) and not (pid and level):
        raise BadToken("the token is a user's and does not say which or how sure")
    return Caller(
        client_id=client,
        client_name=_text(claims, CLIENT_NAME),
        organization=organization,
        unit=_text(claims, CHILD),
        pid=pid,
        hpr=_text(claims, HPR),
        name=_text(claims, "name"),
        assurance=level if pid else 0,
        scopes=words(claims.get("scope")),
        token=_text(claims, "jti"),
    )


def _names(claims: Claims) -> frozenset[tuple[str, str]]:
    """The token, its sign-in and its system, and the systems behind it (`act`)."""
    found = {(name, str(claims[name])) for name in NAMES if name in claims}
    behind = claims.get("act")
    while isinstance(behind, dict):
        found.add(("client_id", str(behind.get("client_id", ""))))
        behind = behind.get("act")
    return frozenset(found)


def _level(claims: Claims) -> int:
    """How sure the e-ID was, 0 when not said or below substantial. An API may have ordered either claim or both."""
    said = {LEVELS.get(_text(claims, ASSURANCE), 0)} if ASSURANCE in claims else set()
    number = _text(claims, LEVEL)
    said |= {int(number) if number in {"3", "4"} else 0} if LEVEL in claims else set()
    if len(said) > 1:
        raise BadToken("assurance_level and security_level do not agree")
    return said.pop() if said else 0


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name, "")
    if not isinstance(value, str):
        raise BadToken(f"{name.rpartition('/')[2]} is not text")
    return value


def scheme(headers: Sequence[str]) -> str:
    """The token of the one `Authorization: DPoP` header. Any other scheme, and a second header, is refused."""
    if len(headers) != 1:
        raise BadToken("exactly one Authorization header is needed", "invalid_request")
    kind, _, token = headers[0].partition(" ")
    if kind.lower() != "dpop" or not token or token != token.strip():
        raise BadToken("tokens come as Authorization: DPoP")
    return token

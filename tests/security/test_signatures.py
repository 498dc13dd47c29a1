"""Signatures on curves are looked at by our own short way: it says what joserfc says, of good ones and of all that are bent."""

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from akson.security.jose import BadToken, parse, sign, verify

CURVES = {"ES256": ("P-256", 32), "ES384": ("P-384", 48), "ES512": ("P-521", 66)}


def bent(raw, half):
    """A signature in every wrong way that keeps it readable."""
    r, s = raw[:half], raw[half:]
    yield from (s + r, r, b"", raw + b"\0", b"\0" + raw, raw[:-1], r + r, bytes(half) + s, r + bytes(half))
    yield b"\xff" * (2 * half)
    yield from (raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :] for at in range(0, 2 * half, 7))


@pytest.mark.parametrize("name", CURVES)
def test_what_is_said_is_what_joserfc_says(name):
    curve, half = CURVES[name]
    key = ECKey.generate_key(curve, {"alg": name, "kid": "k"})
    whole = sign({"sub": "x"}, key, "jwt")
    signed, _, signature = whole.rpartition(".")
    assert verify(parse(whole, ("jwt",)), key) == {"sub": "x"}
    algorithm = jws.JWSRegistry.algorithms[name]
    for wrong in bent(urlsafe_b64decode(signature.encode()), half):
        assert not algorithm.verify(signed.encode(), wrong, key)
        if wrong:
            with pytest.raises(BadToken, match="does not fit"):
                verify(parse(f"{signed}.{urlsafe_b64encode(wrong).decode()}", ("jwt",)), key)


@pytest.mark.parametrize("name", CURVES)
def test_another_key_and_a_key_of_another_curve_are_refused(name):
    curve, _ = CURVES[name]
    whole = parse(sign({"sub": "x"}, ECKey.generate_key(curve, {"alg": name, "kid": "k"}), "jwt"), ("jwt",))
    with pytest.raises(BadToken, match="does not fit"):
        verify(whole, ECKey.generate_key(curve))
    for other in {"P-256", "P-384", "P-521", "secp256k1"} - {curve}:
        with pytest.raises(BadToken, match="not for this algorithm"):
            verify(whole, ECKey.generate_key(other))
    with pytest.raises(BadToken, match="not for this algorithm"):
        verify(whole, ECKey.generate_key(curve, {"use": "enc", "kid": "k"}))

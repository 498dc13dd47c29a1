"""The signature of an enterprise on a FHIR message: a detached JWS in Bundle.signature.

It covers the canonical form of the Bundle without the signature (http://hl7.org/fhir/R4/json.html#canonical): names in order, no
white space. Source: http://hl7.org/fhir/R4/datatypes.html#Signature, RFC 7515 (x5c, appendix F).
"""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from akson.fhir.model import Resource
from akson.fhir.strict_json import dumps, loads
from akson.kit.clock import instant, now
from akson.messaging.fhir.wire import TYPE, resource_of
from akson.messaging.kith.xml import SIZE_LIMIT
from akson.messaging.sign import BadSignature, Key, Signer

_REGISTRY = jws.JWSRegistry(algorithms=["ES256", "RS256"])
_REGISTRY.max_payload_length = SIZE_LIMIT * 4 // 3 + 4  # of a message, in base64
_REGISTRY.max_header_length = 16_384  # the certificate stands in it
SIGNED = {"system": "urn:iso-astm:E1762-95:2013", "code": "1.2.840.10065.1.12.1.5"}
"""Verification signature: that it comes from whom it says, and was not changed."""


def sign(raw: bytes, signer: Signer) -> bytes:
    """The message with the enterprise's signature."""
    bundle = loads(raw)
    head = resource_of(bundle, "MessageHeader") or {}
    der = signer.certificate.public_bytes(serialization.Encoding.DER)
    protected = {"alg": _algorithm(signer.key), "x5c": [base64.b64encode(der).decode()]}
    made = jws.serialize_compact(protected, _canonical(bundle), _jwk(_pem(signer.key)), registry=_REGISTRY)
    first, _, last = made.split(".")
    signature = {
        "type": [SIGNED],
        "when": instant(now()),
        "who": head.get("sender", {}),
        "targetFormat": TYPE,
        "sigFormat": "application/jose",
        "data": base64.b64encode(f"{first}..{last}".encode()).decode(),
    }
    return dumps(bundle | {"signature": signature})


def is_signed(bundle: Resource) -> bool:
    """Does the message carry a signature?"""
    return "signature" in bundle


def verify(bundle: Resource, is_trusted: Callable[[x509.Certificate], bool], at: datetime) -> None:
    """Raises BadSignature: S01 it does not hold, S02 the certificate is unknown or out of date."""
    try:
        value = base64.b64decode(str(bundle["signature"].get("data", "")), validate=True).decode("ascii")
        first, _, last = value.split(".")
        header = loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
        certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0], validate=True))
    except Exception as error:  # whatever it is, it is no signature
        raise BadSignature("S02", "the signature carries no certificate") from error
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise BadSignature("S02", "the certificate is out of date")
    if not is_trusted(certificate):
        raise BadSignature("S02", "the certificate is not one of the sender's")
    payload = base64.urlsafe_b64encode(_canonical(bundle)).rstrip(b"=").decode()
    public = certificate.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    try:
        jws.deserialize_compact(f"{first}.{payload}.{last}", _jwk(public), registry=_REGISTRY)
    except (JoseError, ValueError) as error:
        raise BadSignature("S01", f"the signature does not hold: {type(error).__name__}") from error


def _canonical(bundle: Resource) -> bytes:
    return dumps(_ordered({name: value for name, value in bundle.items() if name != "signature"}))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value)}
    return [_ordered(each) for each in value] if isinstance(value, list) else value


def _algorithm(key: Key) -> str:
    return "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"


def _pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _jwk(pem: bytes) -> ECKey | RSAKey:
    """The key of an elliptic curve, or of RSA."""
    try:
        return ECKey.import_key(pem)
    except (ValueError, TypeError, JoseError):
        return RSAKey.import_key(pem)

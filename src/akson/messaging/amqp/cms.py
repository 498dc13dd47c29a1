"""A parcel of the service bus: the content signed, with the content inside (CMS SignedData), and that encrypted (EnvelopedData).

`cryptography` signs, encrypts and decrypts; it does not verify, so the few fields that a signature consists of are read here.
RFC 5652: 5.3 (SignerInfo), 5.4 (what is digested), 11.1-11.2 (content type, message digest).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from akson.kit.errors import Unprocessable
from akson.messaging.sign import Signer

CONTENT_TYPE = "application/pkcs7-mime; smime-type=signed-and-enveloped-data"
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
DATA = bytes.fromhex("2a864886f70d010701")
OF_CONTENT, OF_DIGEST = bytes.fromhex("2a864886f70d010903"), bytes.fromhex("2a864886f70d010904")
DIGESTS: dict[bytes, hashes.HashAlgorithm] = {
    bytes.fromhex("608648016503040201"): hashes.SHA256(),
    bytes.fromhex("608648016503040202"): hashes.SHA384(),
    bytes.fromhex("608648016503040203"): hashes.SHA512(),
}
SEQUENCE, SET, OCTETS, OID, INTEGER, ZERO = 0x30, 0x31, 0x04, 0x06, 0x02, 0xA0
LONGEST = 60_000_000


class BadParcel(Unprocessable):
    """A parcel that cannot be opened. `condition` is what the sender is told on its error queue."""

    def __init__(self, condition: str, diagnostics: str) -> None:
        super().__init__(diagnostics)
        self.condition = condition


@dataclass(frozen=True, slots=True)
class Opened:
    """What was in a parcel, and who signed it."""

    content: bytes
    certificate: x509.Certificate


def pack(content: bytes, signer: Signer, receiver: x509.Certificate) -> bytes:
    """Sign and encrypt for one receiver. TypeError when its certificate is not RSA."""
    signed = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(content)
        .add_signer(signer.certificate, signer.key, hashes.SHA256())
        .sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])
    )
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(signed).add_recipient(receiver)
    return builder.set_content_encryption_algorithm(AES256).encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])


def unpack(
    raw: bytes,
    keys: tuple[Signer, ...],
    is_trusted: Callable[[x509.Certificate], bool],
    at: datetime,
) -> Opened:
    """Decrypt with one of the keys and check the signature. BadParcel with the condition for the sender."""
    signed = None
    for own in keys:
        if isinstance(own.key, rsa.RSAPrivateKey) and signed is None:
            try:
                signed = pkcs7.pkcs7_decrypt_der(raw, own.certificate, own.key, [])
            except (ValueError, TypeError):
                continue
    if signed is None:
        raise BadParcel("transport:decryption-failed", "none of our keys opens it")
    try:
        opened = _verified(signed)
    except (ValueError, IndexError, InvalidSignature, KeyError) as error:
        raise BadParcel("transport:invalid-signature", "the signature does not hold") from error
    certificate = opened.certificate
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise BadParcel("transport:expired-certificate", "the certificate is out of date")
    if not is_trusted(certificate):
        raise BadParcel("transport:invalid-certificate", "the certificate is not one of the sender's")
    return opened


def _verified(raw: bytes) -> Opened:
    oid, wrapped = _parts(_one(raw, SEQUENCE))
    if oid != (OID, SIGNED_DATA):
        raise ValueError
    fields = _parts(_one(wrapped[1], SEQUENCE))
    kind, inside = _parts(fields[2][1])
    content = _one(inside[1], OCTETS)
    (info,) = _parts(fields[-1][1])
    if kind != (OID, DATA) or fields[-1][0] != SET:
        raise ValueError
    _version, who, digest, attributes, _how, signature = _parts(info[1])[:6]
    carried = [
        _read(_wrap(tag, der)) for kept, each in fields[3:-1] if kept == ZERO for tag, der in _parts(each)
    ]
    (found,) = [each for each in carried if _parts(who[1])[:2] == each.named]
    certificate = found.certificate
    algorithm = DIGESTS[_parts(digest[1])[0][1]]
    told = {_parts(a[1])[0][1]: _parts(_parts(a[1])[1][1])[0] for a in _parts(attributes[1])}
    hasher = hashes.Hash(algorithm)
    hasher.update(content)
    if (
        attributes[0] != ZERO
        or told[OF_CONTENT] != (OID, DATA)
        or told[OF_DIGEST] != (OCTETS, hasher.finalize())
    ):
        raise ValueError
    _check(found.key, signature[1], _wrap(SET, attributes[1]), algorithm)
    return Opened(content, certificate)


@dataclass(frozen=True, slots=True)
class _Carried:
    """A certificate of a parcel, its key, and how a signature names it: issuer and serial number, in DER."""

    certificate: x509.Certificate
    key: Any
    named: list[tuple[int, bytes]]


@lru_cache(maxsize=512)
def _read(der: bytes) -> _Carried:
    """Parsed once. Whether it is in date, trusted and not revoked is asked for each parcel."""
    certificate = x509.load_der_x509_certificate(der)
    number = certificate.serial_number
    (issuer,) = _parts(certificate.issuer.public_bytes())
    size = number.bit_length() // 8 + 1
    return _Carried(
        certificate, certificate.public_key(), [issuer, (INTEGER, number.to_bytes(size, signed=True))]
    )


def _check(key: Any, signature: bytes, signed: bytes, how: hashes.HashAlgorithm) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), how)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(how))
    else:
        raise InvalidSignature


def _parts(content: bytes) -> list[tuple[int, bytes]]:
    """The values one after the other in DER: tag and content. ValueError when it is none."""
    found, at = [], 0
    while at < len(content):
        tag, length, at = content[at], content[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4:
                raise ValueError
            length, at = int.from_bytes(content[at : at + size]), at + size
        if length > LONGEST or at + length > len(content):
            raise ValueError
        found.append((tag, content[at : at + length]))
        at += length
    return found


def _one(content: bytes, tag: int) -> bytes:
    ((found, inside),) = _parts(content)
    if found != tag:
        raise ValueError
    return inside


def _wrap(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content

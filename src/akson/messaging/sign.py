"""The signature of an enterprise on a MsgHead (XML-DSig, enveloped), made by `dsig`, checked there or with signxml.

Only the header has a place for a signature: an Epikrise and an AppRec are protected by the transport (token bound to
the sender's key) and by the platform, which lets a system send only for its own addresses.
"""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature as BadKey
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from akson.kit.errors import Unprocessable
from akson.messaging import dsig
from akson.messaging.kith import xml
from akson.messaging.kith.msghead import DSIG, NAMESPACE, serialise

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_CONFIGURATION = SignatureConfiguration(
    require_x509=True,
    location="./",
    expect_references=1,
    signature_methods=frozenset(
        {SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA512, SignatureMethod.ECDSA_SHA256}
    ),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA512}),
)


_END = b"</MsgHead>"


class BadSignature(Unprocessable):
    """A signature that does not hold. `error` is the code of V8221: S01, S02, S03 or S99."""

    def __init__(self, error: str, diagnostics: str) -> None:
        super().__init__(diagnostics)
        self.error = error


@dataclass(frozen=True, slots=True)
class Signer:
    """An enterprise's key with its certificate."""

    key: Key
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature covers, and who signed. Only this element may be read, not the document around it."""

    root: etree._Element
    certificate: x509.Certificate
    whole: bool = False
    """Whether it is the document as it came without its signature, and nothing else."""


class _Utf8:
    """The library copies trees as ASCII text, which cannot hold an element named with other letters (Dialogmelding)."""

    def _tostring(self, xml_node: etree._Element, **kwargs: Any) -> bytes:
        text: bytes = etree.tostring(xml_node, **{"encoding": "UTF-8", **kwargs})
        return text


class _Verifier(_Utf8, XMLVerifier):
    pass


def sign(raw: bytes, signer: Signer) -> bytes:
    """A MsgHead with the enterprise's signature as its last child. Other messages are returned as they are."""
    root = xml.parse(raw)
    if root.tag != f"{{{NAMESPACE}}}MsgHead":
        return raw
    signature = dsig.signature(root, signer.key, signer.certificate)
    if raw.endswith(_END):
        # As it was, with the signature before its last tag: nothing is written out a second time.
        return b"".join((raw[: -len(_END)], signature.encode(), _END))
    root.append(etree.fromstring(signature))
    return serialise(root)


def is_signed(root: etree._Element) -> bool:
    """Does a signature stand in the document, wherever?"""
    return next(root.iter(f"{{{DSIG}}}Signature"), None) is not None


def verify(
    root: etree._Element,
    is_trusted: Callable[[x509.Certificate], bool],
    at: datetime,
    revoked: Collection[str] = (),
) -> Signed:
    """Check the one signature of a MsgHead, and take it out of the document where nothing is copied. `revoked` holds SHA-256
    fingerprints in hex.

    Raises BadSignature: S01 it does not hold, S02 the certificate is unknown or out of date, S03 it is revoked,
    S99 it stands where none should.
    """
    found = list(root.iter(f"{{{DSIG}}}Signature"))
    if len(found) != 1 or found[0].getparent() is not root:
        raise BadSignature("S99", "expected one signature, as a child of MsgHead")
    certificate = _certificate(found[0])
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise BadSignature("S02", "the certificate is out of date")
    if revoked and fingerprint(certificate) in revoked:
        raise BadSignature("S03", "the certificate is revoked")
    if not is_trusted(certificate):
        raise BadSignature("S02", "the certificate is not one of the sender's")
    if dsig.is_plain(root, found[0]):
        with _holding():
            return Signed(dsig.signed(root, found[0], certificate), certificate, whole=True)
    return Signed(_covered(root, certificate), certificate)


@contextmanager
def _holding() -> Iterator[None]:
    """BadSignature for whatever is raised for a signature that does not hold."""
    try:
        yield
    except (SignXMLException, BadKey, ValueError, etree.LxmlError) as error:
        raise BadSignature("S01", f"the signature does not hold: {type(error).__name__}") from error


def _covered(root: etree._Element, certificate: x509.Certificate) -> etree._Element:
    """What a signature of another shape covers, as it stood when it was signed."""
    with _holding():
        checked = _Verifier().verify(root, x509_cert=certificate, expect_config=_CONFIGURATION)
    result = checked[0] if isinstance(checked, list) else checked
    if result.signed_xml is None or result.signed_xml.tag != root.tag:
        raise BadSignature("S01", "the signature covers something else than the message")
    covered: etree._Element = result.signed_xml
    return covered


def _certificate(signature: etree._Element) -> x509.Certificate:
    element = next(signature.iter(f"{{{DSIG}}}X509Certificate"), None)
    return _read("".join((element.text or "").split()) if element is not None else "")


@lru_cache(maxsize=512)
def _read(text: str) -> x509.Certificate:
    """A certificate as a signature carries it. How long it holds is asked each time."""
    try:
        return x509.load_pem_x509_certificate(
            f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n".encode()
        )
    except ValueError as error:
        raise BadSignature("S02", "the signature carries no certificate") from error


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate, in hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def self_made(
    name: str, organization: str, *, now: datetime | None = None, days: int = 365, encrypts: bool = False
) -> Signer:
    """A key and a certificate that it signs itself, for development: name and organisation number in the subject.

    One that `encrypts` is RSA and for others to encrypt with; else it is for signatures.
    """
    key: Key = rsa.generate_private_key(65537, 3072) if encrypts else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NO"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:64]),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRNO-{organization}"),
        ]
    )
    start = now or datetime.now(UTC) - timedelta(minutes=5)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not encrypts, content_commitment=not encrypts, key_encipherment=encrypts,
                data_encipherment=encrypts, key_agreement=False, key_cert_sign=False, crl_sign=False,
                encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return Signer(key, certificate)


def load(folder: Path, name: str, title: str, organization: str, *, encrypts: bool = False) -> Signer:
    """The pair of a node in `<folder>/keys/<name>-enterprise.pem`, the one to encrypt with in `-encryption.pem`.

    Made there, self-signed, when it is missing.
    """
    path = folder / "keys" / f"{name}-{'encryption' if encrypts else 'enterprise'}.pem"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        made = to_pem(self_made(title, organization, days=3650, encrypts=encrypts))
        part = path.with_suffix(f".{os.getpid()}")
        part.touch(mode=0o600)
        part.write_bytes(made)
        # Whoever comes first wins; the others use what is there.
        with suppress(FileExistsError):
            os.link(part, path)
        part.unlink()
    return from_pem(path.read_bytes())


def to_pem(signer: Signer) -> bytes:
    """Key and certificate as text for a file that only the owner reads."""
    key = signer.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key + signer.certificate.public_bytes(serialization.Encoding.PEM)


def from_pem(raw: bytes) -> Signer:
    """Back from `to_pem`."""
    key = serialization.load_pem_private_key(raw, password=None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError("the key is neither RSA nor of an elliptic curve")
    return Signer(key, x509.load_pem_x509_certificate(raw))


def certificate_text(certificate: x509.Certificate) -> str:
    """A certificate as one line of base64, as registers hold it."""
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return "".join(line for line in pem.splitlines() if not line.startswith("-----"))

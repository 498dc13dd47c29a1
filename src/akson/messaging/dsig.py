"""XML-DSig in the one shape that letters have: enveloped, over the whole document, by exclusive canonical XML.

signxml knows every shape, and copies, writes and reads the document for it some four times (`messaging.sign` asks it for whatever
is not of this shape). XML Signature 3.1 and 3.2 for what is done here; RFC 6931, 2.3.6 for elliptic curves.
"""

import base64
import binascii
from functools import lru_cache
from hmac import compare_digest
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from lxml import etree

SPACE = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{SPACE}enveloped-signature"
RSA_SHA256, RSA_SHA512, ECDSA_SHA256 = (
    f"http://www.w3.org/2001/04/xmldsig-more#{name}" for name in ("rsa-sha256", "rsa-sha512", "ecdsa-sha256")
)
SHA256, SHA512 = (f"http://www.w3.org/2001/04/xmlenc#{name}" for name in ("sha256", "sha512"))
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    RSA_SHA256: hashes.SHA256, RSA_SHA512: hashes.SHA512, ECDSA_SHA256: hashes.SHA256,
    SHA256: hashes.SHA256, SHA512: hashes.SHA512,
}  # fmt: skip
_INFO = (
    f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'
    '<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod><ds:Reference URI=""><ds:Transforms>'
    f'<ds:Transform Algorithm="{ENVELOPED}"></ds:Transform><ds:Transform Algorithm="{EXCLUSIVE}"></ds:Transform>'
    '</ds:Transforms><ds:DigestMethod Algorithm="{digest}"></ds:DigestMethod><ds:DigestValue>{value}</ds:DigestValue>'
    "</ds:Reference></ds:SignedInfo>"
)
"""What is signed, in its canonical form, after its first tag."""
_SIGNATURE = (
    f'<ds:Signature xmlns:ds="{SPACE}"><ds:SignedInfo>{{info}}<ds:SignatureValue>{{value}}</ds:SignatureValue>'
    "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
)
_TAGS = tuple(f"{{{SPACE}}}{name}" for name in ("SignedInfo", "SignatureValue", "KeyInfo"))
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def signature(root: etree._Element, key: Key, certificate: x509.Certificate) -> str:
    """The signature of a document, to stand as the last child of its root."""
    info = _INFO.format(
        method=RSA_SHA256 if isinstance(key, rsa.RSAPrivateKey) else ECDSA_SHA256,
        digest=SHA256,
        value=base64.b64encode(_digest(hashes.SHA256(), _canonical(root))).decode(),
    )
    signed = f'<ds:SignedInfo xmlns:ds="{SPACE}">{info}'.encode()
    if isinstance(key, rsa.RSAPrivateKey):
        value = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    else:
        size = _size(key)
        both = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
        value = b"".join(number.to_bytes(size) for number in both)
    written = base64.b64encode(value).decode()
    return _SIGNATURE.format(info=info, value=written, certificate=_text(certificate))


def is_plain(root: etree._Element, signature: etree._Element) -> bool:
    """Whether a signature, a child of the root of a document, is of the shape that is checked here."""
    return (
        root.getparent() is None
        and tuple(each.tag for each in signature) == _TAGS
        and _how(signature) is not None
    )


def signed(root: etree._Element, signature: etree._Element, certificate: x509.Certificate) -> etree._Element:
    """What a plain signature covers: the document, out of which it is taken. InvalidSignature when it does not hold."""
    how = _how(signature)
    if how is None:
        raise InvalidSignature
    method, digest = how
    info, value = signature[0], signature[1]
    _take_out(root, signature)
    told = _bytes(info.findtext(f".//{{{SPACE}}}DigestValue"))
    if not compare_digest(told, _digest(_HASHES[digest](), _canonical(root))):
        raise InvalidSignature
    _check(certificate, method, _bytes(value.text), _canonical(info))
    return root


def _take_out(root: etree._Element, child: etree._Element) -> None:
    """Remove a child and leave the text that follows it: the transform takes the element and nothing else."""
    if child.tail:
        before = child.getprevious()
        if before is None:
            root.text = (root.text or "") + child.tail
        else:
            before.tail = (before.tail or "") + child.tail
        child.tail = None
    root.remove(child)


def _check(certificate: x509.Certificate, method: str, signature: bytes, content: bytes) -> None:
    key, algorithm = certificate.public_key(), _HASHES[method]()
    if isinstance(key, rsa.RSAPublicKey) and method != ECDSA_SHA256:
        key.verify(signature, content, padding.PKCS1v15(), algorithm)
        return
    if not isinstance(key, ec.EllipticCurvePublicKey) or method != ECDSA_SHA256:
        raise InvalidSignature
    size = _size(key)
    if len(signature) != 2 * size:
        raise InvalidSignature
    numbers = (int.from_bytes(signature[:size]), int.from_bytes(signature[size:]))
    key.verify(encode_dss_signature(*numbers), content, ec.ECDSA(algorithm))


def _how(signature: etree._Element) -> tuple[str, str] | None:
    """How it was signed and digested; None for another shape."""
    return _SHAPES.get(_shape(signature[0]))


def _shape(element: etree._Element) -> tuple[Any, ...]:
    """Elements and attributes, without their text."""
    return element.tag, tuple(element.items()), tuple(map(_shape, element))


def _shapes() -> dict[tuple[Any, ...], tuple[str, str]]:
    found = {}
    for method in (RSA_SHA256, RSA_SHA512, ECDSA_SHA256):
        for digest in (SHA256, SHA512):
            info = _INFO.format(method=method, digest=digest, value="")
            found[_shape(etree.fromstring(f'<ds:SignedInfo xmlns:ds="{SPACE}">{info}'))] = (method, digest)
    return found


_SHAPES = _shapes()


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def _digest(how: hashes.HashAlgorithm, content: bytes) -> bytes:
    hasher = hashes.Hash(how)
    hasher.update(content)
    return hasher.finalize()


def _bytes(text: str | None) -> bytes:
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except binascii.Error as error:
        raise InvalidSignature from error


def _size(key: ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) -> int:
    """Bytes of each of the two numbers of a signature."""
    return (key.key_size + 7) // 8


@lru_cache(maxsize=64)
def _text(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()

"""Signatures on messages: what holds, and every way it can fail."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.signer import XMLSigner
from signxml.verifier import XMLVerifier

from akson.messaging import codec, dsig, sign
from akson.messaging.kith import xml
from akson.messaging.kith.msghead import NAMESPACE
from akson.messaging.kith.xml import NotWellFormed
from akson.messaging.sign import BadSignature, Signer
from tests.messaging import makers
from tests.messaging.codec.test_care import letter as care_letter
from tests.messaging.examples import schema_errors

SIGNER = sign.self_made("Solvik legesenter", "983974880")
OTHER = sign.self_made("Andre", "974795833")
NOW = datetime.now(UTC)  # after the certificates are made, whenever the tests run


def trusted(certificate):
    return certificate == SIGNER.certificate


def signed() -> bytes:
    return sign.sign(codec.write(makers.referral()), SIGNER)


def code_of(raw: bytes, at=NOW, revoked=()) -> str:
    with pytest.raises(BadSignature) as caught:
        sign.verify(xml.parse(raw), trusted, at, revoked)
    return caught.value.error


def test_a_signed_message_reads_as_what_was_signed():
    raw = signed()
    found = sign.verify(xml.parse(raw), trusted, NOW)
    assert found.certificate == SIGNER.certificate
    assert codec.read_element(found.root).content == makers.referral()
    assert codec.read(raw).unread == ()


@pytest.mark.parametrize("letter", [makers.dialog("1.0"), care_letter("discharge")], ids=["dialog", "care"])
def test_dialogs_and_care_messages_are_signed_as_well(letter):
    # A dialog has an element whose name is not ASCII.
    raw = sign.sign(codec.write(letter), SIGNER)
    found = codec.read_element(sign.verify(xml.parse(raw), trusted, NOW).root)
    assert found.content.body == letter.body
    assert found.unread == ()


@pytest.mark.shared
@pytest.mark.parametrize("letter", [makers.referral(), makers.dialog("1.0"), care_letter("discharge")])
def test_a_signed_message_is_valid(letter):
    assert schema_errors(sign.sign(codec.write(letter), SIGNER)) == []


def test_a_signature_is_put_where_it_belongs_however_the_document_ends():
    raw = codec.write(makers.referral())
    prefixed = raw.replace(b'<MsgHead xmlns="', b'<h:MsgHead xmlns:h="%s" xmlns="' % NAMESPACE.encode())
    for each in (raw, raw + b"\n<!-- end -->", prefixed.replace(b"</MsgHead>", b"</h:MsgHead>")):
        made = sign.sign(each, SIGNER)
        root = xml.parse(made)
        assert root[-1].tag.endswith("}Signature")
        XMLVerifier().verify(root, x509_cert=SIGNER.certificate)
        sign.verify(root, trusted, NOW)


def test_an_rsa_key_signs_as_well():
    key = rsa.generate_private_key(65537, 2048)
    made = sign.self_made("RSA", "983974880")
    builder_signer = Signer(key, _certificate_for(key, made))
    raw = sign.sign(codec.write(makers.referral()), builder_signer)
    assert (
        sign.verify(xml.parse(raw), lambda c: c == builder_signer.certificate, datetime.now(UTC)).root
        is not None
    )


def _certificate_for(key, made):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    old = made.certificate
    return (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(old.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(old.not_valid_before_utc)
        .not_valid_after(old.not_valid_after_utc)
        .sign(key, hashes.SHA256())
    )


def test_messages_without_a_place_for_it_stay_unsigned():
    raw = codec.write(makers.epikrise())
    assert sign.sign(raw, SIGNER) == raw
    assert not sign.is_signed(xml.parse(raw))
    assert sign.is_signed(xml.parse(signed()))


def test_a_changed_letter_does_not_hold():
    assert code_of(signed().replace(b"Ekko cor", b"Gastroskopi")) == "S01"


def test_a_changed_signature_does_not_hold():
    root = xml.parse(signed())
    value = next(root.iter("{*}SignatureValue"))
    value.text = ("A" if (value.text or "")[0] != "A" else "B") + (value.text or "")[1:]
    assert code_of(etree.tostring(root)) == "S01"


def test_a_certificate_that_is_not_the_senders():
    assert code_of(sign.sign(codec.write(makers.referral()), OTHER)) == "S02"


def test_anothers_certificate_on_my_signature():
    mine, others = (sign.certificate_text(s.certificate) for s in (SIGNER, OTHER))
    forged = sign.sign(codec.write(makers.referral()), OTHER)
    root = xml.parse(forged)
    element = next(root.iter("{*}X509Certificate"))
    assert "".join((element.text or "").split()) == others
    element.text = mine
    assert code_of(etree.tostring(root)) == "S01"


def test_a_certificate_out_of_date():
    assert code_of(signed(), NOW + timedelta(days=400)) == "S02"
    assert code_of(signed(), NOW - timedelta(days=1)) == "S02"


def test_a_revoked_certificate():
    assert code_of(signed(), revoked={sign.fingerprint(SIGNER.certificate)}) == "S03"


def test_no_signature_and_two_signatures():
    assert code_of(codec.write(makers.referral())) == "S99"
    root = xml.parse(signed())
    root.append(etree.fromstring(etree.tostring(root[-1])))
    assert code_of(etree.tostring(root)) == "S99"


def test_a_certificate_that_is_none():
    root = xml.parse(signed())
    next(root.iter("{*}X509Certificate")).text = "AAAA"
    assert code_of(etree.tostring(root)) == "S02"


def test_wrapping_does_not_let_a_foreign_letter_in():
    """The signed message hidden inside another one: the signature must cover what is read."""
    original = xml.parse(signed())
    evil = xml.parse(codec.write(makers.referral("evil")))
    signature = original[-1]
    original.remove(signature)
    holder = etree.SubElement(evil, f"{{{NAMESPACE}}}Document")
    holder.append(original)
    evil.append(signature)
    assert code_of(etree.tostring(evil)) == "S01"


def test_weak_digests_are_refused():
    raw = signed().replace(b"xmlenc#sha256", b"xmldsig#sha1")
    assert code_of(raw) == "S01"


def test_an_hmac_with_the_certificate_as_secret_is_refused():
    raw = signed().replace(b"xmldsig-more#ecdsa-sha256", b"xmldsig-more#hmac-sha256")
    assert code_of(raw) == "S01"


def test_the_pair_survives_a_file():
    again = sign.from_pem(sign.to_pem(SIGNER))
    assert again.certificate == SIGNER.certificate
    assert again.key.private_numbers() == SIGNER.key.private_numbers()


def by_signxml(monkeypatch):
    """As senders of other shapes are checked, and as our own were before `dsig`."""
    monkeypatch.setattr(dsig, "is_plain", lambda _root, _signature: False)


def outcome(raw: bytes) -> str:
    """What became of the check: the code of V8221, or what may be read."""
    try:
        root = sign.verify(xml.parse(raw), trusted, NOW).root
        return etree.tostring(root, method="c14n", exclusive=True).decode()
    except BadSignature as error:
        return error.error


def test_signxml_reads_what_we_sign(monkeypatch):
    raw = signed()
    ours = outcome(raw)
    by_signxml(monkeypatch)
    assert outcome(raw) == ours
    assert ours.startswith("<")


def test_we_read_what_signxml_signs():
    maker = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA512,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    root = xml.parse(codec.write(makers.referral()))
    made = xml.parse(etree.tostring(maker.sign(root, key=SIGNER.key, cert=[SIGNER.certificate])))
    assert dsig.is_plain(made, made[-1])
    assert codec.read_element(sign.verify(made, trusted, NOW).root).content == makers.referral()


def test_another_shape_is_left_to_signxml():
    maker = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
    )
    root = xml.parse(codec.write(makers.referral()))
    made = xml.parse(etree.tostring(maker.sign(root, key=SIGNER.key, cert=[SIGNER.certificate])))
    assert not dsig.is_plain(made, made[-1])
    assert codec.read_element(sign.verify(made, trusted, NOW).root).content == makers.referral()


def test_both_ways_to_check_agree_on_whatever_is_changed(monkeypatch):
    """One byte of a signed letter after the other is another one: who checks it must not matter."""
    raw, chance, changed = signed(), random.Random(1), []
    start = raw.index(b"<ds:Signature")
    while len(changed) < 300:
        # Half of them in the signature itself.
        place = chance.randrange(start if len(changed) % 2 else 60, len(raw))
        other = raw[:place] + bytes([chance.choice(b'Aa0 /="#')]) + raw[place + 1 :]
        try:
            root = xml.parse(other)
        except NotWellFormed:
            continue
        if other != raw and root.tag == f"{{{NAMESPACE}}}MsgHead":
            changed.append(other)
    ours = [outcome(each) for each in changed]
    by_signxml(monkeypatch)
    theirs = [outcome(each) for each in changed]
    assert [(o, t) for o, t in zip(ours, theirs, strict=True) if o != t] == []
    assert {"S01", "S02"} <= {each for each in ours if len(each) == 3}


def test_text_after_the_signature_is_signed_as_well():
    raw = signed()
    assert code_of(raw.replace(b"</ds:Signature>", b"</ds:Signature> x")) == "S01"
    assert outcome(raw).startswith("<")

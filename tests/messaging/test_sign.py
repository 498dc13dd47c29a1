"""Signatures on messages: what holds, and every way it can fail."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from akson.messaging import codec, sign
from akson.messaging.kith import xml
from akson.messaging.kith.msghead import NAMESPACE
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

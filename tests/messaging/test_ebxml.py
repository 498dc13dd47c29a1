"""Envelopes of ebXML: official examples, messages as HTTP carries them, and what is refused with which code."""

import base64
import hashlib

import pytest

from akson.messaging import codec, ebxml
from akson.messaging.ebxml import NotEbxml, read
from akson.messaging.kith.xml import NotWellFormed
from tests.messaging import makers
from tests.shared import shared

LETTER = codec.write(makers.epikrise())
EXAMPLE = "kith/examples/ebxml"


def envelope(content=LETTER, *, more="", manifest="<eb:Reference xlink:href='cid:p1'><eb:Description>Epikrise</eb:Description></eb:Reference>", version="2.0", digest=None):  # fmt: skip
    value = base64.b64encode(digest or hashlib.sha256(content).digest()).decode()
    return f"""<SOAP:Envelope xmlns:SOAP='{ebxml.SOAP}' xmlns:xlink='{ebxml.XLINK}' xmlns:eb='{ebxml.EB}' xmlns:ds='{ebxml.DSIG}'>
<SOAP:Header><eb:MessageHeader eb:version='{version}' SOAP:mustUnderstand='1'>
<eb:From><eb:PartyId eb:type='HER'>8000101</eb:PartyId><eb:Role>EPIKRISEsender</eb:Role></eb:From>
<eb:To><eb:PartyId eb:type='HER'>8000202</eb:PartyId><eb:Role>EPIKRISEreceiver</eb:Role></eb:To>
<eb:CPAId>8000101_8000202</eb:CPAId><eb:ConversationId>c1</eb:ConversationId><eb:Service>S-EPIKRISE</eb:Service>
<eb:Action>EPIKRISE</eb:Action><eb:MessageData><eb:MessageId>m1</eb:MessageId><eb:Timestamp>2026-11-27T10:00:00Z</eb:Timestamp>
</eb:MessageData><eb:DuplicateElimination/></eb:MessageHeader>{more}
<ds:Signature><ds:SignedInfo><ds:Reference URI=''/><ds:Reference URI='cid:p1'>
<ds:DigestMethod Algorithm='http://www.w3.org/2001/04/xmlenc#sha256'/><ds:DigestValue>{value}</ds:DigestValue></ds:Reference>
</ds:SignedInfo></ds:Signature></SOAP:Header>
<SOAP:Body><eb:Manifest eb:version='2.0'>{manifest}</eb:Manifest></SOAP:Body></SOAP:Envelope>"""


def related(head=None, content=LETTER, *, cid="p1", boundary="b1"):
    body = (
        f"--{boundary}\r\nContent-Type: text/xml; charset=UTF-8\r\nContent-ID: <start>\r\n\r\n{head or envelope(content)}\r\n"
        f"--{boundary}\r\nContent-Type: application/xml\r\nContent-ID: <{cid}>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        f"{base64.encodebytes(content).decode()}\r\n--{boundary}--\r\n"
    )
    return f'multipart/related; type="text/xml"; start="<start>"; boundary="{boundary}"', body.encode()


def test_a_message_with_its_payload():
    found = read(*related())
    assert (found.sender.her_id, found.receiver.her_id) == ("8000101", "8000202")
    assert (found.service, found.action, found.message_id) == ("S-EPIKRISE", "EPIKRISE", "m1")
    assert found.duplicates_go
    assert found.is_signed
    assert not found.wants_ack
    (payload,) = found.payloads
    assert payload.description == "Epikrise"
    assert codec.read(payload.content).content == makers.epikrise()


def test_a_receipt_and_an_error_come_as_the_envelope_alone():
    ack = "<eb:Acknowledgment eb:version='2.0'/><eb:AckRequested eb:signed='true'/>"
    found = read("text/xml", envelope(manifest="", more=ack).encode())
    assert (found.is_ack, found.wants_ack, found.wants_signed_ack, found.payloads) == (True, True, True, ())
    error = (
        "<eb:ErrorList><eb:Error eb:errorCode='SecurityFailure' eb:severity='Error'>"
        "<eb:Description>no</eb:Description></eb:Error></eb:ErrorList>"
    )
    assert read("text/xml", envelope(manifest="", more=error).encode()).problems == (
        ebxml.Problem("SecurityFailure", "Error", "no"),
    )


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (("text/plain", b"x"), "MimeProblem"),
        (("multipart/related", b"x"), "MimeProblem"),
        (("multipart/related; boundary=b1\r\nX: y", b"x"), "MimeProblem"),
        (("multipart/related; boundary=other", related()[1]), "MimeProblem"),
        (related(cid="p2"), "MimeProblem"),  # the manifest names what is not there
        (related(envelope(manifest="")), "MimeProblem"),  # a payload that nothing names
        (("text/xml", b"<a/>"), "MimeProblem"),
        (related(envelope(version="3.0")), "Inconsistent"),
        (related(envelope().replace("<eb:PartyId eb:type='HER'>8000101</eb:PartyId>", "")), "Inconsistent"),
        (related(envelope().replace("<eb:CPAId>8000101_8000202</eb:CPAId>", "")), "ValueNotRecognized"),
        (related(envelope(more="<x:Odd xmlns:x='urn:x' SOAP:mustUnderstand='1'/>")), "NotSupported"),
        (related(envelope(digest=b"0" * 32)), "SecurityFailure"),
        (
            related(envelope().replace("cid:p1'>\n<ds:DigestMethod", "cid:p9'>\n<ds:DigestMethod")),
            "SecurityFailure",
        ),
    ],
)
def test_what_is_refused(message, code):
    with pytest.raises(NotEbxml) as refused:
        read(*message)
    assert refused.value.code_of_standard == code


def test_a_doctype_in_an_envelope():
    with pytest.raises(NotWellFormed):
        read("text/xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + envelope(manifest="").encode())


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "sender", "action"),
    [
        ("overvakning/ebxml-header.d237e310-796f-4e56-a50b-353b0e5d5947.SVAR_CYT.xml", "94866", "SVAR_CYT"),
        ("ebxml-eksempel.xml", "987654", "EPIKRISE"),
    ],
)
def test_official_envelopes(name, sender, action):
    """The examples come without their payloads, so the manifest's are left out."""
    text = shared(f"{EXAMPLE}/{name}").read_text(encoding="utf-8")
    head, _, rest = text.partition("<eb:Manifest")
    found = read("text/xml", (head + rest.partition("</eb:Manifest>")[2]).encode())
    assert (found.sender.her_id, found.action) == (sender, action)
    assert found.wants_signed_ack
    assert found.duplicates_go
    assert found.is_signed

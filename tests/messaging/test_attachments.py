"""Attachments: what is taken, what is not what it says, and what would do something by itself."""

import pytest

from akson.messaging import receipts
from akson.messaging.attachments import fault
from akson.messaging.model import Attachment
from akson.messaging.receipts import ACCEPTED
from tests.messaging import makers

PDF = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\n"
PNG = b"\x89PNG\r\n\x1a\n...."


@pytest.mark.parametrize(
    ("mime", "data"),
    [
        ("application/pdf", PDF),
        ("application/pdf", b"\n" + PDF),
        ("application/pdf", b""),  # only referred to
        ("image/png", PNG),
        ("image/jpeg", b"\xff\xd8\xff\xe0"),
        ("image/tiff", b"II*\x00...."),
        ("Text/Plain; charset=utf-8", "Blåbær".encode()),
        ("text/xml", b"<a xmlns='urn:a'>b</a>"),
    ],
)
def test_what_is_taken(mime, data):
    assert fault(Attachment("x", mime, data)) == ""


@pytest.mark.parametrize(
    ("mime", "data", "said"),
    [
        ("application/x-msdownload", b"MZ", "of type application/x-msdownload"),
        ("image/svg+xml", b"<svg/>", "of type image/svg+xml"),
        ("text/html", b"<html/>", "of type text/html"),
        ("", b"x", "of type unknown"),
        ("image/png", b"<html><script>1</script></html>", "not the image/png"),
        ("application/pdf", b"MZ\x90", "not the application/pdf"),
        ("application/pdf", PDF + b"<</S /JavaScript /JS (app.alert(1))>>", "active content"),
        ("application/pdf", PDF + b"<</S /J#61vaScript>>", "active content"),
        ("application/pdf", PDF + b"<</OpenAction <</S /Launch>>>>", "active content"),
        ("application/pdf", PDF + b"<</Type /EmbeddedFile>>", "active content"),
        ("text/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "XML"),
        ("text/xml", b"<a><s:script xmlns:s='http://www.w3.org/1999/xhtml'/></a>", "XML"),
        ("application/xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='1'/>", "XML"),
        ("application/xml", b"<?xml-stylesheet href='x.xsl' type='text/xsl'?><a/>", "XML"),
        ("text/plain", b"MZ\x00\x01", "not the text/plain"),
    ],
)
def test_what_is_not_taken_and_the_sender_is_told_why(mime, data, said):
    odd = Attachment("x", mime, data)
    assert said in fault(odd)
    answer = receipts.judge(makers.referral(attachments=(odd,)), ())
    assert answer != ACCEPTED
    assert answer.errors[0].code == "X99"

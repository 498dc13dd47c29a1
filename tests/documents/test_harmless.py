"""Files that are attached: taken by what they are, refused for what runs in them."""

import zlib

import pytest

from akson.documents.harmless import JPEG, LARGEST, PDF, PNG, TEXT, checked
from akson.kit.errors import Unprocessable

PLAIN = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/OpenAction[3 0 R/Fit]>>\nendobj\n%%EOF"


def packed(inside):
    """A PDF whose objects are compressed."""
    data = zlib.compress(inside)
    head = b"%PDF-1.7\n1 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode>>\nstream\n"
    return head + data + b"\nendstream\nendobj\n%%EOF"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PLAIN, PDF),
        (packed(b"1 0 <</Type/Page/JSON(x)>>"), PDF),
        (PLAIN.replace(b"endobj", b"endobj\nstream\n/JavaScript in a picture\nendstream"), PDF),
        (b"\x89PNG\r\n\x1a\nxxxx", PNG),
        (b"\xff\xd8\xff\xe0xxxx", JPEG),
        ("Såret er rødt.\n".encode(), TEXT),
    ],
)
def test_what_is_taken_is_known_by_its_content(data, kind):
    assert checked("hva.exe", data).kind == kind


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"x" * (LARGEST + 1), "too-large"),
        (b"MZ\x90\x00\x03", "unknown-kind"),
        (b"PK\x03\x04", "unknown-kind"),
        (b"", "unknown-kind"),
        (b"text with \x00 in it", "unknown-kind"),
        (PLAIN.replace(b"/OpenAction", b"/AA<</O<</S/JavaScript>>>>/X"), "active"),
        (PLAIN.replace(b"/OpenAction", b"/J#61vaScript"), "active"),
        (PLAIN.replace(b"/OpenAction", b"/S/Launch/F(cmd.exe)"), "active"),
        (PLAIN.replace(b"/OpenAction", b"/Names<</EmbeddedFiles 4 0 R>>"), "active"),
        (PLAIN + b"\ntrailer<</Encrypt 5 0 R>>", "active"),
        (packed(b"1 0 <</S/JavaScript/JS(app.alert(1))>>"), "active"),
        (packed(b" " * 21_000_000), "active"),
    ],
)
def test_what_runs_or_cannot_be_looked_through_is_refused(data, code):
    with pytest.raises(Unprocessable) as refused:
        checked("fil.pdf", data)
    assert refused.value.issues[0].expression == (code,)


def test_a_name_is_no_path():
    assert checked("../../etc/pass wd<b>.txt", b"x").name == "pass wd_b_.txt"
    assert checked("C:\\fotos\\sår.txt", b"x").name == "sår.txt"

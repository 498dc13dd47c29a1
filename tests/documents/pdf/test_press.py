"""Papers: tagged, in their language, and content that is print and nothing else whatever it says."""

import time

import pytest
from tests.documents.pdf.reading import Pdf
from tests.patience import in_time

from akson.documents.pdf.press import MISSING, Paper, press, pressed

HOSTILE = (
    '#read("/etc/passwd")',
    '#import "@preview/cetz:0.3.0": canvas',
    '#include "access_log.typ"',
    '#eval("1+1")',
    "$x^2$ *stars* _lines_ `code` <label> @label https://example.org",
    '"}) #panic("out") \\u{41} \\" //',
    "#set page(width: 1pt)",
)


def content(**changed):
    look = {
        "who": "Hanne Lunde, hjemmesykepleier",
        "times": "kl. 08:05",
        "mark": "Nødtilgang",
        "facts": ["Så: blåbær"],
    }
    return {
        "title": "Hvem har sett journalen",
        "subject": "Ingrid Haugen",
        "sender": "Helhetlig samhandling",
        "language": "nb",
        "foot": "Laget i dag",
        "lead": ["Siste 30 dager"],
        "notices": ["Fjordsykehuset svarte ikke."],
        "sections": [{"title": "", "lead": "", "days": [{"title": "27.11.2026", "looks": [look]}]}],
        "rules_title": "Reglene som gjelder",
        "rules": [{"reason": "De gir deg helsehjelp", "facts": ["En regel."]}],
    } | changed


def spoken(pdf):
    return pdf.text().replace(" ", "")


@pytest.mark.parametrize(("language", "tag"), [("nb", "nb-NO"), ("nn", "nn-NO"), ("en", "en-NO")])
def test_a_paper_is_tagged_for_screen_readers_and_says_its_language(language, tag):
    pdf = Pdf(press(Paper.ACCESS_LOG, content(language=language)))
    assert f"/Lang({tag})".encode() in pdf.catalog
    assert b"/Marked true" in pdf.catalog
    assert b"/DisplayDocTitle true" in pdf.catalog
    assert "<pdfuaid:part>1</pdfuaid:part>" in pdf.metadata
    assert {"Document", "H1", "H2", "P", "Strong"} <= set(pdf.tags)
    for said in ("HvemharsettjournalenIngridHaugen", "HanneLunde,hjemmesykepleier", "Så:blåbær", "1/1"):
        assert said in spoken(pdf), spoken(pdf)


@pytest.mark.parametrize("words", HOSTILE)
def test_content_is_printed_and_never_evaluated(words):
    pdf = Pdf(press(Paper.ACCESS_LOG, content(subject=words, lead=[words], notices=[words])))
    assert spoken(pdf).count(words.replace(" ", "")) == 3
    assert "root:" not in pdf.text()


@pytest.mark.parametrize(
    ("words", "shown"),
    [("Šárá Ŋá đ ŧ ž", "Šárá Ŋá đ ŧ ž"), ("a😀b漢字", f"a{MISSING}b{MISSING}{MISSING}"), ("a\x00\x07b", "a b"), ("Привет", "Привет")],
)  # fmt: skip
def test_letters_that_no_font_has_are_replaced_and_all_others_stand(words, shown):
    pdf = Pdf(press(Paper.ACCESS_LOG, content(lead=[words])))
    assert shown.replace(" ", "") in spoken(pdf)


def test_many_different_letters_without_a_font_still_make_a_paper():
    letters = "".join(map(chr, range(0x700, 0x7C0)))
    assert MISSING in Pdf(press(Paper.ACCESS_LOG, content(lead=[letters]))).text()


async def test_two_thousand_looks_are_a_paper_in_seconds():
    look = {
        "who": "Hanne Lunde",
        "times": "kl. 08:05",
        "mark": "",
        "facts": ["Så: legemidler", "Grunn: helsehjelp"],
    }
    days = [{"title": f"Dag {number}", "looks": [look] * 20} for number in range(100)]
    began = time.perf_counter()
    made = await pressed(Paper.ACCESS_LOG, content(sections=[{"title": "", "lead": "", "days": days}]))
    assert in_time(time.perf_counter() - began, 5.0)
    assert Pdf(made).tags.count("H2") == 101

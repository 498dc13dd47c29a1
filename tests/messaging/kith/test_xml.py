"""XML that strangers wrote."""

import pytest

from akson.kit.errors import TooLarge
from akson.messaging.kith import xml
from akson.messaging.kith.xml import NotWellFormed

LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">'
    b'<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><a>&d;</a>'
)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   ",
        b"not xml",
        b"<a>",
        b"<a></b>",
        b"<a b=1/>",
        b'{"resourceType": "Patient"}',
        b"<!DOCTYPE a><a/>",
        b'<?xml version="1.0"?>\n<!-- hides -->\n<?pi x?><!DOCTYPE a SYSTEM "http://127.0.0.1/x"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        LAUGHS,
        b"<a>&undefined;</a>",
        b"<a>\x00</a>",
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b'<?xml version="1.0" encoding="utf-16"?><a/>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b'<?xml version="1.0" encoding="UTF-8"?><a>\xe6\xf8\xe5</a>',
        b"\xff\xfe<\x00a\x00/\x00>\x00",
    ],
)
def test_what_is_never_read(raw):
    with pytest.raises(NotWellFormed):
        xml.parse(raw)


def test_the_answer_does_not_repeat_content():
    with pytest.raises(NotWellFormed) as caught:
        xml.parse(b"<a><Name>Kari Nordmann</Nam></a>")
    assert "Kari" not in caught.value.diagnostics
    assert "line 1" in caught.value.diagnostics


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "windows-1252", "ISO-8859-15"])
def test_encodings_that_messages_use(encoding):
    raw = f'<?xml version="1.0" encoding="{encoding}"?><a>Ærlig Øystein på Ås</a>'.encode(encoding)
    assert xml.parse(raw).text == "Ærlig Øystein på Ås"


def test_byte_order_mark_and_leading_space_are_looked_past():
    assert xml.parse(b"\xef\xbb\xbf<a/>").tag == "a"
    assert xml.parse(b"\n  <a/>").tag == "a"


def test_comments_split_no_text():
    assert xml.parse(b"<a>12<!-- x -->34</a>").text == "1234"


def test_depth_and_size_are_bounded():
    deep = b"<a>" * 100 + b"</a>" * 100
    assert xml.parse(deep).tag == "a"
    with pytest.raises(TooLarge):
        xml.parse(b"<a>" * 101 + b"</a>" * 101)
    with pytest.raises((TooLarge, NotWellFormed)):
        xml.parse(b"<a>" * 200_000 + b"</a>" * 200_000)
    with pytest.raises(TooLarge):
        xml.parse(b"<a>" + b" " * xml.SIZE_LIMIT + b"</a>")


def test_large_attachments_are_read():
    raw = b"<a>" + b"A" * 12_000_000 + b"</a>"
    assert len(xml.parse(raw).text or "") == 12_000_000


def test_markup_as_text_for_people():
    markup = (
        '<div xmlns="http://www.w3.org/1999/xhtml"><p>Første\n   linje<br/>andre &lt;3</p><p>tredje</p></div>'
    )
    assert xml.plain(markup) == "Første linje\nandre <3\ntredje"
    table = "<table><tr><td>CRP</td><td>79</td></tr><tr><td>SR</td><td>49</td></tr></table>"
    assert xml.plain(table) == "CRP\t79\nSR\t49"
    assert xml.plain(xml.escape("a < b & c > d")) == "a < b & c > d"


def test_control_characters_are_left_out_of_what_is_written():
    assert xml.escape("a\x00b\x0bc") == "abc"
    assert xml.quoted('a\x1fb\n"') == "ab&#10;&quot;"


@pytest.mark.parametrize(
    "text", ["a & b", "1 < 2 > 0", "]]>", 'says "so"', "line\none\ttab", "cr\rlf", "Ærlig 💊", "a\ufffeb"]
)
def test_text_comes_back_from_what_is_written(text):
    back = xml.parse(f'<a v="{xml.quoted(text)}">{xml.escape(text)}</a>'.encode())
    assert back.get("v") == back.text == text.replace("\ufffe", "")


def test_markup_of_others_cannot_break_out_of_its_element():
    with pytest.raises(NotWellFormed):
        xml.sound("</Content><Secret/><Content>")
    with pytest.raises(NotWellFormed):
        xml.sound("a\x00b")
    assert xml.sound("<b>Ja<!-- x --></b> &amp; nei") == "<b>Ja</b> &amp; nei"
    assert xml.sound("5 > 3") == "5 &gt; 3"

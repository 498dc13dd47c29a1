"""XML that strangers wrote: what is dangerous is never read, what is wrong is named with its path."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akson.fhir import xml
from akson.kit.errors import Malformed

NS = 'xmlns="http://hl7.org/fhir"'
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   ",
        b"{}",
        b"<",
        f"<Patient {NS}>".encode(),
        f"<Patient {NS}/><Patient {NS}/>".encode(),
        f'<Patient {NS} id="a" id="b"/>'.encode(),
        f"<!DOCTYPE Patient><Patient {NS}/>".encode(),
        f'<!DOCTYPE x [<!ENTITY a "b">]><Patient {NS}><id value="&a;"/></Patient>'.encode(),
        f'<!DOCTYPE x SYSTEM "file:///etc/hostname"><Patient {NS}/>'.encode(),
        f'<Patient {NS}><id value="&nbsp;"/></Patient>'.encode(),
        f'<?xml version="1.0" encoding="iso-8859-1"?><Patient {NS}/>'.encode(),
        f'<?xml-stylesheet href="a"?><Patient {NS}/>'.encode(),
        f"<Patient {NS}><?php x?></Patient>".encode(),
        f"<Patient {NS}/>".encode("utf-16"),
        f"<Patient {NS}>\xff</Patient>".encode("latin-1"),
        f'<Patient {NS}><id value="&#0;"/></Patient>'.encode(),
        b"<Patient/>",
        b'<Patient xmlns="http://hl7.org/fhir/"/>',
        f"<Nonsense {NS}/>".encode(),
        f"<Resource {NS}/>".encode(),
        (f"<Patient {NS}>" + "<extension>" * 200 + "</extension>" * 200 + "</Patient>").encode(),
        (f"<Basic {NS}><text><div {XHTML}>" + "<b>" * 200 + "</b>" * 200 + "</div></text></Basic>").encode(),
        f"<Basic {NS}><text><div {XHTML}><?php x?></div></text></Basic>".encode(),
        f'<Basic {NS}><text><div {XHTML}><p xmlns="urn:x"/></div></text></Basic>'.encode(),
    ],
)
def test_what_is_no_safe_fhir_xml_is_malformed(raw):
    with pytest.raises(Malformed) as refused:
        xml.loads(raw)
    assert refused.value.diagnostics


@pytest.mark.parametrize(
    ("inside", "where"),
    [
        ("<nonsense/>", "Patient.nonsense"),
        ('<name><given value="a"/><nonsense/></name>', "Patient.name[0].nonsense"),
        ('<name><given value="a"/><given value="b" x="1"/></name>', "Patient.name[0].given[1].@x"),
        ('<active value="1"/>', "Patient.active"),
        ('<active value="TRUE"/>', "Patient.active"),
        ('<active><value value="true"/></active>', "Patient.active.value"),
        ("<active/>", "Patient.active"),
        ("<active>true</active>", "Patient.active"),
        ("said", "Patient"),
        ('<active value="true"/><active value="true"/>', "Patient.active"),
        ('<birthDate value="2000"/><gender value="male"/>', "Patient.gender"),
        ('<multipleBirthInteger value="1.0"/>', "Patient.multipleBirth.ofType(integer)"),
        ('<multipleBirthInteger value=""/>', "Patient.multipleBirth.ofType(integer)"),
        ('<name xmlns="urn:x"/>', "Patient.name"),
        (f"<name {XHTML}/>", "Patient.name"),
        ("<contained><Nonsense/></contained>", "Patient.contained[0].Nonsense"),
        ("<contained/>", "Patient.contained[0]"),
        ("<contained><Basic/><Basic/></contained>", "Patient.contained[0].Basic"),
        ("<contained><Basic><nonsense/></Basic></contained>", "Patient.contained[0].nonsense"),
        ("<text><div/></text>", "Patient.text.div"),
        (f"<text><div {XHTML}/><div {XHTML}/></text>", "Patient.text.div"),
        ("<id id='x' value='a'/><extension><url value='b'/></extension>", "Patient.extension[0].url"),
    ],
)
def test_what_does_not_belong_is_named_with_its_path(inside, where):
    with pytest.raises(Malformed) as refused:
        xml.loads(f"<Patient {NS}>{inside}</Patient>".encode())
    assert where in [place for issue in refused.value.issues for place in issue.expression]


@pytest.mark.parametrize(
    "digits", ["01", ".5", "1.", "+1.0", "0x1", "NaN", "INF", "1e999", " 1", "1,5", "１"]
)
def test_what_is_no_decimal_is_refused(digits):
    with pytest.raises(Malformed) as refused:
        xml.loads(
            f'<Observation {NS}><valueQuantity><value value="{digits}"/></valueQuantity></Observation>'.encode()
        )
    assert refused.value.issues[0].expression == ("Observation.value.ofType(Quantity).value",)


def test_many_faults_are_told_at_once_and_not_without_end():
    with pytest.raises(Malformed) as refused:
        xml.loads(f"<Patient {NS}>{'<nonsense/>' * 500}</Patient>".encode())
    assert len(refused.value.issues) == 100


def test_what_says_where_a_schema_lies_is_passed_over():
    head = (
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://hl7.org/fhir a.xsd"'
    )
    assert xml.loads(f"<Patient {NS} {head}><!-- said --></Patient>".encode()) == {"resourceType": "Patient"}


def test_prefixes_and_a_byte_order_mark_make_no_difference():
    raw = b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>\n<f:Basic xmlns:f="http://hl7.org/fhir"><f:id value="a"/></f:Basic>'
    assert xml.loads(raw) == {"resourceType": "Basic", "id": "a"}


WELL = (
    f'<Patient {NS}><id value="a"/><text><status value="generated"/><div {XHTML}><p>x</p></div></text>'
    '<contained><Basic><id value="b"/></Basic></contained><extension url="u"><valueDecimal value="1.0"/></extension>'
    '<name><given value="a"><extension url="u"><valueCode value="x"/></extension></given><given value="b"/></name>'
    "</Patient>"
).encode()
PIECES = [b"<", b">", b"/", b"</", b'"', b"&", b"&#9;", b"<?x?>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"\x00", b"\xff",
          b"<!DOCTYPE x>", b"<Basic>", b"</Basic>", b'<div xmlns="http://www.w3.org/1999/xhtml"/>', b"<given/>", b"xmlns", b" "]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_however_it_is_spoiled_it_is_read_or_refused(data):
    raw = WELL
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(start, min(len(raw), start + 12)))
        raw = raw[:start] + data.draw(st.sampled_from(PIECES) | st.binary(max_size=3)) + raw[end:]
    with suppress(Malformed):
        assert isinstance(xml.loads(raw)["resourceType"], str)

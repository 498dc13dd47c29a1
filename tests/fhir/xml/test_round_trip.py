"""From JSON to XML and back, and from XML to JSON and back: the same resource, to the last digit."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from akson.fhir import strict_json, xml
from akson.fhir.validate.structure import check
from tests.fhir.generate import resources
from tests.shared import shared

XHTML = "http://www.w3.org/1999/xhtml"
MANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def sorted_keys(value):
    """The same value with its members in one order: JSON gives them none, XML does."""
    if isinstance(value, dict):
        return {key: sorted_keys(value[key]) for key in sorted(value)}
    return [sorted_keys(item) for item in value] if isinstance(value, list) else value


def same(one, other):
    return strict_json.dumps(sorted_keys(one)) == strict_json.dumps(sorted_keys(other))


def canonical(raw):
    """Canonical XML without comments, white space between FHIR elements and hints where a schema lies."""
    root = etree.fromstring(raw, etree.XMLParser(remove_comments=True))
    for element in root.iter():
        if etree.QName(element).namespace != XHTML:
            element.text = None
        if element.tail and etree.QName(element.getparent()).namespace != XHTML:
            element.tail = None
    for name in [name for name in root.attrib if "XMLSchema-instance" in name]:
        del root.attrib[name]
    etree.cleanup_namespaces(root)
    return etree.tostring(root, method="c14n")


@pytest.mark.shared
def test_every_official_example_comes_back_from_xml_as_it_was(examples):
    for name, raw in examples:
        resource = strict_json.loads(raw)
        for pretty in (False, True):
            assert same(xml.loads(xml.dumps(resource, pretty=pretty)), resource), name
    assert len(examples) == 726


BROKEN = {
    "gd-person-sametingelectorrelation.CodeSystem.xml": "CodeSystem.desciption",
    "gd-RelatedPerson-example-family.xml": "RelatedPerson.RelatedPerson",
    "vkp-Patient-Server-Requirements.xml": "CapabilityStatement.acceptUnknown",
    "MedicationDispense-to-EPR.xml": "MessageDefinition.event",
    "vkp-ImplementationGuide-v090.xml": "ImplementationGuide.dependency",
}
"""Files that are no FHIR R4, and the element that shows it."""


@pytest.mark.shared
def test_every_norwegian_xml_file_comes_back_from_json_as_it_was():
    read = 0
    for file in sorted(shared("fhir").rglob("*.xml")):
        if file.parent.name == "FREG-eksempel":
            continue  # XML of the population register
        raw = file.read_bytes()
        if file.name in BROKEN:
            with pytest.raises(xml.read.Malformed) as refused:
                xml.loads(raw)
            assert refused.value.issues[0].expression == (BROKEN[file.name],)
            continue
        assert canonical(xml.dumps(xml.loads(raw))) == canonical(raw), file.name
        read += 1
    assert read > 300


@pytest.mark.shared
def test_the_examples_of_no_basis_are_valid_in_structure():
    faulty = {}
    for file in sorted(shared("fhir/no-basis-xml-examples").rglob("*.xml")):
        issues = check(xml.loads(file.read_bytes()))
        if issues:
            faulty[file.name] = [issue.expression[0] for issue in issues]
    assert faulty == {"no-basis-HealthcareService-example.xml": ["HealthcareService.id"]}  # it has a blank


@MANY
@given(resources())
def test_any_valid_resource_comes_back_from_xml_as_it_was(resource):
    wanted = declared(resource)
    if re.search("[\ufffe\uffff]", strict_json.dumps(wanted).decode()):
        with pytest.raises(xml.CannotWrite, match=r"U\+FFF"):  # said, not lost
            xml.dumps(wanted)
        return
    written = xml.dumps(wanted)
    assert same(xml.loads(written), wanted)
    assert same(xml.loads(xml.dumps(wanted, pretty=True)), wanted)
    assert check(xml.loads(written)) == []


def declared(value):
    """The same with the namespace of narratives, which `generate` leaves out, and nothing beside them."""
    if isinstance(value, dict):
        return {key: declared(item) for key, item in value.items() if key != "_div"}
    if isinstance(value, list):
        return [declared(item) for item in value]
    return value.replace("<div>", f'<div xmlns="{XHTML}">') if isinstance(value, str) else value


BESIDE = (
    st.none()
    | st.just({"id": "x"})
    | st.just({"extension": [{"url": "http://example.org", "valueDecimal": 1}]})
)
NAME = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1)


@given(st.lists(st.tuples(st.none() | NAME, BESIDE), min_size=1, max_size=5))
def test_extensions_stay_beside_their_own_item_of_an_array(items):
    items = [(value, beside) for value, beside in items if value is not None or beside]
    name = {}
    if any(value is not None for value, _ in items):
        name["given"] = [value for value, _ in items]
    if any(beside for _, beside in items):
        name["_given"] = [beside for _, beside in items]
    resource = {"resourceType": "Patient", "active": True} | ({"name": [name]} if name else {})
    assert same(xml.loads(xml.dumps(resource)), resource)


@pytest.mark.parametrize(
    "digits", ["1.50", "0.0", "-0", "1e3", "1E-7", "100000000000000000000.10", "0.1", "7"]
)
def test_decimals_keep_their_digits(digits):
    raw = b'{"resourceType":"Observation","valueQuantity":{"value":%s}}' % digits.encode()
    written = xml.dumps(strict_json.loads(raw))
    assert b'<value value="%s"/>' % digits.encode() in written
    assert strict_json.dumps(xml.loads(written)) == raw


def test_text_of_attributes_keeps_its_lines_tabs_and_signs():
    said = "a\tb\nc\r\nd & <e> \"f\" 'g' æøå 🩺"
    resource = {"resourceType": "Basic", "code": {"text": said}}
    assert xml.loads(xml.dumps(resource)) == resource


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<p>a<br/>b<br />c</p>",
        "<p></p> <p/>",
        "<a href='x?a=1&amp;b=2' title=\"it's\">&lt;&#160;\r\n</a>",
        "<!-- said --> <b>x</b>",
        '<p xml:lang="nb">hei</p>',
    ],
)
def test_narratives_stay_as_they_were_written(inside):
    div = f'<div xmlns="{XHTML}">{inside}</div>'
    resource = {"resourceType": "Basic", "text": {"status": "generated", "div": div}}
    for pretty in (False, True):
        assert xml.loads(xml.dumps(resource, pretty=pretty)) == resource


@pytest.mark.parametrize(
    ("head", "div", "wanted"),
    [
        (f' xmlns:h="{XHTML}"', '<h:div><h:p class="a">x</h:p><h:br/></h:div>', '<p class="a">x</p><br/>'),
        (
            f' xmlns:h="{XHTML}"',
            f'<div xmlns="{XHTML}"><h:p>&lt;x&gt;&#13;</h:p></div>',
            "<p>&lt;x&gt;&#13;</p>",
        ),
        ("", f'<div xmlns="{XHTML}"><![CDATA[<script>]]></div>', "&lt;script&gt;"),
    ],
)
def test_narratives_that_lean_on_what_is_around_them_are_written_anew(head, div, wanted):
    text = f'<Basic xmlns="http://hl7.org/fhir"{head}><text><status value="generated"/>{div}</text></Basic>'
    assert xml.loads(text.encode())["text"]["div"] == f'<div xmlns="{XHTML}">{wanted}</div>'


@pytest.mark.parametrize(
    ("resource", "where"),
    [
        ({"resourceType": "Basic", "code": {"text": "a\x01"}}, "Basic.code.text"),
        ({"resourceType": "Patient", "name": [{"given": ["a", "\ufffe"]}]}, "Patient.name[0].given[1]"),
        (
            {
                "resourceType": "List",
                "contained": [{"resourceType": "Basic", "text": {"div": "<div>&nbsp;</div>"}}],
            },
            "List.contained[0].text.div",
        ),
        ({"resourceType": "Basic", "text": {"div": "<p>x</p>"}}, "Basic.text.div"),
        ({"resourceType": "Basic", "text": {"div": "<div/>", "_div": {"id": "x"}}}, "Basic.text.div"),
        ({"resourceType": "Basic", "text": {"div": "<div>x</div><div>y</div>"}}, "Basic.text.div"),
        ({"resourceType": "Basic", "text": {"div": "<!DOCTYPE div []><div/>"}}, "Basic.text.div"),
    ],
)
def test_what_xml_cannot_hold_is_refused_by_name(resource, where):
    with pytest.raises(xml.CannotWrite) as refused:
        xml.dumps(resource)
    assert refused.value.issues[0].expression == (where,)

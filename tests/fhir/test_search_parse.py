"""Query strings become queries, and what we do not have is refused by name."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akson.fhir.precision import interval
from akson.fhir.search import Filter, Has, Include, StringTerm, TokenTerm
from akson.fhir.search_parse import parse
from akson.fhir.spec import spec
from akson.kit.errors import Malformed, UnknownType, UnsupportedParameter

BASE = "https://akson.test/journal/fhir"


def query(kind, *pairs, lenient=False):
    return parse(kind, pairs, base=BASE, lenient=lenient)


def only(kind, name, value):
    (found,) = query(kind, (name, value)).filters
    return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("123", (None, "123")),
        ("http://loinc.org|8480-6", ("http://loinc.org", "8480-6")),
        ("|8480-6", ("", "8480-6")),
        ("http://loinc.org|", ("http://loinc.org", None)),
        (r"a\|b|c\,d\$e\\f", ("a|b", r"c,d$e\f")),
    ],
)
def test_token(value, expected):
    assert only("Observation", "code", value).terms == (TokenTerm(*expected),)


def test_alternatives_are_divided_by_commas_that_are_not_escaped():
    assert only("Patient", "name", r"Ås,b\,c").terms == (StringTerm("Ås"), StringTerm("b,c"))


@pytest.mark.parametrize(
    ("value", "prefix", "text"),
    [
        ("2024", "eq", "2024"),
        ("ge2024-02", "ge", "2024-02"),
        ("lt2024-02-29T10:00", "lt", "2024-02-29T10:00"),
        ("sa2024-02-29T10:00:00 01:00", "sa", "2024-02-29T10:00:00+01:00"),
    ],
)
def test_date(value, prefix, text):
    (term,) = only("Observation", "date", value).terms
    assert (term.prefix, term.low, term.high) == (prefix, *interval(text))


def test_about_a_date_reaches_a_tenth_of_the_way_to_now():
    (term,) = only("Observation", "date", "ap2000-01-01").terms
    low, high = interval("2000-01-01")
    assert term.low < low - 700 * 86_400_000_000
    assert term.high > high + 700 * 86_400_000_000


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("100", "99.5", "100.5"),
        ("100.00", "99.995", "100.005"),
        ("1e2", "5E+1", "1.5E+2"),
        ("-5.4", "-5.45", "-5.35"),
    ],
)
def test_number_has_the_precision_of_its_digits(value, low, high):
    (term,) = only("RiskAssessment", "probability", value).terms
    assert (str(term.low), str(term.high)) == (low, high)


def test_quantity():
    (term,) = only("Observation", "value-quantity", "gt5.40|http://unitsofmeasure.org|mg").terms
    assert (term.number.prefix, str(term.number.value)) == ("gt", "5.40")
    assert (term.system, term.code) == ("http://unitsofmeasure.org", "mg")
    (term,) = only("Observation", "value-quantity", "5.4||mg").terms
    assert (term.system, term.code) == (None, "mg")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("subject", "23", (None, "23", None)),
        ("patient", "23", ("Patient", "23", None)),
        ("subject", "Patient/23", ("Patient", "23", None)),
        ("subject:Patient", "23", ("Patient", "23", None)),
        ("subject", BASE + "/Patient/23", ("Patient", "23", None)),
        (
            "subject",
            "https://elsewhere.test/fhir/Patient/23",
            (None, None, "https://elsewhere.test/fhir/Patient/23"),
        ),
        ("subject", "urn:uuid:1", (None, None, "urn:uuid:1")),
    ],
)
def test_reference(name, value, expected):
    found = only("Observation", name, value)
    (term,) = found.terms
    assert (term.type, term.id, term.url) == expected
    assert found.modifier is None


def test_reference_by_identifier():
    found = only("Observation", "subject:identifier", "urn:oid:2.16|1")
    assert (found.modifier, found.terms) == ("identifier", (TokenTerm("urn:oid:2.16", "1"),))


def test_composite():
    (term,) = only(
        "Observation", "code-value-quantity", "http://loinc.org|2823-3$gt5.4|http://unitsofmeasure.org|mmol/L"
    ).terms
    token, quantity = term.parts
    assert token == TokenTerm("http://loinc.org", "2823-3")
    assert quantity.number.prefix == "gt"


def test_missing_text_not_and_exact():
    assert only("Patient", "gender:missing", "true").terms == (TokenTerm(None, "true"),)
    assert only("Condition", "code:text", "hodepine").terms == (StringTerm("hodepine"),)
    assert only("Patient", "gender:not", "male").modifier == "not"
    assert only("Patient", "family:exact", "Ås").modifier == "exact"
    assert only("Patient", "_content", "fall").terms == (StringTerm("fall"),)


def test_chain():
    found = only("Observation", "subject:Patient.name:exact", "Berg")
    assert (found.param.code, found.chain_type, found.terms) == ("subject", "Patient", ())
    assert (found.chain.param.base, found.chain.param.code, found.chain.modifier) == (
        "Patient",
        "name",
        "exact",
    )
    deep = only("Observation", "patient.general-practitioner:Organization.name", "Solvik")
    assert deep.chain.chain.param.base == "Organization"


def test_a_chain_to_several_types_holds_where_it_means_the_same_on_each():
    found = only("Observation", "subject.identifier", "urn:oid:2.16|1")
    assert (found.chain_type, found.chain.param.base, found.chain.param.code) == (None, "", "identifier")
    assert found.chain.terms == (TokenTerm("urn:oid:2.16", "1"),)
    named = only("Patient", "general-practitioner.name:exact", "Berg")
    assert (named.chain_type, named.chain.modifier) == (None, "exact")
    with pytest.raises(UnsupportedParameter, match="differs between"):
        only("Provenance", "target.value", "x")


def test_reverse_chain():
    found = only("Patient", "_has:Observation:patient:code", "1234-5")
    assert isinstance(found, Has)
    assert (found.type, found.reference.code, found.criterion.param.code) == (
        "Observation",
        "patient",
        "code",
    )
    nested = only("Patient", "_has:Observation:patient:_has:AuditEvent:entity:agent", "Practitioner/1")
    assert isinstance(nested.criterion, Has)
    through = only("Encounter", "patient._has:Group:member:_id", "1")
    assert isinstance(through, Filter)
    assert isinstance(through.chain, Has)


def test_result_parameters():
    found = query(
        "Observation",
        ("_count", "5000"),
        ("_sort", "-date,code"),
        ("_include", "Observation:subject:Patient"),
        ("_include:iterate", "Patient:general-practitioner"),
        ("_revinclude", "Provenance:target"),
        ("_include", "*"),
        ("_total", "accurate"),
        ("_elements", "id, status"),
        ("_cursor", "abc"),
        ("_format", "json"),
        ("_pretty", "true"),
    )
    assert (found.count, found.total, found.elements, found.cursor) == (
        1000,
        "accurate",
        ("id", "status"),
        "abc",
    )
    assert [(key.param.code, key.descending) for key in found.sort] == [("date", True), ("code", False)]
    assert found.includes == (
        Include("Observation", "subject", "Patient"),
        Include("Patient", "general-practitioner", iterate=True),
        Include("Provenance", "target", reverse=True),
        Include("Observation", "*"),
    )
    assert [name for name, _ in found.executed][-1] == "_elements"


def test_summary_count_asks_for_no_rows():
    assert query("Patient", ("_summary", "count"), ("_count", "10")).count == 0
    assert query("Patient", ("_summary", "true")).summary == "true"
    assert query("Patient", ("_summary", "false")).summary is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("nmae", "x", "nmae"),
        ("name:exacct", "x", "exacct"),
        ("birthdate:exact", "2024", "exact"),
        ("birthdate:of-type", "a|b|c", "of-type"),
        ("_id:text", "x", "text"),
        ("_content:exact", "x", "exact"),
        ("phonetic", "x", "phonetic"),
        ("_list", "$current-allergies", "current"),
        ("_filter", "nmae eq x", "nmae"),
        ("_filter", "gender sw x", "sw"),
        ("_filter", "name.family eq x", "name"),
        ("_query", "x", "_query"),
        ("_sort", "nmae", "nmae"),
        ("_include", "Patient:nmae", "nmae"),
        ("_include", "Patient:name", "name"),
        ("_include", "Pateint:link", "Pateint"),
        ("_include:recurse", "Patient:link", "iterate"),
        ("_include", "Patient:general-practitioner:Location", "Location"),
        ("_include:sometimes", "Patient:link", "sometimes"),
        ("name.family", "x", "name"),
        ("general-practitioner.active.x", "x", "active"),
        ("general-practitioner.nmae", "x", "nmae"),
        ("_has:Observation:code:code", "x", "code"),
        ("_has:Slot:schedule:status", "x", "Slot"),
        ("", "x", "search parameter"),
    ],
)
def test_unsupported_is_refused_by_name_or_ignored_on_request(name, value, said):
    with pytest.raises(UnsupportedParameter, match=said):
        query("Patient", (name, value))
    found = query("Patient", (name, value), ("gender", "male"), lenient=True)
    assert found.ignored == (name,)
    assert found.executed == (("gender", "male"),)
    assert len(found.filters) == 1


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("Patient", "birthdate", "abc"),
        ("Patient", "birthdate", "2024-13"),
        ("Patient", "birthdate", "2023-02-29"),
        ("Patient", "birthdate", ""),
        ("Patient", "name", "a,"),
        ("Patient", "identifier", "a|b|c"),
        ("Patient", "identifier", "|"),
        ("Patient", "gender:missing", "maybe"),
        ("Patient", "general-practitioner", "Foo/1"),
        ("Patient", "general-practitioner:Organization", "Practitioner/1"),
        ("RiskAssessment", "probability", "high"),
        ("RiskAssessment", "probability", "1e99999"),
        ("Observation", "value-quantity", "5|mg"),
        ("Observation", "code-value-quantity", "x"),
        ("Patient", "_count", "-1"),
        ("Patient", "_count", "ten"),
        ("Patient", "_total", "some"),
        ("Patient", "_summary", "x"),
        ("Patient", "_has:Observation:patient", "x"),
        ("Patient", "link:Patient." * 9 + "name", "x"),
    ],
)
def test_values_of_the_wrong_kind_are_refused_by_the_name_of_their_parameter(kind, name, value):
    with pytest.raises(Malformed, match=name.split(".", maxsplit=1)[0]) as refused:
        query(kind, (name, value))
    assert not isinstance(refused.value, UnsupportedParameter)
    with pytest.raises(Malformed):
        query(kind, (name, value), lenient=True)


NAMES = st.sampled_from(
    [*spec().params("Observation"), "subject:Patient.name", "_has:AuditEvent:entity:date", "_sort"]
)
CHARACTERS = st.text(st.sampled_from("ab19,|$\\-.:+ TZ/eægt"), max_size=25)


@given(st.lists(st.tuples(NAMES | CHARACTERS, CHARACTERS), max_size=3), st.booleans())
def test_whatever_comes_is_a_query_or_a_clear_refusal(pairs, lenient):
    with contextlib.suppress(Malformed):
        found = query("Observation", *pairs, lenient=lenient)
        assert len(found.executed) + len(found.ignored) <= len(pairs)


@given(st.text(max_size=12))
def test_escaping_loses_nothing(text):
    escaped = re.sub(r"([\\,|$])", r"\\\1", text)
    if text:
        assert only("Patient", "name", escaped).terms == (StringTerm(text),)
        assert only("Patient", "identifier", escaped).terms == (TokenTerm(None, text),)


def test_uri_below():
    assert only("ValueSet", "url:below", "http://example.org").modifier == "below"


def test_unknown_type():
    with pytest.raises(UnknownType):
        query("Pateint")


def test_search_over_all_types():
    assert query("", ("_id", "1"), ("_lastUpdated", "gt2024")).type == ""
    (kinds,) = query("", ("_type", "Patient,Task")).filters
    assert [term.code for term in kinds.terms] == ["Patient", "Task"]
    with pytest.raises(Malformed, match="Pateint"):
        query("", ("_type", "Pateint"))
    with pytest.raises(UnsupportedParameter):
        query("", ("name", "x"))
    with pytest.raises(UnsupportedParameter):
        query("Patient", ("_type", "Patient"))

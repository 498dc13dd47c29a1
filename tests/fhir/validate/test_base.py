"""What R4 demands beyond structure: for every kind of rule, an instance that breaks it, with the place and the code."""

import pytest

from akson.fhir.profiles.catalogue import Catalogue
from akson.fhir.validate.full import validate
from akson.fhir.validate.narrative import faults

XHTML = "http://www.w3.org/1999/xhtml"
EXT = "http://hl7.org/fhir/StructureDefinition/"
OBSERVATION = {"resourceType": "Observation", "status": "final", "code": {"text": "Weight"}}
PATIENT = {"resourceType": "Patient"}
VALUE = {"value": 1, "unit": "kg"}


def found(resource, severity="error"):
    report = validate(resource, Catalogue())
    return [(x.code, x.expression[0]) for x in report.issues if x.severity == severity]


def contained(inner, **more):
    return PATIENT | {"contained": [{"resourceType": "Organization", "id": "a", "name": "A"} | inner]} | more


def bundle(kind, *entries):
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


BY = {"managingOrganization": {"reference": "#a"}}
BROKEN = {
    "pat-1": (PATIENT | {"contact": [{"gender": "male"}]}, "invariant", "Patient.contact[0]"),
    "obs-6": (
        OBSERVATION | {"valueInteger": 1, "dataAbsentReason": {"text": "x"}},
        "invariant",
        "Observation",
    ),
    "obs-7": (
        OBSERVATION
        | {
            "code": {"coding": [{"system": "http://loinc.org", "code": "1-8"}]},
            "valueInteger": 1,
            "component": [{"code": {"coding": [{"system": "http://loinc.org", "code": "1-8"}]}}],
        },
        "invariant",
        "Observation",
    ),
    "obs-3": (OBSERVATION | {"referenceRange": [{"appliesTo": [{"text": "x"}]}]}, "invariant", "Observation.referenceRange[0]"),
    "per-1": (
        PATIENT | {"name": [{"family": "A", "period": {"start": "2020-02-01", "end": "2020-01-01"}}]},
        "invariant",
        "Patient.name[0].period",
    ),
    "qty-3": (
        OBSERVATION | {"valueQuantity": {"value": 1, "code": "kg"}},
        "invariant",
        "Observation.value.ofType(Quantity)",
    ),
    "rng-2": (
        OBSERVATION | {"valueRange": {"low": {"value": 3}, "high": {"value": 2}}},
        "invariant",
        "Observation.value.ofType(Range)",
    ),
    "att-1": (PATIENT | {"photo": [{"data": "AAAA"}]}, "invariant", "Patient.photo[0]"),
    "ref-1": (PATIENT | {"managingOrganization": {"reference": "#b"}}, "invariant", "Patient.managingOrganization"),
    "ext-1": (
        PATIENT | {"extension": [{"url": EXT + "patient-birthPlace"}]},
        "invariant",
        "Patient.extension[0]",
    ),
    "cpt-2": (PATIENT | {"telecom": [{"value": "1"}]}, "invariant", "Patient.telecom[0]"),
    "dom-2": (contained({"contained": [{"resourceType": "Basic", "id": "b", "code": {"text": "x"}}]}, **BY), "invariant", "Patient"),
    "dom-3": (contained({}), "invariant", "Patient"),
    "dom-4": (contained({"meta": {"versionId": "1"}}, **BY), "invariant", "Patient"),
    "dom-5": (contained({"meta": {"security": [{"code": "R"}]}}, **BY), "invariant", "Patient"),
    "inside a contained resource": (
        contained({"contact": [{"telecom": [{"value": "1"}]}]}, **BY),
        "invariant",
        "Patient.contained[0].contact[0].telecom[0]",
    ),
    "inside a parameter": (
        {
            "resourceType": "Parameters",
            "parameter": [{"name": "a", "resource": PATIENT | {"telecom": [{"value": "1"}]}}],
        },
        "invariant",
        "Parameters.parameter[0].resource.telecom[0]",
    ),
    "bdl-3": (bundle("collection", {"resource": PATIENT, "request": {"method": "GET", "url": "a"}}), "invariant", "Bundle"),
    "bdl-7": (
        bundle("collection", {"fullUrl": "urn:uuid:b5b8f0a4-0d5c-4b53-9c2f-0f2d0e4d7c11", "resource": PATIENT},
               {"fullUrl": "urn:uuid:b5b8f0a4-0d5c-4b53-9c2f-0f2d0e4d7c11", "resource": PATIENT}),
        "invariant",
        "Bundle",
    ),
    "bdl-8": (bundle("collection", {"fullUrl": "http://a.no/Patient/1/_history/2", "resource": PATIENT}), "invariant", "Bundle.entry[0]"),
    "bdl-11": (bundle("document", {"fullUrl": "http://a.no/Patient/1", "resource": PATIENT}), "invariant", "Bundle"),
    "bdl-12": (bundle("message", {"fullUrl": "http://a.no/Patient/1", "resource": PATIENT}), "invariant", "Bundle"),
    "an entry under another id": (
        bundle("collection", {"fullUrl": "http://a.no/Patient/1", "resource": PATIENT | {"id": "2"}}),
        "value",
        "Bundle.entry[0].fullUrl",
    ),
    "an entry with a relative address": (
        bundle("collection", {"fullUrl": "Patient/1", "resource": PATIENT}),
        "value",
        "Bundle.entry[0].fullUrl",
    ),
    "a document without what it speaks of": (
        bundle(
            "document",
            {
                "fullUrl": "http://a.no/Composition/1",
                "resource": {
                    "resourceType": "Composition",
                    "id": "1",
                    "status": "final",
                    "type": {"text": "x"},
                    "date": "2020",
                    "title": "x",
                    "author": [{"reference": "Practitioner/1"}],
                },
            },
        )
        | {"identifier": {"system": "urn:x", "value": "1"}, "timestamp": "2020-01-01T00:00:00Z"},
        "not-found",
        "Bundle.entry[0].resource.author",
    ),
    "a required binding": (
        {"resourceType": "Condition", "subject": {"reference": "Patient/1"},
         "clinicalStatus": {"coding": [{"system": "http://a.no", "code": "active"}]}},
        "code-invalid",
        "Condition.clinicalStatus",
    ),
    "a mime type": (PATIENT | {"photo": [{"contentType": "not a type", "url": "http://a.no"}]}, "code-invalid", "Patient.photo[0].contentType"),
    "a target of another type": (
        OBSERVATION | {"encounter": {"reference": "Patient/1"}},
        "structure",
        "Observation.encounter",
    ),
    "a contained target of another type": (
        OBSERVATION | {"encounter": {"reference": "#p"}, "contained": [PATIENT | {"id": "p"}]},
        "structure",
        "Observation.encounter",
    ),
    "narrative": (
        PATIENT | {"text": {"status": "generated", "div": f'<div xmlns="{XHTML}"><script>x</script></div>'}},
        "invalid",
        "Patient.text.div",
    ),
    "an extension in the wrong place": (
        OBSERVATION | {"extension": [{"url": EXT + "patient-birthPlace", "valueAddress": {"city": "X"}}]},
        "extension",
        "Observation.extension[0]",
    ),
    "an extension with a value of the wrong type": (
        PATIENT | {"extension": [{"url": EXT + "patient-birthPlace", "valueString": "X"}]},
        "structure",
        "Patient.extension[0].value.ofType(string)",
    ),
    "an extension without its parts": (
        PATIENT | {"extension": [{"url": EXT + "patient-nationality", "extension": [{"url": "code", "valueString": "NO"}]}]},
        "structure",
        "Patient.extension[0].extension[0].value.ofType(string)",
    ),
    "a part given too often": (
        PATIENT
        | {
            "extension": [
                {
                    "url": EXT + "patient-nationality",
                    "extension": [{"url": "code", "valueCodeableConcept": {"text": "NO"}}] * 2,
                }
            ]
        },
        "structure",
        "Patient.extension[0].extension",
    ),
    "an extension of a primitive in the wrong place": (
        PATIENT | {"_birthDate": {"extension": [{"url": EXT + "patient-birthPlace", "valueAddress": {"city": "X"}}]}},
        "extension",
        "Patient.birthDate.extension[0]",
    ),
    "an unknown modifier extension": (
        PATIENT | {"modifierExtension": [{"url": "http://a.no/x", "valueBoolean": True}]},
        "extension",
        "Patient.modifierExtension[0]",
    ),
    "a relative url of an extension": (
        PATIENT | {"extension": [{"url": "x", "valueBoolean": True}]},
        "extension",
        "Patient.extension[0]",
    ),
    "a profile as an extension": (
        PATIENT | {"extension": [{"url": EXT + "vitalsigns", "valueBoolean": True}]},
        "extension",
        "Patient.extension[0]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", BROKEN)
def test_what_breaks_a_rule_is_refused_at_its_place(rule):
    resource, code, path = BROKEN[rule]
    issues = [x for x in validate(resource, Catalogue()).issues if x.severity == "error"]
    here = [x.diagnostics for x in issues if (x.code, x.expression[0]) == (code, path)]
    assert here, issues
    if code == "invariant" and "-" in rule:
        assert any(f": {rule}: " in said for said in here)
    assert len({x.expression[0] for x in issues}) <= 2  # nothing else is thought to be wrong


WHOLE = [
    PATIENT | {"name": [{"period": {"start": "2020", "end": "2020-01-01"}, "family": "A"}]},
    OBSERVATION | {"valueQuantity": VALUE | {"system": "http://unitsofmeasure.org", "code": "kg"}},
    contained({}, **BY),
    contained({}, extension=[{"url": EXT + "patient-birthPlace", "valueAddress": {"city": "Bø"}}], **BY),
    PATIENT | {"_birthDate": {"extension": [{"url": EXT + "patient-birthTime", "valueDateTime": "2020-01-01T10:00:00Z"}]}},
    bundle("collection", {"fullUrl": "http://a.no/Patient/1", "resource": PATIENT | {"id": "1"}}),
    OBSERVATION | {"subject": {"display": "nobody"}, "encounter": {"reference": "http://a.no/Encounter/1"}},
]  # fmt: skip


@pytest.mark.parametrize("resource", WHOLE)
def test_what_breaks_no_rule_is_accepted(resource):
    assert found(resource) == []


def test_an_unknown_extension_is_told_and_not_refused():
    report = validate(PATIENT | {"extension": [{"url": "http://a.no/x", "valueString": "y"}]}, Catalogue())
    assert [(x.severity, x.code) for x in report.issues if "a.no" in x.diagnostics] == [
        ("warning", "extension")
    ]
    assert list(report.unknown) == ["http://a.no/x"]


def test_a_missing_narrative_is_a_warning():
    assert found(PATIENT, "warning") == [("invariant", "Patient")]


def test_codes_that_r4_does_not_hold_are_a_question_to_terminology():
    money = {
        "resourceType": "Account",
        "status": "active",
        "coverage": [{"coverage": {"reference": "Coverage/1"}}],
    }
    report = validate(money | {"type": {"coding": [{"system": "http://a.no", "code": "x"}]}}, Catalogue())
    assert not report.questions  # an example binding asks nothing
    unit = PATIENT | {"maritalStatus": {"coding": [{"system": "http://a.no", "code": "x"}]}}
    asked = list(validate(unit, Catalogue()).questions)
    assert [(x.value_set, x.codings, x.strength, x.path) for x in asked] == [
        (
            "http://hl7.org/fhir/ValueSet/marital-status",
            (("http://a.no", "x"),),
            "extensible",
            "Patient.maritalStatus",
        )
    ]


def test_nothing_else_is_looked_at_where_the_structure_is_wrong():
    assert found(PATIENT | {"nonsense": 1, "telecom": [{"value": "1"}]}) == [
        ("structure", "Patient.nonsense")
    ]


@pytest.mark.parametrize(
    "inner",
    [
        "<p>a</p>",
        '<p>5 &lt; 6 &nbsp; &aring;</p><img src="data: image/png;base64,AA" alt="x"/>',
        '<a href="http://a.no/">x</a><a href="#below">y</a><a href="Patient/1">z</a>',
        "<!-- said --><table><tbody><tr><td colspan='2'>1</td></tr></tbody></table>",
    ],
)
def test_a_narrative_that_is_allowed(inner):
    assert faults(f'<div xmlns="{XHTML}">{inner}</div>') == []


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ("<p>a", "well-formed"),
        ("<p onclick='x()'>a</p>", "attribute onclick"),
        ("<object>a</object>", "element object"),
        ("<form><input/></form>", "element form"),
        ("<a href='javascript:x()'>a</a>", "address in href"),
        ("<a href=' JavaScript:x()'>a</a>", "address in href"),
        ("<a href='vbscript:x'>a</a>", "address in href"),
        ("<img src='data:text/html,x'/>", "address in src"),
        ("<p> </p>", "white space"),
        ("<?php x ?>a", "processing instruction"),
        ("&unknown;a", "well-formed"),
        ("<svg xmlns='http://www.w3.org/2000/svg'/>a", "element svg"),
    ],
)
def test_a_narrative_that_is_not(inner, said):
    assert said in " ".join(faults(f'<div xmlns="{XHTML}">{inner}</div>'))


def test_a_narrative_is_one_div_of_xhtml():
    assert "one div" in faults("<div>a</div>")[0]
    assert "DOCTYPE" in faults(f'<!DOCTYPE div [<!ENTITY x "y">]><div xmlns="{XHTML}">&x;</div>')[0]

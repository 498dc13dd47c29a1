"""For every kind of constraint a profile can state: an instance that keeps it, and one that breaks it."""

import pytest

from akson.fhir.profiles.catalogue import Catalogue
from akson.fhir.validate.full import validate

HERE = "http://a.no/StructureDefinition/"
R4 = "http://hl7.org/fhir/StructureDefinition/"
FNR, HPR = "urn:oid:2.16.578.1.12.4.1.4.1", "urn:oid:2.16.578.1.12.4.1.4.4"


def profile(name, *elements, base="Patient", kind="Patient", **more):
    return {
        "resourceType": "StructureDefinition",
        "url": HERE + name,
        "type": kind,
        "kind": "resource",
        "derivation": "constraint",
        "baseDefinition": base if ":" in base else R4 + base,
        "differential": {"element": [element(*each) for each in elements]},
    } | more


def element(ident, **said):
    return {"id": ident, "path": ".".join(step.split(":")[0] for step in ident.split("."))} | said


def e(ident, **said):
    return (ident, said)


def made(*rows):
    return [element(ident, **said) for ident, said in rows]


def patient(name, *rows, **more):
    return profile(name, **more) | {"differential": {"element": made(*rows)}}


def observation(name, *rows, **more):
    return profile(name, kind="Observation", base=more.pop("base", "Observation"), **more) | {
        "differential": {"element": made(*rows)}
    }


def slicing(*discriminators, rules="open", ordered=False):
    rows = [{"type": kind, "path": path} for kind, path in discriminators]
    return {"discriminator": rows, "rules": rules, "ordered": ordered}


def by_system(rules="open", *, ordered=False):
    return (
        e("Patient.identifier", slicing=slicing(("value", "system"), rules=rules, ordered=ordered)),
        e("Patient.identifier:FNR", sliceName="FNR", min=1, max="1"),
        e("Patient.identifier:FNR.system", min=1, fixedUri=FNR),
        e("Patient.identifier:FNR.value", min=1, maxLength=11),
        e("Patient.identifier:HPR", sliceName="HPR", max="1"),
        e("Patient.identifier:HPR.system", min=1, patternUri=HPR),
    )


PATIENT = {"resourceType": "Patient"}
OBSERVATION = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
ONE = {"system": FNR, "value": "1"}
TWO = {"system": HPR, "value": "2"}
OTHER = {"system": "http://a.no/x", "value": "3"}
PARTS = (
    e("Extension.extension:code", sliceName="code", min=1, max="1"),
    e("Extension.extension:code.url", fixedUri="code"),
    e("Extension.extension:code.value[x]", min=1, type=[{"code": "Coding"}]),
    e("Extension.url", fixedUri=HERE + "nested"),
    e("Extension.value[x]", max="0"),
)
DEFINITIONS = [
    patient("least", e("Patient.name", min=1)),
    patient("most", e("Patient.name", max="1")),
    patient("nested", e("Patient.contact.name.family", min=1)),
    patient("upon", e("Patient.birthDate", min=1), base=HERE + "least"),
    observation("type", e("Observation.value[x]", type=[{"code": "Quantity"}, {"code": "string"}])),
    observation("shorthand", e("Observation.valueQuantity.code", min=1)),
    patient("fixed", e("Patient.gender", fixedCode="female")),
    patient("fixed-whole", e("Patient.maritalStatus", fixedCodeableConcept={"text": "M"})),
    observation("pattern", e("Observation.code", patternCodeableConcept={"coding": [{"system": "http://loinc.org"}]})),
    patient("length", e("Patient.name.family", maxLength=3)),
    patient("range", e("Patient.birthDate", minValueDate="2000-01-01", maxValueDate="2010-01-01")),
    observation("amount", e("Observation.value[x]", maxValueQuantity={"value": 5, "system": "http://unitsofmeasure.org", "code": "kg"})),
    patient("invariant", e("Patient", constraint=[{"key": "a-1", "severity": "error", "human": "A name or a number", "expression": "name.exists() or identifier.exists()"}])),
    patient("invariant-below", e("Patient.name", constraint=[{"key": "a-2", "severity": "warning", "human": "Both", "expression": "family.exists() and given.exists()"}])),
    patient("not-fhirpath", e("Patient", constraint=[{"key": "a-3", "severity": "error", "human": "?", "expression": "nam..e("}])),
    patient("required", e("Patient.maritalStatus", binding={"strength": "required", "valueSet": "http://hl7.org/fhir/ValueSet/administrative-gender"})),
    patient("extensible", e("Patient.maritalStatus", binding={"strength": "extensible", "valueSet": "http://hl7.org/fhir/ValueSet/administrative-gender"})),
    patient("preferred", e("Patient.maritalStatus", binding={"strength": "preferred", "valueSet": "http://hl7.org/fhir/ValueSet/administrative-gender"})),
    patient("open", *by_system()),
    patient("closed", *by_system("closed")),
    patient("at-end", *by_system("openAtEnd")),
    patient("ordered", *by_system(ordered=True)),
    patient("narrower", e("Patient.identifier:HPR", sliceName="HPR", min=1), base=HERE + "open"),
    patient("target", e("Patient.managingOrganization", type=[{"code": "Reference", "targetProfile": [HERE + "named"]}])),
    profile("named", kind="Organization", base="Organization") | {"differential": {"element": made(e("Organization.name", min=1))}},
    profile("phone", kind="ContactPoint", base="ContactPoint") | {"differential": {"element": made(e("ContactPoint.system", min=1, fixedCode="phone"))}},
    profile("mail", kind="ContactPoint", base="ContactPoint") | {"differential": {"element": made(e("ContactPoint.system", min=1, fixedCode="email"))}},
    patient("typed", e("Patient.telecom", type=[{"code": "ContactPoint", "profile": [HERE + "phone"]}])),
    patient("either", e("Patient.telecom", type=[{"code": "ContactPoint", "profile": [HERE + "phone", HERE + "mail"]}])),
    patient("by-profile", e("Patient.telecom", slicing=slicing(("profile", "$this"), rules="closed")), e("Patient.telecom:phone", sliceName="phone", min=1, type=[{"code": "ContactPoint", "profile": [HERE + "phone"]}])),
    patient("by-existence", e("Patient.name", slicing=slicing(("exists", "period"))), e("Patient.name:now", sliceName="now", min=1, max="1"), e("Patient.name:now.period", max="0"), e("Patient.name:old", sliceName="old"), e("Patient.name:old.period", min=1), e("Patient.name:old.period.end", min=1)),
    observation("by-type", e("Observation.value[x]", slicing=slicing(("type", "$this"), rules="closed")), e("Observation.value[x]:valueQuantity", sliceName="valueQuantity", type=[{"code": "Quantity"}]), e("Observation.value[x]:valueQuantity.unit", min=1)),
    observation("by-target", e("Observation.performer", slicing=slicing(("type", "resolve()"), rules="closed")), e("Observation.performer:who", sliceName="who", min=1, type=[{"code": "Reference", "targetProfile": [R4 + "Practitioner"]}])),
    observation("by-code", e("Observation.component", slicing=slicing(("pattern", "code"))), e("Observation.component:a", sliceName="a", min=1), e("Observation.component:a.code", patternCodeableConcept={"coding": [{"code": "a"}]}), e("Observation.component:a.value[x]", min=1)),
    observation("resliced", e("Observation.category", slicing=slicing(("value", "coding.system"))), e("Observation.category:x", sliceName="x"), e("Observation.category:x.coding.system", fixedUri="http://x.no"), e("Observation.category:x", slicing=slicing(("value", "coding.code"), rules="closed"), sliceName="x"), e("Observation.category:x/one", sliceName="x/one", max="1"), e("Observation.category:x/one.coding.code", fixedCode="one")),
    profile("flag", kind="Extension", base="Extension", context=[{"type": "element", "expression": "Patient"}]) | {"differential": {"element": made(e("Extension.url", fixedUri=HERE + "flag"), e("Extension.value[x]", min=1, type=[{"code": "boolean"}]))}},
    profile("nested-extension", kind="Extension", base="Extension", context=[{"type": "element", "expression": "Patient"}]) | {"url": HERE + "nested", "differential": {"element": made(*PARTS)}},
    patient("flagged", e("Patient.extension:flag", sliceName="flag", min=1, max="1", type=[{"code": "Extension", "profile": [HERE + "flag"]}])),
    profile("batch", kind="Bundle", base="Bundle") | {"differential": {"element": made(
        e("Bundle.entry", slicing=slicing(("profile", "resource"), rules="closed")),
        e("Bundle.entry:one", sliceName="one", min=1, max="1"),
        e("Bundle.entry:one.resource", min=1, type=[{"code": "Patient", "profile": [HERE + "least"]}]))}},
    patient("upon-nothing", e("Patient.name", min=1), base=HERE + "nowhere"),
    patient("upon-itself", base=HERE + "upon-itself"),
    patient("bottomless", e("Patient" + ".x" * 9000, min=1)),
]  # fmt: skip
# `nested` names a profile and the url of an extension: the profile of Patient is found by its own name.
BY_URL = {
    each["url"]: each for each in DEFINITIONS if each["url"] != HERE + "nested" or each["type"] == "Extension"
}
BY_URL[HERE + "contact"] = DEFINITIONS[2] | {"url": HERE + "contact"}


def issues(name, resource, severity="error"):
    report = validate(resource, Catalogue(lambda url: BY_URL.get(url.partition("|")[0])), [HERE + name])
    return [(x.code, x.expression[0]) for x in report.issues if x.severity == severity]


def quantity(value, **more):
    return {"value": value, "system": "http://unitsofmeasure.org", "code": "kg"} | more


def ids(*rows):
    return PATIENT | {"identifier": list(rows)}


def telecom(*rows):
    return PATIENT | {"telecom": [{"system": system, "value": "1"} for system in rows]}


NAMED = PATIENT | {"name": [{"family": "A"}]}
MARRIED = {"coding": [{"system": "http://a.no", "code": "M"}]}
FEMALE = {"coding": [{"system": "http://hl7.org/fhir/administrative-gender", "code": "female"}]}
FLAG = {"url": HERE + "flag", "valueBoolean": True}
CODE = {"url": "code", "valueCoding": {"code": "a"}}


def organised(**more):
    inner = {"resourceType": "Organization", "id": "o", "identifier": [ONE]} | more
    return PATIENT | {"contained": [inner], "managingOrganization": {"reference": "#o"}}


def batch(*resources):
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in resources],
    }


def categories(*codes):
    return OBSERVATION | {
        "category": [{"coding": [{"system": "http://x.no", "code": each}]} for each in codes]
    }


CASES = [
    ("least", NAMED, PATIENT, "required", "Patient.name"),
    ("most", NAMED, PATIENT | {"name": [{"family": "A"}] * 2}, "structure", "Patient.name"),
    ("contact", PATIENT | {"contact": [{"name": {"family": "A"}}]}, PATIENT | {"contact": [{"name": {"text": "A"}}]}, "required", "Patient.contact[0].name.family"),
    ("upon", NAMED | {"birthDate": "2000"}, NAMED, "required", "Patient.birthDate"),
    ("upon", NAMED | {"birthDate": "2000"}, PATIENT | {"birthDate": "2000"}, "required", "Patient.name"),
    ("type", OBSERVATION | {"valueString": "x"}, OBSERVATION | {"valueInteger": 1}, "structure", "Observation.value.ofType(integer)"),
    ("shorthand", OBSERVATION | {"valueString": "x"}, OBSERVATION | {"valueQuantity": {"value": 1}}, "required", "Observation.value.ofType(Quantity).code"),
    ("fixed", PATIENT | {"gender": "female"}, PATIENT | {"gender": "male"}, "value", "Patient.gender"),
    ("fixed-whole", PATIENT | {"maritalStatus": {"text": "M"}}, PATIENT | {"maritalStatus": {"text": "M", "coding": [{"code": "x"}]}}, "value", "Patient.maritalStatus"),
    ("pattern", OBSERVATION | {"code": {"coding": [{"code": "x"}, {"system": "http://loinc.org", "code": "1-8"}]}}, OBSERVATION, "value", "Observation.code"),
    ("length", PATIENT | {"name": [{"family": "Abc"}]}, PATIENT | {"name": [{"family": "Abcd"}]}, "too-long", "Patient.name[0].family"),
    ("range", PATIENT | {"birthDate": "2005-01-01"}, PATIENT | {"birthDate": "1999-12-31"}, "value", "Patient.birthDate"),
    ("range", PATIENT | {"birthDate": "2010-01-01"}, PATIENT | {"birthDate": "2010-01-02"}, "value", "Patient.birthDate"),
    ("amount", OBSERVATION | {"valueQuantity": quantity(5)}, OBSERVATION | {"valueQuantity": quantity(5.1)}, "value", "Observation.value.ofType(Quantity)"),
    ("invariant", NAMED, PATIENT, "invariant", "Patient"),
    ("required", PATIENT | {"maritalStatus": FEMALE}, PATIENT | {"maritalStatus": MARRIED}, "code-invalid", "Patient.maritalStatus"),
    ("required", PATIENT | {"maritalStatus": FEMALE}, PATIENT | {"maritalStatus": {"text": "M"}}, "code-invalid", "Patient.maritalStatus"),
    ("open", ids(OTHER, ONE, TWO), ids(TWO), "required", "Patient.identifier"),
    ("open", ids(ONE), ids(ONE, ONE), "structure", "Patient.identifier"),
    ("open", ids(ONE), ids({"system": FNR}), "required", "Patient.identifier[0].value"),
    ("open", ids(ONE), ids(OTHER, ONE | {"value": "123456789012"}), "too-long", "Patient.identifier[1].value"),
    ("closed", ids(ONE, TWO), ids(ONE, OTHER), "structure", "Patient.identifier[1]"),
    ("at-end", ids(ONE, TWO, OTHER), ids(OTHER, ONE), "structure", "Patient.identifier"),
    ("ordered", ids(ONE, OTHER, TWO), ids(TWO, ONE), "structure", "Patient.identifier"),
    ("narrower", ids(ONE, TWO), ids(ONE), "required", "Patient.identifier"),
    ("target", organised(name="A"), organised(), "required", "Patient.managingOrganization.name"),
    ("target", PATIENT | {"managingOrganization": {"reference": "Organization/1"}}, PATIENT | {"managingOrganization": {"reference": "Patient/1"}}, "structure", "Patient.managingOrganization"),
    ("typed", telecom("phone"), telecom("email"), "value", "Patient.telecom[0].system"),
    ("either", telecom("phone", "email"), telecom("phone", "fax"), "structure", "Patient.telecom[1]"),
    ("by-profile", telecom("phone"), telecom("phone", "email"), "structure", "Patient.telecom[1]"),
    ("by-existence", PATIENT | {"name": [{"family": "A"}, {"family": "B", "period": {"end": "2020"}}]}, PATIENT | {"name": [{"family": "A"}, {"family": "B", "period": {"start": "2020"}}]}, "required", "Patient.name[1].period.end"),
    ("by-type", OBSERVATION | {"valueQuantity": {"value": 1, "unit": "kg"}}, OBSERVATION | {"valueQuantity": {"value": 1}}, "required", "Observation.value.ofType(Quantity).unit"),
    ("by-type", OBSERVATION, OBSERVATION | {"valueString": "x"}, "structure", "Observation.value.ofType(string)"),
    ("by-target", OBSERVATION | {"performer": [{"reference": "#p"}], "contained": [{"resourceType": "Practitioner", "id": "p"}]}, OBSERVATION | {"performer": [{"reference": "#p"}], "contained": [{"resourceType": "Patient", "id": "p"}]}, "required", "Observation.performer"),
    ("by-target", OBSERVATION | {"performer": [{"reference": "Practitioner/1"}]}, OBSERVATION | {"performer": [{"reference": "Organization/1"}]}, "required", "Observation.performer"),
    ("by-code", OBSERVATION | {"component": [{"code": {"coding": [{"code": "a"}]}, "valueString": "x"}]}, OBSERVATION | {"component": [{"code": {"coding": [{"code": "a"}]}}]}, "required", "Observation.component[0].value"),
    ("resliced", categories("one"), categories("one", "two"), "structure", "Observation.category[1]"),
    ("resliced", categories("one"), categories("one", "one"), "structure", "Observation.category"),
    ("flagged", PATIENT | {"extension": [FLAG]}, PATIENT, "required", "Patient.extension"),
    ("flagged", PATIENT | {"extension": [FLAG]}, PATIENT | {"extension": [FLAG | {"valueBoolean": False}, FLAG]}, "structure", "Patient.extension"),
    ("flagged", PATIENT | {"extension": [FLAG]}, PATIENT | {"extension": [{"url": HERE + "flag", "valueString": "x"}]}, "structure", "Patient.extension[0].value.ofType(string)"),
    ("flagged", PATIENT | {"extension": [FLAG, {"url": HERE + "nested", "extension": [CODE]}]}, PATIENT | {"extension": [FLAG, {"url": HERE + "nested", "extension": [{"url": "other", "valueString": "x"}]}]}, "required", "Patient.extension[1].extension"),
    ("batch", batch(NAMED), batch(PATIENT), "required", "Bundle.entry"),
    ("least", NAMED, OBSERVATION, "structure", "Observation"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "good", "bad", "code", "path"), CASES, ids=[f"{row[0]}-{n}" for n, row in enumerate(CASES)]
)
def test_what_keeps_a_constraint_is_accepted_and_what_breaks_it_is_refused_at_its_place(
    name, good, bad, code, path
):
    assert issues(name, good) == []
    assert (code, path) in issues(name, bad)


def test_a_slice_is_named_to_readers_and_the_expression_stays_fhirpath():
    report = validate(categories("one", "one"), Catalogue(BY_URL.get), [HERE + "resliced"])
    told = next(x for x in report.issues if "Observation.category:x/one" in x.diagnostics)
    assert told.expression == ("Observation.category",)


def test_an_invariant_may_warn():
    assert issues("invariant-below", NAMED) == []
    assert ("invariant", "Patient.name[0]") in issues("invariant-below", NAMED, "warning")


def test_bindings_oblige_as_strongly_as_they_say():
    assert ("code-invalid", "Patient.maritalStatus") in issues(
        "extensible", PATIENT | {"maritalStatus": MARRIED}, "warning"
    )
    assert issues("extensible", PATIENT | {"maritalStatus": MARRIED}) == []
    told = issues("preferred", PATIENT | {"maritalStatus": MARRIED}, "warning")
    assert "code-invalid" not in [code for code, _ in told]


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("nowhere", "not-found", "not known here"),
        ("upon-nothing", "not-supported", "builds upon http://a.no/StructureDefinition/nowhere"),
        ("upon-itself", "not-supported", "builds upon"),
        ("not-fhirpath", "processing", "a-3 cannot be evaluated"),
        ("bottomless", "not-supported", "levels deep"),
    ],
)
def test_a_profile_that_cannot_be_checked_is_named_in_a_warning(name, code, said):
    report = validate(NAMED, Catalogue(BY_URL.get), [HERE + name])
    told = [x for x in report.issues if x.severity == "warning" and x.code == code]
    assert told
    assert said in told[0].diagnostics
    assert not report.failed


def test_declared_profiles_are_checked_also_of_what_is_inside():
    inner = PATIENT | {"meta": {"profile": [HERE + "least"]}}
    report = validate(batch(inner), Catalogue(BY_URL.get))
    assert ("required", "Bundle.entry[0].resource.name") in [(x.code, x.expression[0]) for x in report.issues]
    assert not validate(batch(inner), Catalogue(BY_URL.get), declared=False).failed


def test_a_slice_that_nothing_tells_is_not_counted_but_named():
    vague = patient(
        "vague",
        e("Patient.identifier", slicing=slicing(("value", "system"), rules="closed")),
        e("Patient.identifier:one", sliceName="one", min=1),
    )
    report = validate(ids(ONE), Catalogue({vague["url"]: vague}.get), [vague["url"]])
    assert not report.failed
    told = [x for x in report.issues if x.code == "not-supported"]
    assert [x.expression for x in told] == [("Patient.identifier",)]
    assert told[0].diagnostics.startswith("Patient.identifier:one: ")


def test_a_value_set_tells_slices_where_terminology_knows_it():
    told = patient(
        "told",
        e("Patient.communication.language.coding", slicing=slicing(("value", "$this"))),
        e("Patient.communication.language.coding:own", sliceName="own", min=1, binding={"strength": "required", "valueSet": "http://a.no/vs"}),
    )  # fmt: skip
    catalogue = Catalogue(
        {told["url"]: told}.get, lambda _vs, system, code: (system, code) == ("urn:x", "nb")
    )

    def speaks(code):
        return PATIENT | {"communication": [{"language": {"coding": [{"system": "urn:x", "code": code}]}}]}

    assert not validate(speaks("nb"), catalogue, [told["url"]]).failed
    assert validate(speaks("en"), catalogue, [told["url"]]).failed


def test_references_that_lead_in_a_circle_end():
    circle = profile("circle", kind="Organization", base="Organization") | {
        "differential": {"element": made(e("Organization.partOf", min=1, type=[{"code": "Reference", "targetProfile": [HERE + "circle"]}]))}
    }  # fmt: skip
    one, two = (
        {
            "resourceType": "Organization",
            "id": own,
            "name": own,
            "partOf": {"reference": f"Organization/{other}"},
        }
        for own, other in (("a", "b"), ("b", "a"))
    )
    assert not validate(batch(one, two), Catalogue({circle["url"]: circle}.get)).failed
    report = validate(
        batch(one | {"meta": {"profile": [HERE + "circle"]}}, two), Catalogue({circle["url"]: circle}.get)
    )
    assert not report.failed


def test_many_ways_to_the_same_resource_are_walked_once():
    """Lists of lists whose every entry leads to all of the next layer: as many ways as atoms."""
    tree = profile("tree", kind="List", base="List") | {
        "differential": {"element": made(e("List.entry.item", type=[{"code": "Reference", "targetProfile": [HERE + "tree", HERE + "least"]}]))}
    }  # fmt: skip

    def layer(depth, number):
        below = [{"item": {"reference": f"List/l{depth + 1}n{n}"}} for n in range(5)]
        made = {"resourceType": "List", "id": f"l{depth}n{number}", "status": "current", "mode": "working"}
        return made | ({"entry": below} if depth < 40 else {})

    lists = [layer(depth, n) for depth in range(41) for n in range(5)]
    lists[0] = lists[0] | {"meta": {"profile": [HERE + "tree"]}}
    assert not validate(batch(*lists), Catalogue({tree["url"]: tree, **BY_URL}.get)).failed


def test_an_invariant_that_takes_too_much_work_is_an_error_and_ends():
    costly = patient("costly", e("Patient.name", constraint=[{"key": "c-1", "severity": "error", "human": "?", "expression": "%resource.name.select(%resource.name.select(%resource.name.select(given))).count() > 0"}]))  # fmt: skip
    many = PATIENT | {"name": [{"given": ["A"]}] * 300}
    report = validate(many, Catalogue({costly["url"]: costly}.get), [costly["url"]])
    assert ("error", "too-costly") in [(x.severity, x.code) for x in report.issues]


def test_a_snapshot_alone_does_as_well():
    only = patient("only", e("Patient", min=0, max="*"), e("Patient.name", min=1, max="*"))
    only["snapshot"] = only.pop("differential")
    assert validate(PATIENT, Catalogue({only["url"]: only}.get), [only["url"]]).failed
    assert not validate(NAMED, Catalogue({only["url"]: only}.get), [only["url"]]).failed

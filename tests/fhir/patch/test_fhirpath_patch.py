"""FHIRPath Patch."""

from copy import deepcopy

import pytest

from akson.fhir.patch import fhirpath_patch
from akson.kit.errors import Malformed, Unprocessable

PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "active": True,
    "name": [
        {"use": "official", "family": "Hansen", "given": ["Kari", "Anne"]},
        {"use": "nickname", "given": ["Kari"]},
    ],
    "birthDate": "1970-03-30",
    "_birthDate": {"extension": [{"url": "http://x.example/sure", "valueBoolean": True}]},
    "contact": [{"name": {"text": "Per"}, "gender": "male"}],
    "deceasedBoolean": False,
    "multipleBirthInteger": 2,
}


def operation(kind, path, value=None, **more):
    parts = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    if value is not None:
        parts.append({"name": "value", **value})
    kinds = {"name": "valueString", "index": "valueInteger"}
    parts += [{"name": key, kinds.get(key, "valueInteger"): given} for key, given in more.items()]
    return {"name": "operation", "part": parts}


def patched(*operations, resource=PATIENT):
    before = deepcopy(resource)
    try:
        return fhirpath_patch.read({"resourceType": "Parameters", "parameter": list(operations)})(resource)
    finally:
        assert resource == before


def test_nothing_to_do_gives_the_same():
    assert patched() == PATIENT


def test_add_appends_to_lists_and_sets_what_is_absent():
    made = patched(
        operation("add", "Patient", {"valueCode": "female"}, name="gender"),
        operation("add", "Patient", {"valueIdentifier": {"value": "1"}}, name="identifier"),
        operation("add", "Patient.name.where(use = 'nickname')", {"valueString": "Kaja"}, name="given"),
        operation("add", "Patient.name[1]", {"valueString": "Hansen"}, name="family"),
    )
    assert made["gender"] == "female"
    assert made["identifier"] == [{"value": "1"}]
    assert made["name"][1] == {"use": "nickname", "given": ["Kari", "Kaja"], "family": "Hansen"}
    with pytest.raises(Unprocessable, match=r"operation 0 \(add Patient\): birthDate is there already"):
        patched(operation("add", "Patient", {"valueDate": "1999-01-01"}, name="birthDate"))
    with pytest.raises(Unprocessable, match="deceased is there already"):
        patched(operation("add", "Patient", {"valueDateTime": "2020"}, name="deceased"))


def test_a_choice_takes_the_type_of_the_value():
    made = patched(operation("replace", "Patient.deceased", {"valueDateTime": "2020-01-01"}))
    assert made["deceasedDateTime"] == "2020-01-01"
    assert "deceasedBoolean" not in made
    seen = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    made = patched(
        operation("add", "Observation", {"valueQuantity": {"value": 1}}, name="value"), resource=seen
    )
    assert made["valueQuantity"] == {"value": 1}
    with pytest.raises(Unprocessable, match="value cannot be a Address"):
        patched(operation("add", "Observation", {"valueAddress": {"city": "x"}}, name="value"), resource=seen)


def test_parts_make_an_element_whose_type_has_no_name():
    contact = {
        "part": [
            {"name": "name", "valueHumanName": {"text": "Ola"}},
            {"name": "telecom", "valueContactPoint": {"value": "1"}},
            {"name": "telecom", "valueContactPoint": {"value": "2"}},
        ]
    }
    made = patched(operation("insert", "Patient.contact", contact, index=0))
    assert made["contact"][0] == {"name": {"text": "Ola"}, "telecom": [{"value": "1"}, {"value": "2"}]}
    assert made["contact"][1] == PATIENT["contact"][0]


def test_insert_and_move_are_about_a_whole_list():
    given = "Patient.name[0].given"
    made = patched(operation("insert", given, {"valueString": "Eva"}, index=1))
    assert made["name"][0]["given"] == ["Kari", "Eva", "Anne"]
    assert (
        patched(operation("insert", given, {"valueString": "Eva"}, index=2))["name"][0]["given"][2] == "Eva"
    )
    made = patched(operation("insert", "Patient.address", {"valueAddress": {"city": "Bodø"}}, index=0))
    assert made["address"] == [{"city": "Bodø"}]
    assert patched(operation("move", given, source=1, destination=0))["name"][0]["given"] == ["Anne", "Kari"]
    for bad in (
        operation("insert", given, {"valueString": "Eva"}, index=3),
        operation("insert", "Patient.name.where(use = 'official')", {"valueHumanName": {}}, index=0),
        operation("insert", "Patient.name.given", {"valueString": "Eva"}, index=0),
        operation("insert", "Patient.birthDate", {"valueDate": "2000"}, index=0),
        operation("move", given, source=2, destination=0),
        operation("move", given, source=0, destination=2),
    ):
        with pytest.raises(Unprocessable, match="operation 0"):
            patched(bad)


def test_delete_takes_one_element_and_what_it_leaves_empty():
    made = patched(operation("delete", "Patient.name[0].given[0]"))
    assert made["name"][0]["given"] == ["Anne"]
    made = patched(operation("delete", "Patient.birthDate"))
    assert not {"birthDate", "_birthDate"} & made.keys()
    assert patched(operation("delete", "Patient.contact.name.text"))["contact"] == [{"gender": "male"}]
    made = patched(operation("delete", "Patient.contact.name"), operation("delete", "Patient.contact.gender"))
    assert "contact" not in made
    assert patched(operation("delete", "Patient.photo")) == PATIENT
    with pytest.raises(Unprocessable, match="leads to 2 elements"):
        patched(operation("delete", "Patient.name"))
    with pytest.raises(Unprocessable, match="patched away"):
        patched(operation("delete", "Patient"))


def test_equal_primitives_are_told_apart():
    made = patched(operation("replace", "Patient.name[1].given[0]", {"valueString": "Kaja"}))
    assert [name["given"][0] for name in made["name"]] == ["Kari", "Kaja"]


def test_extensions_of_primitives_can_be_reached():
    path = "Patient.birthDate.extension.where(url = 'http://x.example/sure')"
    made = patched(operation("replace", f"{path}.value", {"valueCode": "no"}))
    assert made["_birthDate"]["extension"] == [{"url": "http://x.example/sure", "valueCode": "no"}]
    made = patched(operation("delete", path))
    assert made["birthDate"] == "1970-03-30"
    assert "_birthDate" not in made
    more = {"valueExtension": {"url": "http://x.example/of", "valueString": "x"}}
    made = patched(operation("add", "Patient.name[0].given[1]", more, name="extension"))
    assert made["name"][0]["given"] == ["Kari", "Anne"]
    assert made["name"][0]["_given"] == [None, {"extension": [more["valueExtension"]]}]
    moved = patched(operation("move", "Patient.name[0].given", source=1, destination=0), resource=made)
    assert moved["name"][0]["_given"] == [{"extension": [more["valueExtension"]]}, None]


def test_a_replaced_primitive_loses_its_extensions():
    made = patched(operation("replace", "Patient.birthDate", {"valueDate": "1971-01-01"}))
    assert made["birthDate"] == "1971-01-01"
    assert "_birthDate" not in made


def test_later_operations_see_what_earlier_ones_did():
    made = patched(
        operation("add", "Patient", {"valueAddress": {"city": "Oslo", "line": ["a"]}}, name="address"),
        operation("replace", "Patient.address[0].city", {"valueString": "Bodø"}),
        operation("add", "Patient.address[0]", {"valueString": "b"}, name="line"),
        operation("delete", "Patient.address[0].line[0]"),
    )
    assert made["address"] == [{"city": "Bodø", "line": ["b"]}]


def test_contained_resources_are_of_their_own_type():
    made = patched(
        operation("replace", "Observation.contained[0].birthDate", {"valueDate": "1970"}),
        resource={
            "resourceType": "Observation",
            "contained": [{"resourceType": "Patient", "birthDate": "1"}],
        },
    )
    assert made["contained"][0]["birthDate"] == "1970"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (operation("replace", "Patient.nonsense", {"valueString": "x"}), "leads to nothing"),
        (operation("replace", "Patient.name", {"valueHumanName": {}}), "leads to 2 elements"),
        (operation("add", "Patient", {"valueString": "x"}, name="nonsense"), "no element 'nonsense'"),
        (operation("replace", "1 + 1", {"valueInteger": 3}), "no element of the resource"),
        (operation("replace", "Patient.(", {"valueInteger": 3}), "operation 0"),
        (
            operation("replace", "Patient.birthDate", {"valueHumanName": {"text": "x"}}),
            "cannot be a HumanName",
        ),
        (operation("replace", "Patient.contact.name", {"valueString": "x"}), "cannot be a String"),
        (operation("add", "Patient", {}, name="gender"), "missing"),
    ],
)
def test_what_cannot_be_done_names_the_operation_and_its_path(bad, why):
    with pytest.raises(Unprocessable, match=why):
        patched(bad)


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "other", "part": []},
        {"name": "operation"},
        operation("jump", "Patient"),
        operation("add", "Patient", name="gender"),
        operation("add", "Patient", {"valueCode": "x"}),
        operation("insert", "Patient.name", {"valueHumanName": {}}),
        operation("insert", "Patient.name", {"valueHumanName": {}}, index=-1),
        operation("move", "Patient.name", source=1),
        operation("delete", "x" * 1001),
    ],
)
def test_what_is_no_patch_is_malformed_with_its_place(bad):
    with pytest.raises(Malformed) as error:
        patched(bad)
    assert error.value.issues[0].expression[0].startswith("Parameters.parameter[0]") or "operation 0" in str(
        error.value
    )

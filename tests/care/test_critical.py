"""A form becomes the right resource and comes back as the same form."""

import pytest

from akson.care.critical import FIELDS, build, fields_of
from akson.exchange.declare import service
from akson.kit.errors import Unprocessable

SERVICE = service("kritisk-informasjon")
FORMS = {
    "overfoelsomhet": {
        "what": "Penicilliner", "severity": "1", "certainty": "3", "reaction": "Anafylaksi", "since": "2011-05-02",
        "note": "Fikk adrenalin",
    },
    "anestesikomplikasjon": {"what": "Vanskelig intubasjon", "since": "2019", "note": "Brukte videolaryngoskop"},
    "kritisk-tilstand": {"what": "Binyrebarksvikt", "why": "4", "since": "2015-01-01", "note": ""},
    "smitte": {"what": "Bærer av MRSA", "since": "2024-02-01", "note": "Nese"},
    "paagaaende-behandling": {"what": "Dialyse", "since": "2023-01-01", "note": "Tre ganger i uka"},
    "implantat": {"what": "Mekanisk hjerteventil", "since": "2018-03-04", "note": "Aorta"},
    "endret-prosedyre": {"what": "Avtale om åpen retur", "since": "2026-01-01", "note": "Ring avdelingen"},
}  # fmt: skip


@pytest.mark.parametrize("part", SERVICE.parts, ids=lambda part: part.slug)
def test_a_form_survives_the_way_through_a_resource(part) -> None:
    form = FORMS[part.slug]
    resource = build(part, form, "Patient/1")
    assert resource["resourceType"] == part.type
    assert fields_of(part, resource) == {field.name: form[field.name] for field in FIELDS[part.slug]}


@pytest.mark.parametrize("part", SERVICE.parts, ids=lambda part: part.slug)
def test_saving_what_was_opened_changes_nothing(part) -> None:
    first = build(part, FORMS[part.slug], "Patient/1")
    assert build(part, fields_of(part, first), "Patient/1", first) == first


@pytest.mark.parametrize("part", SERVICE.parts, ids=lambda part: part.slug)
def test_what_is_emptied_in_the_form_is_taken_away(part) -> None:
    first = build(part, FORMS[part.slug], "Patient/1")
    emptied = {f.name: FORMS[part.slug][f.name] if f.required else "" for f in FIELDS[part.slug]}
    assert fields_of(part, build(part, emptied, "Patient/1", first)) == emptied


def test_a_grade_that_the_form_does_not_show_is_kept_with_its_reaction() -> None:
    part = SERVICE.part("overfoelsomhet")
    first = build(part, FORMS["overfoelsomhet"], "Patient/1")
    first["reaction"][0]["severity"] = "severe"
    again = build(part, FORMS["overfoelsomhet"] | {"note": "Ny"}, "Patient/1", first)
    assert again["reaction"][0]["severity"] == "severe"
    changed = build(part, FORMS["overfoelsomhet"] | {"reaction": "Utslett"}, "Patient/1", first)
    assert "severity" not in changed["reaction"][0]


def test_a_name_from_the_list_is_coded() -> None:
    part = SERVICE.part("overfoelsomhet")
    allergy = build(part, FORMS["overfoelsomhet"], "Patient/1")
    assert allergy["code"]["coding"] == [
        {"system": "http://www.whocc.no/atc", "code": "J01C", "display": "Penicilliner"}
    ]
    assert allergy["criticality"] == "high"
    assert [each["code"] for each in allergy["verificationStatus"]["coding"]] == ["confirmed", "3"]


def test_what_the_form_lacks_is_kept_from_before() -> None:
    part = SERVICE.part("overfoelsomhet")
    before = build(part, FORMS["overfoelsomhet"], "Patient/1") | {"id": "a", "recordedDate": "2020-01-01"}
    after = build(part, FORMS["overfoelsomhet"] | {"reaction": ""}, "Patient/1", before)
    assert (after["id"], after["recordedDate"]) == ("a", "2020-01-01")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(Unprocessable) as refused:
        build(SERVICE.part("overfoelsomhet"), {"what": " ", "severity": "9", "certainty": ""}, "Patient/1")
    assert [issue.expression for issue in refused.value.issues] == [("what",), ("severity",), ("certainty",)]


@pytest.mark.parametrize(
    ("part", "name"),
    [(part, field.name) for part in SERVICE.parts for field in FIELDS[part.slug] if field.required],
    ids=lambda value: getattr(value, "slug", value),
)
def test_each_required_field_that_is_empty_is_named(part, name) -> None:
    with pytest.raises(Unprocessable) as refused:
        build(part, FORMS[part.slug] | {name: ""}, "Patient/1")
    assert [(issue.code, issue.expression) for issue in refused.value.issues] == [("required", (name,))]

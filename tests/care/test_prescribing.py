"""What is warned of when a medicine is prescribed, case by case."""

from datetime import date

import pytest

from akson.care import prescribing


def used(name, status="active", code=""):
    coded = {"coding": [{"system": prescribing.ATC, "code": code}]} if code else {}
    return {
        "resourceType": "MedicationStatement",
        "status": status,
        "medicationCodeableConcept": coded | {"text": name},
    }


def keys(name, dose="1 tablett morgen", items=(), allergies=(), status="active"):
    form = {"name": name, "dose": dose, "status": status}
    return [each.key for each in prescribing.warnings(form, list(items), allergies, "nb")]


@pytest.mark.parametrize(
    ("name", "dose", "warned"),
    [
        ("Paracetamol tabletter 500 mg", "2 tabletter fire ganger daglig", False),
        ("Paracetamol tabletter 500 mg", "3 tabletter fire ganger daglig", True),
        ("Paracetamol tabletter 1 g", "1 tablett morgen, 1 middag, 1 kveld og 2 natt", True),
        ("Paracetamol tabletter 500 mg", "4 tabletter x 3", True),
        ("Paracetamol tabletter 500 mg", "ved behov", False),
        ("Apiksaban tabletter 5 mg", "1 tablett morgen og 1 kveld", False),
        ("Zopiklon tabletter 3,75 mg", "3 tabletter om kvelden", True),
        ("Ukjent tabletter 500 mg", "90 tabletter morgen", False),
        ("Metoprolol", "5 tabletter morgen", False),
    ],
)
def test_a_dose_is_warned_of_where_numbers_say_so(name, dose, warned):
    assert (keys(name, dose) == ["dose"]) is warned


def test_twice_together_and_allergic():
    apixaban = used("Eliquis", code="B01AF02")
    assert keys("Apiksaban tabletter 2,5 mg", items=[apixaban]) == ["twice"]
    assert keys("Ibuprofen tabletter 200 mg", items=[apixaban]) == ["together"]
    assert keys("Ibuprofen tabletter 200 mg", items=[used("Apiksaban tabletter 5 mg", "stopped")]) == []
    assert keys("Ibuprofen tabletter 200 mg", items=[apixaban], status="stopped") == []
    assert keys("Kremen", items=[used("kremen")]) == ["twice"]
    group = {"code": {"coding": [{"system": prescribing.ATC, "code": "J01C"}], "text": "Penicilliner"}}
    assert keys("Amoksicillin kapsler 500 mg", allergies=[group]) == ["allergy"]
    assert keys("Lateks", allergies=[{"code": {"text": "Lateks"}}]) == ["allergy"]
    assert keys("Paracetamol tabletter 500 mg", allergies=[group]) == []


def test_a_combination_is_told_in_the_language_of_the_reader_whichever_came_first():
    def why(new, old, language):
        form = {"name": new, "dose": "1 tablett", "status": "active"}
        return [each.values["why"] for each in prescribing.warnings(form, [used(old)], (), language)]

    for language in ("nb", "nn", "en"):
        assert why("Tramadol", "Escitalopram", language) == why("Escitalopram", "Tramadol", language) != []
    assert why("Tramadol", "Escitalopram", "nb") != why("Tramadol", "Escitalopram", "en")


def test_a_long_list_and_one_that_nobody_has_gone_through():
    today, ten = date(2026, 11, 27), [used(str(n)) for n in range(10)]
    fresh, old = {"date": "2026-11-01T10:00:00Z"}, {"date": "2025-11-01T10:00:00Z"}
    assert [each.key for each in prescribing.of_list(ten, fresh, today)] == ["many"]
    assert [each.key for each in prescribing.of_list(ten[:9], old, today)] == ["not_gone_through"]
    assert [each.key for each in prescribing.of_list(ten[:1], None, today)] == ["not_gone_through"]
    assert prescribing.of_list([], None, today) == []

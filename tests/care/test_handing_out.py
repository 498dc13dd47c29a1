"""What is doubted when a medicine is handed out, case by case."""

import pytest

from akson.care import advice, handing_out

FORM = {
    "name": "Apiksaban tabletter 5 mg",
    "amount": "1",
    "unit": "tablett",
    "when": "2026-11-27",
    "status": "completed",
}


def listed(dose="1 tablett morgen og 1 kveld", status="active", name="Apiksaban tabletter 5 mg"):
    medicine = {"medicationCodeableConcept": {"text": name}}
    return {"resourceType": "MedicationStatement", "status": status, "dosage": [{"text": dose}]} | medicine


def given(times, day="2026-11-27", status="completed"):
    one = {"resourceType": "MedicationAdministration", "status": status, "effectiveDateTime": day}
    return [one | {"medicationCodeableConcept": {"text": "Apiksaban tabletter 5 mg"}}] * times


@pytest.mark.parametrize(
    ("form", "held", "found"),
    [
        ({}, [listed()], []),
        ({"amount": " 1", "unit": "Tablett"}, [listed()], []),
        ({"amount": "2", "unit": "tabletter"}, [listed()], ["dose"]),
        ({"name": "Ibuprofen tabletter 400 mg"}, [listed()], ["unknown"]),
        ({"name": ""}, [listed()], ["unknown"]),
        ({}, [listed(status="on-hold")], ["paused"]),
        ({}, [listed(status="stopped")], ["ended"]),
        ({}, [listed(status="stopped"), listed()], []),
        ({}, [listed(), *given(1)], []),
        ({}, [listed(), *given(2)], ["again"]),
        ({}, [listed(), *given(2, day="2026-11-26")], []),
        ({}, [listed(), *given(2, status="not-done")], []),
        ({}, [listed("1 tablett ved behov"), *given(3)], []),
        ({}, [listed("1 tablett"), *given(1)], ["again"]),
        ({"status": "not-done", "name": "Ibuprofen"}, [listed()], []),
    ],
)
def test_each_doubt_is_told_once_and_nothing_else(form, held, found):
    assert handing_out.doubts(FORM | form, held) == found


def test_advice_is_found_by_code_and_by_the_first_word_in_the_language_of_the_reader():
    coded = {"coding": [{"system": "http://www.whocc.no/atc", "code": "B01AF02"}], "text": "Eliquis"}
    one = {"resourceType": "MedicationStatement", "medicationCodeableConcept": coded}
    assert "aldri to" in advice.of(one, "nb")
    assert "never two" in advice.of(one, "en")
    assert advice.of(listed(), "nn") != advice.of(listed(), "nb")
    assert advice.of(listed(name="Grønnsåpe"), "nb") == ""

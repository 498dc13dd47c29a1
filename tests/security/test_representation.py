"""Who may act for whom by the register of persons: ages, parents, where the child lives, secret addresses, guardians."""

from datetime import date

import pytest

from akson.security.representation import ALL, APPOINTMENTS, of_child, of_ward

TODAY = date(2026, 11, 23)
HOME, ELSEWHERE = "Lyngveien 7", "Storgata 1"
MOTHER, FATHER = "m", "f"


def body(born="2017-05-19", street=HOME, **more):
    address = {"streetAddress": {"addressName": street, "postalCode": "6000"}}
    birth = [{"birthDate": f"{born}T00:00:00"}] if born else []
    return {"birth": birth, "residentialAddress": [address] if street else []} | more


def child(born="2017-05-19", street=HOME, **more):
    parents = [{"responsible": MOTHER}, {"responsible": FATHER}]
    return body(born, street, parentalResponsibility=parents) | more


SECRET = {"addressProtection": [{"level": "StrictlyConfidential"}]}
LIMITED = frozenset({APPOINTMENTS})
CASES = {
    "a newborn": (child("2026-11-15"), {}, ALL),
    "the day before twelve": (child("2014-11-24"), {}, ALL),
    "the day of twelve": (child("2014-11-23"), {}, LIMITED),
    "the day before sixteen": (child("2010-11-24"), {}, LIMITED),
    "the day of sixteen": (child("2010-11-23"), {}, frozenset()),
    "no date of birth": (child(""), {}, frozenset()),
    "the child's address is secret": (child(**SECRET), {}, frozenset()),
    "a parent's address is secret": (child(), SECRET, frozenset()),
    "the child is dead": (child(death=[{"date": "2026-01-01"}]), {}, frozenset()),
    "a parent is dead": (child(), {"death": [{"date": "2026-01-01"}]}, ALL),
    "a dead parent had a secret address": (child(), SECRET | {"death": [{"date": "2026-01-01"}]}, ALL),
    "the child lives with neither": (child(street=ELSEWHERE), {}, frozenset()),
    "nobody knows where the child lives": (child(street=""), {}, frozenset()),
}


@pytest.mark.parametrize("case", CASES)
def test_parents_act_for_children_by_age_and_where_the_child_lives(case):
    one, mother, expected = CASES[case]
    assert of_child(one, MOTHER, [body("1987-03-08") | mother, body("1985-11-27")], TODAY) == expected


def test_whoever_lives_in_the_same_street_does_not_live_with_the_child():
    def at(one, number, unit="H0101"):
        street = {
            "addressName": "Lyngveien",
            "addressNumber": number,
            "unitNumber": unit,
            "postalCode": "6000",
        }
        return one | {"residentialAddress": [{"streetAddress": street}]}

    one = at(child(), "7")
    assert of_child(one, MOTHER, [at(body(), "7")], TODAY) == ALL
    assert of_child(one, MOTHER, [at(body(), "9")], TODAY) == frozenset()
    assert of_child(one, MOTHER, [at(body(), "7", "H0201")], TODAY) == frozenset()


def test_a_parent_who_lives_elsewhere_acts_when_the_other_lives_with_the_child():
    parents = [body("1987-03-08", ELSEWHERE), body("1985-11-27")]
    assert of_child(child(), MOTHER, parents, TODAY) == ALL
    assert of_child(child(), "somebody", parents, TODAY) == frozenset()


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("PersonalInterests", ALL),
        ("PersonalAndEconomicalInterests", ALL),
        ("EconomicalInterests", frozenset()),
    ],
)
def test_a_guardian_acts_within_the_scope(scope, expected):
    guardian = {"norwegianIdentificationNumber": "g", "scopeOfGuardianship": scope}
    ward = body(guardianshipOrFuturePowerOfAttorney=[{"guardian": guardian}])
    assert of_ward(ward, "g") == expected
    assert of_ward(ward, "other") == frozenset()
    assert of_ward(ward | SECRET, "g") == frozenset()

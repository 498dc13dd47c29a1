"""National identity numbers against published vectors, and what we make against what we read."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akson.kit import norwegian
from akson.kit.errors import Malformed
from akson.kit.norwegian import IdKind, Series, Sex
from tests.shared import shared

AFTER, BEFORE = date(2032, 1, 1), date(2031, 12, 31)


@pytest.mark.shared
def test_published_numbers_are_valid_by_the_rule_of_their_time():
    vectors = json.loads(shared("ids/id-vectors.json").read_bytes())
    assert len(vectors) > 10
    for vector in vectors:
        assert norwegian.parse(vector["id"], on=AFTER), vector
        assert bool(norwegian.parse(vector["id"], on=BEFORE)) is (vector["k1_rest"] == 0), vector


@pytest.mark.shared
def test_published_numbers_tell_series_kind_and_century():
    told = {
        vector["kind"]: norwegian.parse(vector["id"], on=AFTER)
        for vector in json.loads(shared("ids/id-vectors.json").read_bytes())
        if "synthetic" in vector["kind"]
    }
    tenor = next(found for kind, found in told.items() if kind == "Tenor synthetic (+80)")
    assert (tenor.series, tenor.kind, tenor.synthetic) == (Series.TENOR, IdKind.FNR, True)
    nhn = next(found for kind, found in told.items() if "NHN" in kind)
    assert nhn.series is Series.NHN
    d1940 = next(found for kind, found in told.items() if "born 1940" in kind)
    d2000 = next(found for kind, found in told.items() if "born 2000" in kind)
    assert (d1940.kind, d1940.born.year, d1940.system) == (IdKind.DNR, 1940, norwegian.DNR)
    assert (d2000.kind, d2000.born.year) == (IdKind.DNR, 2000)


BIRTHS = st.dates(date(1900, 1, 1), date(2039, 12, 31))
SYNTHETIC = st.sampled_from([Series.TENOR, Series.NHN, Series.NAV])


@given(BIRTHS, st.sampled_from(Sex), st.integers(0, 40), st.sampled_from(IdKind), SYNTHETIC)
def test_a_made_number_reads_back(born, sex, serial, kind, series):
    number = norwegian.make(born, sex, serial, kind=kind, series=series)
    found = norwegian.parse(number, on=BEFORE)
    assert (found.born, found.sex, found.kind, found.series) == (born, sex, kind, series)
    assert norwegian.is_synthetic(number)


@given(BIRTHS, st.sampled_from(Sex), st.sampled_from([1, 2, 3]))
def test_the_rule_of_2032_tells_neither_birth_nor_sex(born, sex, rest):
    number = norwegian.make(born, sex, k1_rest=rest)
    assert norwegian.parse(number, on=BEFORE) is None
    found = norwegian.parse(number, on=AFTER)
    assert (found.born, found.sex, found.series) == (None, None, Series.TENOR)


@given(st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_found(place, change):
    number = norwegian.make(date(1942, 3, 12), Sex.FEMALE)
    wrong = number[:place] + str((int(number[place]) + change) % 10) + number[place + 1 :]
    assert norwegian.parse(wrong, on=BEFORE) is None


@pytest.mark.parametrize("wrong", ["", "1", "abcdefghijk", "128342 0001", "1" * 12, "١٢٣٤٥٦٧٨٩٠١"])
def test_not_eleven_digits_is_no_number(wrong):
    assert norwegian.parse(wrong) is None
    assert not norwegian.is_synthetic(wrong)


def test_serials_differ_and_run_out_with_an_error():
    made = [norwegian.make(date(1942, 3, 12), Sex.FEMALE, serial) for serial in range(100)]
    assert len(set(made)) == 100
    with pytest.raises(Malformed):
        norwegian.make(date(1942, 3, 12), Sex.FEMALE, 500)


def test_no_real_number_is_made():
    with pytest.raises(Malformed):
        norwegian.make(date(1942, 3, 12), Sex.FEMALE, series=Series.REAL)


def test_the_29th_of_february_needs_a_leap_year():
    leap = norwegian.make(date(2004, 2, 29), Sex.MALE)
    assert norwegian.parse(leap, on=BEFORE).born == date(2004, 2, 29)
    nine = leap[:4] + "05" + leap[6:9]
    for _ in range(50):  # the year is wrong, the check digits are made right
        number = norwegian._check_digits(nine, 0)
        if number:
            assert norwegian.parse(number, on=BEFORE) is None
            return
        nine = f"{int(nine) + 1:09}"
    pytest.fail("no number with right check digits")


def test_display_hides_the_five_last_digits():
    number = norwegian.make(date(1942, 3, 12), Sex.FEMALE)
    assert norwegian.mask(number) == "128342 •••••"
    assert norwegian.digits(f" {number[:6]} {number[6:]} ") == number


def test_organisation_numbers():
    made = [norwegian.make_organization_number(serial) for serial in range(50)]
    assert len(set(made)) == 50
    assert all(norwegian.is_synthetic_organization_number(number) for number in made)
    wrong = made[0][:-1] + str((int(made[0][-1]) + 1) % 10)
    assert not norwegian.is_organization_number(wrong)
    assert not norwegian.is_organization_number("31000000")


def test_shapes_of_the_other_identifiers():
    assert norwegian.is_hpr_number("9144889")
    assert not norwegian.is_hpr_number("0144889")
    assert not norwegian.is_hpr_number("9144889000")
    assert norwegian.is_her_id("8140001")
    assert not norwegian.is_her_id("her")
    assert norwegian.is_kommunenummer("9901")
    assert not norwegian.is_kommunenummer("9900")
    assert not norwegian.is_kommunenummer("301")
    assert norwegian.volven(9151) == "urn:oid:2.16.578.1.12.4.1.1.9151"


def test_numbers_that_check_out_are_taken_out_of_what_is_told():
    number = norwegian.make(date(1991, 3, 2), Sex.FEMALE)
    assert norwegian.without_numbers(f"'{number}' is not a FHIR date") == "'[...]' is not a FHIR date"
    assert norwegian.without_numbers(f"{number}1 and 12345678901") == f"{number}1 and 12345678901"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("17.05.2011", "2011-05-17"),
        (" 1.2.2024 ", "2024-02-01"),
        ("5.2011", "2011-05"),
        ("2011", "2011"),
        ("2011-05-17", "2011-05-17"),
        ("17.05.11", "17.05.11"),
        ("i fjor", "i fjor"),
    ],
)
def test_a_day_as_in_norway_is_a_day_of_fhir(written, day):
    assert norwegian.iso_day(written) == day

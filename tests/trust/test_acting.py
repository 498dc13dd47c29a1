"""For whom a system acts: itself, its units, and those who have delegated to its owner."""

from dataclasses import replace

import pytest

from akson.kit.norwegian import make_organization_number
from akson.trust import registry
from akson.trust.acting import acting, joined, read_details
from akson.trust.oauth import OAuthError

SINGLE, MULTI = "urn:oid:2.16.578.1.12.4.1.4.101", "urn:oid:1.0.6523"
ORGANIZATION, UNIT, OTHER = (make_organization_number(number) for number in (1, 77, 5))
CLIENT = registry.Client("akson-journal", "Journal", ORGANIZATION, {"keys": []}, units=frozenset({UNIT}))


def organisation(system, value):
    identifier = {"system": system, "type": "ENH", "value": value}
    return (
        {"type": "helseid_authorization", "practitioner_role": {"organization": {"identifier": identifier}}},
    )


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ((), ""),
        (organisation(SINGLE, UNIT), UNIT),
        (organisation("urn:oid:2.16.578.1.12.4.1.2.101", UNIT), UNIT),
        (organisation(SINGLE, ORGANIZATION), ORGANIZATION),
        (organisation(MULTI, f"NO:ORGNR:{ORGANIZATION}:{UNIT}"), UNIT),
        (organisation(MULTI, f"NO:ORGNR:{ORGANIZATION}:"), ""),
    ],
)
def test_the_unit_that_acts(details, expected):
    assert acting(details, CLIENT).unit == expected


@pytest.mark.parametrize(
    ("details", "error"),
    [
        (organisation(SINGLE, OTHER), "access_denied"),
        (organisation(MULTI, f"NO:ORGNR:{OTHER}:{UNIT}"), "access_denied"),
        (organisation(MULTI, f"NO:ORGNR:{ORGANIZATION}:{OTHER}"), "access_denied"),
        (organisation("urn:x", UNIT), "invalid_request"),
        (({"type": "helseid_authorization"},), "invalid_request"),
        (({"type": "helseid_authorization", "practitioner_role": "x"},), "invalid_request"),
    ],
)
def test_nobody_acts_for_somebody_elses_unit(details, error):
    with pytest.raises(OAuthError) as caught:
        acting(details, CLIENT)
    assert caught.value.error == error


def test_a_supplier_acts_for_who_has_delegated_and_says_for_whom():
    customer, clinic = make_organization_number(6), make_organization_number(7)
    delegation = registry.Delegation(customer, frozenset({clinic}))
    supplier = replace(CLIENT, delegations=(delegation,))
    found = acting(organisation(MULTI, f"NO:ORGNR:{customer}:{clinic}"), supplier)
    assert (found.organization, found.unit, found.supplier) == (customer, clinic, ORGANIZATION)
    assert acting(organisation(MULTI, f"NO:ORGNR:{ORGANIZATION}:{UNIT}"), supplier).supplier == ""
    assert acting((), supplier).organization == ORGANIZATION
    for wrong in (f"{customer}:{UNIT}", f"{OTHER}:", f"{ORGANIZATION}:{clinic}", f":{clinic}"):
        with pytest.raises(OAuthError) as caught:
            acting(organisation(MULTI, f"NO:ORGNR:{wrong}"), supplier)
        assert caught.value.error == "access_denied"


def test_details_come_as_one_or_several_and_each_once():
    one = {"type": "helseid_authorization"}
    assert (
        read_details(one)
        == read_details([one])
        == read_details('{"type": "helseid_authorization"}')
        == (one,)
    )
    assert read_details([]) == ()
    for wrong in ("", "{", "5", "null", '"x"', [5], [None], {}, {"type": 5}, {"type": "x"}, [one, "x"]):
        with pytest.raises(OAuthError) as caught:
            read_details(wrong)
        assert caught.value.error == "invalid_authorization_details", wrong
    for twice in (lambda: read_details([one, one]), lambda: joined((one,), (one,))):
        with pytest.raises(OAuthError, match="HID-DOUBLE-STRUCTURE") as caught:
            twice()
        assert caught.value.error == "access_denied"

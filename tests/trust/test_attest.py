"""The attest of the trust framework: NHN's structure, and the rules that the anchor keeps."""

import copy
import dataclasses
from datetime import date

import pytest

from akson.kit.norwegian import IdKind, Sex, make, make_organization_number
from akson.trust import registry
from akson.trust.attest import User, attest, precheck
from akson.trust.oauth import OAuthError
from tests.security import world as small
from tests.trust.test_acting import organisation

SINGLE, MULTI = "urn:oid:2.16.578.1.12.4.1.4.101", "urn:oid:1.0.6523"
ORGANIZATION, UNIT, OTHER = (make_organization_number(number) for number in (1, 77, 5))
CLIENT = registry.Client(
    "akson-journal",
    "Journal",
    ORGANIZATION,
    {"keys": []},
    units=frozenset({UNIT}),
    members=frozenset({ORGANIZATION}),
)
USER = User(small.NURSE, 4)


class _World:
    class journal:  # noqa: N801
        class node:  # noqa: N801
            organization = ORGANIZATION


GOOD = small.attest(_World)


def changed(path, value=None):
    """The good attest with the member at `path` changed, or removed where no value is given."""
    made = copy.deepcopy(GOOD)
    *way, last = path.split("/")
    place = made
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return made


def test_a_right_attest_is_completed_with_who_and_when():
    found = attest((GOOD,), CLIENT, USER)
    assert found["practitioner"]["identifier"]["id"] == small.NURSE.pid
    assert found["practitioner"]["hpr_nr"]["id"] == small.NURSE.hpr
    assert found["toa"] > 0
    assert found["care_relationship"] == GOOD["care_relationship"]


@pytest.mark.parametrize(
    "path",
    [
        "practitioner/authorization",
        "care_relationship/healthcare_service",
        "care_relationship/purpose_of_use_details",
        "patients/0/point_of_care",
    ],
)
def test_what_need_not_exist_may_be_left_out(path):
    assert attest((changed(path),), CLIENT, USER)


SHAPES = {
    "no practitioner": changed("practitioner"),
    "no care relationship": changed("care_relationship"),
    "no patients": changed("patients"),
    "two patients": changed("patients", [{}, {}]),
    "no legal entity": changed("practitioner/legal_entity"),
    "no point of care": changed("practitioner/point_of_care"),
    "no purpose": changed("care_relationship/purpose_of_use"),
    "unknown purpose": changed("care_relationship/purpose_of_use/code", "CURIOSITY"),
    "purpose of another system": changed("care_relationship/purpose_of_use/system", "urn:x"),
    "no decision": changed("care_relationship/decision_ref"),
    "decision without id": changed("care_relationship/decision_ref/id"),
    "user_selected as text": changed("care_relationship/decision_ref/user_selected", "false"),
    "authorization of another system": changed("practitioner/authorization/system", "urn:x"),
    "legal entity of another system": changed("practitioner/legal_entity/system", "urn:x"),
    "practitioner as text": changed("practitioner", "x"),
    "something more": GOOD | {"toa": 99999999999},
    "the other spelling": {("care_relation" if k == "care_relationship" else k): v for k, v in GOOD.items()},
}


@pytest.mark.parametrize("case", SHAPES)
def test_a_wrong_shape_is_refused(case):
    with pytest.raises(OAuthError) as caught:
        attest((SHAPES[case],), CLIENT, USER)
    assert caught.value.error == "invalid_request"


RULES = {
    "ATT-9": (GOOD, CLIENT, User(small.NURSE, 3)),
    "ATT-11": (
        changed(
            "practitioner/identifier", {"id": small.CITIZEN.pid, "system": "urn:oid:2.16.578.1.12.4.1.4.1"}
        ),
        CLIENT,
        USER,
    ),
    "ATT-10": (
        changed("practitioner/identifier", {"id": "A1", "system": "urn:oid:2.16.578.1.12.4.1.4.3"}),
        CLIENT,
        USER,
    ),
    "ATT-12": (GOOD, registry.Client("x", "X", ORGANIZATION, {}, units=frozenset({UNIT})), USER),
    "ATT-15": (changed("practitioner/legal_entity/id", OTHER), CLIENT, USER),
    "ATT-18": (changed("practitioner/point_of_care/id", OTHER), CLIENT, USER),
    "ATT-48": (changed("care_relationship/purpose_of_use/code", "ETREAT"), CLIENT, USER),
    "ATT-51": (changed("patients/0/point_of_care", {"id": OTHER, "system": SINGLE}), CLIENT, USER),
    "signed-in": (GOOD, CLIENT, None),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_broken_rule_is_named_and_refused(rule):
    details, client, user = RULES[rule]
    with pytest.raises(OAuthError, match=rule) as caught:
        attest((details,), client, user)
    assert caught.value.error == "access_denied"
    assert small.CITIZEN.pid not in str(caught.value)


def test_before_anybody_has_signed_in_the_rest_is_checked():
    assert precheck((GOOD,), CLIENT) == GOOD
    assert precheck((), CLIENT) is attest((), CLIENT, USER) is None
    for rule in ("ATT-12", "ATT-15", "ATT-18", "ATT-51"):
        details, client, _ = RULES[rule]
        with pytest.raises(OAuthError, match=rule):
            precheck((details,), client)


def test_one_attests_from_the_unit_that_acts():
    """ATT-19: hired staff attest from where they work, which is the unit that the system acts for."""
    second = make_organization_number(78)
    client = dataclasses.replace(CLIENT, units=frozenset({UNIT, second}))
    assert attest((GOOD, *organisation(SINGLE, UNIT)), client, USER)
    assert attest((GOOD, *organisation(SINGLE, ORGANIZATION)), client, USER)
    with pytest.raises(OAuthError, match="ATT-19") as caught:
        attest((GOOD, *organisation(SINGLE, second)), client, USER)
    assert caught.value.error == "access_denied"


def test_emergency_access_that_the_user_chose_is_taken():
    opened = changed("care_relationship/purpose_of_use/code", "ETREAT")
    opened["care_relationship"]["decision_ref"]["user_selected"] = True
    assert attest((opened,), CLIENT, USER)


def test_a_d_number_is_named_as_one():
    pid = make(date(1985, 5, 4), Sex.FEMALE, kind=IdKind.DNR)
    found = attest((GOOD,), CLIENT, User(dataclasses.replace(small.NURSE, pid=pid), 4))
    assert found["practitioner"]["identifier"]["system"] == "urn:oid:2.16.578.1.12.4.1.4.2"

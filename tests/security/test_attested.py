"""The attest at a resource server, and its form beside NHN's own schema and examples."""

import copy
import json
import time

import jsonschema_rs
import pytest

from akson.kit.norwegian import make_organization_number
from akson.security.attested import LIFE, fault, recheck
from akson.security.jose import BadToken
from tests.security import world as small
from tests.shared import shared

IDENTIFIER = {"id": small.NURSE.pid, "system": "urn:oid:2.16.578.1.12.4.1.4.1"}
IF_IT_EXISTS = {
    "practitioner/authorization",
    "practitioner/department",
    "care_relationship/healthcare_service",
    "care_relationship/purpose_of_use_details",
    "patients/0/point_of_care",
    "patients/0/department",
}
"""What NHN's schema demands and the framework's own text wants only where it exists."""


class _World:
    class journal:  # noqa: N801
        class node:  # noqa: N801
            organization = make_organization_number(1)


SENT = small.attest(_World)
SIGNED = SENT | {"practitioner": SENT["practitioner"] | {"identifier": IDENTIFIER}, "toa": 1}


def fresh(**changed):
    return SIGNED | {"toa": int(time.time())} | changed


def test_a_right_attest_is_taken_until_it_is_an_hour_old():
    found, until = recheck(fresh(), small.NURSE.pid, 4)
    assert found["toa"] + LIFE == until
    assert recheck(fresh(toa=int(time.time()) - LIFE + 30), small.NURSE.pid, 4)


@pytest.mark.parametrize(
    ("attest", "pid", "level", "said"),
    [
        (fresh(toa=1), small.NURSE.pid, 4, "attestation_has_expired"),
        (fresh(toa=99999999999), small.NURSE.pid, 4, "attestation_has_expired"),
        (fresh(), small.CITIZEN.pid, 4, "attestation_is_about_another_practitioner"),
        (fresh(), small.NURSE.pid, 3, "attestation_needs_level_high"),
        (SENT, small.NURSE.pid, 4, "attestation_is_malformed at"),
        (SENT | {"toa": 1}, small.NURSE.pid, 4, "attestation_is_malformed at practitioner"),
        (None, small.NURSE.pid, 4, "attestation_is_malformed at its top"),
        ([], small.NURSE.pid, 4, "attestation_is_malformed"),
    ],
)
def test_what_is_wrong_is_said_without_naming_anybody(attest, pid, level, said):
    with pytest.raises(BadToken, match=said) as caught:
        recheck(attest, pid, level)
    assert not any(number in caught.value.diagnostics for number in (small.NURSE.pid, small.CITIZEN.pid))


# --- NHN's own schema and examples -----------------------------------------------------------------------------


def _at(value, path):
    for step in path.split("/"):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _without(value, path):
    made = copy.deepcopy(value)
    way, _, last = path.rpartition("/")
    del (_at(made, way) if way else made)[last]
    return made


@pytest.fixture
def schema():
    return json.loads(shared("helseid/tillitsrammeverk-parameters.schema.json").read_text())


def _complete():
    place = {"id": "1234", "system": "urn:oid:2.16.578.1.12.4.1.4.102"}
    made = copy.deepcopy(SENT)
    made["practitioner"]["department"] = place
    made["patients"][0]["department"] = place
    return made


def _demanded(schema, path=""):
    """Every member that the schema demands, as a path."""
    for name, inner in schema.get("properties", {}).items():
        if name in schema.get("required", ()):
            yield f"{path}{name}"
        yield from _demanded(inner, f"{path}{name}/")
    if "items" in schema:
        yield from _demanded(schema["items"], f"{path}0/")


@pytest.mark.shared
def test_what_nhn_takes_is_taken_and_what_it_demands_is_demanded(schema):
    theirs = jsonschema_rs.Draft7Validator(schema)
    complete = _complete()
    assert theirs.is_valid(complete)
    assert fault(complete) is None
    demanded = list(_demanded(schema))
    assert len(demanded) > 25
    for path in demanded:
        spoiled = _without(complete, path)
        assert not theirs.is_valid(spoiled), path
        assert (fault(spoiled) is None) == (path in IF_IT_EXISTS), path


@pytest.mark.shared
def test_a_member_of_another_kind_is_refused_as_nhn_does(schema):
    theirs = jsonschema_rs.Draft7Validator(schema)
    for path in _demanded(schema):
        spoiled = _complete()
        way, _, last = path.rpartition("/")
        (_at(spoiled, way) if way else spoiled)[last] = 7
        assert not theirs.is_valid(spoiled), path
        assert fault(spoiled) is not None, path


@pytest.mark.shared
@pytest.mark.parametrize("name", ["attest-fastlege", "attest-sykehjemslege"])
def test_nhns_examples_of_who_works_where_are_taken_as_signed(name):
    """The examples show the model with `care_relation`, and leave out why; on the wire both are as NHN's schema says."""
    example = json.loads(shared(f"helseid/{name}.json").read_text())
    relation = SENT["care_relationship"] | {
        name: value for name, value in example["care_relation"].items() if name == "healthcare_service"
    }
    attest = {name: value for name, value in example.items() if name in {"practitioner", "patients"}} | {
        "type": SENT["type"],
        "care_relationship": relation,
        "toa": int(time.time()),
    }
    assert fault(attest, signed=True) is None
    assert recheck(attest, attest["practitioner"]["identifier"]["id"], 4)

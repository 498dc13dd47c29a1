"""A row of the access log as AuditEvent: valid R4, who and why told, no identity number of personnel."""

from datetime import UTC, datetime

import pytest

from akson.fhir.validate import structure
from akson.kit.settings import Node, Role
from akson.security.audit.event import audit_event
from akson.store.access.audit import AuditRow, Entry

NODE = Node(
    name="sykehus",
    roles=frozenset({Role.JOURNAL}),
    base="http://akson.test/sykehus",
    title="Fjordsykehuset",
    organization="911000001",
    client_id="akson-sykehus",
)
ROW = {
    "moment": datetime(2026, 11, 23, 8, 5, tzinfo=UTC),
    "action": "read",
    "purpose": "TREAT",
    "granted": True,
    "reason": "reason.care_relation",
    "basis": "UNNTAK",
    "type": "Condition",
    "id": "c1",
    "version": 2,
    "count": 1,
    "request_id": "r1",
    "node": "sykehus",
}
DOCTOR = {
    "actor_kind": "personnel",
    "actor_name": "Ola Strand",
    "actor_id": "9100200",
    "practitioner": "Practitioner/ola",
    "role": "sykehuslege",
    "unit": "Medisinsk avdeling",
    "organization": "911000001",
    "organization_name": "Fjordsykehuset",
}


def event(**values):
    return audit_event(Entry(7, "e7", AuditRow(**ROW | {"actor_kind": "node"} | values)), NODE, "ingrid")


@pytest.mark.parametrize(
    "values",
    [
        DOCTOR,
        DOCTOR | {"client_id": "akson-journal", "practitioner": ""},
        {"actor_kind": "citizen", "actor_name": "Ingrid Haugen", "client_id": "akson-samhandling"},
        {"actor_kind": "system", "actor_name": "Solvik kommune", "client_id": "akson-journal"},
        {"actor_kind": "node"},
        {"type": "", "id": "", "version": 0, "count": 0, "request_id": "", "basis": ""},
        *({"action": action} for action in ("search", "history", "create", "update", "delete")),
        DOCTOR | {"granted": False, "reason": "reason.no_rule"},
    ],
)
def test_every_kind_of_row_is_valid(values):
    assert structure.check(event(**values)) == []


def test_who_in_which_role_where_and_by_which_rule():
    made = event(**DOCTOR)
    user, client, server, unit, owner = made["agent"]
    assert [each["requestor"] for each in (client, server)] == [False, False]
    assert (user["name"], user["role"][0]["coding"][0]["code"]) == ("Ola Strand", "sykehuslege")
    assert user["who"]["identifier"]["value"] == "9100200"
    assert user["policy"] == ["urn:akson:rule:care_relation"]
    assert (unit["who"]["display"], owner["who"]["display"]) == ("Medisinsk avdeling", "Fjordsykehuset")
    assert made["entity"][1]["what"]["reference"] == "Condition/c1/_history/2"
    assert made["outcome"] == "0"


def test_a_refusal_is_a_failure_with_its_reason():
    made = event(**DOCTOR | {"granted": False, "reason": "reason.no_rule"})
    assert (made["outcome"], made["outcomeDesc"]) == ("8", "Rollen din gir ikke tilgang til dette")

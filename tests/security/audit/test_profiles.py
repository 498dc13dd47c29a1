"""The events keep the profiles that they claim: HL7 Norway's by its own definitions, BALP's element by element."""

import base64
from datetime import UTC, datetime

import pytest

from akson.fhir.validate import structure
from akson.fhir.validate.full import validate
from akson.security.audit.codes import BALP, PROFILE
from akson.security.audit.event import audit_event
from akson.store.access.audit import AuditRow, Entry
from tests.fhir.profiles.folders import catalogue
from tests.security.audit.test_event import DOCTOR, NODE, ROW

ATTESTED = DOCTOR | {
    "client_id": "akson-journal", "practitioner": "", "toa": 1764000000, "decision": "d1", "user_selected": True,
    "service": "urn:oid:2.16.578.1.12.4.1.1.8655|S03", "purpose_detail": "urn:oid:2.16.578.1.12.4.1.1.9151|15",
    "token": "jti-1", "client_request": "theirs",
}  # fmt: skip
KINDS = {
    "own doctor": DOCTOR | {"decision": "d0", "token": "s1"},
    "attested": ATTESTED,
    "refused": DOCTOR | {"granted": False, "reason": "reason.outside_scope", "basis": ""},
    "in emergency": DOCTOR
    | {"purpose": "ETREAT", "decision": "d", "decision_text": "Bevisstløs", "user_selected": True},
}
ACTIONS = ("read", "search", "history", "create", "update", "delete")


def event(values, patient="ingrid"):
    return audit_event(Entry(7, "e7", AuditRow(**ROW | values)), NODE, patient)


@pytest.fixture(scope="module")
def norwegian():
    return catalogue("no-domain-auditevent")


@pytest.mark.shared
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("action", ACTIONS)
def test_accesses_of_personnel_keep_the_trust_framework_profile(norwegian, kind, action):
    made = event(KINDS[kind] | {"action": action})
    assert PROFILE in made["meta"]["profile"]
    assert structure.check(made) == []
    told = validate(made | {"meta": {"profile": [PROFILE]}}, norwegian).issues
    assert [issue for issue in told if issue.severity == "error"] == []


def errors(made, definitions):
    found = validate(made | {"meta": {"profile": [PROFILE]}}, definitions).issues
    return [issue.diagnostics for issue in found if issue.severity == "error"]


def without(made, kind, name):
    return made | {"contained": [
        {k: v for k, v in each.items() if each["resourceType"] != kind or k != name} for each in made["contained"]
    ]}  # fmt: skip


@pytest.mark.shared
def test_what_the_profile_demands_is_missed_where_it_lacks(norwegian):
    made = event(ATTESTED)
    assert errors(made, norwegian) == []
    *others, relation = made["extension"]
    bare = relation | {"extension": relation["extension"][:3]}
    for broken in (
        made | {"extension": made["extension"][1:]},
        made | {"extension": [*others, bare]},
        made | {"purposeOfEvent": [{"text": "care"}]},
        made | {"agent": [{k: v for k, v in each.items() if k != "who"} for each in made["agent"]]},
        without(made, "Practitioner", "identifier"),
        without(made, "PractitionerRole", "location"),
        without(made, "PractitionerRole", "organization"),
    ):
        assert errors(broken, norwegian)


def sliced(agents, system, code):
    return [
        each for each in agents
        if {"system": system, "code": code}.items() <= {k: v for c in each["type"]["coding"] for k, v in c.items()
            if c["system"] == system and c["code"] == code}.items()
    ]  # fmt: skip


DICOM = "http://dicom.nema.org/resources/ontology/DCM"
PART = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ENTITY = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
BALP_ENTITY = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
LETTERS = {"read": "R", "search": "E", "create": "C", "update": "U", "delete": "D"}
NAMES = {"read": "PatientRead", "search": "PatientQuery", "create": "PatientCreate", "update": "PatientUpdate",
         "delete": "PatientDelete"}  # fmt: skip


@pytest.mark.parametrize("kind", ["own doctor", "attested", "in emergency"])
@pytest.mark.parametrize("action", LETTERS)
def test_balp_has_what_it_demands(kind, action):
    made = event(KINDS[kind] | {"action": action, "query": "code=R05" if action == "search" else ""})
    assert made["meta"]["profile"][-1] == BALP + NAMES[action]
    assert (made["type"]["code"], made["action"], made["outcome"]) == ("rest", LETTERS[action], "0")
    assert {each["code"] for each in made["subtype"]} == {action}
    client, server = ("110152", "110153") if action == "read" else ("110153", "110152")
    for code in (client, server):
        (agent,) = sliced(made["agent"], DICOM, code)
        assert agent["who"]["identifier"]["value"]
        assert agent["network"]["address"]
        assert "media" not in agent
    (user,) = sliced(made["agent"], PART, "AUT" if action in {"create", "update", "delete"} else "IRCP")
    assert user["requestor"] is True
    assert user["who"]["identifier"]["value"] == "9100200"
    assert not {"network", "media"} & user.keys()
    (patient,) = [each for each in made["entity"] if each["type"] == coded(ENTITY, "1", "Person")]
    assert (patient["role"]["code"], patient["what"]["reference"]) == ("1", "Patient/ingrid")
    (data,) = [each for each in made["entity"] if each["type"] == coded(ENTITY, "2", "System Object")]
    if action == "search":
        assert base64.b64decode(data["query"]) == b"Condition?code=R05"
        assert data["description"] == "Condition?code=R05"
        assert data["role"]["code"] == "24"
        assert not {"what", "lifecycle", "detail", "name"} & data.keys()
    else:
        assert (data["role"]["code"], data["what"]["reference"]) == ("4", "Condition/c1/_history/2")
    (request,) = [each for each in made["entity"] if each["type"]["system"] == BALP_ENTITY]
    assert request["what"]["identifier"]["value"] == ("theirs" if kind == "attested" else "r1")


def coded(system, code, display):
    return {"system": system, "code": code, "display": display}


def test_what_a_decision_rests_on_and_who_in_which_role_is_told():
    made = event(ATTESTED)
    relation = next(each for each in made["extension"] if "extension" in each)
    assert {next(iter(each.values())): list(each.values())[1] for each in relation["extension"]} == {
        "decision-ref-id": "d1", "decision-ref-description": "Enheten gir personen helsehjelp",
        "decision-ref-user-selected": True, "toa": 1764000000,
    }  # fmt: skip
    codes = [each["code"] for each in made["purposeOfEvent"][0]["coding"]]
    assert codes == ["TREAT", "ROLPAS", "15"]
    kinds = [each["resourceType"] for each in made["contained"]]
    assert kinds == [
        "Practitioner",
        "PractitionerRole",
        "Organization",
        "Location",
        "Organization",
        "Encounter",
    ]
    assert made["agent"][0]["who"]["reference"] == "#role"
    assert "urn:akson:token:jti-1" in made["agent"][0]["policy"]


@pytest.mark.parametrize(
    ("values", "patient"),
    [
        (DOCTOR, ""),
        ({"actor_kind": "system", "client_id": "x", "action": "administer"}, "ingrid"),
        (DOCTOR | {"action": "login", "purpose": "", "type": "", "id": ""}, ""),
        (DOCTOR | {"actor_id": "", "granted": False}, "ingrid"),
    ],
    ids=["about nobody", "a system", "at the door", "without a number"],
)
def test_what_lacks_a_demand_claims_no_profile(values, patient):
    made = event(values, patient)
    assert "meta" not in made
    assert structure.check(made) == []


@pytest.mark.parametrize("action", ["login", "logout", "role", "token", "enter", "message"])
def test_what_happens_at_the_door_is_valid_and_tells_why(action):
    values = {"actor_kind": "anyone", "action": action, "purpose": "", "reason": "reason.bad_token", "granted": False,
              "type": "", "id": "", "version": 0, "count": 0, "basis": "", "query": "GET /journal/fhir/Patient",
              "decision_text": "the token has expired", "moment": datetime(2026, 11, 23, tzinfo=UTC)}  # fmt: skip
    made = event(values, "")
    assert structure.check(made) == []
    assert made["outcomeDesc"] == "Tilgangstokenet ble avvist: the token has expired"
    assert made["entity"][0]["description"] == "GET /journal/fhir/Patient"

"""What HL7 Norway's trust-framework profile wants of an access: the role as contained resources, and the care relation.

Only what the row holds is told: never an identity number of personnel (ATT-8), though the profile has room for it.
"""

from akson.fhir.model import Resource, coding
from akson.kit.norwegian import HPR, ORGANIZATION
from akson.kit.text import text
from akson.security.actor import Kind
from akson.security.audit.codes import (
    AUTHORIZATION,
    ENCOUNTER_EXTENSION,
    NORWAY,
    NULL_FLAVOR,
    PATIENT_EXTENSION,
    RELATION_EXTENSION,
)
from akson.store.access.audit import AuditRow

ROLE, PERSON, OWNER, PLACE, UNIT, ENCOUNTER = (
    "role",
    "practitioner",
    "legal-entity",
    "point-of-care",
    "point-of-care-organization",
    "encounter",
)


def tells_role(row: AuditRow) -> bool:
    """Whether the row has what the profile demands of the one who asked: a person with a number, and where one works."""
    unit = row.unit and (row.unit_number or row.organization)
    return bool(row.actor_kind == Kind.PERSONNEL.value and row.actor_id and row.organization and unit)


def contained(row: AuditRow) -> list[Resource]:
    """The person, the role, the owner, the place and its unit; the encounter where an attest names the service."""
    if not tells_role(row):
        return []
    named = {"name": [{"text": row.actor_name}]} if row.actor_name else {}
    category = {"code": {"coding": [coding(AUTHORIZATION, row.profession)]}}
    qualified = {"qualification": [category]} if row.profession else {}
    person = {"identifier": [{"system": HPR, "value": row.actor_id}]} | named | qualified
    role = {
        "practitioner": {"reference": f"#{PERSON}"},
        "organization": {"reference": f"#{OWNER}"},
        "location": [{"reference": f"#{PLACE}"}],
    }
    found = [
        _made("Practitioner", PERSON, "no-domain-Trustframework-Practitioner", person),
        _made("PractitionerRole", ROLE, "no-domain-Trustframework-PractitioneRole", role),
        _organization(OWNER, "PractitionerLegalentity", row.organization, row.organization_name),
        _made(
            "Location",
            PLACE,
            "no-doc-Trustframework-Location-PractitionerPointofcare",
            {"managingOrganization": {"reference": f"#{UNIT}"}},
        ),
        _organization(UNIT, "PractitionerPointofcare", row.unit_number or row.organization, row.unit),
    ]
    if row.service:
        system, _, code = row.service.rpartition("|")
        encounter = {
            "status": "unknown",
            "class": coding(NULL_FLAVOR, "UNK"),
            "serviceType": {"coding": [coding(system, code)]},
        }
        found.append(_made("Encounter", ENCOUNTER, "no-domain-Trustframework-Encounter", encounter))
    return found


def extensions(row: AuditRow, patient: str) -> list[Resource]:
    """Whose record it was, in which contact, and the decision that the access rests on."""
    found: list[Resource] = []
    if patient:
        found.append({"url": PATIENT_EXTENSION, "valueReference": {"reference": f"Patient/{patient}"}})
    if row.service and tells_role(row):
        found.append({"url": ENCOUNTER_EXTENSION, "valueReference": {"reference": f"#{ENCOUNTER}"}})
    if row.decision:
        # Within the own system nothing is attested to anybody: the decision is made when it is used.
        toa = row.toa or int(row.moment.timestamp())
        why = row.decision_text or (text(row.reason) if row.reason else row.decision)
        parts = [
            {"url": "decision-ref-id", "valueString": row.decision},
            {"url": "decision-ref-description", "valueString": why},
            {"url": "decision-ref-user-selected", "valueBoolean": row.user_selected},
            {"url": "toa", "valueUnsignedInt": toa},
        ]
        found.append({"url": RELATION_EXTENSION, "extension": parts})
    return found


def _made(kind: str, name: str, profile: str, what: Resource) -> Resource:
    return {"resourceType": kind, "id": name, "meta": {"profile": [NORWAY + profile]}} | what


def _organization(name: str, profile: str, number: str, title: str) -> Resource:
    what: Resource = {"identifier": [{"system": ORGANIZATION, "value": number}]}
    if title:
        what["name"] = title
    return _made("Organization", name, f"no-doc-Trustframework-Organization-{profile}", what)

"""One row of the access log as FHIR AuditEvent, shaped after IHE BALP and no-domain-Trustframework-Auditevent.

Pure. Personnel are named, with HPR number, role, unit and organisation; an identity number of personnel is never in it
(Tillitsrammeverk ATT-8). Source: https://profiles.ihe.net/ITI/BALP, http://hl7.org/fhir/R4/auditevent.html.
"""

from akson.fhir.model import Resource, coding
from akson.kit.clock import instant
from akson.kit.norwegian import HPR, ORGANIZATION
from akson.kit.settings import Node
from akson.kit.text import text
from akson.security.actor import Kind
from akson.security.roles import ROLE_SYSTEM
from akson.store.access.audit import AuditRow, Entry

TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"
INTERACTION = "http://hl7.org/fhir/restful-interaction"
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
ROLE_CLASS = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
SECURITY_ROLE = "http://terminology.hl7.org/CodeSystem/extra-security-role-type"
UNIT, OWNER = "SDLOC", "PROV"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
OBJECT_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
OBJECT_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
SOURCE_TYPE = "http://terminology.hl7.org/CodeSystem/security-source-type"
BALP_ENTITY = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
PATIENT_EXTENSION = "http://hl7.no/fhir/StructureDefinition/auditevent-patient-extension"
RULE = "urn:akson:rule:"
"""The rule of access that decided, as agent.policy: what follows is its key in the catalogues without `reason.`"""
BASIS = "urn:akson:access-basis"
"""National basis of access: UNNTAK, SAMTYKKE, AKUTT or FORHOYET_SAMTYKKE."""
CLIENT = "urn:akson:client"
DONE, REFUSED = "0", "8"
"""AuditEvent.outcome: success, and serious failure (the action was ended)."""

ACTIONS = {
    "read": ("R", "read"),
    "search": ("E", "search"),
    "history": ("R", "history"),
    "create": ("C", "create"),
    "update": ("U", "update"),
    "delete": ("D", "delete"),
    "administer": ("E", "operation"),
    "message": ("E", "operation"),
}
_SIGNING, _ALERT = ("110114", "User Authentication"), ("110113", "Security Alert")
DOOR = {
    "login": (_SIGNING, ("110122", "Login")),
    "logout": (_SIGNING, ("110123", "Logout")),
    "role": (_ALERT, ("110137", "User Security Attributes Changed")),
    "token": (_SIGNING, ("110126", "Node Authentication")),
    "enter": (_ALERT, ("110132", "Use of Restricted Function")),
}
"""What happens at the door (`door_log.Doing`), as DICOM names kinds of events."""
USERS = {Kind.PERSONNEL.value: "humanuser", Kind.CITIZEN.value: "datasubject"}


def audit_event(entry: Entry, node: Node, patient: str = "") -> Resource:
    """The AuditEvent of a row of `node`. `patient` is the id of the Patient the row is about, where it is known."""
    row = entry.row
    action, kind, subtype = _event(row.action)
    made: Resource = {
        "resourceType": "AuditEvent",
        "id": entry.event,
        "extension": _about(patient),
        "type": kind,
        "subtype": subtype,
        "action": action,
        "recorded": instant(row.moment),
        "outcome": DONE if row.granted else REFUSED,
        "outcomeDesc": text(row.reason) if row.reason else "",
        "purposeOfEvent": [{"coding": [coding(REASON, row.purpose)]}] if row.purpose else [],
        "agent": _agents(row),
        "source": {
            "site": row.node,
            "observer": {
                "identifier": {"system": ORGANIZATION, "value": node.organization},
                "display": node.title,
            },
            "type": [coding(SOURCE_TYPE, "4", "Application Server")],
        },
        "entity": [*_patient(patient), *_data(row), *_request(row)],
    }
    return {key: value for key, value in made.items() if value not in ("", [])}


def _event(action: str) -> tuple[str, Resource, list[Resource]]:
    """AuditEvent.action, type and subtypes of what was done."""
    if action in DOOR:
        kind, subtype = (coding(DICOM, *each) for each in DOOR[action])
        return "E", kind, [subtype]
    letter, interaction = ACTIONS[action]
    return letter, coding(TYPE, "rest", "RESTful Operation"), [coding(INTERACTION, interaction)]


def _about(patient: str) -> list[Resource]:
    if not patient:
        return []
    return [{"url": PATIENT_EXTENSION, "valueReference": {"reference": f"Patient/{patient}"}}]


def _agents(row: AuditRow) -> list[Resource]:
    """Who asked; the unit and the owner on whose behalf; the system between, where there is one."""
    found = [_user(row)]
    if row.unit:
        found.append(_organization(UNIT, row.unit, ""))
    if row.organization or row.organization_name:
        found.append(_organization(OWNER, row.organization_name, row.organization))
    if row.client_id and row.actor_kind != Kind.SYSTEM.value:
        found.append(_application(row.client_id, requestor=False))
    return found


def _user(row: AuditRow) -> Resource:
    if row.actor_kind not in USERS:
        return {
            **_application(row.client_id or row.node, requestor=True),
            **({"name": row.actor_name} if row.actor_name else {}),
            "policy": [_rule(row)],
        }
    who: Resource = {"display": row.actor_name} if row.actor_name else {}
    if row.actor_id:
        who["identifier"] = {"system": HPR, "value": row.actor_id}
    if row.practitioner:
        who["reference"] = row.practitioner
    made = {
        "type": {"coding": [coding(SECURITY_ROLE, USERS[row.actor_kind])]},
        "role": [{"coding": [coding(ROLE_SYSTEM, row.role)]}] if row.role else [],
        "who": who,
        "name": row.actor_name,
        "requestor": True,
        "policy": [_rule(row)],
        "purposeOfUse": [{"coding": [coding(BASIS, row.basis)]}] if row.basis else [],
    }
    return {key: value for key, value in made.items() if value not in ("", [], {})}


def _rule(row: AuditRow) -> str:
    return RULE + row.reason.removeprefix("reason.")


def _organization(kind: str, name: str, number: str) -> Resource:
    who: Resource = {"display": name} if name else {}
    if number:
        who["identifier"] = {"system": ORGANIZATION, "value": number}
    return {"type": {"coding": [coding(ROLE_CLASS, kind)]}, "who": who, "requestor": False}


def _application(name: str, *, requestor: bool) -> Resource:
    kind = coding(DICOM, "110150", "Application")
    who = {"identifier": {"system": CLIENT, "value": name}}
    return {"type": {"coding": [kind]}, "who": who, "requestor": requestor}


def _patient(patient: str) -> list[Resource]:
    if not patient:
        return []
    return [
        {
            "what": {"reference": f"Patient/{patient}"},
            "type": coding(OBJECT_TYPE, "1", "Person"),
            "role": coding(OBJECT_ROLE, "1", "Patient"),
        }
    ]


def _data(row: AuditRow) -> list[Resource]:
    """What was seen or changed: one resource, or the type of several and how many."""
    if not row.type:
        return []
    made: Resource = {
        "type": coding(OBJECT_TYPE, "2", "System Object"),
        "role": coding(OBJECT_ROLE, "4", "Domain Resource"),
        "name": row.type,
    }
    if row.id:
        version = f"/_history/{row.version}" if row.version else ""
        made["what"] = {"reference": f"{row.type}/{row.id}{version}"}
    if row.count:
        made["detail"] = [{"type": "count", "valueString": str(row.count)}]
    return [made]


def _request(row: AuditRow) -> list[Resource]:
    if not row.request_id:
        return []
    return [
        {
            "what": {"identifier": {"value": row.request_id}},
            "type": coding(BALP_ENTITY, "XrequestId", "X-Request-Id"),
        }
    ]

"""One row of the access log as FHIR AuditEvent, by no-domain-Trustframework-Auditevent (HL7 Norway) and IHE BALP.

Pure. A profile is claimed (`meta.profile`) only where the row has what it demands: a row about nobody claims none.
Source: https://profiles.ihe.net/ITI/BALP, http://hl7.org/fhir/R4/auditevent.html.
"""

from akson.fhir.model import Resource, coding
from akson.kit.clock import instant
from akson.kit.norwegian import ORGANIZATION
from akson.kit.settings import Node
from akson.kit.text import text
from akson.security.audit.agents import agents
from akson.security.audit.codes import (
    BALP,
    DICOM,
    DONE,
    INTERACTION,
    PROFILE,
    REASON,
    REFUSED,
    SOURCE_TYPE,
    TEMPLATE_OF,
    TEMPLATES,
    TYPE,
)
from akson.security.audit.entities import entities
from akson.security.audit.framework import ROLE, contained, extensions, tells_role
from akson.store.access.audit import AuditRow, Entry

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
BALP_OF = {
    "read": "PatientRead",
    "search": "PatientQuery",
    "create": "PatientCreate",
    "update": "PatientUpdate",
    "delete": "PatientDelete",
}


def audit_event(entry: Entry, node: Node, patient: str = "") -> Resource:
    """The AuditEvent of a row of `node`. `patient` is the id of the Patient the row is about, where it is known."""
    row = entry.row
    action, kind, subtype = _event(row.action)
    within = contained(row)
    profiles = _profiles(row, patient)
    made: Resource = {
        "resourceType": "AuditEvent",
        "id": entry.event,
        "meta": {"profile": profiles} if profiles else "",
        "contained": within,
        "extension": extensions(row, patient),
        "type": kind,
        "subtype": subtype,
        "action": action,
        "recorded": instant(row.moment),
        "outcome": DONE if row.granted else REFUSED,
        "outcomeDesc": _in_words(row),
        "purposeOfEvent": _purpose(row),
        "agent": agents(row, node, f"#{ROLE}" if within else ""),
        "source": {
            "site": row.node,
            "observer": {
                "identifier": {"system": ORGANIZATION, "value": node.organization},
                "display": node.title,
            },
            "type": [coding(SOURCE_TYPE, "4", "Application Server")],
        },
        "entity": entities(row, patient),
    }
    return {key: value for key, value in made.items() if value not in ("", [])}


def _profiles(row: AuditRow, patient: str) -> list[str]:
    """Those whose demands the event meets. BALP's are of what was done, to one resource unless it was a search."""
    if not patient:
        return []
    found = [PROFILE] if tells_role(row) and row.purpose else []
    if row.granted and row.action in BALP_OF and (row.id or row.action == "search"):
        found.append(BALP + BALP_OF[row.action])
    return found


def _event(action: str) -> tuple[str, Resource, list[Resource]]:
    """AuditEvent.action, type and subtypes of what was done."""
    if action in DOOR:
        kind, subtype = (coding(DICOM, *each) for each in DOOR[action])
        return "E", kind, [subtype]
    letter, interaction = ACTIONS[action]
    return letter, coding(TYPE, "rest", "RESTful Operation"), [coding(INTERACTION, interaction)]


def _in_words(row: AuditRow) -> str:
    """Why it was let or refused."""
    said = text(row.reason) if row.reason else ""
    return f"{said}: {row.decision_text}" if said and row.decision_text else said


def _purpose(row: AuditRow) -> list[Resource]:
    """The purpose, with what an attest says in detail, and what kind of decision it was."""
    if not row.purpose:
        return []
    codings = [coding(REASON, row.purpose)]
    if row.reason in TEMPLATE_OF:
        codings.append(coding(TEMPLATES, TEMPLATE_OF[row.reason]))
    if row.purpose_detail:
        system, _, code = row.purpose_detail.rpartition("|")
        codings.append(coding(system, code))
    return [{"coding": codings}]

"""What it was about: the patient, what was seen, changed or searched for, and what the request is called (BALP)."""

from base64 import b64encode

from akson.fhir.model import Resource, coding
from akson.security.audit.codes import BALP_ENTITY, OBJECT_ROLE, OBJECT_TYPE, RESOURCE_TYPES
from akson.store.access.audit import AuditRow


def entities(row: AuditRow, patient: str) -> list[Resource]:
    """All of them. `patient` is the id of the Patient, where it is known."""
    return [*_patient(patient), *_data(row), *_request(row)]


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
    """What was seen or changed: one resource, or the type of several and how many; for a search also what it asked for."""
    if row.action == "search":
        return [*_query(row), *_shown(row, coding(RESOURCE_TYPES, row.type or "Resource"))]
    if not row.type:
        return [_asked(row)] if row.query else []
    kind = coding(OBJECT_TYPE, "2", "System Object")
    return [each | {"role": coding(OBJECT_ROLE, "4", "Domain Resource")} for each in _shown(row, kind)]


def _shown(row: AuditRow, kind: Resource) -> list[Resource]:
    made: Resource = {"type": kind}
    if row.type:
        made["name"] = row.type
    if row.id:
        version = f"/_history/{row.version}" if row.version else ""
        made["what"] = {"reference": f"{row.type}/{row.id}{version}"}
    if row.count:
        made["detail"] = [{"type": "count", "valueString": str(row.count)}]
    return [made] if row.type or row.count else []


def _query(row: AuditRow) -> list[Resource]:
    """The search without what is about a person: the log keeps no other, so that is the raw one as well."""
    text = f"{row.type}?{row.query}"
    return [
        {
            "type": coding(OBJECT_TYPE, "2", "System Object"),
            "role": coding(OBJECT_ROLE, "24", "Query"),
            "description": text,
            "query": b64encode(text.encode()).decode(),
        }
    ]


def _asked(row: AuditRow) -> Resource:
    """What somebody wanted who was turned away at the door."""
    return {"type": coding(OBJECT_TYPE, "2", "System Object"), "description": row.query}


def _request(row: AuditRow) -> list[Resource]:
    """As the client calls the request, with our own name for it; as we call it, when the client does not say."""
    name = row.client_request or row.request_id
    if not name:
        return []
    made: Resource = {
        "what": {"identifier": {"value": name}},
        "type": coding(BALP_ENTITY, "XrequestId", "X-Request-Id"),
    }
    if row.client_request and row.request_id:
        made["detail"] = [{"type": "request", "valueString": row.request_id}]
    return [made]

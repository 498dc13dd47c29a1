"""Who took part: the person, the system that asked, the node that answered, and for which unit and owner (BALP)."""

from urllib.parse import urlsplit

from akson.fhir.model import Resource, coding
from akson.kit.norwegian import HPR, ORGANIZATION
from akson.kit.settings import Node
from akson.security.actor import Kind
from akson.security.audit.codes import (
    BASIS,
    CLIENT,
    DICOM,
    OWNER,
    PARTICIPATION,
    RIGHTS,
    ROLE_CLASS,
    RULE,
    SECURITY_ROLE,
    TOKEN,
    UNIT,
)
from akson.security.roles import ROLE_SYSTEM
from akson.store.access.audit import AuditRow

USERS = {
    Kind.PERSONNEL.value: "humanuser",
    Kind.PARTNER.value: "humanuser",
    Kind.CITIZEN.value: "datasubject",
    Kind.REPRESENTATIVE.value: "humanuser",
}
SOURCE, DESTINATION = ("110153", "Source Role ID"), ("110152", "Destination Role ID")
READS = frozenset({"read", "history"})
WRITES = frozenset({"create", "update", "delete"})
UNKNOWN = "unknown"
"""What a system is called that did not prove which it is."""
MACHINE, URI = "1", "5"
"""Kinds of network addresses: the name of a machine, a URI."""


def agents(row: AuditRow, node: Node, role: str) -> list[Resource]:
    """All of them, the one who asked first. `role` is the reference of the contained PractitionerRole, or empty."""
    found = [_user(row, role)] if row.actor_kind in USERS else []
    found += [_client(row, node, asks=not found), _server(row, node)]
    if row.unit:
        found.append(_organization(UNIT, row.unit, row.unit_number))
    if row.organization or row.organization_name:
        found.append(_organization(OWNER, row.organization_name, row.organization))
    return found


def _user(row: AuditRow, role: str) -> Resource:
    part = ("AUT", "author (originator)") if row.action in WRITES else ("IRCP", "information recipient")
    who: Resource = {"display": row.actor_name} if row.actor_name else {}
    if row.actor_id:
        who["identifier"] = {"system": HPR, "value": row.actor_id}
    if role or row.practitioner:
        who["reference"] = role or row.practitioner
    made = {
        "type": {"coding": [coding(PARTICIPATION, *part), coding(SECURITY_ROLE, USERS[row.actor_kind])]},
        "role": [{"coding": [coding(_roles(row), row.role)]}] if row.role else [],
        "who": who,
        "name": row.actor_name,
        "requestor": True,
        "policy": _policy(row),
        "purposeOfUse": [{"coding": [coding(BASIS, row.basis)]}] if row.basis else [],
    }
    return {key: value for key, value in made.items() if value not in ("", [], {})}


def _roles(row: AuditRow) -> str:
    """What names the role: of one who acts for another, the right."""
    return RIGHTS if row.actor_kind == Kind.REPRESENTATIVE.value else ROLE_SYSTEM


def _policy(row: AuditRow) -> list[str]:
    """By which rule, and with which token."""
    rule = RULE + row.reason.removeprefix("reason.")
    return [rule, f"{TOKEN}{row.token}"] if row.token else [rule]


def _client(row: AuditRow, node: Node, *, asks: bool) -> Resource:
    """The system that sent the request: for people in front of pages the node itself. Addresses of machines are not kept."""
    unknown = row.actor_kind == Kind.ANYONE.value
    name = UNKNOWN if unknown else row.client_id or node.client_id or row.node
    made = _machine(SOURCE if row.action not in READS else DESTINATION, CLIENT, name)
    made |= {"requestor": asks, "network": {"address": f"{CLIENT}:{name}", "type": URI}}
    if asks:
        made |= {"policy": _policy(row)} | ({"name": row.actor_name} if row.actor_name else {})
    return made


def _server(row: AuditRow, node: Node) -> Resource:
    kind = DESTINATION if row.action not in READS else SOURCE
    made = _machine(kind, ORGANIZATION, node.organization)
    made["who"]["display"] = node.title
    host = urlsplit(node.base).hostname or node.name
    return made | {"requestor": False, "network": {"address": host, "type": MACHINE}}


def _machine(kind: tuple[str, str], system: str, number: str) -> Resource:
    return {
        "type": {"coding": [coding(DICOM, *kind)]},
        "who": {"identifier": {"system": system, "value": number}},
    }


def _organization(kind: str, name: str, number: str) -> Resource:
    who: Resource = {"display": name} if name else {}
    if number:
        who["identifier"] = {"system": ORGANIZATION, "value": number}
    return {"type": {"coding": [coding(ROLE_CLASS, kind)]}, "who": who, "requestor": False}

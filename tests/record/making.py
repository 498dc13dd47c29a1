"""What tests of the door begin with: a journal, and a nurse whose unit treats Ingrid."""

from typing import Any

from akson.fhir.model import Resource
from akson.kit.settings import Node, Role
from akson.record import gate
from akson.record.context import NODE_ITSELF, Place, opened
from akson.security.actor import Actor, Kind
from akson.store.database.pool import Database

BASE = "http://localhost/journal"
NURSE = Actor(
    Kind.PERSONNEL, name="Hanne Lunde", role="hjemmesykepleier", practitioner="Practitioner/h",
    units=frozenset({"Organization/nord"}), authorization="SP", assurance=4,
)  # fmt: skip
INGRID = Actor(Kind.CITIZEN, patient="ingrid", assurance=4)
ADMIN = Actor(Kind.SYSTEM, name="Operations", client_id="ops", administers=True)


def journal(database: Database) -> Place:
    """A node with the rules of a journal."""
    return Place(Node("journal", frozenset({Role.JOURNAL}), BASE, "Solvik", "999", "akson-journal"), database)


def condition(identifier: str, patient: str, **more: Any) -> Resource:
    """What somebody suffers from."""
    subject = {"reference": f"Patient/{patient}"}
    return {"resourceType": "Condition", "id": identifier, "subject": subject} | more


def treated(patient: str = "ingrid") -> Resource:
    """That the nurse's unit treats somebody."""
    return {
        "resourceType": "EpisodeOfCare", "id": "e", "status": "active",
        "patient": {"reference": f"Patient/{patient}"}, "managingOrganization": {"reference": "Organization/nord"},
    }  # fmt: skip


async def with_two_patients(database: Database) -> Place:
    """A journal with Ingrid, whom the nurse's unit treats, and Per, whom it does not; each with a diagnosis."""
    made = journal(database)
    async with opened(made, NODE_ITSELF) as ctx:
        for name in ("ingrid", "per"):
            await gate.update(ctx, {"resourceType": "Patient", "id": name})
            await gate.update(ctx, condition(f"c-{name}", name))
        await gate.update(ctx, treated())
    return made

"""A measurement at home beyond what is agreed becomes work at once, for the unit that follows the patient up.

The platform says that it is so, of which kind and of whom, and nothing where the patient has closed what it is about. What was
measured stays in the register: whoever takes the task reads it there.
"""

from akson.exchange import codelists
from akson.exchange.edge.filing import OPEN_TASKS
from akson.exchange.finding import find
from akson.fhir.model import Resource, concept, split_reference
from akson.kit.clock import instant, now
from akson.kit.text import text
from akson.record import gate
from akson.record.casework import is_specialist
from akson.record.context import Context
from akson.security.roles import ROLE_SYSTEM

KINDS = "https://akson.example/fhir/CodeSystem/hjemmemaaling"
MEASUREMENT = "https://akson.example/fhir/measurement"
"""Identifier system of the measurements that made a task."""
FOLLOWING = frozenset({"responssykepleier"})
"""Roles whose day begins with what patients measured at home."""


async def to_be_seen_at_once(ctx: Context, patient: str, kind: str, reference: str) -> None:
    """A task for the unit that follows the Patient (id) up, once for a measurement, and no second one of a kind while one is open."""
    name = codelists.display(KINDS, kind)
    owner = await _unit(ctx, patient) if name else None
    whose = ("patient", f"Patient/{patient}")
    if owner is None or await find(ctx, "Task", whose, ("identifier", f"{MEASUREMENT}|{reference}")):
        return
    if await find(ctx, "Task", whose, OPEN_TASKS, ("code", f"{KINDS}|{kind}")):
        return
    words = text("zone.task", name=text(f"measure.kind_{kind}"))
    task: Resource = {
        "resourceType": "Task",
        "identifier": [{"system": MEASUREMENT, "value": reference}],
        "status": "requested",
        "intent": "order",
        "priority": "urgent",
        "code": concept(KINDS, kind, name or "") | {"text": words},
        "description": text("zone.task_do"),
        "for": {"reference": f"Patient/{patient}"},
        "authoredOn": instant(now()),
        "owner": owner,
    }
    await gate.create(ctx, task)


async def _unit(ctx: Context, patient: str) -> Resource | None:
    """Who follows up: a unit with a role for it, else the one of the municipality whose care began last. None where nobody does."""
    about = [("patient", f"Patient/{patient}"), ("status", "active"), ("_sort", "-date"), ("_count", "100")]
    units: list[Resource] = [
        each["managingOrganization"]
        for each in await find(ctx, "EpisodeOfCare", *about)
        if "managingOrganization" in each
    ]
    roles = ",".join(f"{ROLE_SYSTEM}|{role}" for role in sorted(FOLLOWING))
    for unit in units:
        pairs = (("organization", unit["reference"]), ("role", roles), ("active", "true"), ("_count", "1"))
        if await find(ctx, "PractitionerRole", *pairs):
            return unit
    for unit in units:
        held = await find(ctx, "Organization", ("_id", split_reference(unit["reference"])[1]))
        if held and not is_specialist(held[0]):
            return unit
    return None

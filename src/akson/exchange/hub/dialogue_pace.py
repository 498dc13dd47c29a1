"""How soon units answer in the dialogue service, and what waits for them: nothing is lost in a unit that does not answer."""

from collections.abc import Mapping, Sequence

from akson.exchange.hub.desk import Desk, of_units
from akson.exchange.threads import Thread, is_service
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit import workdays
from akson.kit.clock import instant, now
from akson.kit.errors import NotAllowed, NotFound, Unprocessable
from akson.kit.norwegian import HER
from akson.record import gate
from akson.record.context import NODE_ITSELF, Context
from akson.security.rules.access_log import LEADER

USUAL = 5
"""Working days within which a unit answers that has said nothing else."""
PACE = "https://akson.example/fhir/StructureDefinition/svartid"
"""Extension of HealthcareService: working days within which the unit answers."""
MOST_DAYS = 30


async def waiting(ctx: Context, units: Sequence[str]) -> Mapping[str, int]:
    """How many threads wait for an answer of these units, and how many of them for too long. Names nobody."""
    found = [Thread(each) for each in await of_units(ctx, units, ("status", "requested"))]
    mine = [each for each in found if each.unit in units]
    return {"waiting": len(mine), "overdue": sum(each.is_overdue for each in mine)}


async def pace(ctx: Context, her_id: str) -> int:
    """Working days within which a unit answers; other services have said nothing else than the usual."""
    if is_service(her_id):
        return USUAL
    service = await _service(ctx, her_id)
    return next((int(e["valuePositiveInt"]) for e in service.get("extension", []) if e["url"] == PACE), USUAL)


async def set_pace(desk: Desk, her_id: str, days: int) -> None:
    """Say within how many working days one's unit answers; its leader does. NotFound for a unit without an entry in the register."""
    if desk.ctx.actor.role != LEADER or her_id not in desk.sides:
        raise NotAllowed("the leader of the unit says how soon it answers")
    if not 1 <= days <= MOST_DAYS:
        raise Unprocessable(f"From 1 to {MOST_DAYS} working days", expression=("days",))
    service = await _service(desk.ctx, her_id)
    if not service:
        raise NotFound("The register has no service of that unit")
    others = [each for each in service.get("extension", []) if each["url"] != PACE]
    service["extension"] = [*others, {"url": PACE, "valuePositiveInt": days}]
    # The register of services is no one's record; who may change this entry was decided above.
    await gate.update(desk.ctx.by(NODE_ITSELF), service)


async def _service(ctx: Context, her_id: str) -> Resource:
    page = await gate.search(
        ctx, parse("HealthcareService", [("identifier", f"{HER}|{her_id}")], base=ctx.node.fhir)
    )
    return loads(page.matches[0].body) if page.matches else {}


async def due(ctx: Context, side: str) -> Resource:
    """By when a side answers, as an element of a thread."""
    end = workdays.after(now(), await pace(ctx, side))
    return {"period": {"end": instant(end)}}

"""A plan for a patient begun from one that somebody has published to be used again (service 21)."""

from starlette.requests import Request

from akson.exchange import general
from akson.exchange.declare import Part
from akson.exchange.edge.general import Shelf
from akson.fhir.model import Resource
from akson.kit.errors import NotFound, PeerFailed, PeerSilent
from akson.kit.text import text
from akson.web.context import reach_of
from akson.web.language import language_of
from akson.web.services import finding

TYPE = "PlanDefinition"


async def offered(request: Request, part: Part) -> list[tuple[str, str]]:
    """Id and words of the plans that one can begin from; none for other parts, and none when the platform is silent."""
    if part.type != "CarePlan":
        return []
    try:
        found = [
            await finding.hits(_shelf(request).search, each, "", language_of(request))
            for service in general.services()
            for each in service.parts
            if each.type == TYPE
        ]
    except (PeerSilent, PeerFailed):
        return []
    return [(item.id, f"{item.title} ({item.by})") for hits in found for item in hits.items]


async def begun(request: Request, part: Part) -> dict[str, str]:
    """The values of a form that begins from the plan that is asked for (`mal`); empty where none is."""
    wanted = request.query_params.get("mal", "")
    if not wanted or part.type != "CarePlan":
        return {}
    found = await _shelf(request).one(TYPE, wanted)
    if not general.in_force(found):
        raise NotFound("No such plan in force")
    return {
        "what": str(found.get("title", "")),
        "content": _words(found, language_of(request)),
        "status": "active",
    }


def _words(plan: Resource, language: str) -> str:
    """What the plan says, as text that is changed to fit the patient."""
    lines = [str(plan.get("description", ""))]
    for step in plan.get("action", []):
        when, do = str(step.get("title", "")), str(step.get("description", ""))
        lines.append(f"{text('knowledge.when', language)}: {when}\n{do}")
    return "\n\n".join(filter(None, lines))


def _shelf(request: Request) -> Shelf:
    reach = reach_of(request)
    return Shelf(reach.peer, f"{reach.node.platform}/fhir")

"""The shared register of critical information, as every page of a chart needs it: for the warnings in the banner."""

from starlette.requests import Request

from akson.exchange.declare import service
from akson.exchange.edge.share import Shared, fetch
from akson.web import critical, show
from akson.web.context import reach_of
from akson.web.ehr.patient import Badge, Patient


async def shared_of(request: Request, person: Patient) -> Shared:
    """What the register holds about the patient of a page; `silent` when it did not answer."""
    pid = show.national_id(person.resource)
    if not pid:
        return Shared(())
    return await fetch(reach_of(request).platform(pid), service(critical.SERVICE), pid)


def badges(shared: Shared) -> tuple[Badge, ...]:
    """One warning for each item, the grave ones first."""
    lines = sorted(critical.lines(shared.items), key=lambda each: not each.grave)
    return tuple(Badge(_words(each), "danger" if each.grave else "warning") for each in lines)


def _words(line: critical.Line) -> str:
    reaction = next((words for label, words in line.facts if label == "critical.reaction"), "")
    return " – ".join(filter(None, [line.what, reaction.lower()]))

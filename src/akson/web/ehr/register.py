"""The shared registers as pages of a chart need them: critical information for the warnings in the banner, medicines for letters."""

from starlette.requests import Request

from akson.exchange.declare import service
from akson.exchange.edge.share import Shared, fetch
from akson.web import critical, show
from akson.web.context import reach_of
from akson.web.ehr.patient import Badge, Patient

MEDICINES = "legemidler-og-vaksiner"


async def shared_of(request: Request, person: Patient) -> Shared:
    """What the register holds about the patient of a page; `silent` when it did not answer."""
    return await _of(request, person, critical.SERVICE)


async def medicines_of(request: Request, person: Patient) -> Shared:
    """What the shared list of medicines holds about the patient of a page, as `shared_of`."""
    return await _of(request, person, MEDICINES)


async def _of(request: Request, person: Patient, slug: str) -> Shared:
    pid = show.national_id(person.resource)
    if not pid:
        return Shared(())
    return await fetch(reach_of(request).platform(pid), service(slug), pid)


def badges(shared: Shared) -> tuple[Badge, ...]:
    """One warning for each item, the grave ones first."""
    lines = sorted(critical.lines(shared.items), key=lambda each: not each.grave)
    return tuple(Badge(_words(each), "danger" if each.grave else "warning") for each in lines)


def _words(line: critical.Line) -> str:
    reaction = next((words for label, words in line.facts if label == "critical.reaction"), "")
    return " – ".join(filter(None, [line.what, reaction.lower()]))

"""What the forms about medicines do besides: they ask where something does not agree or is dangerous, and follow up what was not
taken.
"""

from collections.abc import Mapping

from akson.care import handing_out, prescribing
from akson.care.prescribing import Warned
from akson.exchange.declare import service
from akson.exchange.edge.platform import Platform
from akson.exchange.edge.share import Shared, fetch
from akson.exchange.kept import name_of
from akson.fhir.model import Resource
from akson.kit.clock import instant, now, today
from akson.kit.text import text
from akson.record import gate
from akson.web.services.desks import Desk

CRITICAL = service("kritisk-informasjon")
ALLERGIES = CRITICAL.part("overfoelsomhet")


async def doubted(desk: Desk, form: Mapping[str, str], changed: str, language: str) -> list[Warned]:
    """What must be weighed, where the form gives no reason to go on. `changed`: id of the item that the form changes, which is not
    held against itself. The keys are those of the catalogues.
    """
    if form.get("anyway", "").strip() or desk.part not in (handing_out.GIVEN, prescribing.LISTED):
        return []
    held = [each for each in (await desk.register()).items if each.resource["id"] != changed]
    if desk.part is handing_out.GIVEN:
        found = handing_out.doubts(form, [each.resource for each in held])
        return [Warned(f"handing.{each}") for each in found]
    critical = await fetch(desk.platform, CRITICAL, desk.pid)
    allergies = [each.resource for each in critical.of(ALLERGIES)]
    medicines = [each.resource for each in held if each.part.kinds]
    warned = prescribing.warnings(form, medicines, allergies, language)
    return [Warned(f"prescribe.{each.key}", each.values) for each in warned]


def noticed(desk: Desk, held: Shared | None) -> list[Warned]:
    """What there is to think over of the list as a whole, before anything is added to it."""
    if held is None or desk.part is not prescribing.LISTED:
        return []
    return of_list(held)


async def weighed(
    platform: Platform, pid: str, taken: Mapping[str, Resource], asked: Mapping[str, Resource], language: str
) -> dict[str, list[Warned]]:
    """What to think over of each medicine when a list is gone through, by its key: those that are taken are held against each other,
    those that it is asked of whether they are, against these.
    """
    critical = await fetch(platform, CRITICAL, pid)
    allergies = [each.resource for each in critical.of(ALLERGIES)]
    found = {}
    for key, each in {**taken, **asked}.items():
        dose = next((str(said.get("text", "")) for said in each.get("dosage", [])), "")
        form = {"status": str(each.get("status", "")), "name": name_of(each), "dose": dose}
        others = [other for name, other in taken.items() if name != key]
        warned = prescribing.warnings(form, others, allergies, language)
        found[key] = [Warned(f"prescribe.{one.key}", one.values) for one in warned]
    return {key: each for key, each in found.items() if each}


def of_list(held: Shared) -> list[Warned]:
    """What there is to think over of a list as a whole."""
    items = [each.resource for each in held.items if each.part.kinds]
    return [
        Warned(f"prescribe.{each.key}", each.values)
        for each in prescribing.of_list(items, held.listed, today())
    ]


async def follow_up(desk: Desk, form: Mapping[str, str], language: str) -> None:
    """A task for the unit when a dose was not taken."""
    if desk.part is not handing_out.GIVEN or form.get("status") != "not-done":
        return
    dose = handing_out.dose_of(form)
    words = text("handing.follow_up", language, name=form.get("name", "").strip(), dose=dose)
    task = handing_out.not_taken(desk.ctx.actor, desk.person.id, words, instant(now()))
    await gate.create(desk.ctx, task)

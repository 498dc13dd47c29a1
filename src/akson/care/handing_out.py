"""Checks when a medicine is handed out: is it on the list, is the dose the one of the list, has it been given already? Pure.

Each doubt is told to who hands out, who gives it anyway with a reason or does not. A dose that was not taken becomes a task.
"""

from collections.abc import Iterable, Mapping

from akson.exchange.declare import service
from akson.exchange.kept import name_of
from akson.fhir.model import Resource, reference
from akson.security.actor import Actor

MEDICINES = service("legemidler-og-vaksiner")
GIVEN = MEDICINES.part("utdeling")
TIMES = ("morgen", "formiddag", "middag", "ettermiddag", "kveld", "natt", "morgon")
"""Words of a dose that each mean one time of the day."""
AS_NEEDED = ("ved behov", "etter behov")
DOSE, AGAIN, ENDED, PAUSED, UNKNOWN = "dose", "again", "ended", "paused", "unknown"
"""Ends of keys of the catalogues: `handing.<doubt>`."""


def doubts(form: Mapping[str, str], held: Iterable[Resource]) -> list[str]:
    """What does not agree with the list that the register holds; nothing for what was not given."""
    if form.get("status") != "completed":
        return []
    items = [each for each in held if _same(name_of(each), form.get("name", ""))]
    listed = [each for each in items if each["resourceType"] == "MedicationStatement"]
    active = [each for each in listed if each.get("status") in {"active", "intended"}]
    if not active:
        states = {each.get("status") for each in listed}
        return [PAUSED if "on-hold" in states else ENDED if states else UNKNOWN]
    doses = [_words(str(dose.get("text", ""))) for each in active for dose in each.get("dosage", [])]
    found = [] if any(_words(dose_of(form)) in dose for dose in doses) else [DOSE]
    if not any(word in dose for dose in doses for word in AS_NEEDED):
        found += [AGAIN] if _given(items, form.get("when", "")) >= max(map(_times, doses), default=1) else []
    return found


def dose_of(form: Mapping[str, str]) -> str:
    """How much is handed out, in the words of a list: 1 tablett."""
    return " ".join(form.get(name, "").strip() for name in ("amount", "unit")).strip()


def not_taken(actor: Actor, patient: str, name: str, moment: str) -> Resource:
    """The task of the unit when a dose was not taken; `name` is the medicine, `patient` the id."""
    units = sorted(each for each in actor.units if each.startswith("Organization/"))
    owner = (
        {"reference": units[0], "display": actor.unit_name} if units else {"reference": actor.practitioner}
    )
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": "urgent",
        "code": {"text": name},
        "description": name,
        "for": {"reference": reference({"resourceType": "Patient", "id": patient})},
        "authoredOn": moment,
        "requester": {"reference": actor.practitioner, "display": actor.name},
        "owner": owner,
    }


def _same(one: str, other: str) -> bool:
    """Of the same name, or of the same substance, which is the first word of a name."""
    first, second = _words(one), _words(other)
    return bool(first and second) and first.partition(" ")[0] == second.partition(" ")[0]


def _given(items: Iterable[Resource], day: str) -> int:
    """How often it was given that day."""
    return sum(
        each["resourceType"] == GIVEN.type
        and each.get("status") == "completed"
        and str(each.get("effectiveDateTime", ""))[:10] == day[:10]
        for each in items
    )


def _times(dose: str) -> int:
    """How often a day, as far as the words say."""
    return max(1, sum(word in TIMES for word in dose.replace(",", " ").split()))


def _words(words: str) -> str:
    return " ".join(words.casefold().split())

"""Items of the shared registers, made by the declared forms, each with a Provenance that says who wrote it where."""

from datetime import date

from akson.demo.book import Book, unit_reference
from akson.demo.make.critical import Written
from akson.demo.nodes import INSTALLATIONS
from akson.demo.personnel import BY_KEY_STAFF
from akson.demo.units import BY_KEY, owner
from akson.exchange import entry
from akson.exchange.declare import service
from akson.exchange.kept import Why, activity, empty, kind_of, name_of, with_item
from akson.fhir.model import Resource, coding
from akson.security.rules.own_entries import LABEL

MEDICINES = "legemidler-og-vaksiner"
CITIZEN = "self"
"""In the place of a key of personnel: the citizen wrote it."""


def shared(b: Book, place: str, written: Written, **form: str) -> Resource:
    """An item of a part ("planer/maal"), as the form of the part makes it. The reference to it comes back."""
    slug, _, name = place.partition("/")
    found = service(slug)
    part = found.part(name)
    made = entry.build(found, part, form, b.patient["reference"])
    who = form.get("kind") or next(iter(form.values()))
    own = {"security": [coding(*LABEL)]} if written.who == CITIZEN else {}
    content = {each: value for each, value in made.items() if each not in {"resourceType", "meta"}}
    if part.type == "Observation" and "effectiveDateTime" not in content:
        content["effectiveDateTime"] = b.day(written.ago)
    if part.type == "Goal" and written.who == CITIZEN:
        content["expressedBy"] = b.patient
    target = b.add(part.type, f"{place}/{who}", {"meta": made["meta"] | own} | content)
    b.add("Provenance", f"{place}/{who}", _told(b, written, [target]))
    return target


def medicine_list(b: Book, own: Book, gone_through: Written, how: str) -> None:
    """The shared list of the medicines that the municipality's record (`own`) has, and that somebody went through it."""
    found = service(MEDICINES)
    listed: Resource = empty(found, b.patient["reference"]) | {
        "date": b.moment(gone_through.ago, "11:15"),
        "source": {"display": _where(gone_through)},
    }
    taken = [each for each in own.resources if each["resourceType"] == "MedicationStatement"]
    told = []
    for number, each in enumerate(taken):
        item, said = _medicine(b, each, number)
        kind = "avsluttet" if each["status"] == "stopped" else "startet"
        listed = with_item(listed, item, kind_of(found, kind), said["recorded"])
        told.append(said)
    content = {name: value for name, value in listed.items() if name != "resourceType"}
    version = {"reference": f"{b.add('List', MEDICINES, content)['reference']}/_history/1"}
    for number, said in enumerate(told):
        b.add("Provenance", f"{MEDICINES}/{number}", said | {"target": [*said["target"], version]})
    reconciled = _told(b, gone_through, [version], "11:15") | activity(found, Why("samstemt", how))
    b.add("Provenance", f"{MEDICINES}/samstemt", reconciled)


def _medicine(b: Book, own: Resource, number: int) -> tuple[Resource, Resource]:
    """The item on the shared list of a medicine in the record, and the Provenance of when it came there."""
    found = service(MEDICINES)
    names = (
        "status", "statusReason", "medicationCodeableConcept", "effectivePeriod", "reasonCode", "dosage",
    )  # fmt: skip
    content: Resource = {"meta": {"tag": [found.tag]}, "subject": b.patient}
    content |= {name: own[name] for name in names if name in own}
    item = b.add("MedicationStatement", f"{MEDICINES}/{number}", content) | {"display": name_of(own)}
    is_stopped = own["status"] == "stopped"
    reasons = own.get("statusReason") if is_stopped else own.get("reasonCode")
    reason = str(reasons[0].get("text", "")) if reasons else "Tatt over fra journalen"
    ago = _ago(b, own["effectivePeriod"]["end" if is_stopped else "start"])
    said = _told(b, Written(b.citizen.gp, ago), [item], "10:00")
    return item, said | activity(found, Why("avsluttet" if is_stopped else "startet", reason))


def _ago(b: Book, day: str) -> int:
    return (b.today - date.fromisoformat(day[:10])).days


def _where(written: Written) -> str:
    staff = BY_KEY_STAFF[written.who]
    unit = BY_KEY[staff.posts[0].unit]
    whole = unit.name if unit.name.startswith(owner(unit).name) else f"{unit.name}, {owner(unit).name}"
    return f"{staff.name}, {whole}"


def _told(b: Book, written: Written, targets: list[Resource], clock: str = "10:30") -> Resource:
    recorded = b.moment(written.ago, clock)
    if written.who == CITIZEN:
        return {"target": targets, "recorded": recorded, "agent": [{"who": b.patient}]}
    staff = BY_KEY_STAFF[written.who]
    unit = BY_KEY[staff.posts[0].unit]
    place = unit_reference(b.node, owner(unit)) | {"display": _where(written).partition(", ")[2]}
    who = b.staff(written.who) | {"display": staff.name}
    return {
        "target": targets,
        "recorded": recorded,
        "agent": [{"who": who, "onBehalfOf": place}],
        "entity": [{"role": "source", "what": {"display": INSTALLATIONS[unit.node].title}}],
    }

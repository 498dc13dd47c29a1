"""Resources as the lines and tables of a chart. Pure: a resource in, what a line says out."""

from dataclasses import dataclass
from typing import Any

from akson.fhir.model import Resource
from akson.kit.settings import Node
from akson.security import entry_marks
from akson.web import show
from akson.web.ehr.provenance import Provenance, provenance

WEEKLY = "http://hl7.no/fhir/ig/okt/StructureDefinition/WeeklyExtentRatio"


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what, detail, a badge (key of the catalogues), and where it comes from."""

    id: str
    title: str
    source: Provenance
    detail: str = ""
    badge: str = ""
    tone: str = ""
    weekly: str = ""
    """Hours a week, for a service that is granted so."""


@dataclass(frozen=True, slots=True)
class Medicine:
    """One line of the list of medicines. `status` is a key of the catalogues."""

    name: str
    dosing: str
    reason: str
    status: str
    tone: str
    source: Provenance


def medicine(resource: Resource, node: Node) -> Medicine:
    """A MedicationStatement or a MedicationRequest."""
    dosages = resource.get("dosage") or resource.get("dosageInstruction") or []
    reasons = [show.concept(reason) for reason in resource.get("reasonCode", [])]
    status = str(resource.get("status", ""))
    needed = any(dosage.get("asNeededBoolean") or dosage.get("asNeededCodeableConcept") for dosage in dosages)
    key, tone = MEDICINE_STATUS.get(status, ("chart.medicine_unknown", ""))
    if needed and status == "active":
        key, tone = "chart.medicine_as_needed", "info"
    return Medicine(
        name=medicine_name(resource),
        dosing="; ".join(filter(None, (str(dosage.get("text", "")) for dosage in dosages))),
        reason=", ".join(filter(None, reasons)),
        status=key,
        tone=tone,
        source=provenance(resource, node),
    )


MEDICINE_STATUS = {
    "active": ("chart.medicine_active", "success"),
    "on-hold": ("chart.medicine_on_hold", "warning"),
    "stopped": ("chart.medicine_stopped", ""),
    "completed": ("chart.medicine_stopped", ""),
    "cancelled": ("chart.medicine_stopped", ""),
    "intended": ("chart.medicine_planned", "info"),
    "draft": ("chart.medicine_planned", "info"),
    "not-taken": ("chart.medicine_not_taken", "warning"),
}


def medicine_name(resource: Resource) -> str:
    """The medicine of a statement or request: as a concept, contained, or as a reference with its words."""
    if found := show.concept(resource.get("medicationCodeableConcept")):
        return found
    reference = resource.get("medicationReference", {})
    for contained in resource.get("contained", []):
        if reference.get("reference") == f"#{contained.get('id')}":
            return show.concept(contained.get("code"))
    return show.display(reference)


def problem(resource: Resource, node: Node) -> Row:
    """A Condition."""
    status = show.code(resource.get("clinicalStatus")) or "active"
    active = status in {"active", "recurrence", "relapse"}
    return Row(
        resource["id"],
        show.concept(resource.get("code")),
        provenance(resource, node),
        detail=_notes(resource),
        badge="chart.problem_active" if active else "chart.problem_ended",
        tone="info" if active else "",
    )


def allergy(resource: Resource, node: Node) -> Row:
    """An AllergyIntolerance: the substance, and the reaction when one is known."""
    reactions = [
        show.concept(m)
        for reaction in resource.get("reaction", [])
        for m in reaction.get("manifestation", [])
    ]
    what = show.concept(resource.get("code"))
    key, tone = ALLERGY_STATUS.get(
        show.code(resource.get("verificationStatus")), ("chart.allergy_unconfirmed", "")
    )
    title = " – ".join(filter(None, [what, ", ".join(filter(None, reactions)).lower()]))
    return Row(resource["id"], title, provenance(resource, node), _notes(resource), key, tone)


ALLERGY_STATUS = {
    "confirmed": ("chart.allergy_confirmed", "danger"),
    "unconfirmed": ("chart.allergy_unconfirmed", "warning"),
    "presumed": ("chart.allergy_unconfirmed", "warning"),
    "refuted": ("chart.allergy_refuted", ""),
}


def flag(resource: Resource, node: Node) -> Row:
    """A Flag: something a helper must know."""
    return Row(resource["id"], show.concept(resource.get("code")), provenance(resource, node))


def plan(resource: Resource, node: Node) -> list[Row]:
    """The activities of a CarePlan; the plan itself when it lists none."""
    source = provenance(resource, node)
    found = []
    for activity in resource.get("activity", []):
        detail: dict[str, Any] = activity.get("detail", {})
        words = (
            detail.get("description")
            or show.concept(detail.get("code"))
            or show.display(activity.get("reference"))
        )
        people = [show.display(performer) for performer in detail.get("performer", [])]
        by = " · ".join(filter(None, [str(detail.get("scheduledString", "")), *people]))
        key, tone = ACTIVITY_STATUS.get(str(detail.get("status", "")), ("", ""))
        if words:
            found.append(Row(resource["id"], words, source, by, key, tone))
    title = resource.get("title") or resource.get("description") or ""
    return found or ([Row(resource["id"], title, source)] if title else [])


ACTIVITY_STATUS = {
    "not-started": ("chart.activity_planned", "info"),
    "scheduled": ("chart.activity_planned", "info"),
    "in-progress": ("chart.activity_ongoing", "success"),
    "on-hold": ("chart.activity_on_hold", "warning"),
    "completed": ("chart.activity_done", "success"),
    "stopped": ("chart.activity_stopped", ""),
}


def service(resource: Resource, node: Node) -> Row:
    """A municipal service or a course of care: an EpisodeOfCare, with the hours a week where they are decided."""
    kinds = ", ".join(filter(None, (show.concept(kind) for kind in resource.get("type", []))))
    by = show.display(resource.get("managingOrganization"))
    return Row(resource["id"], kinds or by, provenance(resource, node), weekly=_weekly_hours(resource))


def _weekly_hours(episode: Resource) -> str:
    for extension in episode.get("extension", []):
        if extension.get("url") == WEEKLY:
            return str(extension.get("valueRatio", {}).get("numerator", {}).get("value", ""))
    return ""


def document(resource: Resource, node: Node) -> Row:
    """A DocumentReference."""
    kind = show.concept(resource.get("type"))
    title = str(resource.get("description") or kind)
    detail = kind if kind != title else ""
    return Row(resource["id"], title, provenance(resource, node), detail, **_for_whom(resource))


def note(resource: Resource, node: Node, words: str) -> Row:
    """A journal note: a DocumentReference of that kind, and how its words begin."""
    title = str(resource.get("description") or show.concept(resource.get("type")))
    return Row(resource["id"], title, provenance(resource, node), shorten(words), **_for_whom(resource))


def _for_whom(resource: Resource) -> dict[str, str]:
    """The badge of an entry that is not for all with a need."""
    if entry_marks.is_kept_from_parents(resource):
        return {"badge": "chart.not_parents", "tone": "warning"}
    found = entry_marks.read(resource)
    return {"badge": f"chart.only_{found}", "tone": "warning"} if found else {}


def _notes(resource: Resource) -> str:
    return " ".join(str(note.get("text", "")) for note in resource.get("note", []))


def shorten(words: str, limit: int = 140) -> str:
    """The beginning of a text, cut between two words."""
    flat = " ".join(words.split())
    return flat if len(flat) <= limit else flat[:limit].rsplit(" ", 1)[0] + " …"

"""The patient of a page: the banner that is the same on all of a patient's pages, and its badges."""

from dataclasses import dataclass

from akson.exchange.edge.taken import LEVELS
from akson.fhir.model import Resource
from akson.kit.clock import today
from akson.kit.errors import Conflict
from akson.record.context import Context
from akson.security import representation
from akson.web import show
from akson.web.context import find, of_type, one, permitted
from akson.web.ehr.rows import allergy, flag

CONFIDENTIAL = frozenset({"R", "V", *LEVELS.values()})
"""Security labels of an address that must not be shown: v3 Confidentiality, and what the register of persons calls it."""
GUARDIAN = "GUARD"
FLAG_TONES = {
    "clinical": "danger",
    "drug": "danger",
    "safety": "warning",
    "behavioral": "warning",
    "contact": "warning",
}


@dataclass(frozen=True, slots=True)
class Badge:
    """Words in the banner that no one may miss."""

    words: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody close: name, relation and telephone."""

    name: str
    relation: str
    phone: str
    guardian: bool


@dataclass(frozen=True, slots=True)
class Patient:
    """What the banner shows. `address` is empty when it must not be shown (`secret`)."""

    id: str
    name: str
    birth: str
    gender: str
    deceased: bool
    address: str
    secret: bool
    badges: tuple[Badge, ...]
    """Warnings of this record, and of the shared register when it answered."""
    relatives: tuple[Relative, ...]
    resource: Resource

    @property
    def is_minor(self) -> bool:
        """Whether somebody may have parental responsibility for the patient."""
        years = representation.age({"birth": [{"birthDate": self.birth}]}, today())
        return years is not None and years < representation.OF_AGE

    @property
    def guardian(self) -> Relative | None:
        return next((relative for relative in self.relatives if relative.guardian), None)


async def load(ctx: Context, patient_id: str) -> Patient:
    """The patient of an address; NotFound when there is none or it is hidden."""
    resource = await one(ctx, "Patient", patient_id)
    who = ("patient", f"Patient/{patient_id}")
    warnings = await active_flags(ctx, who)
    allergies = await permitted(ctx, "AllergyIntolerance", who, ("clinical-status", "active"))
    close = await find(ctx, "RelatedPerson", who, ("active", "true"))
    return build(ctx, resource, [*of_type(allergies, "AllergyIntolerance"), *warnings], close)


async def active_flags(ctx: Context, who: tuple[str, str]) -> list[Resource]:
    """Warnings that apply now (R4 has no search parameter for the status of a Flag)."""
    found = of_type(await permitted(ctx, "Flag", who, ("_count", "100")), "Flag")
    return [flag for flag in found if flag.get("status") == "active"]


def build(ctx: Context, resource: Resource, alerts: list[Resource], close: list[Resource]) -> Patient:
    """The banner of what was found."""
    secret = is_secret(resource)
    return Patient(
        id=resource["id"],
        name=show.name(resource),
        birth=str(resource.get("birthDate", "")),
        gender=str(resource.get("gender", "unknown")),
        deceased=bool(resource.get("deceasedBoolean") or resource.get("deceasedDateTime")),
        address="" if secret else address(resource),
        secret=secret,
        badges=tuple(badge for alert in alerts if (badge := _badge(ctx, alert)).words),
        relatives=tuple(_relative(person) for person in close),
        resource=resource,
    )


def is_secret(resource: Resource) -> bool:
    """Whether the address is protected (adressebeskyttelse)."""
    labels = [*resource.get("meta", {}).get("security", [])]
    for place in resource.get("address", []):
        for extension in place.get("extension", []):
            labels += [
                extension.get("valueCoding", {}),
                *extension.get("valueCodeableConcept", {}).get("coding", []),
            ]
    return any(label.get("code") in CONFIDENTIAL for label in labels)


def address(resource: Resource) -> str:
    """Street, postal code and place of the home address, on one line."""
    homes = [place for place in resource.get("address", []) if place.get("use") in {None, "home"}]
    for place in homes:
        town = str(place.get("city", ""))
        city = " ".join(filter(None, [place.get("postalCode"), town.title() if town.isupper() else town]))
        if line := ", ".join(filter(None, [*place.get("line", []), city])):
            return line
    return ""


def phone(resource: Resource) -> str:
    """The first telephone number."""
    return next((str(t["value"]) for t in resource.get("telecom", []) if t.get("system") == "phone"), "")


def _badge(ctx: Context, alert: Resource) -> Badge:
    if alert["resourceType"] == "AllergyIntolerance":
        return Badge(
            allergy(alert, ctx.node).title, "danger" if alert.get("criticality") == "high" else "warning"
        )
    category = next((show.code(c) for c in alert.get("category", [])), "")
    return Badge(flag(alert, ctx.node).title, FLAG_TONES.get(category, ""))


def _relative(person: Resource) -> Relative:
    relations = person.get("relationship", [])
    return Relative(
        show.name(person),
        next((words for relation in relations if (words := show.concept(relation))), ""),
        phone(person),
        any(show.code(relation) == GUARDIAN for relation in relations),
    )


async def belonging(ctx: Context, resource_type: str, resource_id: str, patient_id: str) -> Resource:
    """A resource that must be about the patient of the page: Conflict when it is about another one."""
    resource = await one(ctx, resource_type, resource_id)
    subject = resource.get("subject") or resource.get("patient") or resource.get("for") or {}
    if subject.get("reference") != f"Patient/{patient_id}":
        raise Conflict("the resource is about another patient than the page")
    return resource

"""Who, when and where from: what every item on a screen says of itself."""

from dataclasses import dataclass

from akson.exchange.declare import TAG_SYSTEM
from akson.exchange.merging import SOURCE
from akson.fhir.model import Resource
from akson.kit.settings import Node
from akson.web import show

PEOPLE = (
    "author",
    "recorder",
    "asserter",
    "requester",
    "informationSource",
    "careManager",
    "performer",
    "sender",
)
ORGANISATIONS = ("custodian", "managingOrganization", "serviceProvider")
TIMES = (
    "date", "recordedDate", "authoredOn", "dateAsserted", "effectiveDateTime", "performedDateTime", "sent", "issued",
    "occurrenceDateTime", "created",
)  # fmt: skip
PERIODS = ("period", "effectivePeriod", "performedPeriod")


@dataclass(frozen=True, slots=True)
class Provenance:
    """The origin of an item: `own`, `shared` (a common register) or `other` (another record system)."""

    who: str
    where: str
    when: str
    origin: str

    @property
    def known(self) -> bool:
        return bool(self.who or self.where or self.when)


def provenance(resource: Resource, node: Node) -> Provenance:
    """What the resource itself says; its last change when it names no time."""
    meta = resource.get("meta", {})
    source = str(meta.get("source", ""))
    shared = any(tag.get("system") == TAG_SYSTEM for tag in meta.get("tag", []))
    foreign = bool(_system(meta)) or (bool(source) and not source.startswith((node.base, "#", "urn:")))
    return Provenance(
        who=_first_display(resource, PEOPLE),
        where=_first_display(resource, ORGANISATIONS) or _system(meta),
        when=_when(resource) or str(meta.get("lastUpdated", "")),
        origin="shared" if shared else "other" if foreign else "own",
    )


def _system(meta: Resource) -> str:
    """The record system that an item was fetched from."""
    found = (tag.get("display", "") for tag in meta.get("tag", []) if tag.get("system") == SOURCE)
    return str(next(found, ""))


def _when(resource: Resource) -> str:
    for name in TIMES:
        if resource.get(name):
            return str(resource[name])
    for name in PERIODS:
        period = resource.get(name) or {}
        if found := period.get("end") or period.get("start"):
            return str(found)
    return ""


def _first_display(resource: Resource, names: tuple[str, ...]) -> str:
    for name in names:
        value = resource.get(name)
        for reference in value if isinstance(value, list) else [value]:
            inner = (reference or {}).get("actor", reference)
            if found := show.display(inner):
                return found
    return ""

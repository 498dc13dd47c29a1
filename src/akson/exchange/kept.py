"""A shared list whose versions have an order, as resources: the List, and its changes as Provenances. Pure.

Each version of the List has one Provenance or more: who, when and where, what kind of change (`activity`), why (`reason`), and
which version of which item (`target`). `List.date` and `List.source` are when and by whom the whole list was last gone through.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from akson.exchange.codelists import display
from akson.exchange.declare import TAG_SYSTEM, InformationService
from akson.fhir.model import Resource, coding, concept, split_reference

CODE = coding("http://loinc.org", "10160-0", "History of Medication use Narrative")
RECONCILED, TOLD = "samstemt", "opplyst"
"""Kinds: gone through with the patient; told by the citizen."""
ENDS = {"avsluttet": "stopped", "pause": "on-hold", "gjenopptatt": "active"}
"""The status of an item after kinds of change that set one."""
OFF = frozenset({"stopped", "on-hold"})
VERSION = re.compile(r"(\w+/[^/]+)/_history/(\d+)")


@dataclass(frozen=True, slots=True)
class Why:
    """What kind of change (code of the service's kinds) and the reason in words."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the list: the version that it made, and what it was about."""

    version: int
    kind: str
    """Code of the service's kinds; empty for one that is not of them."""
    reason: str
    who: str
    where: str
    when: str
    item: str
    """Reference of the item; empty for what is about the whole list."""
    item_version: int
    name: str


def empty(service: InformationService, patient: str) -> Resource:
    """A list with nothing on it, about `patient` (a reference)."""
    return {
        "resourceType": "List",
        "meta": {"tag": [coding(TAG_SYSTEM, service.slug)]},
        "status": "current",
        "mode": "working",
        "title": "Legemiddelliste",
        "code": {"coding": [CODE], "text": "Legemiddelliste"},
        "subject": {"reference": patient},
    }


def with_item(listed: Resource, item: Resource, flag: Resource, when: str) -> Resource:
    """The list with an item (a Reference) on it, and what kind of change it had last, when."""
    name = _plain(item)
    others = [each for each in listed.get("entry", []) if _plain(each["item"]) != name]
    return listed | {"entry": [*others, {"flag": flag, "date": when, "item": item}]}


def ended(resource: Resource, why: Why) -> Resource:
    """An item with the status that its kind of change gives it, and the reason where it is not taken any more."""
    status = ENDS.get(why.kind)
    made = resource | ({"status": status} if status else {})
    reason = {"statusReason": [{"text": why.reason}]}
    return made | (reason if made["resourceType"] == "MedicationStatement" and status in OFF else {})


def activity(service: InformationService, why: Why) -> Resource:
    """What a Provenance says of a change: its kind and the reason."""
    return {"activity": kind_of(service, why.kind), "reason": [{"text": why.reason}]}


def kind_of(service: InformationService, kind: str) -> Resource:
    """A kind of change as a concept."""
    return concept(service.kinds, kind, display(service.kinds, kind) or kind)


def steps(service: InformationService, told: Iterable[Resource]) -> list[Step]:
    """The changes of the list of a service, the newest first, from its Provenances."""
    made = [_step(service, each) for each in told]
    return sorted(made, key=lambda each: (each.version, each.when, each.name), reverse=True)


def since(found: Sequence[Step], version: int) -> list[Step]:
    """The changes after a version of the list."""
    return [each for each in found if each.version > version]


def name_of(resource: Resource) -> str:
    """What an item is called."""
    found = resource.get("medicationCodeableConcept", {})
    coded = (str(each.get("display", "")) for each in found.get("coding", []))
    return str(found.get("text") or next(filter(None, coded), ""))


def _step(service: InformationService, told: Resource) -> Step:
    versions = {split_reference(each["reference"]): each for each in told["target"]}
    listed = [_versioned(each) for name, each in versions.items() if name[0] == "List"]
    items = [each for name, each in versions.items() if name[0] != "List"]
    item, item_version = _versioned(items[0]) if items else ("", 0)
    kinds = [
        c["code"] for c in told.get("activity", {}).get("coding", []) if c.get("system") == service.kinds
    ]
    agent: dict[str, Any] = told.get("agent", [{}])[0]
    return Step(
        version=max((version for _, version in listed), default=0),
        kind=next((code for code in kinds if display(service.kinds, code)), ""),
        reason=str(next((each.get("text", "") for each in told.get("reason", [])), "")),
        who=str(agent.get("who", {}).get("display", "")),
        where=str(agent.get("onBehalfOf", {}).get("display", "")),
        when=str(told.get("recorded", "")),
        item=item,
        item_version=item_version,
        name=str(items[0].get("display", "")) if items else "",
    )


def _versioned(target: Resource) -> tuple[str, int]:
    """Reference and version of a target; version 1 where it names none, as of what was made in the same transaction."""
    found = VERSION.search(target["reference"])
    return (found[1], int(found[2])) if found else (_plain(target), 1)


def _plain(target: Resource) -> str:
    """The reference without a version; a placeholder of a transaction as it is."""
    return "/".join(filter(None, split_reference(target["reference"]))) or str(target["reference"])

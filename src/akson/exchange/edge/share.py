"""Share (endre og dele): the one source is the platform's register; the record system reads it and writes to it.

Who wrote, when and where goes with every item as a Provenance, written in the same transaction as the item. A change
names the version it was made from; when somebody was faster, VersionMismatch comes back and nothing is lost.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from akson.exchange.declare import TAG_SYSTEM, InformationService, Part
from akson.exchange.edge.platform import NoAttest, Platform, included, matches
from akson.fhir.model import Resource, reference
from akson.kit.clock import instant, now
from akson.kit.errors import PeerFailed, PeerSilent
from akson.kit.ids import new_id
from akson.kit.norwegian import HPR, ORGANIZATION, token
from akson.kit.settings import Node
from akson.security.actor import Actor

URI = "urn:ietf:rfc:3986"


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a register, with who wrote it last."""

    part: Part
    resource: Resource
    provenance: Resource | None

    @property
    def who(self) -> str:
        """Name and role of the last writer; empty when unknown."""
        return str(self._agent().get("who", {}).get("display", ""))

    @property
    def where(self) -> str:
        """The organisation and unit it was written at; empty when unknown."""
        return str(self._agent().get("onBehalfOf", {}).get("display", ""))

    @property
    def when(self) -> str:
        """The instant of the last change."""
        return str(
            (self.provenance or {}).get("recorded") or self.resource.get("meta", {}).get("lastUpdated", "")
        )

    @property
    def details(self) -> list[str]:
        """What people read after the name: reaction, how sure it is, why it is critical."""
        resource = self.resource
        concepts = [m for each in resource.get("reaction", []) for m in each.get("manifestation", [])]
        concepts.append(resource.get("verificationStatus", {}))
        concepts += [code for each in resource.get("evidence", []) for code in each.get("code", [])]
        return [str(concept["text"]) for concept in concepts if concept.get("text")]

    @property
    def version(self) -> int:
        return int(self.resource["meta"]["versionId"])

    def _agent(self) -> Resource:
        return (self.provenance or {}).get("agent", [{}])[0]  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Shared:
    """What the register holds for one patient; `silent` when the platform did not answer.

    `refused`: the asker's role cannot look up at others, so nobody was asked.
    """

    items: tuple[Item, ...]
    silent: bool = False
    refused: bool = False
    listed: Resource | None = None
    """The List, where the service keeps one in an order of versions and it has begun."""
    told: tuple[Resource, ...] = ()
    """Provenances of the List: its changes."""

    def of(self, part: Part) -> list[Item]:
        """The items of one part."""
        return [item for item in self.items if item.part.slug == part.slug]


async def fetch(platform: Platform, service: InformationService, pid: str) -> Shared:
    """All items of the service for the person with this identity number."""
    who = token(pid)
    searches = [
        f"{part.type}?{part.search}&patient.identifier={who}&_revinclude=Provenance:target&_count=200"
        for part in service.parts
    ]
    if service.kinds:
        tag = f"_tag={TAG_SYSTEM}|{service.slug}"
        searches.append(f"List?{tag}&patient.identifier={who}&_revinclude=Provenance:target&_count=10")
    try:
        bundles = await platform.batch(searches)
    except NoAttest:
        return Shared((), refused=True)
    except (PeerSilent, PeerFailed):
        return Shared((), silent=True)
    if any(bundle.get("resourceType") != "Bundle" for bundle in bundles):
        return Shared((), silent=True)
    listed = bundles.pop() if service.kinds else {}
    return Shared(
        tuple(
            item for part, bundle in zip(service.parts, bundles, strict=True) for item in items(part, bundle)
        ),
        listed=next(iter(matches(listed)), None),
        told=tuple(included(listed, "Provenance")),
    )


def items(part: Part, bundle: Resource) -> Iterable[Item]:
    """The items of one searchset, each with its newest Provenance."""
    newest: dict[str, Resource] = {}
    for provenance in sorted(included(bundle, "Provenance"), key=lambda each: each["recorded"]):
        for target in provenance["target"]:
            newest[target["reference"].split("/_history/")[0]] = provenance
    for resource in matches(bundle):
        yield Item(part, resource, newest.get(reference(resource)))


async def save(
    platform: Platform, actor: Actor, node: Node, resource: Resource, version: int | None
) -> Resource:
    """Write one item and its Provenance. `version` is the one the change was made from; None for a new item.

    The resource refers to its patient by a conditional reference (`patient_reference`). VersionMismatch when somebody
    changed it in between.
    """
    if version is None:
        target = f"urn:uuid:{new_id()}"
        entry = {
            "fullUrl": target,
            "request": {"method": "POST", "url": resource["resourceType"], **only_once(resource)},
            "resource": resource,
        }
    else:
        target = reference(resource)
        request = {"method": "PUT", "url": target, "ifMatch": f'W/"{version}"'}
        entry = {"request": request, "resource": resource}
    told = {"request": {"method": "POST", "url": "Provenance"}, "resource": provenance(actor, node, target)}
    answer = await platform.transaction([entry, told])
    return answer[0]["response"]  # type: ignore[no-any-return]


ONE_IDENTIFIER = frozenset({"QuestionnaireResponse", "Bundle", "Composition"})
"""Types whose items have one identifier at most."""


def form_key(key: str, kind: str = "") -> Resource:
    """An identifier of the form that an item was written on: sent twice, it is registered once. `kind`: of a type that has but one."""
    made: Resource = {"system": URI, "value": f"urn:uuid:{uuid.UUID(key)}"}
    return {"identifier": made if kind in ONE_IDENTIFIER else [made]}


def only_once(resource: Resource) -> Resource:
    """What keeps an item with a form's key from being registered twice."""
    values = [each["value"] for each in resource.get("identifier", []) if each.get("system") == URI]
    return {"ifNoneExist": f"identifier={URI}|{values[0]}"} if values else {}


def patient_reference(pid: str) -> str:
    """A conditional reference to the platform's own Patient (R4 3.1.0.11.1): the node need not know its id."""
    return f"Patient?identifier={token(pid)}"


def provenance(actor: Actor, node: Node, target: str) -> Resource:
    """Who wrote the target (a reference), now, at which unit, in which system."""
    who = {"display": actor.name} | ({"identifier": {"system": HPR, "value": actor.hpr}} if actor.hpr else {})
    place = ", ".join(part for part in (actor.unit_name, node.title) if part)
    owner = {"identifier": {"system": ORGANIZATION, "value": node.organization}, "display": place}
    return {
        "resourceType": "Provenance",
        "target": [{"reference": target}],
        "recorded": instant(now()),
        "agent": [{"who": who, "onBehalfOf": owner}],
        "entity": [{"role": "source", "what": {"identifier": {"value": node.base}, "display": node.title}}],
    }

"""What is about nobody and for all: what is on offer, and knowledge to use again (services 20 and 21). Pure.

A record system keeps what its units publish. What carries the tag of its service is told to the platform (`edge/publish.py`), where
everybody finds it: personnel of all record systems, citizens, cooperating services and their systems.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from akson.exchange import codelists, entry
from akson.exchange.declare import TAG_SYSTEM, Ask, InformationService, Part, general_types, load, service
from akson.exchange.entry import Form
from akson.fhir.model import Resource, coding
from akson.kit.errors import NotFound
from akson.kit.norwegian import ORGANIZATION
from akson.security.actor import Actor, Kind

OFFERS = "tilgjengelige-tjenester"
OFFICE = frozenset({"avdelingsleder", "saksbehandler", "helsesekretaer"})
"""Roles that say what their unit offers."""
UNIT = "urn:akson:publisher"
"""System of the label that says which unit (organisation number) published something: those who work there change it."""
STATE = {"HealthcareService": ("active", True, False)}
USUAL = ("status", "active", "retired")
"""Element that says whether something is in force, and its value when it is, and when it is withdrawn."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Who publishes: a unit, by its reference and number, and who wrote it."""

    reference: str
    number: str
    name: str
    author: str


def services() -> list[InformationService]:
    """The services that are about nobody, in the order of their numbers."""
    return [each for each in load() if each.is_general]


def named(slug: str, part: str) -> tuple[InformationService, Part]:
    """A service that is about nobody, and its part; NotFound for others."""
    try:
        found = service(slug)
        if found.is_general:
            return found, found.part(part)
    except KeyError as error:
        raise NotFound("No such service or part") from error
    raise NotFound("No such general service")


def is_published(resource: Resource) -> bool:
    """Whether it is to be told to all."""
    tags = resource.get("meta", {}).get("tag", [])
    return resource["resourceType"] in general_types() and any(t.get("system") == TAG_SYSTEM for t in tags)


def in_force(resource: Resource) -> bool:
    """Whether it holds now, and was not withdrawn."""
    element, yes, _ = STATE.get(resource["resourceType"], USUAL)
    return bool(resource.get(element) == yes)


def withdrawn(resource: Resource) -> Resource:
    """The resource, no longer in force."""
    element, _, no = STATE.get(resource["resourceType"], USUAL)
    return resource | {element: no}


def publishes(actor: Actor, found: InformationService) -> bool:
    """Whether somebody publishes for the own unit: offers the office does, knowledge who is health personnel."""
    if actor.kind is not Kind.PERSONNEL or actor.client_id or not actor.unit_number or not actor.units:
        return False
    return actor.role in OFFICE if found.slug == OFFERS else bool(actor.authorization)


def is_of(resource: Resource, actor: Actor) -> bool:
    """Whether the unit of this person published it."""
    labels = resource.get("meta", {}).get("security", [])
    return any((e.get("system"), e.get("code")) == (UNIT, actor.unit_number) for e in labels)


def made(
    found: InformationService, part: Part, form: Form, unit: Unit, earlier: Resource | None = None
) -> Resource:
    """What a filled-in form publishes; Unprocessable names each field that is wrong. What was withdrawn is in force again."""
    resource = entry.build(found, part, form, "", earlier)
    resource.pop("text", None)
    element, yes, _ = STATE.get(part.type, USUAL)
    resource[element] = yes
    resource["meta"]["security"] = [coding(UNIT, unit.number)]
    if part.type == "HealthcareService":
        number = {"system": ORGANIZATION, "value": unit.number}
        resource["providedBy"] = {"reference": unit.reference, "identifier": number, "display": unit.name}
    else:
        resource |= {"publisher": unit.name, "author": [{"name": unit.author}]}
    return resource | {"text": _narrative(part, entry.fields_of(part, resource), unit.name)}


def _narrative(part: Part, words: Mapping[str, str], unit: str) -> Resource:
    """All its words, for those who read it as it is, and to be searched (`_text`)."""
    fields = part.entry.fields if part.entry else ()
    said = [unit, *(_said(field.ask, words[field.name], field.lists) for field in fields)]
    lines = "".join(f"<p>{escape(each)}</p>" for each in said if each)
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{lines}</div>'}


def _said(ask: Ask, value: str, lists: Iterable[str]) -> str:
    if ask is Ask.CHOICE:
        return next((words for url in lists if (words := codelists.display(url, value))), "")
    return "" if ask is Ask.LINK else " ".join(value.split())

"""Critical information as pages show it: one line an item, with the words of its form and who wrote it when."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from akson.care.critical import FIELDS, Field, fields_of
from akson.exchange.codelists import display
from akson.exchange.declare import Part, service
from akson.exchange.edge.share import Item
from akson.record.context import Context
from akson.web.context import find, of_type

SERVICE = "kritisk-informasjon"
GRAVE = frozenset({"overfoelsomhet", "anestesikomplikasjon", "kritisk-tilstand"})


@dataclass(frozen=True, slots=True)
class Line:
    """One item. `part` is the key of its category's title; `facts` are label keys with words."""

    id: str
    slug: str
    part: str
    what: str
    facts: tuple[tuple[str, str], ...]
    who: str
    where: str
    when: str
    version: int
    grave: bool


def lines(items: Sequence[Item]) -> list[Line]:
    """The items in the order of the service's categories, the newest first in each."""
    order = [part.slug for part in service(SERVICE).parts]
    made = [line(item) for item in items]
    made.sort(key=lambda each: each.when, reverse=True)
    return sorted(made, key=lambda each: order.index(each.slug))


def line(item: Item) -> Line:
    """One item of the register."""
    values = fields_of(item.part, item.resource)
    facts = [
        (field.label, words)
        for field in FIELDS[item.part.slug]
        if field.name != "what" and (words := field_words(field, values.get(field.name, "")))
    ]
    return Line(
        id=str(item.resource["id"]),
        slug=item.part.slug,
        part=item.part.title,
        what=values["what"],
        facts=tuple(facts),
        who=item.who,
        where=item.where,
        when=item.when,
        version=item.version,
        grave=item.part.slug in GRAVE,
    )


def field_words(field: Field, value: str) -> str:
    """A field's value as words: the name of a code, else what was written."""
    return (display(field.lists[0], value) or value) if field.kind == "choice" and value else value


async def of_register(ctx: Context, patient: str) -> list[Line]:
    """What the register of this very node holds about a patient of it; for the platform's own pages."""
    found: list[Item] = []
    for part in service(SERVICE).parts:
        found += await _items(ctx, part, patient)
    return lines(found)


async def _items(ctx: Context, part: Part, patient: str) -> list[Item]:
    pairs = [("patient", f"Patient/{patient}"), *parse_qsl(part.search), ("_count", "100")]
    found = await find(ctx, part.type, *pairs, ("_revinclude", "Provenance:target"))
    newest = {}
    for provenance in sorted(of_type(found, "Provenance"), key=lambda each: str(each["recorded"])):
        for target in provenance["target"]:
            newest[str(target["reference"]).split("/_history/")[0]] = provenance
    return [
        Item(part, resource, newest.get(f"{part.type}/{resource['id']}"))
        for resource in of_type(found, part.type)
    ]

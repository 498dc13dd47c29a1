"""What is about nobody, found by its words: what a page shows of each, and where it is on offer."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from akson.exchange import general
from akson.exchange.declare import Part
from akson.fhir.model import Resource, reference
from akson.web.services import cells

Search = Callable[[str, Sequence[tuple[str, str]]], Awaitable[list[Resource]]]
"""Resource type and pairs; what matches, then what it includes."""
MOST = 500
"""Items of a part that are looked through."""
FIRST, PAGE = 20, 25
"""Items of a part that stand with those of other parts, and on a page of their own."""
NAMES = {"HealthcareService": "name"}
"""By which parameter a type is found by its name; others by their title."""
INCLUDED = {"HealthcareService": (("_include", "HealthcareService:organization"),)}
FOR_ALL = "alle"


@dataclass(frozen=True, slots=True)
class Hit:
    """One item as a list shows it."""

    part: Part
    id: str
    title: str
    detail: str
    by: str
    """Who offers or published it."""
    places: tuple[str, ...]
    """Municipalities or areas; empty for what is for all of them."""


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found of a part; `more`: there are more than these."""

    part: Part
    items: tuple[Hit, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a page shows of the items of a part: `number` of `last`, out of `total`."""

    part: Part
    items: tuple[Hit, ...]
    number: int
    last: int
    total: int
    more: bool
    """There are more than were looked through."""


def leaf(found: Hits, number: int | None) -> Leaf:
    """The page with this number, the nearest there is; the first few of the part where it stands among others (None)."""
    total = len(found.items)
    if number is None:
        return Leaf(found.part, found.items[:FIRST], 1, 1 + (total > FIRST), total, found.more)
    last = max(1, -(-total // PAGE))
    at = min(max(number, 1), last)
    return Leaf(found.part, found.items[(at - 1) * PAGE : at * PAGE], at, last, total, found.more)


async def hits(search: Search, part: Part, words: str, language: str) -> Hits:
    """The items of a part in force that hold all these words, by name; all of them without words."""
    asked = [*part.pairs, ("_count", str(MOST)), *INCLUDED.get(part.type, ())]
    wanted = words.casefold().split()
    found: dict[str, Hit] = {}
    full = False
    for pairs in _queries(part, wanted, words):
        answer = await search(part.type, [*asked, *pairs])
        units = {reference(each): each for each in answer if each["resourceType"] == "Organization"}
        matched = [each for each in answer if each["resourceType"] == part.type]
        full = full or len(matched) == MOST
        for each in matched:
            made = hit(part, each, units, language)
            by_text = any(name == "_text" for name, _ in pairs)
            if by_text or all(word in _haystack(made, each, language).casefold() for word in wanted):
                found.setdefault(made.id, made)
    ordered = sorted(found.values(), key=lambda each: each.title.casefold())
    return Hits(part, tuple(ordered[:MOST]), full or len(ordered) > MOST)


def _queries(part: Part, wanted: Sequence[str], words: str) -> list[list[tuple[str, str]]]:
    """By name, by kind, and by what its text says; the longest word narrows the most."""
    if not wanted:
        return [[]]
    longest = max(wanted, key=len).replace(",", "\\,")
    found = [
        [(f"{NAMES.get(part.type, 'title')}:contains", longest)],
        [("_text", words.replace(",", "\\,"))],
    ]
    return [*found, [("service-type:text", longest)]] if part.type == "HealthcareService" else found


def hit(part: Part, resource: Resource, units: dict[str, Resource], language: str) -> Hit:
    """What a list shows of a resource."""
    words = {column.label: cells.cell(resource, column.path, language) for column in part.columns}
    unit = units.get(str((resource.get("providedBy") or {}).get("reference", "")), {})
    areas = [str(each["display"]) for each in resource.get("coverageArea", []) if each.get("display")]
    areas = areas or [str(each["district"]) for each in unit.get("address", []) if each.get("district")]
    return Hit(
        part,
        resource["id"],
        words.get("item.what", ""),
        words.get("knowledge.summary") or words.get("offer.about") or words.get("item.kind", ""),
        words.get("offer.provider") or words.get("knowledge.publisher", ""),
        tuple(dict.fromkeys(place.strip() for area in areas for place in area.split(","))),
    )


def _haystack(made: Hit, resource: Resource, language: str) -> str:
    said = (cells.cell(resource, column.path, language) for column in made.part.columns)
    return " ".join([made.title, made.detail, made.by, *made.places, *said])


def places(found: Iterable[Hits]) -> list[str]:
    """The municipalities and areas that occur."""
    return sorted({place for each in found for item in each.items for place in item.places}, key=str.casefold)


def at(found: Hits, place: str) -> Hits:
    """Those of one municipality or area, and those that are for all."""
    kept = tuple(each for each in found.items if not each.places or place in each.places)
    return Hits(found.part, kept, found.more)


def is_for(resource: Resource, *, citizen: bool) -> bool:
    """Whether it is written for the reader: what is for personnel stands on no citizen's page."""
    codes = {
        str(code.get("code"))
        for context in resource.get("useContext", [])
        for code in context.get("valueCodeableConcept", {}).get("coding", [])
    }
    return general.in_force(resource) and (not citizen or not codes or FOR_ALL in codes)

"""Concept maps: what a code is called in another system, read forwards or backwards."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.spec import terms as built_in
from akson.fhir.terminology.mapping import Mapping, header, mappings
from akson.fhir.terminology.rules import Canonical
from akson.store.database.pool import Tx
from akson.store.terms import sources

FIND = """
select s.id, s.url, m.from_system, m.from_code, m.to_system, m.to_code, m.detail
from term_mapping m join term_source s on s.id = m.source
where s.state = 'active' and m.{} = %s order by s.url, s.rank desc, s.id desc, m.number"""
SIDES = {False: FIND.format("from_code"), True: FIND.format("to_code")}


@dataclass(frozen=True, slots=True)
class Map:
    """A concept map: its resource without elements, and its mappings where they are at hand."""

    url: str
    header: Resource
    source: int = 0
    """Its number in the database; 0 for one that is given or of R4."""
    given: Resource | None = None


async def find(tx: Tx, canonical: Canonical) -> Map | None:
    """The concept map that a canonical means; None when it is not known."""
    stored = await sources.find(tx, "ConceptMap", [canonical])
    if canonical in stored:
        source = stored[canonical]
        return Map(source.url, (await sources.definitions(tx, [source.id]))[source.id], source.id)
    found = built_in.definition("ConceptMap", canonical)
    return of(found) if found else None


def of(resource: Resource) -> Map:
    """A concept map that is at hand."""
    return Map(resource.get("url", ""), header(resource), given=resource)


async def mapped(tx: Tx, chosen: Map | None, code: str, *, reverse: bool) -> list[tuple[Map, Mapping]]:
    """What maps say of a code, whatever its system: one map, or the newest version of each that is known."""
    if chosen is not None and chosen.given is not None:
        return [(chosen, each) for each in mappings(chosen.given) if _code(each, reverse=reverse) == code]
    rows = await tx.fetch(SIDES[reverse], [code])
    newest: dict[str, int] = {}
    for row in rows:
        newest.setdefault(row[1], row[0])
    wanted = {chosen.source} if chosen else set(newest.values())
    headers = await sources.definitions(tx, wanted)
    found = [(Map(row[1], headers[row[0]], row[0]), _mapping(row[2:])) for row in rows if row[0] in wanted]
    return found if chosen else [*found, *_of_r4(code, newest, reverse=reverse)]


def _code(mapping: Mapping, *, reverse: bool) -> str:
    return mapping.to_code if reverse else mapping.from_code


def _mapping(row: tuple[str, str, str, str, bytes]) -> Mapping:
    return Mapping(*row[:4], **strict_json.loads(row[4]))


def _of_r4(code: str, stored: Iterable[str], *, reverse: bool) -> Iterator[tuple[Map, Mapping]]:
    """What the maps of R4 say, those apart that are stored here too."""
    for chosen, mapping in _r4()[reverse].get(code, ()):
        if chosen.url not in stored:
            yield chosen, mapping


@cache
def _r4() -> dict[bool, dict[str, list[tuple[Map, Mapping]]]]:
    found: dict[bool, dict[str, list[tuple[Map, Mapping]]]] = {False: {}, True: {}}
    for url in built_in.listed("ConceptMap"):
        resource = built_in.definition("ConceptMap", Canonical(url))
        if resource is None:
            continue
        chosen = Map(url, header(resource))
        for mapping in mappings(resource):
            for side in (False, True):
                found[side].setdefault(_code(mapping, reverse=side), []).append((chosen, mapping))
    return found

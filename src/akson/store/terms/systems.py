"""A code system, wherever it is: in the database, part of R4, or a grammar."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from akson.fhir.model import Resource
from akson.fhir.spec import terms as built_in
from akson.fhir.terminology import grammar
from akson.fhir.terminology.concept import Concept
from akson.fhir.terminology.memory import Held
from akson.fhir.terminology.rules import Canonical
from akson.store.database.pool import Tx
from akson.store.terms import concepts, sources, sql
from akson.store.terms.sources import WITH_CODES, Source


@dataclass(frozen=True, slots=True)
class Known:
    """One code system whose codes can be asked for. Exactly one of source, held and grammar is set."""

    url: str
    version: str
    name: str
    content: str
    source: Source | None = None
    held: Held | None = None
    grammar: bool = False

    @property
    def complete(self) -> bool:
        """Whether a code that it does not have is wrong, and not only unknown."""
        return self.content == "complete"


async def known(tx: Tx, canonical: Canonical) -> Known | None:
    """The code system, with its codes at hand; None when it is not known, or no more than its name is."""
    return (await all_known(tx, [canonical])).get(canonical)


async def all_known(tx: Tx, canonicals: Iterable[Canonical]) -> dict[Canonical, Known]:
    """The same of many; those that are not known are left out."""
    wanted = set(canonicals)
    stored = await sources.find(tx, "CodeSystem", wanted)
    found = {each: _known(each, stored.get(each)) for each in wanted}
    return {canonical: system for canonical, system in found.items() if system is not None}


def _known(canonical: Canonical, found: Source | None) -> Known | None:
    if found is not None and found.content in WITH_CODES:
        return Known(found.url, found.version, found.name, found.content, source=found)
    held = built_in.held(canonical)
    if held is not None:
        system = held.system
        return Known(system.url, system.version, system.name, system.content, held=held)
    if grammar.defined(canonical.url):
        return Known(canonical.url, "", canonical.url, "complete", grammar=True)
    return None


async def header(tx: Tx, system: Known) -> Resource:
    """The CodeSystem resource without its concepts."""
    if system.source is not None:
        return (await sources.definitions(tx, [system.source.id]))[system.source.id]
    return dict(system.held.system.header or {}) if system.held else {}


async def concept(tx: Tx, system: Known, code: str) -> Concept | None:
    """One concept; None when the system does not have it."""
    if system.source is not None:
        return await concepts.get(tx, system.source, code)
    if system.held is not None:
        return system.held.get(code)
    return Concept(code) if grammar.takes(system.url, code) else None


async def some_concepts(tx: Tx, system: Known, codes: Collection[str]) -> dict[str, Concept]:
    """Those of the codes that the system has, each as it was asked for."""
    if system.source is not None:
        source = system.source
        found = await concepts.some(tx, source, codes)
        return {code: found[source.key(code)] for code in codes if source.key(code) in found}
    every = {code: await concept(tx, system, code) for code in codes}
    return {code: each for code, each in every.items() if each is not None}


async def relatives(tx: Tx, system: Known, code: str, side: str) -> list[tuple[str, str]]:
    """(code, display) of parents, children, ancestors or descendants (side: parent, child, ancestor, descendant)."""
    if system.source is not None:
        return await concepts.relatives(tx, system.source, code, side)
    held = system.held
    found = held.get(code) if held else None
    if held is None or found is None:
        return []
    related = [held.get(each) for each in _related(held, found, side)]
    return [(each.code, each.display) for each in related if each is not None]


def _related(held: Held, concept: Concept, side: str) -> Sequence[str]:
    match side:
        case "parent":
            return concept.parents
        case "child":
            return held.children(concept.code)
        case "ancestor":
            above = held.above(concept.code)
            return [each.code for each in held.concepts if each.code in above]
    return [code for code in held.below(concept.code) if code != concept.code]


async def is_above(tx: Tx, system: Known, above: str, below: str) -> bool:
    """Whether one code is a true ancestor of another."""
    if system.source is not None:
        up = await sql.concept_number(tx, system.source, above)
        row = await tx.one(
            "select 1 from term_concept where source = %s and key = %s and ancestors @> array[%s]::bigint[]",
            [system.source.id, system.source.key(below), up],
        )
        return row is not None
    held = system.held
    found = held.get(above) if held else None
    return held is not None and found is not None and found.code in held.above(below)

"""Writing terminology: concepts by COPY, and what a stored CodeSystem, ValueSet or ConceptMap means.

A stored resource is in use from the same transaction on. A load is staged where nobody sees it and put into use at
once (`stage`, `add_concepts`, `switch`).
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.terminology import mapping, text
from akson.fhir.terminology.concept import Concept, System, concepts_of, system_of
from akson.fhir.terminology.hierarchy import Hierarchy, hierarchy_of
from akson.fhir.terminology.mapping import Mapping
from akson.fhir.terminology.rules import Canonical
from akson.kit.errors import Conflict, Unprocessable
from akson.store.database import copying
from akson.store.database.copying import Column, bigint, bigints, boolean, raw
from akson.store.database.copying import text as words_of
from akson.store.database.pool import Tx
from akson.store.index.hashing import hash64
from akson.store.record.stored import Stored
from akson.store.terms import sources
from akson.store.terms.concepts import PLACES, number
from akson.store.terms.sources import KINDS, Kind, New

LARGEST = 1 << PLACES
MANY = 2_000
"""Concepts from which on the planner is told of a load at once; of less it learns by itself."""
BEGINNING = 32
"""Characters of a term that the index knows it to begin with."""

CONCEPT: dict[str, Column] = {
    "id": bigint, "source": bigint, "key": words_of, "code": words_of, "display": words_of, "terms": words_of,
    "words": raw, "parents": bigints, "ancestors": bigints, "marks": bigints, "inactive": boolean,
    "abstract": boolean, "detail": raw,
}  # fmt: skip
MAPPING: dict[str, Column] = {
    "source": bigint, "number": bigint, "from_system": words_of, "from_code": words_of, "to_system": words_of,
    "to_code": words_of, "detail": raw,
}  # fmt: skip
_word_end = struct.Struct("!H").pack(0)


def mark(source: int, name: str, value: str = "") -> int:
    """The mark of a concept that has this value for a property; without value: that it has any."""
    return hash64("term", str(source), name, value)


async def follow(tx: Tx, stored: Stored, resource: Resource | None) -> None:
    """Keep the terminology in step with a resource that was written (None: deleted)."""
    if stored.type not in KINDS:
        return
    kind = cast("Kind", stored.type)
    await sources.end(tx, kind, stored.reference)
    if resource is not None and resource.get("url"):
        await add_resource(tx, resource, stored.reference)
    await sources.sweep(tx)


async def add_resource(tx: Tx, resource: Resource, reference: str = "") -> None:
    """Put a CodeSystem, ValueSet or ConceptMap into use."""
    match resource["resourceType"]:
        case "CodeSystem":
            system = system_of(resource)
            concepts = list(concepts_of(resource))
            _check_keys(system, concepts)
            source = await sources.add(tx, new_system(system, reference), "staging")
            await add_concepts(tx, source, system, concepts, hierarchy_of(concepts))
            await sources.activate(tx, source, len(concepts))
        case "ConceptMap":
            source = await sources.add(tx, _new("ConceptMap", mapping.header(resource), reference))
            await _copy(tx, "term_mapping", MAPPING, _mapped(source, mapping.mappings(resource)))
        case _:
            await sources.add(tx, _new("ValueSet", resource, reference))


async def replace_resource(tx: Tx, resource: Resource) -> None:
    """Load a CodeSystem, ValueSet or ConceptMap in place of what was loaded before under its url and version."""
    kind = cast("Kind", resource["resourceType"])
    await sources.end(tx, kind, "", Canonical(resource["url"], resource.get("version", "")))
    await add_resource(tx, resource)


def _check_keys(system: System, concepts: Sequence[Concept]) -> None:
    """A system that does not tell case apart may not have two codes that differ only so."""
    if len({system.key(each.code) for each in concepts}) != len({each.code for each in concepts}):
        raise Unprocessable(
            "Two codes differ only in case, and the code system says that case does not count",
            expression=("CodeSystem.caseSensitive",),
        )


def _new(kind: Kind, resource: Resource, reference: str) -> New:
    name = resource.get("title") or resource.get("name", "")
    definition = {key: value for key, value in resource.items() if key not in {"text", "meta", "id"}}
    return New(kind, resource["url"], resource.get("version", ""), definition, reference, name)


def new_system(system: System, reference: str = "") -> New:
    """The source of a code system."""
    return New(
        "CodeSystem",
        system.url,
        system.version,
        dict(system.header or {"resourceType": "CodeSystem", "url": system.url, "version": system.version}),
        reference,
        system.name,
        system.content,
        system.case_sensitive,
        system.value_set,
    )


async def stage(tx: Tx, system: System) -> int:
    """Begin the load of a code system's version; the number of its source. An unfinished one is thrown away."""
    rows = await tx.fetch(
        "delete from term_source where kind = 'CodeSystem' and url = %s and version = %s and state = 'staging'"
        " returning id",
        [system.url, system.version],
    )
    await tx.execute("delete from term_concept where source = any(%s::bigint[])", [[row[0] for row in rows]])
    return await sources.add(tx, new_system(system), "staging")


async def add_concepts(
    tx: Tx, source: int, system: System, concepts: Iterable[Concept], hierarchy: Hierarchy
) -> int:
    """Write concepts of a source; how many. Unprocessable when the system is larger than the store can number."""
    if len(hierarchy) > LARGEST:
        raise Unprocessable(f"The code system has more than {LARGEST} concepts")
    count = 0

    def rows() -> Iterator[tuple[Any, ...]]:
        nonlocal count
        for count, concept in enumerate(concepts, 1):  # noqa: B007  read outside
            yield _row(source, system, concept, hierarchy)

    await _copy(tx, "term_concept", CONCEPT, rows())
    return count


async def switch(tx: Tx, source: int, system: System, concepts: int) -> None:
    """Put a staged version into use, in place of what was loaded before under the same version.

    Conflict when another load of the same version began meanwhile and threw this one away.
    """
    await sources.end(tx, "CodeSystem", "", Canonical(system.url, system.version))
    if not await sources.activate(tx, source, concepts):
        raise Conflict("another load of the same version took the place of this one")
    if concepts >= MANY:
        await tx.fetch("select gin_clean_pending_list('term_concept_find')")
        await tx.fetch("select draw_samples('term_concept', '{}')")


async def _copy(tx: Tx, table: str, columns: dict[str, Column], rows: Iterable[Sequence[Any]]) -> None:
    names = ", ".join(columns)
    stream = copying.stream(list(columns.values()), rows)
    await tx.copy(f"copy {table} ({names}) from stdin (format binary)", stream)


def _row(source: int, system: System, concept: Concept, hierarchy: Hierarchy) -> tuple[Any, ...]:
    place = hierarchy.number(concept.code)
    terms = text.lines((concept.code, concept.display, *(each.value for each in concept.designations)))
    return (
        number(source, place),
        source,
        system.key(concept.code),
        concept.code,
        concept.display,
        terms,
        lexemes(source, terms),
        [number(source, each) for each in hierarchy.parents(place)],
        [number(source, each) for each in hierarchy.ancestors(place)],
        _marks(source, concept),
        concept.inactive,
        concept.abstract,
        _detail(concept),
    )


def lexemes(source: int, terms: str) -> bytes:
    """The words and the beginnings of the terms as PostgreSQL's binary form of a tsvector without places."""
    found = {f"{source}:{word}".encode() for word in terms.split()}
    found |= {f"{source}^{line[:BEGINNING]}".encode() for line in terms.split("\n") if line}
    return struct.pack("!I", len(found)) + b"".join(word + b"\0" + _word_end for word in sorted(found))


def _marks(source: int, concept: Concept) -> list[int]:
    found = {mark(source, each.code) for each in concept.properties}
    found |= {mark(source, each.code, each.text) for each in concept.properties}
    return sorted(found)


def _detail(concept: Concept) -> bytes:
    made: dict[str, Any] = {}
    if concept.definition:
        made["definition"] = concept.definition
    if concept.designations:
        made["designation"] = [[each.value, each.language, dict(each.use)] for each in concept.designations]
    if concept.properties:
        made["property"] = [list(each) for each in concept.properties]
    return strict_json.dumps(made)


def _mapped(source: int, found: Iterable[Mapping]) -> Iterator[tuple[Any, ...]]:
    for place, each in enumerate(found):
        yield (
            source, place, each.from_system, each.from_code, each.to_system, each.to_code,
            strict_json.dumps(each.detail()),
        )  # fmt: skip

"""What code systems, value sets and concept maps say: the questions that search, validation and operations ask.

Terminology is open on a node and about nobody: these statements take no Scope. R4's own code systems and value sets
are known without being loaded.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from akson.fhir.terminology import grammar
from akson.fhir.terminology.concept import Concept
from akson.fhir.terminology.rules import Canonical
from akson.kit.errors import NotFound, TooCostly
from akson.store.database.pool import Tx
from akson.store.fragment import sql
from akson.store.terms import concepts, expand, systems
from akson.store.terms.expand import Ask
from akson.store.terms.sets import Piece, Plan, plan
from akson.store.terms.sources import Source, active
from akson.store.terms.systems import Known

MOST = 10_000
"""Codes that `members`, `below` and `above` give; TooCostly beyond."""


class Looked(NamedTuple):
    """A concept and the code system it is of."""

    system: Known
    concept: Concept


class Verdict(StrEnum):
    """Whether a code is in a value set. UNKNOWN_SYSTEM: nobody here can tell, for want of the code system."""

    IN = "in"
    NOT_IN = "not in"
    UNKNOWN_SYSTEM = "unknown system"
    UNKNOWN_VALUE_SET = "unknown value set"
    TOO_COSTLY = "too large"


Item = tuple[str, str | None, str]
"""(canonical of a value set, system, code). A system of None stands for a bare code: any of the set's systems."""


async def known(tx: Tx, system: str) -> bool:
    """Whether the codes of a code system (url, or url|version) can be asked for here."""
    return await systems.known(tx, Canonical.read(system)) is not None


async def lookup(tx: Tx, system: str, code: str) -> Looked | None:
    """A concept; None when the system does not have it. NotFound when the system is not known."""
    found = await _system(tx, system)
    concept = await systems.concept(tx, found, code)
    return Looked(found, concept) if concept else None


async def below(tx: Tx, system: str, code: str) -> list[str]:
    """The code and all codes below it; empty when the system does not have it. NotFound, TooCostly."""
    return await _related(tx, system, code, "descendant")


async def above(tx: Tx, system: str, code: str) -> list[str]:
    """The code and all codes above it; empty when the system does not have it. NotFound, TooCostly."""
    return await _related(tx, system, code, "ancestor")


async def _related(tx: Tx, system: str, code: str, side: str) -> list[str]:
    looked = await lookup(tx, system, code)
    if looked is None:
        return []
    found = await systems.relatives(tx, looked.system, code, side)
    if len(found) >= MOST:
        raise TooCostly(f"More than {MOST} codes stand in this relation; choose a narrower code")
    return [looked.concept.code, *(each for each, _ in found)]


async def _system(tx: Tx, system: str) -> Known:
    found = await systems.known(tx, Canonical.read(system))
    if found is None:
        raise NotFound(f"The code system {system[:200]} is not known here")
    return found


async def members(tx: Tx, url: str) -> list[tuple[str, str]]:
    """All (system, code) of a value set, in its order.

    NotFound when the set, a set inside it or a code system of it is not known; TooCostly when it has more than MOST.
    """
    found = await plan(tx, Canonical.read(url))
    if found is None:
        raise NotFound(f"The value set {url[:200]} is not known here")
    expanded = await expand.expand(tx, found, Ask(count=None, limit=MOST))
    return [(each.system, each.concept.code) for each in expanded.found]


async def check_codes(tx: Tx, items: Iterable[Item]) -> list[Verdict]:
    """For each item whether the code is in the value set, in their order: one question of the database for each
    value set and code system, whatever the number of items.
    """
    asked = list(items)
    by_set: dict[str, list[int]] = {}
    for place, (url, _, _) in enumerate(asked):
        by_set.setdefault(url, []).append(place)
    verdicts = [Verdict.UNKNOWN_VALUE_SET] * len(asked)
    for url, places in by_set.items():
        try:
            found = await plan(tx, Canonical.read(url))
        except TooCostly:
            answers = [Verdict.TOO_COSTLY] * len(places)
        except NotFound:
            continue
        else:
            if found is None:
                continue
            answers = await check(tx, found, [asked[place][1:] for place in places])
        for place, verdict in zip(places, answers, strict=True):
            verdicts[place] = verdict
    return verdicts


async def unloaded(tx: Tx, url: str) -> list[str]:
    """The code systems of a value set whose codes are not at hand here, or not all."""
    found = await plan(tx, Canonical.read(url))
    pieces = found.pieces if found else ()
    return [
        str(each.canonical) for each in pieces if each.system is None or each.system.content == "fragment"
    ]


async def check(tx: Tx, found: Plan, codings: Sequence[tuple[str | None, str]]) -> list[Verdict]:
    """Whether each (system, code) is in the set."""
    inside: set[tuple[str, str]] = set()
    unsure: set[str] = set()
    for piece in found.pieces:
        url = piece.canonical.url
        codes = [code for system, code in codings if system is None or system == url]
        if not codes:
            continue
        if piece.system is None:
            unsure.add(url)
            continue
        inside |= {(url, code) for code in await _inside(tx, piece, codes, active_only=found.active_only)}
        if piece.system.content == "fragment":
            unsure.add(url)
    return [_verdict(system, code, inside, unsure, found) for system, code in codings]


def _verdict(
    system: str | None, code: str, inside: set[tuple[str, str]], unsure: set[str], found: Plan
) -> Verdict:
    asked = [system] if system is not None else [piece.canonical.url for piece in found.pieces]
    if any((each, code) in inside for each in asked):
        return Verdict.IN
    return Verdict.UNKNOWN_SYSTEM if unsure.intersection(asked) else Verdict.NOT_IN


async def _inside(tx: Tx, piece: Piece, codes: Sequence[str], *, active_only: bool) -> set[str]:
    """Those of the codes that are in this piece of a value set."""
    system = piece.system
    assert system is not None  # noqa: S101  the caller looked
    if system.grammar:
        return {code for code in codes if grammar.takes(system.url, code)}
    if system.held is not None:
        test = system.held.test(piece.rule)
        given = {code: system.held.get(code) for code in codes}
        return {
            code
            for code, each in given.items()
            if each is not None and test(each) and not (active_only and each.inactive)
        }
    source = system.source
    assert source is not None  # noqa: S101  of the three, one is set
    assert piece.condition is not None  # noqa: S101  made with the source
    statement = (
        sql(
            "select c.key from term_concept c where c.source = %s and c.key = any(%s::text[]) and (",
            source.id,
            sorted({source.key(code) for code in codes}),
        )
        + piece.condition
        + sql(") and not c.inactive" if active_only else ")")
    )
    keys = {row[0] for row in await tx.fetch(statement.text, statement.params, prepare=False)}
    return {code for code in codes if source.key(code) in keys}


async def sources(tx: Tx) -> list[Source]:
    """All code systems, value sets and concept maps of this database, newest versions first."""
    return await active(tx)


async def displays(tx: Tx, system: str, codes: Iterable[str]) -> dict[str, str]:
    """The displays of many codes of one system; those that it does not have are left out."""
    found = await _system(tx, system)
    if found.source is not None:
        some = await concepts.some(tx, found.source, codes)
        return {each.code: each.display for each in some.values()}
    held = [found.held.get(code) for code in codes] if found.held else []
    return {each.code: each.display for each in held if each is not None}

"""Value sets made ready: which code systems they draw from, where each is, and the condition in each.

A plan is kept while the terminology of the database stays as it is; what it says is always the present state.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from akson.fhir.model import Resource
from akson.fhir.spec import terms as built_in
from akson.fhir.terminology import compose
from akson.fhir.terminology.implicit import implicit
from akson.fhir.terminology.memory import Held
from akson.fhir.terminology.rules import AllOf, AnyOf, Branch, Canonical, Every, Not, OneOf, Rule
from akson.kit.errors import Unprocessable
from akson.store.database.pool import Tx
from akson.store.fragment import Sql
from akson.store.terms import sources, sql
from akson.store.terms.dates import current
from akson.store.terms.sources import Stamp
from akson.store.terms.systems import Known, known

KEPT = 500
"""Plans that are kept."""
MOST_IMPORTS = 500
"""Value sets that one value set may draw from, others inside others counted."""


@dataclass(frozen=True, slots=True)
class Versions:
    """Which versions of code systems to use: where the set names none, whatever it names, and which it must be."""

    default: tuple[Canonical, ...] = ()
    force: tuple[Canonical, ...] = ()
    check: tuple[Canonical, ...] = ()
    moment: int | None = None
    """Where none is named, the version that was the present one then, also of value sets: microseconds since 1970."""

    async def at(self, tx: Tx, kind: sources.Kind, canonical: Canonical) -> Canonical:
        """The canonical with the version of that moment. Unprocessable where it cannot be told."""
        return canonical if self.moment is None else await current(tx, kind, canonical, self.moment)

    def of(self, system: Canonical) -> Canonical:
        """The system with the version to use. Unprocessable when it is not the one it must be."""
        for each in self.force:
            if each.url == system.url:
                return each
        found = next((each for each in self.default if each.url == system.url and not system.version), system)
        for each in self.check:
            if each.url == found.url and found.version and not sources.fits(each.version, found.version):
                raise Unprocessable(
                    f"The value set uses {found}, and the version must be {each.version}",
                    expression=("Parameters.check-system-version",),
                )
        return next((each for each in self.check if each.url == found.url), found)


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a value set in one code system. `system` None: it is not known, and the set does not list it."""

    canonical: Canonical
    rule: Rule
    system: Known | None
    condition: Sql | None = None
    listed: Mapping[str, Resource] = field(default_factory=dict[str, Resource])
    """How the set itself says codes, by code."""
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A value set ready to be asked."""

    value_set: Resource
    pieces: tuple[Piece, ...]
    active_only: bool


_plans: OrderedDict[tuple[Stamp, str, Versions], Plan] = OrderedDict()


async def plan(tx: Tx, canonical: Canonical, versions: Versions = Versions()) -> Plan | None:
    """The value set that a canonical means, ready; None when it is not known."""
    key = (await sources.stamp(tx), str(canonical), versions)
    if key in _plans:
        _plans.move_to_end(key)
        return _plans[key]
    value_set = await value_set_of(tx, await versions.at(tx, "ValueSet", canonical))
    if value_set is None:
        return None
    made = _plans[key] = await prepared(tx, value_set, versions, canonical)
    while len(_plans) > KEPT:
        _plans.popitem(last=False)
    return made


async def value_set_of(tx: Tx, canonical: Canonical) -> Resource | None:
    """The definition of a value set: stored or loaded here, of R4, all codes of a system, or known by its address."""
    stored = await sources.find(tx, "ValueSet", [canonical])
    if canonical in stored:
        return (await sources.definitions(tx, [stored[canonical].id])).popitem()[1]
    found = built_in.definition("ValueSet", canonical) or implicit(str(canonical))
    if found is None and (system := await sources.of_value_set(tx, canonical.url)):
        include = {"system": system.url} | ({"version": canonical.version} if canonical.version else {})
        found = {
            "resourceType": "ValueSet",
            "url": canonical.url,
            "name": system.name,
            "status": "active",
            "compose": {"include": [include]},
        }
    return found


async def prepared(
    tx: Tx, value_set: Resource, versions: Versions = Versions(), canonical: Canonical | None = None
) -> Plan:
    """A value set, made ready. NotFound when a value set inside it is not known."""
    sets: dict[str, Resource] = {str(canonical): value_set} if canonical else {}
    await _gather(tx, value_set, sets, versions)
    branches = compose.branches(value_set, sets)
    merged: dict[Canonical, list[Branch]] = {}
    for branch in branches:
        system = await versions.at(tx, "CodeSystem", versions.of(branch.system))
        merged.setdefault(system, []).append(branch)
    pieces = [await _piece(tx, system, found) for system, found in merged.items()]
    inactive = value_set.get("compose", {}).get("inactive")
    return Plan(value_set, tuple(pieces), active_only=inactive is False)


async def _gather(tx: Tx, value_set: Resource, sets: dict[str, Resource], versions: Versions) -> None:
    waiting = compose.imports(value_set)
    while waiting:
        canonical = waiting.pop()
        if canonical in sets:
            continue
        if len(sets) > MOST_IMPORTS:
            raise Unprocessable(f"The value set draws from more than {MOST_IMPORTS} others")
        found = await value_set_of(tx, await versions.at(tx, "ValueSet", Canonical.read(canonical)))
        if found is not None:
            sets[canonical] = found
            waiting += compose.imports(found)


async def _piece(tx: Tx, canonical: Canonical, branches: Iterable[Branch]) -> Piece:
    found = list(branches)
    rule: Rule = found[0].rule if len(found) == 1 else AnyOf(tuple(each.rule for each in found))
    listed = {code: said for each in found for code, said in each.listed.items()}
    system = await known(tx, canonical)
    codes = _codes(rule)
    if codes is not None and (system is None or system.grammar or not system.complete):
        system = _pretended(canonical, codes, listed, system)
    elif system is not None and system.grammar and rule != Every():
        system = None  # a grammar has no properties that a filter could ask for
    if system is None or system.source is None:
        return Piece(canonical, rule, system, None, listed, tuple(listed))
    condition = await sql.compiled(tx, system.source, rule)
    return Piece(canonical, rule, system, condition, listed, tuple(listed))


def _codes(rule: Rule) -> list[str] | None:
    """All codes that a rule can be about, where it is made of lists alone; None otherwise."""
    match rule:
        case OneOf(codes):
            return list(codes)
        case Not(inner):
            return _codes(inner)
        case AllOf(rules) | AnyOf(rules):
            lists = [_codes(each) for each in rules]
            if any(each is None for each in lists):
                return None
            return [code for each in lists for code in each or ()]
    return None


def _pretended(
    canonical: Canonical, codes: Iterable[str], listed: Mapping[str, Resource], system: Known | None
) -> Known:
    """What the set itself lists is known also where the code system is not."""
    rows = [
        {
            "code": code,
            **{
                key: value for key, value in listed.get(code, {}).items() if key in {"display", "designation"}
            },
        }
        for code in dict.fromkeys(codes)
    ]
    held = Held({"resourceType": "CodeSystem", "url": canonical.url, "content": "fragment", "concept": rows})
    version = system.version if system else canonical.version
    return Known(canonical.url, version, canonical.url, "listed", held=held)

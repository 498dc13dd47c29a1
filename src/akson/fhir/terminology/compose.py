"""What a value set's compose means: for each code system, the rule that its concepts must keep.

http://hl7.org/fhir/R4/valueset.html#compositions. Included value sets are handed over by the caller.
"""

from collections.abc import Iterable, Iterator, Mapping

from akson.fhir.model import Resource
from akson.fhir.terminology.rules import AllOf, AnyOf, Branch, Canonical, Every, Not, OneOf, Rule, Where
from akson.kit.errors import NotFound, TooCostly, Unprocessable

OPERATORS = frozenset(
    ["=", "is-a", "descendent-of", "is-not-a", "regex", "in", "not-in", "generalizes", "exists"]
)
DEEPEST = 32
"""Value sets inside value sets."""
HEAVIEST = 10_000
"""Rules of one value set, those of sets inside it counted each time that they are included."""

Sets = Mapping[str, Resource]
"""Value sets by the canonical that names them."""


def imports(value_set: Resource) -> list[str]:
    """The canonicals of the value sets that it draws from."""
    compose = value_set.get("compose", {})
    parts = (*compose.get("include", ()), *compose.get("exclude", ()))
    return list(dict.fromkeys(canonical for part in parts for canonical in part.get("valueSet", ())))


def branches(value_set: Resource, sets: Sets) -> tuple[Branch, ...]:
    """The value set as rules, one branch for each include and code system, in order.

    A set without compose is what its expansion lists. NotFound for an included value set that `sets` lacks,
    Unprocessable for a filter that R4 does not have or sets that include each other in a circle.
    """
    return tuple(_branches(value_set, sets, ()))


def _branches(value_set: Resource, sets: Sets, path: tuple[str, ...]) -> list[Branch]:
    if "compose" not in value_set:
        return list(_listed(value_set.get("expansion", {})))
    compose = value_set["compose"]
    included = [found for part in compose["include"] for found in _part(part, sets, path)]
    excluded = [found for part in compose.get("exclude", ()) for found in _part(part, sets, path)]
    made = [_without(branch, excluded) for branch in included]
    if sum(branch.weight for branch in made) > HEAVIEST:
        raise TooCostly(
            f"The value set is made of more than {HEAVIEST} rules", expression=("ValueSet.compose.include",)
        )
    return made


def _without(branch: Branch, excluded: list[Branch]) -> Branch:
    rules = tuple(
        Not(each.rule)
        for each in excluded
        if each.system.url == branch.system.url
        and (
            not each.system.version
            or each.system.version == branch.system.version
            or not branch.system.version
        )
    )
    if not rules:
        return branch
    weight = branch.weight + sum(each.weight for each in excluded)
    return Branch(branch.system, AllOf((branch.rule, *rules)), branch.listed, weight=weight)


def _part(part: Resource, sets: Sets, path: tuple[str, ...]) -> Iterator[Branch]:
    """One include or exclude: its own codes or filters, and inside all of its value sets."""
    imported = [_imported(canonical, sets, path) for canonical in part.get("valueSet", ())]
    if "system" in part:
        own = _own(part)
        rules = [_inside(found, part["system"]) for found in imported]
        yield _and(own, rules, imported) if rules else own
    elif imported:
        first, *others = imported
        for branch in first:
            rules = [_inside(found, branch.system.url) for found in others]
            yield _and(branch, rules, others) if rules else branch
    else:
        raise Unprocessable(
            "An include needs a system or value sets", expression=("ValueSet.compose.include",)
        )


def _and(branch: Branch, rules: list[Rule], imported: list[list[Branch]]) -> Branch:
    """The branch, inside all of some value sets."""
    weight = branch.weight + sum(each.weight for found in imported for each in found)
    return Branch(branch.system, AllOf((branch.rule, *rules)), branch.listed, weight=weight)


def _inside(found: Iterable[Branch], system: str) -> Rule:
    return AnyOf(tuple(branch.rule for branch in found if branch.system.url == system))


def _imported(canonical: str, sets: Sets, path: tuple[str, ...]) -> list[Branch]:
    if canonical in path or len(path) >= DEEPEST:
        raise Unprocessable(
            f"The value set {canonical[:200]} includes itself, directly or through others",
            expression=("ValueSet.compose.include.valueSet",),
        )
    if canonical not in sets:
        raise NotFound(
            f"The value set {canonical[:200]} is not known", expression=("ValueSet.compose.include.valueSet",)
        )
    return _branches(sets[canonical], sets, (*path, canonical))


def _own(part: Resource) -> Branch:
    system = Canonical(part["system"], part.get("version", ""))
    listed = {each["code"]: each for each in part.get("concept", ())}
    rules: list[Rule] = [OneOf(tuple(listed))] if listed else []
    rules += [_filter(each) for each in part.get("filter", ())]
    if len(rules) == 1:
        return Branch(system, rules[0], listed, tuple(listed))
    return Branch(system, AllOf(tuple(rules)) if rules else Every(), listed)


def _filter(row: Resource) -> Where:
    op, value = row.get("op", ""), row.get("value", "")
    if op not in OPERATORS:
        raise Unprocessable(
            f"R4 has no filter operator {op[:40]!r}", expression=("ValueSet.compose.include.filter.op",)
        )
    if not value or not row.get("property"):
        raise Unprocessable(
            "A filter needs property, op and value", expression=("ValueSet.compose.include.filter",)
        )
    return Where(row["property"], op, value)


def _listed(expansion: Resource) -> Iterator[Branch]:
    """The codes of an expansion, a branch for each run of codes of one system."""
    runs: list[tuple[Canonical, dict[str, Resource]]] = []
    for row in _contains(expansion.get("contains", ())):
        system = Canonical(row.get("system", ""), row.get("version", ""))
        if not runs or runs[-1][0] != system:
            runs.append((system, {}))
        runs[-1][1][row["code"]] = row
    for system, listed in runs:
        yield Branch(system, OneOf(tuple(listed)), listed, tuple(listed))


def _contains(rows: Iterable[Resource]) -> Iterator[Resource]:
    for row in rows:
        if row.get("code") and not row.get("abstract"):
            yield row
        yield from _contains(row.get("contains", ()))

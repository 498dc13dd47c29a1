"""A code system held in memory: small ones, such as those of R4 itself. The same questions as the database answers."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from akson.fhir.model import Resource
from akson.fhir.terminology import pattern, text
from akson.fhir.terminology.concept import Concept, concepts_of, system_of
from akson.fhir.terminology.hierarchy import hierarchy_of
from akson.fhir.terminology.rules import AllOf, AnyOf, Every, Not, OneOf, Rule, Where

Test = Callable[[Concept], bool]
HIERARCHY = frozenset({"is-a", "descendent-of", "is-not-a", "generalizes"})


class Held:
    """One CodeSystem resource, ready to be asked."""

    def __init__(self, resource: Resource) -> None:
        self.system = system_of(resource)
        self.concepts = tuple(concepts_of(resource))

    @cached_property
    def _by_key(self) -> dict[str, Concept]:
        return {self.system.key(each.code): each for each in self.concepts}

    @cached_property
    def _above(self) -> dict[str, frozenset[str]]:
        hierarchy = hierarchy_of(self.concepts)
        codes = [each.code for each in self.concepts]
        return {
            code: frozenset(codes[above] for above in hierarchy.ancestors(number))
            for number, code in enumerate(codes)
        }

    @cached_property
    def _terms(self) -> dict[str, str]:
        return {
            each.code: text.lines((each.code, each.display, *(other.value for other in each.designations)))
            for each in self.concepts
        }

    def get(self, code: str) -> Concept | None:
        return self._by_key.get(self.system.key(code))

    def above(self, code: str) -> frozenset[str]:
        """The codes of all ancestors; empty for a code that is not there."""
        found = self.get(code)
        return self._above[found.code] if found else frozenset()

    def below(self, code: str) -> list[str]:
        """The code itself and all below, in the order of the system; empty for a code that is not there."""
        found = self.get(code)
        if found is None:
            return []
        return [each.code for each in self.concepts if each is found or found.code in self._above[each.code]]

    def children(self, code: str) -> list[str]:
        return [each.code for each in self.concepts if code in each.parents]

    def search(self, wanted: list[str], among: Iterator[Concept]) -> list[tuple[int, Concept]]:
        """(rank, concept) of those whose terms hold all wanted words, the best first."""
        found = [each for each in among if text.matches(self._terms[each.code], wanted)]
        ranked = [(text.rank(self._terms[each.code], wanted), each) for each in found]
        return sorted(ranked, key=lambda pair: (pair[0], len(pair[1].display)))

    def select(self, rule: Rule) -> Iterator[Concept]:
        """The concepts that keep a rule, in the order of the system."""
        return filter(self.test(rule), self.concepts)

    def test(self, rule: Rule) -> Test:
        """Whether a concept keeps a rule. Unprocessable for a filter that does not fit."""
        match rule:
            case Every():
                return lambda _: True
            case OneOf(codes):
                keys = frozenset(map(self.system.key, codes))
                return lambda each: self.system.key(each.code) in keys
            case Not(inner):
                test = self.test(inner)
                return lambda each: not test(each)
            case AllOf(rules):
                tests = [self.test(each) for each in rules]
                return lambda each: all(test(each) for test in tests)
            case AnyOf(rules):
                tests = [self.test(each) for each in rules]
                return lambda each: any(test(each) for test in tests)
            case Where():
                return self._where(rule)

    def _where(self, rule: Where) -> Test:
        if rule.op in HIERARCHY:
            return self._hierarchical(rule)
        if rule.op == "exists":
            wanted = rule.value == "true"
            return lambda each: bool(self.values(each, rule.property)) is wanted
        if rule.op == "regex":
            matcher = pattern.whole(rule.value)
            return lambda each: any(matcher(value) for value in self.values(each, rule.property))
        allowed = pattern.allowed(rule)
        negative = rule.op == "not-in"
        return lambda each: allowed.isdisjoint(self.values(each, rule.property)) is negative

    def _hierarchical(self, rule: Where) -> Test:
        wanted = self.get(rule.value)
        if wanted is None:
            return lambda _: rule.op == "is-not-a"
        code = wanted.code
        if rule.op == "generalizes":
            chain = self._above[code] | {code}
            return lambda each: each.code in chain
        if rule.op == "descendent-of":
            return lambda each: code in self._above[each.code]
        inside = rule.op == "is-a"
        return lambda each: (each.code == code or code in self._above[each.code]) is inside

    def values(self, concept: Concept, name: str) -> list[str]:
        """What a concept has for a property, those that every concept has included."""
        read = _OF_EVERY.get(name)
        if read is not None:
            return [value for value in read(self, concept) if value]
        return [each.text for each in concept.properties if each.code == name]


_OF_EVERY: dict[str, Callable[[Held, Concept], Iterable[str]]] = {
    "code": lambda _, each: (each.code,),
    "concept": lambda _, each: (each.code,),
    "display": lambda _, each: (each.display,),
    "definition": lambda _, each: (each.definition,),
    "parent": lambda _, each: each.parents,
    "child": lambda held, each: held.children(each.code),
    "ancestor": lambda held, each: held.above(each.code),
    "inactive": lambda _, each: (str(each.inactive).lower(),),
    "notSelectable": lambda _, each: (str(each.abstract).lower(),),
}

"""`_filter`: criteria combined by and, or, not and parentheses, to a Criterion.

Source: http://hl7.org/fhir/R4/search_filter.html. `and` binds closer than `or`. Raises Malformed with the place where
reading stopped, and UnsupportedParameter for what a parameter cannot be asked.
"""

import re
from dataclasses import replace
from typing import NoReturn

import orjson

from akson.fhir.search import (
    And,
    Criterion,
    DateTerm,
    Filter,
    Not,
    NumberTerm,
    Or,
    QuantityTerm,
    SearchParam,
    StringTerm,
    Term,
    TokenTerm,
    UriTerm,
)
from akson.fhir.search_criteria import DEEPEST_CHAIN, WHOLE, CriterionReader
from akson.kit.errors import Malformed, UnsupportedParameter

LONGEST = 4000
"""Characters of one filter."""
DEEPEST = 12
"""Parentheses inside each other."""
MOST_TESTS = 100
PRESENT = "pr"
OVERLAP = "po"
"""The intervals of both overlap: no prefix of the plain search."""
ORDERED = frozenset({"eq", "ne", "gt", "ge", "lt", "le", "sa", "eb", "ap", "po"})
"""What dates and numbers can be asked."""
TEXTS = {
    "eq": "equals", "co": "contains", "sw": None, "ew": "ends",
    "gt": "gt", "ge": "ge", "lt": "lt", "le": "le",
}  # fmt: skip
"""What text can be asked, as the modifier that stands for it."""
TOKENS = {"eq": None, "in": "in", "ss": "below", "sb": "above", "co": "text"}
REFERENCES = {"eq": None, "re": None}
OPERATORS = frozenset({PRESENT, "in", "re", "ss", "sb"}) | ORDERED | set(TEXTS)
_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_VALUE = re.compile(r"(?:\[[^\s\[\]]*\]|[^\s)\]])+")
"""Brackets in pairs belong to it: units have them."""
_WORD = re.compile(r"(and|or)(?=[\s(])")
_NOT = re.compile(r"not\s*\(")


def read_filter(criteria: CriterionReader, kind: str, text: str, depth: int) -> Criterion:
    """The criterion that a filter on resources of a type says."""
    if len(text) > LONGEST:
        raise Malformed(f"_filter: at most {LONGEST} characters")
    reader = _Reader(criteria, text)
    found = reader.alternatives(kind, depth, 0)
    if reader.at < len(text):
        reader.stop("and, or, or the end")
    return found


class _Reader:
    def __init__(self, criteria: CriterionReader, text: str) -> None:
        self.criteria = criteria
        self.text = text
        self.at = 0
        self.tests = 0

    def stop(self, wanted: str) -> NoReturn:
        raise Malformed(f"_filter: expected {wanted} at character {self.at + 1}")

    def skip(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def take(self, pattern: re.Pattern[str], wanted: str = "") -> str:
        """What the pattern matches here; "" where it does not, unless something is wanted."""
        found = pattern.match(self.text, self.at)
        if found is None:
            return self.stop(wanted) if wanted else ""
        self.at = found.end()
        return found.group()

    def mark(self, mark: str) -> bool:
        """Whether the next character is this one; then it is read."""
        there = self.text.startswith(mark, self.at)
        self.at += len(mark) if there else 0
        return there

    def alternatives(self, kind: str, depth: int, inside: int) -> Criterion:
        """Filters with `or` between them."""
        if inside > DEEPEST:
            raise Malformed(f"_filter: parentheses may stand at most {DEEPEST} deep")
        parts = [self.together(kind, depth, inside)]
        while self.word("or"):
            parts.append(self.together(kind, depth, inside))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def together(self, kind: str, depth: int, inside: int) -> Criterion:
        """Filters with `and` between them."""
        parts = [self.one(kind, depth, inside)]
        while self.word("and"):
            parts.append(self.one(kind, depth, inside))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def word(self, wanted: str) -> bool:
        self.skip()
        found = _WORD.match(self.text, self.at)
        if found is None or found.group() != wanted:
            return False
        self.at = found.end()
        return True

    def one(self, kind: str, depth: int, inside: int) -> Criterion:
        """A filter in parentheses, one denied, or one test."""
        self.skip()
        if self.take(_NOT):
            return Not(self.closed(kind, depth, inside, ")"))
        if self.mark("("):
            return self.closed(kind, depth, inside, ")")
        return self.test(kind, depth, inside)

    def closed(self, kind: str, depth: int, inside: int, end: str) -> Criterion:
        found = self.alternatives(kind, depth, inside + 1)
        self.skip()
        return found if self.mark(end) else self.stop(end)

    def test(self, kind: str, depth: int, inside: int) -> Criterion:
        """A path, an operator and a value."""
        self.tests += 1
        if self.tests > MOST_TESTS:
            raise Malformed(f"_filter: at most {MOST_TESTS} tests")
        return self.path(kind, depth, inside)

    def path(self, kind: str, depth: int, inside: int) -> Criterion:
        """A parameter with its test, or a reference and the path that goes on at what it points to."""
        if depth > DEEPEST_CHAIN:
            raise Malformed(f"_filter: a path may have at most {DEEPEST_CHAIN} links")
        name = self.take(_NAME, "the name of a search parameter")
        param = self.criteria.param(kind, name)
        start = self.at
        bracketed, dotted = self.mark("["), self.mark(".")
        if not bracketed and not dotted:
            return self.compared(param)
        self.criteria.link(f"_filter: {name}")
        found, end, refused = [], self.at, None
        for target in self._targets(param, bracketed, dotted):
            self.at = start
            try:
                found.append(Filter(param, None, (), self.onward(target, depth, inside), target))
            except UnsupportedParameter as error:  # what it asks this type does not have: perhaps another has
                refused = error
            else:
                end = self.at
        if refused is not None and not found:
            raise refused
        self.at = end
        return found[0] if len(found) == 1 else Or(tuple(found))

    def _targets(self, param: SearchParam, bracketed: bool, dotted: bool) -> list[str]:  # noqa: FBT001
        """The types a path goes on to: those that have what is asked for next."""
        rest = _NAME.match(self.text, self.at)
        if not (bracketed or dotted) or rest is None:
            self.stop("the name of a search parameter")
        return self.criteria.targets(param, "", rest.group())

    def onward(self, kind: str, depth: int, inside: int) -> Criterion:
        """What follows a reference: `[filter].path` or `.path`."""
        first = None
        if self.mark("["):
            first = self.closed(kind, depth + 1, inside, "]")
        if not self.mark("."):
            self.stop(". and the name of a search parameter")
        rest = self.path(kind, depth + 1, inside)
        return rest if first is None else And((first, rest))

    def compared(self, param: SearchParam) -> Criterion:
        self.skip()
        operator = self.take(_NAME, "an operator")
        if operator not in OPERATORS:
            raise Malformed(
                f"_filter: {operator!r} is not an operator: one of {', '.join(sorted(OPERATORS))}"
            )
        self.skip()
        quoted = self.take(_STRING)
        value = self._unquoted(quoted) if quoted else self.take(_VALUE, "a value")
        try:
            return self._criterion(param, operator, value)
        except ValueError as error:
            raise Malformed(f"_filter: {param.code} {operator}: {error}") from error

    def _unquoted(self, quoted: str) -> str:
        try:
            return str(orjson.loads(quoted))
        except ValueError as error:
            raise Malformed("_filter: a string is written as in JSON") from error

    def _criterion(self, param: SearchParam, operator: str, value: str) -> Criterion:
        if param.code in WHOLE and operator == "co":
            return self.criteria.plain(param, "", "_filter", [value])
        if operator == PRESENT:
            if value not in ("true", "false"):
                raise ValueError("takes true or false")
            return Filter(param, "missing", (TokenTerm(None, "false" if value == "true" else "true"),))
        if param.type in ("date", "number", "quantity") and operator in ORDERED:
            prefix = "eq" if operator == OVERLAP else operator
            term = self.criteria.terms.term(param, None, prefix + value)
            return Filter(param, None, (_overlapping(term) if operator == OVERLAP else term,))
        if operator == "ne":
            there = Filter(param, "missing", (TokenTerm(None, "false"),))
            return And((there, Not(self._criterion(param, "eq", value))))
        modifier, term = self._coded(param, operator, value)
        return Filter(param, modifier, (term,))

    def _coded(self, param: SearchParam, operator: str, value: str) -> tuple[str | None, Term]:
        terms = self.criteria.terms
        if param.type == "string" and operator in TEXTS and param.code not in WHOLE:
            return TEXTS[operator], StringTerm(value)
        if param.type == "uri" and operator in TEXTS:
            return ("starts" if operator == "sw" else None if operator == "eq" else TEXTS[operator]), UriTerm(
                value
            )
        if param.type == "token" and operator in TOKENS:
            modifier = TOKENS[operator]
            return modifier, terms.term(param, modifier, value)
        if param.type == "reference" and operator in REFERENCES:
            return None, terms.term(param, None, value)
        if param.type == "composite" and operator == "eq":
            return None, terms.term(param, None, value)
        raise UnsupportedParameter(f"_filter: {param.code}, a {param.type}, cannot be asked {operator}")


def _overlapping(term: Term) -> Term:
    if isinstance(term, QuantityTerm):
        return replace(term, number=replace(term.number, prefix=OVERLAP))
    return replace(term, prefix=OVERLAP) if isinstance(term, DateTerm | NumberTerm) else term

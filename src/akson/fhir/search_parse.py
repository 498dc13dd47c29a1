"""From the pairs of a query string to a Query; nothing is silently ignored.

A parameter or modifier that we do not have raises UnsupportedParameter with its name, unless the client asked
for lenient handling: then its name stands in `Query.ignored`. Source: http://hl7.org/fhir/R4/search.html.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from akson.fhir.search import Filter, Has, Include, Query, SearchParam, Sort, TokenTerm
from akson.fhir.search_terms import TermReader, split
from akson.fhir.spec import spec
from akson.kit.errors import Malformed, UnknownType, UnsupportedParameter

LARGEST_PAGE = 1000
DEEPEST_CHAIN = 6
NOT_SEARCH = frozenset({"_format", "_pretty", "_fhirpath"})
"""About how the answer is written, not about what is found."""
MODIFIERS = {
    "string": frozenset({"missing", "exact", "contains"}),
    "token": frozenset({"missing", "text", "not"}),
    "reference": frozenset({"missing", "identifier"}),
    "uri": frozenset({"missing", "below"}),
}
"""Those we have, by kind of parameter; a reference takes a resource type too. All others: missing."""
SUMMARIES = ("true", "text", "data", "count", "false")
TOTALS = ("none", "estimate", "accurate")


def parse(
    type: str,  # noqa: A002 - FHIR's word
    pairs: Iterable[tuple[str, str]],
    *,
    base: str,
    lenient: bool = False,
) -> Query:
    """The Query of decoded (name, value) pairs on one type, or on all ("").

    `base` is the FHIR base url of this server. Raises UnknownType, UnsupportedParameter and Malformed.
    """
    if type and type not in spec().types:
        raise UnknownType(f"{type} is not a resource type of FHIR R4")
    parser = _Parser(type, TermReader(base))
    for name, value in pairs:
        if name in NOT_SEARCH:
            continue
        try:
            parser.add(name, value)
        except UnsupportedParameter:
            if not lenient:
                raise
            parser.ignored.append(name)
        else:
            if name != "_cursor":
                parser.executed.append((name, value))
    return parser.query()


class _Parser:
    def __init__(self, kind: str, reader: TermReader) -> None:
        self.kind = kind
        self.reader = reader
        self.filters: list[Filter | Has] = []
        self.includes: list[Include] = []
        self.sort: list[Sort] = []
        self.executed: list[tuple[str, str]] = []
        self.ignored: list[str] = []
        self.settings: dict[str, Any] = {}
        self.results: dict[str, Callable[[str, str], None]] = {
            "_count": self._count,
            "_cursor": self._cursor,
            "_elements": self._elements,
            "_include": self._include,
            "_revinclude": self._include,
            "_sort": self._sort,
            "_summary": self._summary,
            "_total": self._total,
        }

    def query(self) -> Query:
        return Query(
            type=self.kind,
            filters=tuple(self.filters),
            includes=tuple(self.includes),
            sort=tuple(self.sort),
            executed=tuple(self.executed),
            ignored=tuple(self.ignored),
            **self.settings,
        )

    def add(self, name: str, value: str) -> None:
        result = self.results.get(name.partition(":")[0])
        if result is not None:
            result(name, value)
        else:
            self.filters.append(self.criterion(self.kind, name, value))

    def criterion(self, kind: str, name: str, value: str, depth: int = 0) -> Filter | Has:
        """One criterion on resources of a type: plain, chained (a.b), or reverse (_has:Type:reference:b)."""
        if depth > DEEPEST_CHAIN:
            raise Malformed(f"{name}: a chain may have at most {DEEPEST_CHAIN} links")
        if name.startswith("_has:"):
            return self._has(kind, name, value, depth)
        head, dot, rest = name.partition(".")
        code, _, modifier = head.partition(":")
        param = spec().param(kind, code)
        if code == "_type" and not kind and not modifier and not dot:
            return _types(value)
        if param is None or param.type == "special":
            raise UnsupportedParameter(f"{kind or 'Resource'} has no search parameter {code!r}")
        if dot:
            return self._chain(param, modifier, (rest, value), depth)
        checked = self._modifier(param, modifier, name)
        try:
            terms = self.reader.terms(param, checked, value)
        except ValueError as error:
            raise Malformed(f"search parameter {name}: {error}") from error
        is_type = param.type == "reference" and checked in spec().types
        return Filter(param, None if is_type else checked, terms)

    def _modifier(self, param: SearchParam, modifier: str, name: str) -> str | None:
        if not modifier:
            return None
        known = modifier in MODIFIERS.get(param.type, frozenset({"missing"}))
        if known or (param.type == "reference" and modifier in spec().types):
            return modifier
        raise UnsupportedParameter(f"search parameter {name}: modifier :{modifier} is not supported")

    def _chain(self, param: SearchParam, modifier: str, rest: tuple[str, str], depth: int) -> Filter:
        """A criterion on what a reference points to; on several types at once where it means the same on each."""
        kinds = self._targets(param, modifier, rest[0])
        found = [self.criterion(kind, *rest, depth + 1) for kind in kinds]
        if len(found) == 1:
            return Filter(param, None, (), found[0], kinds[0])
        if len({_meaning(one) for one in found}) > 1:
            raise UnsupportedParameter(
                f"{param.code}.{rest[0]} differs between {' and '.join(kinds)}: write {param.code}:Type.{rest[0]}"
            )
        return Filter(param, None, (), _on_any_type(found[0]))

    def _targets(self, param: SearchParam, modifier: str, rest: str) -> list[str]:
        """The types that a chain may go on to."""
        if param.type != "reference":
            raise UnsupportedParameter(f"{param.code} is not a reference: {param.code}.{rest} has no meaning")
        if modifier:
            if modifier not in spec().types:
                raise UnsupportedParameter(f"{param.code}:{modifier} is not a resource type of FHIR R4")
            return [modifier]
        code = rest.partition(".")[0].partition(":")[0]
        if code == "_has":
            if len(param.targets) != 1:
                raise UnsupportedParameter(f"write {param.code}:Type.{rest}")
            return list(param.targets)
        able = [kind for kind in param.targets if spec().param(kind, code) is not None]
        if not able:
            raise UnsupportedParameter(f"nothing that {param.code} refers to has search parameter {code!r}")
        return able

    def _has(self, kind: str, name: str, value: str, depth: int) -> Has:
        parts = name.split(":", 3)
        if len(parts) != 4 or not parts[3]:
            raise Malformed(f"{name}: write _has:Type:reference:parameter")
        _, source, code, rest = parts
        param = spec().param(source, code) if source in spec().types else None
        if param is None or param.type != "reference":
            raise UnsupportedParameter(f"{name}: {source} has no reference parameter {code!r}")
        if param.targets and kind not in param.targets:
            raise UnsupportedParameter(f"{name}: {source}.{code} never refers to {kind}")
        return Has(source, param, self.criterion(source, rest, value, depth + 1))

    def _count(self, name: str, value: str) -> None:
        if not value.isascii() or not value.isdigit():
            raise Malformed(f"{name} takes a whole number from 0 to {LARGEST_PAGE}")
        if self.settings.get("summary") != "count":
            self.settings["count"] = min(int(value), LARGEST_PAGE)

    def _cursor(self, _name: str, value: str) -> None:
        self.settings["cursor"] = value

    def _elements(self, _name: str, value: str) -> None:
        self.settings["elements"] = tuple(part.strip() for part in value.split(",") if part.strip())

    def _summary(self, name: str, value: str) -> None:
        if value not in SUMMARIES:
            raise Malformed(f"{name} takes one of {', '.join(SUMMARIES)}")
        self.settings["summary"] = None if value == "false" else value
        if value == "count":
            self.settings["count"] = 0

    def _total(self, name: str, value: str) -> None:
        if value not in TOTALS:
            raise Malformed(f"{name} takes one of {', '.join(TOTALS)}")
        self.settings["total"] = value

    def _sort(self, name: str, value: str) -> None:
        for key in split(value, ","):
            code = key.removeprefix("-")
            param = spec().param(self.kind, code)
            if param is None or param.type in ("special", "composite") or not param.expression:
                raise UnsupportedParameter(f"{name}: cannot sort {self.kind or 'resources'} by {code!r}")
            self.sort.append(Sort(param, descending=key != code))

    def _include(self, name: str, value: str) -> None:
        word, _, modifier = name.partition(":")
        if modifier not in ("", "iterate"):
            raise UnsupportedParameter(f"{name}: modifier :{modifier} is not supported")
        reverse = word == "_revinclude"
        if value == "*" and not reverse:
            self.includes.append(Include(self.kind, "*", iterate=bool(modifier)))
            return
        source, _, rest = value.partition(":")
        code, _, target = rest.partition(":")
        self._check_include(name, value, (source, code, target))
        self.includes.append(Include(source, code, target or None, reverse, bool(modifier)))

    def _check_include(self, name: str, value: str, parts: tuple[str, str, str]) -> None:
        source, code, target = parts
        if source not in spec().types or (target and target not in spec().types):
            raise UnsupportedParameter(f"{name}={value}: write Type:parameter or Type:parameter:Type")
        param = spec().param(source, code)
        if code != "*" and (param is None or param.type != "reference"):
            raise UnsupportedParameter(f"{name}={value}: {source} has no reference parameter {code!r}")


def _types(value: str) -> Filter:
    """`_type` of a search over all types. Source: http://hl7.org/fhir/R4/http.html#search."""
    kinds = value.split(",")
    for kind in kinds:
        if kind not in spec().types:
            raise Malformed(f"search parameter _type: {kind!r} is not a resource type of FHIR R4")
    return Filter(SearchParam("_type", "token", ""), None, tuple(TokenTerm(None, kind) for kind in kinds))


def _meaning(criterion: Filter | Has) -> tuple[object, ...]:
    """What a criterion asks for, whatever the type it is asked of."""
    if isinstance(criterion, Has):
        return (criterion.type, criterion.reference.code, _meaning(criterion.criterion))
    inner = None if criterion.chain is None else _meaning(criterion.chain)
    param = criterion.param
    return (param.code, param.type, criterion.modifier, criterion.terms, criterion.chain_type, inner)


def _on_any_type(criterion: Filter | Has) -> Filter | Has:
    """The criterion with a parameter that is of no type in particular."""
    if isinstance(criterion, Has):
        return criterion
    return replace(criterion, param=replace(criterion.param, base=""))

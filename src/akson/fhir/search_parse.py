"""From the pairs of a query string to a Query; nothing is silently ignored.

A parameter or modifier that we do not have raises UnsupportedParameter with its name, unless the client asked
for lenient handling: then its name stands in `Query.ignored`. Source: http://hl7.org/fhir/R4/search.html.
"""

from collections.abc import Callable, Iterable
from typing import Any

from akson.fhir.definitions import STANDARD, Definitions
from akson.fhir.search import Criterion, Include, Query, SearchParam, Sort
from akson.fhir.search_criteria import CriterionReader, kinds_named
from akson.fhir.search_terms import TermReader, split
from akson.fhir.spec import spec
from akson.kit.errors import Malformed, UnknownType, UnsupportedParameter

LARGEST_PAGE = 1000
MOST_INCLUDES = 20
MOST_KEYS = 8
"""Of `_sort`."""
NOT_SEARCH = frozenset({"_format", "_pretty", "_fhirpath"})
"""About how the answer is written, not about what is found."""
ONCE = frozenset({"_count", "_cursor", "_elements", "_sort", "_summary", "_total"})
"""About the answer: said once in what was executed. Of several the last holds; keys and elements are taken together."""
INCLUDES = frozenset({"_include", "_revinclude"})
SUMMARIES = ("true", "text", "data", "count", "false")
TOTALS = ("none", "estimate", "accurate")


def parse(
    type: str,  # noqa: A002 - FHIR's word
    pairs: Iterable[tuple[str, str]],
    *,
    base: str,
    lenient: bool = False,
    known: Definitions = STANDARD,
) -> Query:
    """The Query of decoded (name, value) pairs on one type, or on all ("").

    `base` is the FHIR base url of this server, `known` the search parameters that hold there. Raises UnknownType, UnsupportedParameter and Malformed.
    """
    if type and type not in spec().types:
        raise UnknownType(f"{type} is not a resource type of FHIR R4")
    given = list(pairs)
    parser = _Parser(type, CriterionReader(TermReader(base), known))
    parser.kinds = () if type else kinds_named(given)
    for name, value in given:
        if name in NOT_SEARCH:
            continue
        try:
            parser.add(name, value)
        except UnsupportedParameter:
            if not lenient:
                raise
            parser.ignored.append(name)
        else:
            parser.asked.append((name, value))
    return parser.query()


class _Parser:
    def __init__(self, kind: str, criteria: CriterionReader) -> None:
        self.kind = kind
        self.kinds: tuple[str, ...] = ()
        """The types that `_type` names, in a search of all: what they have in common can be asked of them."""
        self.criteria = criteria
        self.filters: list[Criterion] = []
        self.includes: list[Include] = []
        self.sort: list[Sort] = []
        self.asked: list[tuple[str, str]] = []
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
            executed=self.executed(),
            ignored=tuple(self.ignored),
            **self.settings | ({"count": 0} if self.settings.get("summary") == "count" else {}),
        )

    def executed(self) -> tuple[tuple[str, str], ...]:
        """The criteria as they were asked, and what is about the answer once, as it is carried out."""
        once = self._carried_out()
        found: list[tuple[str, str]] = []
        for name, value in self.asked:
            if name in ONCE:
                found += [(name, once.pop(name))] if name in once else []
            elif name.partition(":")[0] not in INCLUDES or (name, value) not in found:
                found.append((name, value))
        return tuple(found)

    def _carried_out(self) -> dict[str, str]:
        """By name; without what has no effect beside the rest: a number of matches alone is always exact."""
        settings = self.settings
        made = {
            "_sort": ",".join(f"{'-' if key.descending else ''}{key.param.code}" for key in self.sort),
            "_elements": ",".join(settings.get("elements", ())),
            "_summary": settings.get("summary") or "false",
        }
        if settings.get("summary") != "count":
            made["_count"] = str(settings.get("count"))
            if settings.get("count") != 0:
                made["_total"] = str(settings.get("total"))
        return made

    def add(self, name: str, value: str) -> None:
        word, _, modifier = name.partition(":")
        result = self.results.get(word)
        if result is not None and modifier and word not in INCLUDES:
            raise UnsupportedParameter(f"{word} takes no modifier")
        if result is not None:
            result(name, value)
        elif self.kinds and name != "_type":
            self.filters.append(self.criteria.read_of(self.kinds, name, value))
        else:
            self.filters.append(self.criteria.read(self.kind, name, value))

    def _count(self, name: str, value: str) -> None:
        if not value.isascii() or not value.isdigit():
            raise Malformed(f"{name} takes a whole number from 0 to {LARGEST_PAGE}")
        self.settings["count"] = min(int(value), LARGEST_PAGE)

    def _cursor(self, _name: str, value: str) -> None:
        self.settings["cursor"] = value

    def _elements(self, _name: str, value: str) -> None:
        named = [part.strip() for part in value.split(",") if part.strip()]
        self.settings["elements"] = tuple(dict.fromkeys([*self.settings.get("elements", ()), *named]))

    def _summary(self, name: str, value: str) -> None:
        if value not in SUMMARIES:
            raise Malformed(f"{name} takes one of {', '.join(SUMMARIES)}")
        self.settings["summary"] = None if value == "false" else value

    def _total(self, name: str, value: str) -> None:
        if value not in TOTALS:
            raise Malformed(f"{name} takes one of {', '.join(TOTALS)}")
        self.settings["total"] = value

    def _sort(self, name: str, value: str) -> None:
        keys = [self._key(name, text) for text in split(value, ",")]
        if len(self.sort) + len(keys) > MOST_KEYS:
            raise Malformed(f"{name}: at most {MOST_KEYS} keys")
        self.sort += keys

    def _key(self, name: str, text: str) -> Sort:
        code = text.removeprefix("-")
        params = [self._sortable(name, kind, code) for kind in self.kinds or (self.kind,)]
        if len({param.type for param in params}) > 1:
            raise UnsupportedParameter(f"{name}: {code} differs between {' and '.join(self.kinds)}")
        return Sort(params[0], text != code, tuple(params) if len(params) > 1 else ())

    def _sortable(self, name: str, kind: str, code: str) -> SearchParam:
        param = self.criteria.known.param(kind, code)
        if param is None or param.type in ("special", "composite") or not param.expression:
            raise UnsupportedParameter(f"{name}: cannot sort {kind or 'resources'} by {code!r}")
        return param

    def _include(self, name: str, value: str) -> None:
        word, _, modifier = name.partition(":")
        if modifier not in ("", "iterate"):
            wanted = "write :iterate" if modifier == "recurse" else "only :iterate is"
            raise UnsupportedParameter(f"{name}: modifier :{modifier} is not supported, {wanted}")
        if len(self.includes) == MOST_INCLUDES:
            raise Malformed(f"{name}: at most {MOST_INCLUDES} includes")
        reverse = word == "_revinclude"
        if value == "*":
            found = Include("" if reverse else self.kind, "*", None, reverse, bool(modifier))
        else:
            source, _, rest = value.partition(":")
            code, _, target = rest.partition(":")
            self._check_include(name, value, (source, code, target))
            found = Include(source, code, target or None, reverse, bool(modifier))
        self.includes += [found] if found not in self.includes else []

    def _check_include(self, name: str, value: str, parts: tuple[str, str, str]) -> None:
        source, code, target = parts
        if source not in spec().types or (target and target not in spec().types):
            raise UnsupportedParameter(f"{name}={value}: write Type:parameter or Type:parameter:Type")
        param = self.criteria.known.param(source, code)
        if code != "*" and (param is None or param.type != "reference"):
            raise UnsupportedParameter(f"{name}={value}: {source} has no reference parameter {code!r}")
        if param is not None and target and param.targets and target not in param.targets:
            raise UnsupportedParameter(f"{name}={value}: {source}.{code} never refers to {target}")

"""One criterion of a search: name and value to a Criterion, through chains, `_has`, `_list` and `_filter`.

A parameter or modifier that we do not have raises UnsupportedParameter with its name; a value of the wrong kind, or
too much of a good thing, raises Malformed. Source: http://hl7.org/fhir/R4/search.html.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from akson.fhir.definitions import Definitions
from akson.fhir.search import And, CompositeTerm, Criterion, Filter, Has, Not, Or, SearchParam, TokenTerm
from akson.fhir.search_terms import TermReader, split
from akson.fhir.spec import spec
from akson.kit.errors import Malformed, UnsupportedParameter

DEEPEST_CHAIN = 6
MOST_LINKS = 20
"""Links of chains and of `_has` in one search."""
MOST_VALUES = 1000
"""Values of which one must match, in one criterion."""
MODIFIERS = {
    "string": frozenset({"missing", "exact", "contains"}),
    "token": frozenset({"missing", "text", "not", "in", "not-in", "above", "below", "of-type"}),
    "reference": frozenset({"missing", "identifier", "above", "below"}),
    "uri": frozenset({"missing", "below", "above"}),
    "special": frozenset[str](),
}
"""By kind of parameter; a reference takes a resource type too. All others: missing."""
WHOLE = frozenset({"_text", "_content"})
"""Parameters that are about the text of the whole resource: nothing of them can be missing or exact."""
OWN = frozenset({"_id", "_lastUpdated"})
"""Parameters that every resource has, and one value of."""
_CONTAINED = (
    "contained resources are not searched: only the resource that holds one is found, by its own elements"
)
REFUSED = {
    "_contained": _CONTAINED,
    "_containedType": _CONTAINED,
    "phonetic": "phonetic search is not supported, since what sounds alike differs by language: search by name",
    "_query": "named queries (_query) are not supported: search by parameters",
}


class CriterionReader:
    """Reads the criteria of one search, and counts what they ask for together."""

    def __init__(self, terms: TermReader, known: Definitions) -> None:
        self.terms = terms
        self.known = known
        self._links = 0

    def read(self, kind: str, name: str, value: str, depth: int = 0) -> Criterion:
        """One criterion on resources of a type: plain, chained (a.b), or reverse (_has:Type:reference:b)."""
        if depth > DEEPEST_CHAIN:
            raise Malformed(f"{name}: a chain may have at most {DEEPEST_CHAIN} links")
        if name.startswith("_has:"):
            return self._has(kind, name, value, depth)
        head, dot, rest = name.partition(".")
        code, _, modifier = head.partition(":")
        own = None if dot or modifier else self._special(kind, code, value, depth)
        if own is not None:
            return own
        param = self.param(kind, code)
        if dot:
            return self._chain(param, modifier, (rest, value), depth)
        found = self.plain(param, modifier, name, split(value, ","))
        return self._of_whole(found, kind) if param.type == "composite" and not modifier else found

    def _of_whole(self, composite: Filter, kind: str) -> Criterion:
        """A composite of the resource as a whole with a text in it, as its parts: a text matches by its beginning.

        All parts are then values of the one resource, so that asking for each is asking for the combination.
        """
        parts = composite.param.components
        own = [self.known.param(kind, part.code) for part in parts]
        texts = any(part.type == "string" for part in parts)
        if not texts or composite.param.expression != kind or None in own:
            return composite
        params = [param for param in own if param is not None]
        ways = tuple(
            And(tuple(Filter(param, None, (one,)) for param, one in zip(params, term.parts, strict=True)))
            for term in composite.terms
            if isinstance(term, CompositeTerm)
        )
        return ways[0] if len(ways) == 1 else Or(ways)

    def read_of(self, kinds: Sequence[str], name: str, value: str) -> Criterion:
        """One criterion on resources of several types, all of which must have it and mean the same by it."""
        links = self._links
        found = []
        for kind in kinds:
            self._links = links
            found.append(self.read(kind, name, value))
        if len({_meaning(one) for one in found}) > 1:
            raise UnsupportedParameter(f"{name} differs between {' and '.join(kinds)}: search each by itself")
        return found[0] if len(found) == 1 else _on_any_type(found[0])

    def param(self, kind: str, code: str) -> SearchParam:
        """The parameter of this name. Raises UnsupportedParameter."""
        found = self.known.param(kind, code)
        if found is not None:
            return found
        if waiting := self.known.waiting(kind, code):
            raise UnsupportedParameter(
                f"{kind} cannot be searched by {code!r} yet: {waiting}; try again later"
            )
        raise UnsupportedParameter(
            REFUSED.get(code) or f"{kind or 'Resource'} has no search parameter {code!r}"
        )

    def _special(self, kind: str, code: str, value: str, depth: int) -> Criterion | None:
        """What is asked for by a name that is no parameter of the resource."""
        if code == "_type" and not kind:
            return _types(value)
        if code == "_list":
            return self._list(value)
        if code == "_filter":
            from akson.fhir.search_filter import read_filter

            return read_filter(self, kind, value, depth)
        return None

    def _list(self, value: str) -> Has:
        """The resources that a List names. Source: http://hl7.org/fhir/R4/search.html#list."""
        if "$" in value:
            raise UnsupportedParameter(
                "_list: functional lists ($current-...) are not supported: give the id of a List"
            )
        item, identity = self.param("List", "item"), self.param("List", "_id")
        return Has("List", item, self.plain(identity, "", "_list", split(value, ",")))

    def plain(self, param: SearchParam, modifier: str, name: str, values: list[str]) -> Filter:
        """A criterion on the resource itself; one of the values must match."""
        checked = _modifier(param, modifier, name)
        if len(values) > MOST_VALUES:
            raise Malformed(f"search parameter {name}: at most {MOST_VALUES} values of which one must match")
        try:
            terms = tuple(self.terms.term(param, checked, each) for each in values)
        except ValueError as error:
            raise Malformed(f"search parameter {name}: {error}") from error
        if param.code == "_text" and self.known.every_text:
            checked = "narrative"
        is_type = param.type == "reference" and checked in spec().types
        return Filter(param, None if is_type else checked, terms)

    def _chain(self, param: SearchParam, modifier: str, rest: tuple[str, str], depth: int) -> Filter:
        """A criterion on what a reference points to; on several types at once where it means the same on each."""
        self.link(f"{param.code}.{rest[0]}")
        kinds = self.targets(param, modifier, rest[0])
        found = [self.read(kind, *rest, depth + 1) for kind in kinds]
        if len(found) == 1:
            return Filter(param, None, (), found[0], kinds[0])
        if len({_meaning(one) for one in found}) > 1:
            raise UnsupportedParameter(
                f"{param.code}.{rest[0]} differs between {' and '.join(kinds)}: write {param.code}:Type.{rest[0]}"
            )
        return Filter(param, None, (), _on_any_type(found[0]))

    def link(self, name: str) -> None:
        """Count one more link of a chain. Raises Malformed beyond MOST_LINKS."""
        self._links += 1
        if self._links > MOST_LINKS:
            raise Malformed(f"{name}: a search may have at most {MOST_LINKS} links of chains and of _has")

    def targets(self, param: SearchParam, modifier: str, rest: str) -> list[str]:
        """The types that a chain may go on to."""
        if param.type != "reference":
            raise UnsupportedParameter(f"{param.code} is not a reference: {param.code}.{rest} has no meaning")
        if modifier:
            if modifier not in spec().types:
                raise UnsupportedParameter(f"{param.code}:{modifier} is not a resource type of FHIR R4")
            return [modifier]
        code = rest.partition(".")[0].partition(":")[0]
        if code in ("_has", "_filter"):
            if len(param.targets) != 1:
                raise UnsupportedParameter(f"write {param.code}:Type.{rest}")
            return list(param.targets)
        kinds = param.targets or sorted(spec().types)
        able = [kind for kind in kinds if code == "_list" or self._has_param(kind, code)]
        if not able:
            raise UnsupportedParameter(f"nothing that {param.code} refers to has search parameter {code!r}")
        return able

    def _has_param(self, kind: str, code: str) -> bool:
        return self.known.param(kind, code) is not None or self.known.waiting(kind, code) is not None

    def _has(self, kind: str, name: str, value: str, depth: int) -> Has:
        self.link(name)
        parts = name.split(":", 3)
        if len(parts) != 4 or not parts[3]:
            raise Malformed(f"{name}: write _has:Type:reference:parameter")
        _, source, code, rest = parts
        param = self.known.param(source, code) if source in spec().types else None
        if param is None or param.type != "reference":
            raise UnsupportedParameter(f"{name}: {source} has no reference parameter {code!r}")
        if param.targets and kind not in param.targets:
            raise UnsupportedParameter(f"{name}: {source}.{code} never refers to {kind}")
        return Has(source, param, self.read(source, rest, value, depth + 1))


def _modifier(param: SearchParam, modifier: str, name: str) -> str | None:
    if not modifier:
        return None
    able = MODIFIERS.get(param.type, frozenset({"missing"}))
    if param.code in WHOLE:
        able = frozenset()
    elif param.code in OWN:
        able &= {"missing", "not"}
    if modifier in able or (param.type == "reference" and modifier in spec().types):
        return modifier
    raise UnsupportedParameter(f"search parameter {name}: modifier :{modifier} is not supported")


def _types(value: str) -> Filter:
    """`_type` of a search over all types. Source: http://hl7.org/fhir/R4/http.html#search."""
    kinds = value.split(",")
    for kind in kinds:
        if kind not in spec().types:
            raise Malformed(f"search parameter _type: {kind!r} is not a resource type of FHIR R4")
    return Filter(SearchParam("_type", "token", ""), None, tuple(TokenTerm(None, kind) for kind in kinds))


def kinds_named(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The types that the first `_type` of a query names; the parameters beside it must be common to them."""
    value = next((value for name, value in pairs if name == "_type"), "")
    return tuple(dict.fromkeys(kind for kind in value.split(",") if kind in spec().types))


def _meaning(criterion: Criterion) -> tuple[object, ...]:
    """What a criterion asks for, whatever the type it is asked of."""
    match criterion:
        case Has(kind, reference, inner):
            return (kind, reference.code, _meaning(inner))
        case And(parts) | Or(parts):
            return (type(criterion), *(_meaning(part) for part in parts))
        case Not(part):
            return (Not, _meaning(part))
    chain = None if criterion.chain is None else _meaning(criterion.chain)
    param = criterion.param
    return (param.code, param.type, criterion.modifier, criterion.terms, criterion.chain_type, chain)


def _on_any_type(criterion: Criterion) -> Criterion:
    """The criterion with a parameter that is of no type in particular."""
    match criterion:
        case Filter():
            return replace(criterion, param=replace(criterion.param, base=""))
        case And(parts) | Or(parts):
            return type(criterion)(tuple(_on_any_type(part) for part in parts))
        case Not(part):
            return Not(_on_any_type(part))
    return criterion

"""All search parameters of a type as one walk over the resource.

The trails are laid over each other into a tree by key, so that each element is visited once and absent ones
cost nothing; then the tree becomes closures.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from types import MappingProxyType
from typing import Any

from akson.fhir.extract.trails import Guard, Irregular, Step, Trail, Trails
from akson.fhir.extract.values import CONVERT, Convert, token_code
from akson.fhir.fhirpath import FHIRPathError, parse
from akson.fhir.fhirpath.evaluate import compile_expression
from akson.fhir.fhirpath.runtime import Env
from akson.fhir.fhirpath.values import Node, root, type_of
from akson.fhir.index import CANONICAL, CompositeValue, Index, IndexValue, ReferenceValue, TokenValue
from akson.fhir.model import Resource, split_reference
from akson.fhir.search import SearchParam
from akson.fhir.spec import Spec

Sink = Callable[[Any, Any, Resource], None]
"""(value, what to fill: an Index or a _Part, the whole resource)."""
Collect = Callable[[Any, Resource], list[IndexValue]]

LISTS: Mapping[str, str] = {
    "token": "tokens",
    "string": "strings",
    "uri": "uris",
    "date": "dates",
    "number": "numbers",
    "quantity": "quantities",
    "reference": "references",
    "special": "numbers",
}
"""By kind of parameter: where in the Index its values go."""
COLUMNS = frozenset({"_id", "_lastUpdated"})
"""Kept by the store itself, which sets them."""


@dataclass(slots=True)
class Branch:
    """One place in the tree of keys."""

    sinks: list[Sink] = field(default_factory=list)
    children: dict[Step, "Branch"] = field(default_factory=dict)

    def grow(self, steps: tuple[Step, ...]) -> "Branch":
        here = self
        for step in steps:
            here = here.children.setdefault(step, Branch())
        return here


@dataclass(frozen=True, slots=True)
class Plan:
    """How to index one type."""

    kind: str
    walk: Sink
    evaluated: tuple[Sink, ...]
    """Parameters that are more than a path."""
    patient: tuple[str, ...]
    """The reference parameters that name the patient, best first."""
    unread: tuple[str, ...]
    """Parameters whose elements have a type that gives no value of theirs."""

    def run(self, resource: Resource, index: Index, base: str = "") -> None:
        self.walk(resource, index, resource)
        for sink in self.evaluated:
            sink(resource, index, resource)
        if base:
            index.references = [each for found in index.references for each in _local(found, base)]
        index.identifiers = [(t.system, t.code) for t in index.tokens if t.param == "identifier"]
        index.patient = self._patient(resource, index)

    def _patient(self, resource: Resource, index: Index) -> str | None:
        if self.kind == "Patient":
            return resource.get("id")
        for code in self.patient:
            for found in index.references:
                if found.param == code and found.type == "Patient" and found.id:
                    return found.id
        return None


def _local(found: ReferenceValue, base: str) -> list[ReferenceValue]:
    """A reference to an absolute url of this server as one to a resource here; a canonical names by its url besides."""
    if not found.url.startswith(base):
        return [found]
    kind, key = split_reference(found.url)
    local = [ReferenceValue(found.param, kind, key, "", found.identifier)] if key else []
    return local if local and found.type != CANONICAL else [found, *local]


def compile_plan(kind: str, spec: Spec, added: Mapping[str, SearchParam] = MappingProxyType({})) -> Plan:
    """The plan of one resource type, with the parameters that were added to R4's."""
    trails = Trails(spec, kind)
    tree = Branch()
    evaluated = []
    unread = []
    for code, param in {**spec.params(kind), **added}.items():
        if code in COLUMNS or not param.expression:
            continue
        try:
            read = _lay(param, tree, trails)
        except Irregular:
            evaluated.append(_evaluation(param))
        else:
            if not read:
                unread.append(code)
    named = spec.compartment("Patient").get(kind)
    fallback = ("patient",) if spec.param(kind, "patient") else ()
    return Plan(kind, _closure(tree), tuple(evaluated), named or fallback, tuple(unread))


def readable(param: SearchParam, spec: Spec) -> bool:
    """Whether resources of its type can have values of a parameter. Raises ValueError for a wrong expression."""
    try:
        return _lay(param, Branch(), Trails(spec, param.base))
    except Irregular:
        if param.type == "composite":
            raise
        compile_expression(param.expression)
        return True


def _lay(param: SearchParam, tree: Branch, trails: Trails) -> bool:
    """Add a parameter to the tree; False where no element it names can be read."""
    found = trails.find(parse(param.expression), (Trail((), trails.root),))
    if param.type == "composite":
        for trail in found:
            tree.grow(trail.steps).sinks.append(_composite(param, trail, trails))
        return bool(found)
    read = False
    for trail in dict.fromkeys(found):
        convert = converter(param.type, trail, trails.spec)
        if convert is not None:
            tree.grow(trail.steps).sinks.append(_sink(param, convert))
            read = True
    return read


def converter(kind: str, trail: Trail, spec: Spec) -> Convert | None:
    """How an element of the trail's type becomes a value of a parameter of this kind; None where it cannot."""
    if kind == "token" and trail.type == "code" and trail.value_set in spec.codes:
        return partial(token_code, spec.codes[trail.value_set].system)
    if trail.type == "Extension":
        return partial(_extension, kind, spec)
    if spec.ancestors(trail.type)[-1:] == ("Resource",):
        return CONVERT[kind].get("Resource")
    return CONVERT[kind].get(trail.type)


def _extension(kind: str, spec: Spec, param: str, value: Any) -> Iterator[IndexValue]:
    """The value of an extension, where R4 names the extension and means what it holds."""
    table = spec.table("Extension")
    for key, found in value.items():
        if table is not None and key.startswith("value") and key in table.keys:
            convert = CONVERT[kind].get(table.keys[key][1])
            if convert is not None:
                yield from convert(param, found)


def _sink(param: SearchParam, convert: Convert) -> Sink:
    code, name = param.code, LISTS[param.type]

    def sink(value: Any, index: Index, _resource: Resource) -> None:
        getattr(index, name).extend(convert(code, value))

    return sink


def _composite(param: SearchParam, base: Trail, trails: Trails) -> Sink:
    """One row for each combination of the components' values at one place."""
    components = [_component(part, base, trails) for part in param.components]
    collectors = [collect for collect, _ in components]
    # Most combinations lack a component: a look at the keys tells so before anything is read.
    needed = [keys for _, keys in components if keys]
    code = param.code

    def sink(value: Any, index: Index, resource: Resource) -> None:
        for keys in needed:
            if keys.isdisjoint(value):
                return
        parts = []
        for collect in collectors:
            found = collect(value, resource)
            if not found:
                return
            parts.append(found)
        index.composites.extend(CompositeValue(code, combination) for combination in product(*parts))

    return sink


def _evaluation(param: SearchParam) -> Sink:
    """A parameter whose values the evaluator works out: system values, such as the truth of a condition."""
    run = compile_expression(param.expression)
    convert = CONVERT[param.type]
    name = LISTS[param.type]

    def sink(_value: Any, index: Index, resource: Resource) -> None:
        node = root(resource)
        try:
            found = run(Env([node], node, {}))
        except FHIRPathError:  # an added one that does not suit what stands here: it gives no value
            return
        for item in found:
            kind = item.type if isinstance(item, Node) else type_of(item)[1].lower()
            if kind in convert:
                value = item.value if isinstance(item, Node) else item
                getattr(index, name).extend(convert[kind](param.code, value))

    return sink


class _Part:
    """What the walk of one component fills, in the place of an Index."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: list[IndexValue] = []


def _part_sink(param: SearchParam, convert: Convert) -> Sink:
    code = param.code

    def sink(value: Any, part: Any, _resource: Resource) -> None:
        part.values.extend(convert(code, value))

    return sink


def _component(part: SearchParam, base: Trail, trails: Trails) -> tuple[Collect, frozenset[str]]:
    """How its values are collected, and the keys of which one must be there; none where that cannot be said."""
    tree = Branch()
    whole = part.expression.startswith("%resource")
    start = Trail((), base.type, base.value_set)
    for trail in trails.find(parse(part.expression), (start,)):
        convert = converter(part.type, trail, trails.spec)
        if convert is not None:
            tree.grow(trail.steps).sinks.append(_part_sink(part, convert))
    walk = _closure(tree)

    def collect(value: Any, resource: Resource) -> list[IndexValue]:
        found = _Part()
        walk(resource if whole else value, found, resource)
        return [each for each in found.values if not isinstance(each, TokenValue) or each.code]

    keys = frozenset() if whole or tree.sinks else frozenset(step.key for step in tree.children)
    return collect, keys


def _closure(branch: Branch) -> Sink:
    """The walk below one place of the tree."""
    sinks = tuple(branch.sinks)
    by_key: dict[str, list[Sink]] = {}
    for step, child in branch.children.items():
        by_key.setdefault(step.key, []).append(_step(step, _closure(child)))
    children = {key: steps[0] if len(steps) == 1 else _all(tuple(steps)) for key, steps in by_key.items()}
    if not children:
        return sinks[0] if len(sinks) == 1 else _all(sinks)

    def walk(value: Any, index: Index, resource: Resource) -> None:
        for sink in sinks:
            sink(value, index, resource)
        for key in value:
            child = children.get(key)
            if child is not None:
                child(value[key], index, resource)

    return walk


def _all(sinks: tuple[Sink, ...]) -> Sink:
    def run(value: Any, index: Index, resource: Resource) -> None:
        for sink in sinks:
            sink(value, index, resource)

    return run


def _step(step: Step, follow: Sink) -> Sink:
    """Goes on with each item of what stands at a key, or with the one item asked for."""
    target = _guarded(tuple(test for _, test in step.guards), follow) if step.guards else follow
    position = step.index

    def run(value: Any, index: Index, resource: Resource) -> None:
        if type(value) is list:
            for item in value if position is None else value[position : position + 1]:
                if item is not None:
                    target(item, index, resource)
        elif value is not None and not position:
            target(value, index, resource)

    return run


def _guarded(tests: tuple[Guard, ...], follow: Sink) -> Sink:
    def run(value: Any, index: Index, resource: Resource) -> None:
        if all(test(value, resource) for test in tests):
            follow(value, index, resource)

    return run

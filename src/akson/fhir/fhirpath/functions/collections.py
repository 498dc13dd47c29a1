"""Filtering, projection, parts of a collection, and combination. Source: http://hl7.org/fhirpath/N1/#functions."""

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from akson.fhir.fhirpath.budget import MADE
from akson.fhir.fhirpath.functions.registry import function
from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.operators import compare
from akson.fhir.fhirpath.runtime import Env, Falling, Seen, boolean, distinct, holds, single
from akson.fhir.fhirpath.values import Collection, Node, children, is_type, system, type_of

Run = Callable[[Env], Collection]


@function("where", 1, lazy=True)
def where(env: Env, focus: Collection, criterion: Run) -> Collection:
    return [item for n, item in enumerate(focus) if boolean(criterion(env.at(item, n)))]


@function("select", 1, lazy=True)
def select(env: Env, focus: Collection, projection: Run) -> Collection:
    return [found for n, item in enumerate(focus) for found in projection(env.at(item, n))]


@function("repeat", 1, lazy=True, weighs=True)
def repeat(env: Env, focus: Collection, projection: Run, *, weight: int) -> Collection:
    """Over and over on what is new. Where that has no end, the budget is one."""
    found: Collection = []
    objects: set[int] = set()
    seen = Seen(env.budget)
    waiting = list(focus)
    while waiting:
        env.budget.spend(weight * len(waiting))
        new = []
        for item in select(env, waiting, projection):
            if type(item) is not Node or type(item.value) is not dict:
                if seen.add(item):
                    new.append(item)
            elif id(item.value) not in objects:
                objects.add(id(item.value))
                new.append(item)
        found += new
        env.budget.hold(len(new))
        waiting = new
    return found


@function("ofType", 1, types=True)
def of_type(_env: Env, focus: Collection, name: str) -> Collection:
    return [item for item in focus if is_type(item, name)]


@function("as", 1, types=True)
def as_type(_env: Env, focus: Collection, name: str) -> Collection:
    if len(focus) > 1:
        raise FHIRPathError("as takes one item")
    return [item for item in focus if is_type(item, name)]


@function("is", 1, types=True)
def is_of_type(_env: Env, focus: Collection, name: str) -> Collection:
    if len(focus) > 1:
        raise FHIRPathError("is takes one item")
    return [is_type(focus[0], name)] if focus else []


@function("type")
def type_info(_env: Env, focus: Collection) -> Collection:
    found: Collection = []
    for item in focus:
        space, name = type_of(item)
        found.append(Node({"namespace": space, "name": name}, "TypeInfo"))
    return found


@function("single")
def only(_env: Env, focus: Collection) -> Collection:
    if len(focus) > 1:
        raise FHIRPathError("single found several items")
    return focus


@function("first")
def first(_env: Env, focus: Collection) -> Collection:
    return focus[:1]


@function("last")
def last(_env: Env, focus: Collection) -> Collection:
    return focus[-1:]


@function("tail")
def tail(_env: Env, focus: Collection) -> Collection:
    return focus[1:]


@function("skip", 1)
def skip(_env: Env, focus: Collection, number: Collection) -> Collection:
    return focus[max(single(number, int) or 0, 0) :]


@function("take", 1)
def take(_env: Env, focus: Collection, number: Collection) -> Collection:
    return focus[: max(single(number, int) or 0, 0)]


@function("distinct")
def distinct_items(env: Env, focus: Collection) -> Collection:
    return distinct(focus, env.budget)


@function("union", 1)
def union(env: Env, focus: Collection, other: Collection) -> Collection:
    return distinct([*focus, *other], env.budget)


@function("combine", 1)
def combine(_env: Env, focus: Collection, other: Collection) -> Collection:
    return [*focus, *other]


@function("intersect", 1)
def intersect(env: Env, focus: Collection, other: Collection) -> Collection:
    return [item for item in distinct(focus, env.budget) if holds(other, item, env.budget)]


@function("exclude", 1)
def exclude(env: Env, focus: Collection, other: Collection) -> Collection:
    return [item for item in focus if not holds(other, item, env.budget)]


@function("children")
def children_of(env: Env, focus: Collection) -> Collection:
    found: Collection = []
    for item in focus:
        if type(item) is Node:
            found += children(item)
    env.budget.spend(MADE * len(found))
    return found


@function("descendants")
def descendants(env: Env, focus: Collection) -> Collection:
    found: Collection = []
    level = children_of(env, focus)
    while level:
        found += level
        env.budget.hold(len(found))
        level = children_of(env, level)
    return found


@function("aggregate", 1, 2, lazy=True)
def aggregate(env: Env, focus: Collection, step: Run, start: Run | None = None) -> Collection:
    total = start(env) if start is not None else []
    for number, item in enumerate(focus):
        inner = env.at(item, number)
        inner.total = total
        total = step(inner)
    return total


@function("trace", 1, 2, lazy=True)
def trace(_env: Env, focus: Collection, _name: Run, _projection: Run | None = None) -> Collection:
    """Traces nothing: what an expression looks at may be personal data."""
    return focus


@function("sort", 0, 9, lazy=True)
def sort(env: Env, focus: Collection, *keys: Run) -> Collection:
    """Sorted by the items themselves or by keys; a key that is `-path` sorts text the other way too."""
    rows = [
        (item, [key(env.at(item, n)) for key in keys] if keys else [[item]]) for n, item in enumerate(focus)
    ]
    signs = [-1 if isinstance(key, Falling) else 1 for key in keys] or [1]

    def order(one: tuple[Any, list[Collection]], other: tuple[Any, list[Collection]]) -> int:
        for mine, yours, sign in zip(one[1], other[1], signs, strict=True):
            if not mine or not yours:
                if mine or yours:
                    return -1 if not mine else 1
                continue
            found = compare(mine[0], yours[0])
            if found:
                return found * sign
        return 0

    return [item for item, _ in sorted(rows, key=cmp_to_key(order))]


@function("coalesce", 1, 20, lazy=True)
def coalesce(env: Env, _focus: Collection, *choices: Run) -> Collection:
    for choice in choices:
        found = choice(env)
        if found:
            return found
    return []


@function("hasValue")
def has_value(_env: Env, focus: Collection) -> Collection:
    if len(focus) != 1:
        return [False]
    value = system(focus[0])
    return [type(value) is not Node]


@function("getValue")
def get_value(_env: Env, focus: Collection) -> Collection:
    found = [system(item) for item in focus]
    return found if len(found) == 1 and type(found[0]) is not Node else []

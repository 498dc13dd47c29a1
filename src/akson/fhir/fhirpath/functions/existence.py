"""Whether something is there, and how much of it. Source: http://hl7.org/fhirpath/N1/#existence."""

from collections.abc import Callable

from akson.fhir.fhirpath.functions.registry import function
from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.runtime import Env, boolean, distinct, holds, single
from akson.fhir.fhirpath.values import Collection, system

Run = Callable[[Env], Collection]


@function("empty")
def empty(_env: Env, focus: Collection) -> Collection:
    return [not focus]


@function("exists", 0, 1, lazy=True)
def exists(env: Env, focus: Collection, criterion: Run | None = None) -> Collection:
    if criterion is None:
        return [bool(focus)]
    return [any(boolean(criterion(env.at(item, n))) for n, item in enumerate(focus))]


@function("all", 1, lazy=True)
def every(env: Env, focus: Collection, criterion: Run) -> Collection:
    return [all(boolean(criterion(env.at(item, n))) for n, item in enumerate(focus))]


@function("not")
def negation(_env: Env, focus: Collection) -> Collection:
    value = boolean(focus)
    return [] if value is None else [not value]


def _truths(focus: Collection) -> list[bool]:
    values = [system(item) for item in focus]
    if any(not isinstance(value, bool) for value in values):
        raise FHIRPathError("expected truth values")
    return values


@function("allTrue")
def all_true(_env: Env, focus: Collection) -> Collection:
    return [all(_truths(focus))]


@function("anyTrue")
def any_true(_env: Env, focus: Collection) -> Collection:
    return [any(_truths(focus))]


@function("allFalse")
def all_false(_env: Env, focus: Collection) -> Collection:
    return [not any(_truths(focus))]


@function("anyFalse")
def any_false(_env: Env, focus: Collection) -> Collection:
    return [not all(_truths(focus))]


@function("count")
def count(_env: Env, focus: Collection) -> Collection:
    return [len(focus)]


@function("subsetOf", 1)
def subset_of(env: Env, focus: Collection, other: Collection) -> Collection:
    return [all(holds(other, item, env.budget) for item in focus)]


@function("supersetOf", 1)
def superset_of(env: Env, focus: Collection, other: Collection) -> Collection:
    return [all(holds(focus, item, env.budget) for item in other)]


@function("isDistinct")
def is_distinct(env: Env, focus: Collection) -> Collection:
    return [len(distinct(focus, env.budget)) == len(focus)]


@function("iif", 2, 3, lazy=True)
def iif(env: Env, focus: Collection, test: Run, yes: Run, no: Run | None = None) -> Collection:
    if len(focus) > 1:
        raise FHIRPathError("iif takes one item")
    inner = env.at(focus[0], env.index) if focus else env
    found = test(inner)
    if len(found) > 1 or (found and not isinstance(system(found[0]), bool)):
        raise FHIRPathError("iif takes one truth value")
    if single(found, bool):
        return yes(inner)
    return no(inner) if no is not None else []

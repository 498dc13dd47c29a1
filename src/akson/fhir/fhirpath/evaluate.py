"""Expressions as closures: a syntax tree is compiled once and run over many resources."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from akson.fhir.fhirpath import ast
from akson.fhir.fhirpath.functions import FUNCTIONS
from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.logic import LOGIC
from akson.fhir.fhirpath.operators import arithmetic, compare, equal, equal_items, equivalent
from akson.fhir.fhirpath.parser import parse
from akson.fhir.fhirpath.runtime import Env, distinct, single
from akson.fhir.fhirpath.values import (
    Collection,
    Node,
    Quantity,
    Temporal,
    is_known_type,
    is_type,
    member,
    root,
    system,
)

if TYPE_CHECKING:
    from akson.fhir.model import Resource

Run = Callable[[Env], Collection]


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Run:
    """The closure of an expression. Raises FHIRPathError on what is not FHIRPath or not a known function."""
    return compile_node(parse(text))


def evaluate(text: str, resource: Resource, **variables: Any) -> Collection:
    """The result of an expression on a resource; `variables` are collections or items for `%name`.

    Elements come back as `Node`; `system` gives their plain values. Raises FHIRPathError.
    """
    node = root(resource)
    return compile_expression(text)(Env([node], node, variables))


def compile_node(node: ast.Node) -> Run:
    compiler = _COMPILERS.get(type(node))
    if compiler is None:
        raise FHIRPathError(f"{type(node).__name__} is not understood")
    return compiler(node)


def _literal(node: ast.Literal) -> Run:
    temporal = node.type in ("Date", "DateTime", "Time")
    value: Any = Temporal(node.type, str(node.value)) if temporal else node.value
    return lambda _env: [value]


def _quantity(node: ast.QuantityLiteral) -> Run:
    value = Quantity(node.value, node.unit)
    return lambda _env: [value]


def _empty(_node: ast.Empty) -> Run:
    return lambda _env: []


def _variable(node: ast.Variable) -> Run:
    name = node.name
    if name == "$this":
        return lambda env: env.this
    if name == "$index":
        return lambda env: [] if env.index is None else [env.index]
    if name == "$total":
        return lambda env: env.total
    return lambda env: env.variable(name[1:])


def _member(node: ast.Member) -> Run:
    name = node.name
    if node.focus is None:
        return _head(name)
    focus = compile_node(node.focus)

    def run(env: Env) -> Collection:
        found = focus(env)
        if len(found) == 1:
            return member(found[0], name) if type(found[0]) is Node else []
        return [item for parent in found if type(parent) is Node for item in member(parent, name)]

    return run


def _head(name: str) -> Run:
    """An element of what is at hand, or the type of what is at hand."""
    is_name = name[0].isupper()

    def run(env: Env) -> Collection:
        if is_name:
            same = [item for item in env.this if type(item) is Node and is_type(item, name)]
            if same:
                return same
        return [item for parent in env.this if type(parent) is Node for item in member(parent, name)]

    return run


def _index(node: ast.Index) -> Run:
    focus, index = compile_node(node.focus), compile_node(node.index)

    def run(env: Env) -> Collection:
        position = single(index(env), int)
        found = focus(env)
        return [] if position is None or not 0 <= position < len(found) else [found[position]]

    return run


def _unary(node: ast.Unary) -> Run:
    operand = compile_node(node.operand)
    sign = -1 if node.operator == "-" else 1

    def run(env: Env) -> Collection:
        found = operand(env)
        if not found:
            return []
        if len(found) > 1:
            raise FHIRPathError("a sign takes one number")
        value = system(found[0])
        if isinstance(value, Quantity):
            return [Quantity(value.value * sign, value.unit)]
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise FHIRPathError("a sign takes a number")
        return [value * sign]

    return run


def _type_test(node: ast.TypeTest) -> Run:
    operand, name = compile_node(node.operand), _known_type(node.type)
    narrow = node.operator == "as"

    def run(env: Env) -> Collection:
        found = operand(env)
        if narrow:
            return [item for item in found if is_type(item, name)]
        if len(found) > 1:
            raise FHIRPathError("is takes one item")
        return [is_type(found[0], name)] if found else []

    return run


def _call(node: ast.Call) -> Run:
    name = node.name
    found = FUNCTIONS.get(name)
    if found is None:
        raise FHIRPathError(f"{name}() is not a function of FHIRPath")
    if not found.fewest <= len(node.arguments) <= found.most:
        raise FHIRPathError(f"{name}() does not take {len(node.arguments)} arguments")
    focus = compile_node(node.focus) if node.focus is not None else (lambda env: env.this)
    if found.types:
        return _typed_call(found.run, focus, node.arguments)
    arguments = tuple(compile_node(argument) for argument in node.arguments)
    run = found.run
    if found.lazy:
        return lambda env: run(env, focus(env), *arguments)
    if not arguments:
        return lambda env: run(env, focus(env))
    return lambda env: run(env, focus(env), *[argument(env) for argument in arguments])


def _typed_call(run: Callable[..., Collection], focus: Run, arguments: tuple[ast.Node, ...]) -> Run:
    """A function whose argument is the name of a type."""
    name = _known_type(_type_name(arguments[0]))
    return lambda env: run(env, focus(env), name)


def _known_type(name: str) -> str:
    if not is_known_type(name):
        raise FHIRPathError(f"{name} is not a type")
    return name


def _type_name(node: ast.Node) -> str:
    match node:
        case ast.Member(None, name):
            return name
        case ast.Member(focus, name) if focus is not None:
            return f"{_type_name(focus)}.{name}"
    raise FHIRPathError("expected the name of a type")


def _binary(node: ast.Binary) -> Run:
    left, right, operator = compile_node(node.left), compile_node(node.right), node.operator
    if operator in LOGIC:
        return LOGIC[operator](left, right)
    made = _OPERATORS.get(operator)
    if made is not None:
        return lambda env: made(left(env), right(env))
    return lambda env: _arithmetic(operator, left(env), right(env))


def _arithmetic(operator: str, left: Collection, right: Collection) -> Collection:
    if not left or not right:
        return []
    if len(left) > 1 or len(right) > 1:
        raise FHIRPathError(f"{operator} takes one item on each side")
    result = arithmetic(operator, left[0], right[0])
    return [] if result is None else [result]


def _concatenated(left: Collection, right: Collection) -> Collection:
    return [(single(left, str) or "") + (single(right, str) or "")]


def _known(result: object) -> Collection:
    return [] if result is None else [result]


def _not_equal(left: Collection, right: Collection) -> Collection:
    result = equal(left, right)
    return [] if result is None else [not result]


def _ordered(test: Callable[[int], bool]) -> Callable[[Collection, Collection], Collection]:
    def run(left: Collection, right: Collection) -> Collection:
        if not left or not right:
            return []
        if len(left) > 1 or len(right) > 1:
            raise FHIRPathError("an order takes one item on each side")
        order = compare(left[0], right[0])
        return [] if order is None else [test(order)]

    return run


def _in(left: Collection, right: Collection) -> Collection:
    if not left:
        return []
    if len(left) > 1:
        raise FHIRPathError("in takes one item on its left")
    return [any(equal_items(left[0], item) is True for item in right)]


_OPERATORS: dict[str, Callable[[Collection, Collection], Collection]] = {
    "=": lambda left, right: _known(equal(left, right)),
    "!=": _not_equal,
    "~": lambda left, right: [equivalent(left, right)],
    "!~": lambda left, right: [not equivalent(left, right)],
    "<": _ordered(lambda order: order < 0),
    ">": _ordered(lambda order: order > 0),
    "<=": _ordered(lambda order: order <= 0),
    ">=": _ordered(lambda order: order >= 0),
    "|": lambda left, right: distinct([*left, *right]),
    "&": _concatenated,
    "in": _in,
    "contains": lambda left, right: _in(right, left),
}
_COMPILERS: dict[type, Callable[[Any], Run]] = {
    ast.Literal: _literal,
    ast.QuantityLiteral: _quantity,
    ast.Empty: _empty,
    ast.Variable: _variable,
    ast.Member: _member,
    ast.Call: _call,
    ast.Index: _index,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.TypeTest: _type_test,
}

"""Expressions as closures: a syntax tree is compiled once and run over many resources."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from akson.fhir.fhirpath import ast
from akson.fhir.fhirpath.ast import size
from akson.fhir.fhirpath.budget import FREE, MADE, Budget, TooCostly
from akson.fhir.fhirpath.functions import FUNCTIONS
from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.logic import LOGIC
from akson.fhir.fhirpath.operators import arithmetic, compare, equal, equivalent, joined
from akson.fhir.fhirpath.parser import parse
from akson.fhir.fhirpath.runtime import Env, Falling, distinct, holds, single
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
    from akson.fhir.fhirpath.functions.registry import Body, Function
    from akson.fhir.model import Resource

Run = Callable[[Env], Collection]
Operator = Callable[[Collection, Collection, Budget], Collection]


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Run:
    """The closure of an expression. Raises FHIRPathError on what is not FHIRPath or not a known function."""
    return compile_node(parse(text))


def evaluate(text: str, resource: Resource, **variables: Any) -> Collection:
    """The result of an expression on a resource; `variables` are collections or items for `%name`.

    Elements come back as `Node`; `system` gives their plain values. Raises FHIRPathError.
    """
    return evaluate_within(Budget(), text, resource, variables)


def evaluate_within(budget: Budget, text: str, resource: Resource, variables: dict[str, Any]) -> Collection:
    """The same within a budget that several evaluations may share. Raises FHIRPathError, TooCostly where it is spent."""
    node = root(resource)
    try:
        return compile_expression(text)(Env([node], node, variables, budget))
    except RecursionError as error:
        raise TooCostly("the expression or the resource is nested too deep") from error
    except (ArithmeticError, UnicodeError) as error:
        raise FHIRPathError("a number or a text is not one that FHIRPath can hold") from error


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
            made = member(found[0], name) if type(found[0]) is Node else []
            if len(made) > FREE:
                env.budget.spend(MADE * len(made))
            return made
        made = [item for parent in found if type(parent) is Node for item in member(parent, name)]
        if len(found) > FREE or len(made) > FREE:
            env.budget.spend(len(found) + MADE * len(made))
        return made

    return run


def _head(name: str) -> Run:
    """An element of what is at hand, or the type of what is at hand."""
    is_name = name[0].isupper()

    def run(env: Env) -> Collection:
        if is_name:
            same = [item for item in env.this if type(item) is Node and is_type(item, name)]
            if same:
                return same
        made = [item for parent in env.this if type(parent) is Node for item in member(parent, name)]
        if len(made) > FREE:
            env.budget.spend(MADE * len(made))
        return made

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
    arguments = tuple(_argument(name, argument) for argument in node.arguments)
    if found.lazy:
        return _lazy_call(found, focus, arguments, sum(size(argument) for argument in node.arguments))
    return _eager_call(found.run, focus, arguments)


def _argument(function: str, node: ast.Node) -> Run:
    if function == "sort" and isinstance(node, ast.Unary) and node.operator == "-":
        return Falling(compile_node(node.operand))
    return compile_node(node)


def _lazy_call(function: Function, focus: Run, arguments: tuple[Run, ...], weight: int) -> Run:
    """A function that runs its arguments for each item of the focus: paid for by their size."""
    body = function.run
    if function.weighs:
        return lambda env: body(env, focus(env), *arguments, weight=weight)

    def run(env: Env) -> Collection:
        found = focus(env)
        if weight or len(found) > FREE:
            env.budget.spend((weight or 1) * len(found))
        made = body(env, found, *arguments)
        if len(made) > FREE:
            env.budget.hold(len(made))
        return made

    return run


def _eager_call(body: Body, focus: Run, arguments: tuple[Run, ...]) -> Run:
    def run(env: Env) -> Collection:
        found = focus(env)
        made = body(env, found, *[argument(env) for argument in arguments]) if arguments else body(env, found)
        if len(found) > FREE or len(made) > FREE:
            env.budget.hold(len(found) + len(made))
        return made

    return run


def _typed_call(body: Body, focus: Run, arguments: tuple[ast.Node, ...]) -> Run:
    """A function whose argument is the name of a type."""
    name = _known_type(_type_name(arguments[0]))

    def run(env: Env) -> Collection:
        found = focus(env)
        if len(found) > FREE:
            env.budget.spend(len(found))
        return body(env, found, name)

    return run


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
        return lambda env: made(left(env), right(env), env.budget)
    return lambda env: _arithmetic(operator, left(env), right(env), env.budget)


def _arithmetic(operator: str, left: Collection, right: Collection, budget: Budget) -> Collection:
    if not left or not right:
        return []
    if len(left) > 1 or len(right) > 1:
        raise FHIRPathError(f"{operator} takes one item on each side")
    result = arithmetic(operator, left[0], right[0], budget)
    return [] if result is None else [result]


def _concatenated(left: Collection, right: Collection, budget: Budget) -> Collection:
    return [joined(single(left, str) or "", single(right, str) or "", budget)]


def _known(result: object) -> Collection:
    return [] if result is None else [result]


def _not_equal(left: Collection, right: Collection, budget: Budget) -> Collection:
    result = equal(left, right, budget)
    return [] if result is None else [not result]


def _ordered(test: Callable[[int], bool]) -> Operator:
    def run(left: Collection, right: Collection, _budget: Budget) -> Collection:
        if not left or not right:
            return []
        if len(left) > 1 or len(right) > 1:
            raise FHIRPathError("an order takes one item on each side")
        order = compare(left[0], right[0])
        return [] if order is None else [test(order)]

    return run


def _in(left: Collection, right: Collection, budget: Budget) -> Collection:
    if not left:
        return []
    if len(left) > 1:
        raise FHIRPathError("in takes one item on its left")
    return [holds(right, left[0], budget)]


_OPERATORS: dict[str, Operator] = {
    "=": lambda left, right, budget: _known(equal(left, right, budget)),
    "!=": _not_equal,
    "~": lambda left, right, budget: [equivalent(left, right, budget)],
    "!~": lambda left, right, budget: [not equivalent(left, right, budget)],
    "<": _ordered(lambda order: order < 0),
    ">": _ordered(lambda order: order > 0),
    "<=": _ordered(lambda order: order <= 0),
    ">=": _ordered(lambda order: order >= 0),
    "|": lambda left, right, budget: distinct([*left, *right], budget),
    "&": _concatenated,
    "in": _in,
    "contains": lambda left, right, budget: _in(right, left, budget),
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

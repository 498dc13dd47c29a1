"""The syntax tree of FHIRPath: what an expression says, before it is compiled."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant. `type` is the FHIRPath system type: Boolean, String, Integer, Decimal, Date, DateTime, Time."""

    type: str
    value: bool | str | int | Decimal


@dataclass(frozen=True, slots=True)
class QuantityLiteral:
    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Empty:
    """`{}`."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One of `$this`, `$index` and `$total`, or `%name` for one from outside."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """`focus.name`; focus None: an element or type name at the start of a path."""

    focus: "Node | None"
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """`focus.name(arguments)`."""

    focus: "Node | None"
    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Index:
    focus: "Node"
    index: "Node"


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class TypeTest:
    """`operand is Type`, `operand as Type`. The name may be qualified: FHIR.Patient, System.String."""

    operator: str
    operand: "Node"
    type: str


Node = Literal | QuantityLiteral | Empty | Variable | Member | Call | Index | Unary | Binary | TypeTest


def parts(node: Node) -> tuple[Node, ...]:
    """The nodes directly below a node."""
    match node:
        case Member(focus, _) if focus is not None:
            return (focus,)
        case Call(focus, _, arguments):
            return arguments if focus is None else (focus, *arguments)
        case Index(focus, index):
            return (focus, index)
        case Unary(_, operand) | TypeTest(_, operand, _):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
    return ()


def size(node: Node) -> int:
    """How many nodes a tree has."""
    waiting, count = [node], 0
    while waiting:
        count += 1
        waiting += parts(waiting.pop())
    return count


def depth(node: Node) -> int:
    """How many nodes stand above each other in a tree."""
    waiting, deepest = [(node, 1)], 0
    while waiting:
        inner, level = waiting.pop()
        deepest = max(deepest, level)
        waiting += [(part, level + 1) for part in parts(inner)]
    return deepest

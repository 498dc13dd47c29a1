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

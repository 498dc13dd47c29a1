"""Expressions made at random, as trees and as the text that stands for them."""

from decimal import Decimal

from hypothesis import strategies as st

from akson.fhir.fhirpath.ast import (
    Binary,
    Call,
    Empty,
    Index,
    Literal,
    Member,
    QuantityLiteral,
    TypeTest,
    Unary,
    Variable,
)
from akson.fhir.fhirpath.functions import FUNCTIONS

OPERATORS = (
    *("implies", "or", "xor", "and", "in", "contains", "=", "~", "!=", "!~", "<", ">", "<=", ">=", "|"),
    *("+", "-", "&", "*", "/", "div", "mod"),
)
NAMES = (
    "name",
    "given",
    "family",
    "value",
    "code",
    "contained",
    "extension",
    "id",
    "reference",
    "entry",
    "resource",
)
TYPES = (
    "Patient",
    "String",
    "Integer",
    "Quantity",
    "FHIR.Patient",
    "System.Boolean",
    "Coding",
    "Decimal",
    "DateTime",
)
VARIABLES = ("$this", "$index", "$total", "%resource", "%context", "%ucum", "%ext-a")
STRINGS = (
    "",
    "a",
    "abc",
    "1",
    "1.5",
    "true",
    "2024-05-01",
    "10:00",
    "(a+)+",
    "$1",
    "æ",
    "'",
    "\\",
    "base64",
    "4 'kg'",
)
DATES = (
    ("Date", "2024"),
    ("Date", "2024-02-29"),
    ("DateTime", "2024-05-01T10:00:00.5+02:00"),
    ("DateTime", "9999T"),
)
UNITS = ("kg", "mg", "1", "day", "year", "s", "mm[Hg]", "nosuch", "Cel")


def _escaped(text, mark):
    return mark + text.replace("\\", "\\\\").replace(mark, "\\" + mark) + mark


def written(node):  # noqa: PLR0911, PLR0912 - a line for each kind of node
    """The text of a tree, with brackets wherever they may stand."""
    match node:
        case Literal("String", value):
            return _escaped(value, "'")
        case Literal("Boolean", value):
            return "true" if value else "false"
        case Literal("Date" | "DateTime", value):
            return "@" + value
        case Literal("Time", value):
            return "@T" + value
        case Literal(_, value):
            return format(value, "f") if isinstance(value, Decimal) else str(value)
        case QuantityLiteral(value, unit):
            return f"{value} " + (unit if unit in ("day", "year") else _escaped(unit, "'"))
        case Empty():
            return "{}"
        case Variable(name):
            return name
        case Member(None, name):
            return _escaped(name, "`")
        case Member(focus, name):
            return f"({written(focus)}).{_escaped(name, '`')}"
        case Call(focus, name, arguments):
            call = f"{name}({', '.join(map(written, arguments))})"
            return call if focus is None else f"({written(focus)}).{call}"
        case Index(focus, index):
            return f"({written(focus)})[{written(index)}]"
        case Unary(operator, operand):
            return f"{operator} ({written(operand)})"
        case TypeTest(operator, operand, name):
            return f"({written(operand)}) {operator} {name}"
    return f"({written(node.left)}) {node.operator} ({written(node.right)})"


_numbers = st.one_of(
    st.integers(0, 12).map(lambda n: Literal("Integer", n)),
    st.sampled_from([10**9, 2**31, 10**30, 10**99]).map(lambda n: Literal("Integer", n)),
    st.sampled_from(["0.0", "1.5", "0.001", "99999999999999999999.9"]).map(
        lambda d: Literal("Decimal", Decimal(d))
    ),
)
_leaves = st.one_of(
    _numbers,
    st.booleans().map(lambda b: Literal("Boolean", b)),
    st.sampled_from(STRINGS).map(lambda s: Literal("String", s)),
    st.sampled_from(DATES).map(lambda d: Literal(*d)),
    st.just(Literal("Time", "10:30:00")),
    st.builds(
        QuantityLiteral, st.sampled_from([Decimal(0), Decimal("2.5"), Decimal(10**9)]), st.sampled_from(UNITS)
    ),
    st.just(Empty()),
    st.sampled_from(VARIABLES).map(Variable),
    st.sampled_from(NAMES).map(lambda name: Member(None, name)),
)


@st.composite
def _calls(draw, inner):
    name = draw(st.sampled_from(sorted(FUNCTIONS)))
    found = FUNCTIONS[name]
    focus = draw(st.one_of(st.none(), inner, inner))
    count = draw(st.integers(found.fewest, min(found.most, 3)))
    if found.types:
        kind = draw(st.sampled_from(["Patient", "String", "Coding"]))
        return Call(focus, name, (Member(None, kind),))
    return Call(focus, name, tuple(draw(inner) for _ in range(count)))


def _larger(inner):
    return st.one_of(
        st.builds(Member, inner, st.sampled_from(NAMES)),
        _calls(inner),
        _calls(inner),
        st.builds(Index, inner, inner),
        st.builds(Unary, st.sampled_from("+-"), inner),
        st.builds(Binary, st.sampled_from(OPERATORS), inner, inner),
        st.builds(TypeTest, st.sampled_from(["is", "as"]), inner, st.sampled_from(TYPES)),
    )


trees = st.recursive(_leaves, _larger, max_leaves=8)
"""Syntax trees of every kind, with little sense and all functions."""

"""Expressions become trees by the precedence of the grammar, and what is not FHIRPath is refused with its place."""

import pytest

from akson.fhir.fhirpath import FHIRPathError, parse
from akson.fhir.fhirpath.ast import Binary, Call, Index, Literal, Member, TypeTest, Unary
from akson.fhir.spec import spec


def test_precedence():
    assert parse("a | b.c and d = 1 + 2 * 3") == Binary(
        "and",
        Binary("|", Member(None, "a"), Member(Member(None, "b"), "c")),
        Binary(
            "=",
            Member(None, "d"),
            Binary("+", Literal("Integer", 1), Binary("*", Literal("Integer", 2), Literal("Integer", 3))),
        ),
    )


def test_a_sign_is_looser_than_a_function():
    assert parse("-1.abs()") == Unary("-", Call(Literal("Integer", 1), "abs", ()))


def test_types_indexers_and_delimited_names():
    assert parse("(value as FHIR.Quantity)[0]") == Index(
        TypeTest("as", Member(None, "value"), "FHIR.Quantity"), Literal("Integer", 0)
    )
    assert parse("`PID-1`.contains") == Member(Member(None, "PID-1"), "contains")


def test_escapes():
    assert parse(r"'\'æ\u00e5\n'") == Literal("String", "'æå\n")


@pytest.mark.parametrize(
    "text", ["", "a.", "a b", "(a", "a[1", "'open", "a..b", "1 +", "#", "a is", "f(a,)", r"'\q'"]
)
def test_refused(text):
    with pytest.raises(FHIRPathError):
        parse(text)


@pytest.mark.parametrize(
    "text", ["(" * 5000 + ")" * 5000, "a[" * 5000, "f(" * 5000, "-" * 5000 + "1", "a." * 50_000 + "a"]
)
def test_what_would_exhaust_the_stack_is_refused(text):
    with pytest.raises(FHIRPathError):
        parse(text)


def test_every_search_parameter_of_r4():
    expressions = {
        part.expression
        for kind in spec().types
        for param in spec().params(kind).values()
        for part in (param, *param.components)
        if part.expression
    }
    assert len(expressions) > 1300
    for text in expressions:
        parse(text)

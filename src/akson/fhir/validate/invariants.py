"""The invariants of R4's base types, compiled once to closures, and which of them R4 itself got wrong.

Source: the constraints of all StructureDefinitions of the package hl7.fhir.r4.core.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from akson.fhir.fhirpath.evaluate import compile_expression
from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.runtime import Env, boolean
from akson.fhir.fhirpath.values import Node
from akson.fhir.spec import spec
from akson.fhir.validate.exceptions import ELSEWHERE, REPAIRED
from akson.fhir.validate.quick import QUICK

Test = Callable[[Node, Node, Node], bool]
"""(the element, the resource it is in, the resource that contains that one or itself) to whether it holds."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule of one element."""

    key: str
    human: str
    severity: str
    test: Test

    def holds(self, node: Node, resource: Node, root: Node) -> bool | None:
        """None when the expression cannot be evaluated on this element."""
        try:
            return self.test(node, resource, root)
        except (FHIRPathError, ArithmeticError):
            return None


def compiled(expression: str) -> Test:
    """The test that a FHIRPath expression stands for. Raises FHIRPathError.

    A result that is empty breaks nothing: R4's own invariants (bdl-8, ras-2) are empty where the element they speak
    of is not there.
    """
    run = compile_expression(expression)

    def test(node: Node, resource: Node, root: Node) -> bool:
        variables = {} if resource is root else {"rootResource": root}
        return boolean(run(Env([node], resource, variables))) is not False

    return test


def read(rows: Iterable[dict[str, Any]]) -> tuple[Invariant, ...]:
    """The invariants of some constraint rows, without those that are checked elsewhere."""
    return tuple(_invariant(row) for row in rows if row["key"] not in ELSEWHERE)


def _invariant(row: dict[str, Any]) -> Invariant:
    key = row["key"]
    test = QUICK.get(key) or compiled(REPAIRED.get(key, (row["expression"], ""))[0])
    return Invariant(key, row["human"], row.get("severity", "error"), test)


@cache
def of_path(path: str) -> tuple[Invariant, ...]:
    """The invariants that R4 states at one path: Patient, Patient.contact, Period."""
    return read(spec().rules["invariants"].get(path, ()))

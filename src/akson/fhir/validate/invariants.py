"""The invariants of R4's base types, compiled once to closures, and which of them R4 itself got wrong.

Source: the constraints of all StructureDefinitions of the package hl7.fhir.r4.core.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from akson.fhir.fhirpath.budget import Budget, TooCostly
from akson.fhir.fhirpath.evaluate import compile_expression
from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.runtime import Env, boolean
from akson.fhir.fhirpath.values import Collection, Node
from akson.fhir.spec import spec
from akson.fhir.validate.exceptions import ELSEWHERE, REPAIRED
from akson.fhir.validate.quick import QUICK, Quick
from akson.fhir.validate.report import Place, Report

Run = Callable[[Env], Collection]


class Within(NamedTuple):
    """What an element is in: its resource, and the one that contains that one or itself."""

    resource: Node
    root: Node


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule of one element: the closure of its expression, or a plain function that says the same."""

    key: str
    human: str
    severity: str
    run: Run
    quick: Quick | None = None

    def holds(self, node: Node, within: Within, budget: Budget) -> bool | None:
        """None when the expression cannot be evaluated on this element. Raises TooCostly.

        A result that is empty breaks nothing: R4's own invariants (bdl-8, ras-2) are empty where the element they
        speak of is not there.
        """
        if self.quick is not None:
            return self.quick(node, within.root)
        variables = {} if within.resource is within.root else {"rootResource": within.root}
        try:
            return boolean(self.run(Env([node], within.resource, variables, budget))) is not False
        except TooCostly:
            raise
        except (FHIRPathError, ArithmeticError, RecursionError, UnicodeError):
            return None


def hold(report: Report, each: Invariant, node: Node, within: Within, place: Place) -> None:
    """Report where an invariant does not hold, or could not be evaluated."""
    try:
        holds = each.holds(node, within, report.budget)
    except TooCostly:
        report.error("too-costly", place, f"{each.key} takes more work than one validation may do")
        return
    if holds is None:
        report.warning("processing", place, f"{each.key} cannot be evaluated here: {each.human}")
    elif not holds:
        report.add(each.severity, "invariant", place, f"{each.key}: {each.human}")


def read(rows: Iterable[dict[str, Any]]) -> tuple[Invariant, ...]:
    """The invariants of some constraint rows, without those that are checked elsewhere."""
    return tuple(_invariant(row) for row in rows if row["key"] not in ELSEWHERE)


def _invariant(row: dict[str, Any]) -> Invariant:
    key = row["key"]
    run = compile_expression(REPAIRED.get(key, (row["expression"], ""))[0])
    return Invariant(key, row.get("human", ""), row.get("severity", "error"), run, QUICK.get(key))


def read_foreign(rows: Iterable[dict[str, Any]]) -> tuple[Invariant, ...]:
    """The same of a profile: one whose expression is not understood cannot be evaluated anywhere, and says so there."""
    found = []
    for row in rows:
        try:
            found.append(_invariant(row))
        except (FHIRPathError, RecursionError):
            found.append(Invariant(row["key"], row.get("human", ""), row.get("severity", "error"), _unknown))
    return tuple(found)


def _unknown(_env: Env) -> Collection:
    raise FHIRPathError("the expression is not understood")


@cache
def of_path(path: str) -> tuple[Invariant, ...]:
    """The invariants that R4 states at one path: Patient, Patient.contact, Period."""
    return read(spec().rules["invariants"].get(path, ()))

"""Logic of three values: true, false, and the empty collection for what cannot be known.

Source: http://hl7.org/fhirpath/N1/#boolean-logic. The right side is run only where the left leaves it open.
"""

from collections.abc import Callable

from akson.fhir.fhirpath.runtime import Env, boolean
from akson.fhir.fhirpath.values import Collection

Run = Callable[[Env], Collection]


def _and(left: Run, right: Run) -> Run:
    def run(env: Env) -> Collection:
        first = boolean(left(env))
        if first is False:
            return [False]
        second = boolean(right(env))
        if second is False:
            return [False]
        return [True] if first and second else []

    return run


def _or(left: Run, right: Run) -> Run:
    def run(env: Env) -> Collection:
        first = boolean(left(env))
        if first:
            return [True]
        second = boolean(right(env))
        if second:
            return [True]
        return [] if first is None or second is None else [False]

    return run


def _xor(left: Run, right: Run) -> Run:
    def run(env: Env) -> Collection:
        first, second = boolean(left(env)), boolean(right(env))
        return [] if first is None or second is None else [first is not second]

    return run


def _implies(left: Run, right: Run) -> Run:
    def run(env: Env) -> Collection:
        first = boolean(left(env))
        if first is False:
            return [True]
        second = boolean(right(env))
        if second:
            return [True]
        return [] if first is None or second is None else [False]

    return run


LOGIC: dict[str, Callable[[Run, Run], Run]] = {"and": _and, "or": _or, "xor": _xor, "implies": _implies}

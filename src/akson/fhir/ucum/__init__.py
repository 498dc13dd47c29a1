"""Units of measure after UCUM: which texts are units, which measure the same, and one amount in another unit.

Exact: an amount is rounded once, to 40 digits, and only where the result has no end. Two deviations, on purpose: mol
is a dimension of its own and not a number, so that 5 mmol/L is never compared with 5 cells/L; and a logarithmic unit
(pH, B[V]) is compared with itself only, since its order and its zero are not those of what it measures.
Source: https://ucum.org/ucum.
"""

from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache
from math import lcm

from akson.fhir.ucum.parse import parse
from akson.fhir.ucum.units import NotUCUM, Unit

__all__ = ["NotUCUM", "canonical", "commensurable", "convert", "parse", "valid"]

_WIDEST = 300
"""Largest power of ten, either way, of an amount that is converted."""
_EXACT = Context(prec=5000)
_ROUNDED = Context(prec=40)


@dataclass(frozen=True, slots=True)
class _Ratio:
    """An amount x is (x * times + plus) / by in base units; whole numbers all."""

    times: Decimal
    plus: Decimal
    by: Decimal
    code: str


@lru_cache(maxsize=4096)
def _ratio(text: str) -> _Ratio | None:
    try:
        unit = parse(text)
    except NotUCUM:
        return None
    by = lcm(unit.factor.denominator, unit.offset.denominator)
    return _Ratio(Decimal(int(unit.factor * by)), Decimal(int(unit.offset * by)), Decimal(by), _code(unit))


def _code(unit: Unit) -> str:
    """The base units with their powers, in one order: `g.m-1.s-2`; `1` of a number."""
    parts = [base if power == 1 else f"{base}{power}" for base, power in sorted(unit.dimension.items())]
    return ".".join(parts) or "1"


def _usable(value: Decimal) -> bool:
    return value.is_finite() and (
        not value or (abs(value.adjusted()) <= _WIDEST and _digits(value) <= _WIDEST)
    )


def _digits(value: Decimal) -> int:
    return len(value.as_tuple().digits)


def valid(unit: str) -> bool:
    """Whether the text is an expression of UCUM."""
    return _ratio(unit) is not None


def commensurable(one: str, other: str) -> bool:
    """Whether amounts in the two units can be compared; false where one is not UCUM."""
    first, second = _ratio(one), _ratio(other)
    return first is not None and second is not None and first.code == second.code


def canonical(value: Decimal, unit: str) -> tuple[Decimal, str] | None:
    """The amount in base units, and their code: (5, "mm[Hg]") gives (666610, "g.m-1.s-2").

    None: the unit is not UCUM, or the number is too large to be an amount of anything.
    """
    ratio = _ratio(unit)
    if ratio is None or not _usable(value):
        return None
    exact = _EXACT.add(_EXACT.multiply(value, ratio.times), ratio.plus)
    return _ROUNDED.divide(exact, ratio.by), ratio.code


def convert(value: Decimal, unit: str, to: str) -> Decimal | None:
    """The amount in another unit; None where the two measure different things or one is not UCUM."""
    first, second = _ratio(unit), _ratio(to)
    if first is None or second is None or first.code != second.code or not _usable(value):
        return None
    base = _EXACT.add(_EXACT.multiply(value, first.times), first.plus)
    above = _EXACT.subtract(_EXACT.multiply(base, second.by), _EXACT.multiply(second.plus, first.by))
    return _ROUNDED.divide(above, _EXACT.multiply(first.by, second.times))

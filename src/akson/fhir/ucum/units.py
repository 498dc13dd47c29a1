"""The units that are known, read from the table beside, each worked out to base units once it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_LARGE = zip(["da", "h", *"kMGTPEZY"], (1, 2, *range(3, 27, 3)), strict=True)
_SMALL = zip(["d", "c", *"munpfazy"], (-1, -2, *range(-3, -27, -3)), strict=True)
PREFIXES = dict([*_LARGE, *_SMALL])
"""The metric prefixes with their power of ten."""
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40}


class NotUCUM(ValueError):
    """The text is not an expression of UCUM, or names a unit that is not in the table."""


Dimension = Mapping[str, int]
_NONE: Dimension = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit in base units: an amount of it is `amount * factor + offset` of `dimension`."""

    factor: Fraction
    dimension: Dimension = field(default_factory=lambda: _NONE)
    offset: Fraction = Fraction(0)
    alone: bool = False
    """A scale with another zero or without a factor cannot be part of a product."""

    def times(self, other: "Unit", sign: int = 1) -> "Unit":
        """The product with another unit, or with sign -1 the quotient. Raises NotUCUM."""
        if self.alone or other.alone:
            plain, scale = (other, self) if self.alone else (self, other)
            if sign == 1 and not plain.alone and plain.factor == 1 and not plain.dimension:
                return scale
            raise NotUCUM("a scale cannot be combined with other units")
        found = dict(self.dimension)
        for base, power in other.dimension.items():
            found[base] = found.get(base, 0) + sign * power
        factor = self.factor * other.factor if sign == 1 else self.factor / other.factor
        return Unit(factor, {base: power for base, power in found.items() if power})

    def to_the(self, power: int) -> "Unit":
        """The unit multiplied with itself so many times. Raises NotUCUM."""
        if power == 1:
            return self
        if self.alone:
            raise NotUCUM("a scale has no powers")
        raised = {base: times * power for base, times in self.dimension.items() if power}
        return Unit(self.factor**power, raised)

    def scaled(self, by: Fraction) -> "Unit":
        return Unit(self.factor * by, self.dimension, self.offset, self.alone)


ONE = Unit(Fraction(1))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table, as it stands there."""

    metric: bool
    amount: str
    unit: str
    offset: str = "0"


@cache
def rows() -> Mapping[str, Row]:
    """All units of the table by their code."""
    text = files(__package__).joinpath("units.txt").read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("# "):
            code, metric, *rest = line.split()
            found[code] = Row(metric == "*", *rest)
    return MappingProxyType(found)


def named(symbol: str) -> tuple[Fraction, str]:
    """A prefix's factor and the code of the unit that a symbol names. Raises NotUCUM."""
    table = rows()
    if symbol in table:
        return Fraction(1), symbol
    for length in (1, 2):
        row = table.get(symbol[length:])
        if row is None or not row.metric:
            continue
        prefix = symbol[:length]
        if prefix in PREFIXES:
            return Fraction(10) ** PREFIXES[prefix], symbol[length:]
        if prefix in BINARY:
            return Fraction(2) ** BINARY[prefix], symbol[length:]
    raise NotUCUM(f"{symbol} is not a unit of UCUM")

"""UCUM text to a unit in base units. Grammar: https://ucum.org/ucum#section-Grammar-of-Units-and-Unit-Terms."""

import re
from fractions import Fraction
from functools import cache

from akson.fhir.ucum.units import ONE, NotUCUM, Unit, named, rows

LONGEST = 200
HIGHEST_POWER = 99
DEEPEST = 10
"""Limits that no unit in use comes near; what comes from outside may not make numbers of any size."""

_PIECE = re.compile(
    r"""
    (?P<symbol>10[*^]|(?:[A-Za-z%'_]|\[[!-Z\\^-z|~]+\])+)
  | (?P<number>[0-9]{1,30})
  | (?P<annotation>\{[!-z|~]*\})
  | (?P<mark>[./()])
    """,
    re.VERBOSE,
)
_POWER = re.compile(r"[+-]?[0-9]{1,3}")


def parse(text: str) -> Unit:
    """The unit that an expression names. Raises NotUCUM."""
    if not text or len(text) > LONGEST:
        raise NotUCUM("a unit has between one and 200 characters")
    parser = _Parser(text)
    unit = parser.whole()
    if parser.at != len(text):
        raise NotUCUM(f"unexpected {text[parser.at]!r} at {parser.at} of {text!r}")
    return unit


@cache
def _atom(code: str) -> Unit:
    row = rows()[code]
    if row.amount == "-":
        return Unit(Fraction(1), {code: 1})
    if row.amount == "~":
        return Unit(Fraction(1), {code: 1}, alone=True)
    unit = parse(row.unit)
    offset = Fraction(row.offset)
    return Unit(unit.factor * Fraction(row.amount), unit.dimension, offset, alone=bool(offset))


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def next(self) -> str:
        return self.text[self.at : self.at + 1]

    def whole(self) -> Unit:
        """`/term` or `term`."""
        if self.next() == "/":
            self.at += 1
            return self.term(ONE, -1)
        return self.term(ONE, 1)

    def term(self, left: Unit, sign: int) -> Unit:
        """Components joined by `.` and `/`, from left to right."""
        unit = left.times(self.component(), sign)
        while self.next() in (".", "/"):
            sign = 1 if self.next() == "." else -1
            self.at += 1
            unit = unit.times(self.component(), sign)
        return unit

    def component(self) -> Unit:
        match = _PIECE.match(self.text, self.at)
        if match is None:
            raise NotUCUM(f"a unit is missing at {self.at} of {self.text!r}")
        if match.group() == "(":
            return self.bracketed()
        if match.lastgroup == "mark":
            raise NotUCUM(f"unexpected {match.group()!r} at {self.at} of {self.text!r}")
        self.at = match.end()
        if match.lastgroup == "annotation":
            return ONE
        if match.lastgroup == "number":
            if not int(match.group()):
                raise NotUCUM("a unit cannot be nought")
            unit = Unit(Fraction(int(match.group())))
        else:
            unit = self.simple(match.group())
        return self.annotated(unit)

    def simple(self, symbol: str) -> Unit:
        """A unit with its prefix and power."""
        factor, code = named(symbol)
        unit = _atom(code).scaled(factor)
        match = _POWER.match(self.text, self.at)
        if match is None:
            return unit
        self.at = match.end()
        power = int(match.group())
        if abs(power) > HIGHEST_POWER:
            raise NotUCUM(f"a power is at most {HIGHEST_POWER}")
        return unit.to_the(power)

    def annotated(self, unit: Unit) -> Unit:
        """An annotation says what is measured and changes nothing."""
        match = _PIECE.match(self.text, self.at)
        if match is not None and match.lastgroup == "annotation":
            self.at = match.end()
        return unit

    def bracketed(self) -> Unit:
        self.depth += 1
        if self.depth > DEEPEST:
            raise NotUCUM(f"brackets may be nested {DEEPEST} deep")
        self.at += 1
        unit = self.whole()
        if self.next() != ")":
            raise NotUCUM(f"a bracket is not closed in {self.text!r}")
        self.at += 1
        self.depth -= 1
        return self.annotated(unit)

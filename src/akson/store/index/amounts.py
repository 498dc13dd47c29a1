"""Amounts in base units, so that 5400 mg is found as 5.4 g: what is stored and what is asked for, by the same rules.

Both sides are worked out exactly and rounded once, so that equal amounts are equal numbers.
"""

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from math import isfinite

from akson.fhir.search import NumberTerm
from akson.fhir.ucum import canonical

UCUM = "http://unitsofmeasure.org"


@lru_cache(maxsize=65_536)
def in_base(value: float, unit: str) -> tuple[float, str] | None:
    """A number as it stands in a resource, in base units, and their code; None where the unit is not UCUM."""
    if not isfinite(value):
        plain = canonical(Decimal(1), unit)
        return None if plain is None else (value, plain[1])
    found = canonical(Decimal(repr(value)), unit)
    return None if found is None or not isfinite(float(found[0])) else (float(found[0]), found[1])


def term_in_base(term: NumberTerm, unit: str | None) -> tuple[NumberTerm, str] | None:
    """The same of a number that is searched for, with what its digits leave open."""
    if not unit:
        return None
    value, low, high = (canonical(number, unit) for number in (term.value, term.low, term.high))
    if value is None or low is None or high is None:
        return None
    return replace(term, value=value[0], low=low[0], high=high[0]), value[1]

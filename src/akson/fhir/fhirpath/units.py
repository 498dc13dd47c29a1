"""Units of measure in so far as quantities are compared: metric prefixes, time, mass, length, volume.

A unit that is not known here is comparable with itself only. Calendar words and UCUM codes meet up to the second;
a calendar year or month is not a UCUM year or month (http://hl7.org/fhirpath/N1/#time-valued-quantities).
"""

from decimal import Decimal

from akson.fhir.fhirpath.values import Quantity

_PREFIX = {
    "k": 3, "h": 2, "da": 1, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "M": 6, "G": 9,
}  # fmt: skip
_BASE = {
    "g": "g",
    "m": "m",
    "L": "L",
    "l": "L",
    "mol": "mol",
    "Pa": "Pa",
    "J": "J",
    "Hz": "Hz",
    "V": "V",
    "eq": "eq",
}
_FIXED: dict[str, tuple[Decimal, str]] = {
    "wk": (Decimal(604_800), "s"),
    "d": (Decimal(86_400), "s"),
    "h": (Decimal(3_600), "s"),
    "min": (Decimal(60), "s"),
    "s": (Decimal(1), "s"),
    "ms": (Decimal("0.001"), "s"),
    "week": (Decimal(604_800), "s"),
    "day": (Decimal(86_400), "s"),
    "hour": (Decimal(3_600), "s"),
    "minute": (Decimal(60), "s"),
    "second": (Decimal(1), "s"),
    "millisecond": (Decimal("0.001"), "s"),
    "year": (Decimal(12), "month"),
    "a": (Decimal(12), "mo"),
    "[in_i]": (Decimal("0.0254"), "m"),
    "[lb_av]": (Decimal("453.59237"), "g"),
    "[oz_av]": (Decimal("28.349523125"), "g"),
    "t": (Decimal(1_000_000), "g"),
    "%": (Decimal("0.01"), "1"),
    "": (Decimal(1), "1"),
}


def canonical(quantity: Quantity) -> Quantity:
    """The same amount in the base unit of its kind, where the unit is known."""
    factor, unit = _factor(quantity.unit)
    return Quantity(quantity.value * factor, unit)


def _factor(unit: str) -> tuple[Decimal, str]:
    if unit in _FIXED:
        return _FIXED[unit]
    if unit in _BASE:
        return Decimal(1), _BASE[unit]
    if "/" in unit:
        above, _, below = unit.rpartition("/")
        upper, lower = _factor(above), _factor(below)
        return upper[0] / lower[0], f"{upper[1]}/{lower[1]}"
    for prefix, power in _PREFIX.items():
        rest = unit.removeprefix(prefix)
        if rest != unit and rest in _BASE:
            return Decimal(1).scaleb(power), _BASE[rest]
    return Decimal(1), unit

"""Equality, order and arithmetic of FHIRPath. None stands for the empty result: it cannot be known.

Source: http://hl7.org/fhirpath/N1/#operations.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from akson.fhir.fhirpath.budget import DIGITS, FREE, Budget, hold_text
from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.quantities import canonical, combined, quantity
from akson.fhir.fhirpath.values import Collection, Node, Quantity, Temporal, children, system

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBERS = (int, Decimal)


def equal(left: Collection, right: Collection, budget: Budget) -> bool | None:
    """`left = right` of two collections, in order."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    if len(left) > FREE:
        budget.spend(len(left))
    unknown = False
    for first, second in zip(left, right, strict=True):
        same = equal_items(first, second, budget)
        if same is False:
            return False
        unknown = unknown or same is None
    return None if unknown else True


def equal_items(left: Any, right: Any, budget: Budget) -> bool | None:
    first, second = system(left), system(right)
    if isinstance(first, Temporal) and isinstance(second, str):
        second = Temporal(first.kind, second)
    elif isinstance(second, Temporal) and isinstance(first, str):
        first = Temporal(second.kind, first)
    if isinstance(first, Temporal) and isinstance(second, Temporal):
        return _same_time(first, second)
    if isinstance(first, Quantity) and isinstance(second, Quantity):
        return _same_quantity(first, second)
    if isinstance(first, Node) and isinstance(second, Node):
        return _same_json(first.value, second.value, budget)
    return _same_plain(first, second)


def _same_json(first: Any, second: Any, budget: Budget) -> bool:
    """Whether two JSON values are equal; paid for as far as they are."""
    if first is second:
        return True
    if type(first) is dict and type(second) is dict:
        budget.spend(1 + len(first) // 8)
        return first.keys() == second.keys() and all(
            _same_json(value, second[key], budget) for key, value in first.items()
        )
    if type(first) is list and type(second) is list:
        budget.spend(1 + len(first) // 8)
        return len(first) == len(second) and all(
            _same_json(one, other, budget) for one, other in zip(first, second, strict=True)
        )
    return bool(first == second)


def _same_plain(first: Any, second: Any) -> bool:
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, _NUMBERS) and isinstance(second, _NUMBERS):
        return first == second
    return type(first) is type(second) and bool(first == second)


def _same_time(first: Temporal, second: Temporal) -> bool | None:
    if "Time" in (first.kind, second.kind) and first.kind != second.kind:
        return False
    order = compare_temporal(first, second)
    return None if order is None else order == 0


def _same_quantity(first: Quantity, second: Quantity) -> bool | None:
    one, other = canonical(first), canonical(second)
    return None if one.unit != other.unit else one.value == other.value


def equivalent(left: Collection, right: Collection, budget: Budget) -> bool:
    """`left ~ right`: as sets, text without case and white space, numbers by the coarser precision."""
    if len(left) != len(right):
        return False
    rest = list(right)
    for item in left:
        budget.spend(1 + len(rest))
        match = next((n for n, other in enumerate(rest) if equivalent_items(item, other, budget)), None)
        if match is None:
            return False
        rest.pop(match)
    return True


def equivalent_items(left: Any, right: Any, budget: Budget) -> bool:
    first, second = system(left), system(right)
    if isinstance(first, str) and isinstance(second, str):
        return " ".join(first.lower().split()) == " ".join(second.lower().split())
    if _is_number(first) and _is_number(second):
        return _rounded_alike(Decimal(first), Decimal(second))
    if isinstance(first, Quantity) and isinstance(second, Quantity):
        one, other = canonical(first), canonical(second)
        return one.unit == other.unit and _rounded_alike(one.value, other.value)
    if isinstance(first, Node) and isinstance(second, Node):
        return _same_tree(first, second, budget)
    if isinstance(first, Temporal) and isinstance(second, Temporal):
        return first.kind == second.kind and compare_temporal(first, second) == 0
    return equal_items(first, second, budget) is True


def _is_number(value: Any) -> bool:
    return isinstance(value, _NUMBERS) and not isinstance(value, bool)


def _same_tree(first: Node, second: Node, budget: Budget) -> bool:
    if type(first.value) is not dict or type(second.value) is not dict:
        return bool(first.value == second.value)
    return equivalent(children(first), children(second), budget)


def _rounded_alike(first: Decimal, second: Decimal) -> bool:
    digits = min(-int(first.normalize().as_tuple().exponent), -int(second.normalize().as_tuple().exponent))
    step = Decimal(1).scaleb(-max(digits, 0))
    return first.quantize(step, ROUND_HALF_UP) == second.quantize(step, ROUND_HALF_UP)


def compare(left: Any, right: Any) -> int | None:
    """Below zero, zero or above for two items; None where precision leaves it open. Raises FHIRPathError."""
    first, second = system(left), system(right)
    if isinstance(first, Temporal) and isinstance(second, str):
        second = Temporal(first.kind, second)
    elif isinstance(second, Temporal) and isinstance(first, str):
        first = Temporal(second.kind, first)
    if isinstance(first, Quantity) or isinstance(second, Quantity):
        return _compare_quantities(first, second)
    if isinstance(first, Temporal) and isinstance(second, Temporal):
        if "Time" in (first.kind, second.kind) and first.kind != second.kind:
            raise FHIRPathError("a time cannot be compared with a date")
        return compare_temporal(first, second)
    comparable = (
        (isinstance(first, str) and isinstance(second, str))
        or (isinstance(first, _NUMBERS) and isinstance(second, _NUMBERS))
    ) and not (isinstance(first, bool) or isinstance(second, bool))
    if not comparable:
        raise FHIRPathError(f"{type(first).__name__} and {type(second).__name__} have no order")
    return -1 if first < second else int(first > second)


def _compare_quantities(first: Any, second: Any) -> int | None:
    one = canonical(quantity(first))
    other = canonical(quantity(second))
    if one.unit != other.unit:
        return None
    return (one.value > other.value) - (one.value < other.value)


def compare_temporal(first: Temporal, second: Temporal) -> int | None:
    """By parts from the largest; None where they agree as far as the coarser one goes."""
    one, other = _in_utc(first), _in_utc(second)
    if one is None or other is None:
        return None
    for mine, yours in zip(one, other, strict=False):
        if mine != yours:
            return 1 if mine > yours else -1
    return 0 if len(one) == len(other) else None


def _in_utc(value: Temporal) -> tuple[Decimal, ...] | None:
    """The parts, moved to UTC where there is a zone; without one it is read as UTC."""
    parts = value.parts
    if value.kind == "Time" or len(parts) < 5 or not value.zone:
        return parts
    whole = int(parts[5]) if len(parts) > 5 else 0
    try:
        moved = datetime(*(int(part) for part in parts[:5]), min(whole, 59), tzinfo=UTC) - timedelta(  # type: ignore[misc, arg-type]
            minutes=value.zone
        )
    except (ValueError, OverflowError):
        return None
    made = tuple(Decimal(x) for x in (moved.year, moved.month, moved.day, moved.hour, moved.minute))
    return (*made, parts[5]) if len(parts) > 5 else made


def arithmetic(operator: str, left: Any, right: Any, budget: Budget) -> Any:
    """`left operator right` of two items; None where there is no result. Raises FHIRPathError."""
    first, second = system(left), system(right)
    if isinstance(first, str) and isinstance(second, str) and operator == "+":
        return joined(first, second, budget)
    if isinstance(first, Temporal) and isinstance(second, Quantity) and operator in "+-":
        from akson.fhir.fhirpath.temporal import moved

        return moved(first, second, 1 if operator == "+" else -1)
    if isinstance(first, Quantity) or isinstance(second, Quantity):
        return _quantities(operator, first, second)
    plain = isinstance(first, _NUMBERS) and isinstance(second, _NUMBERS)
    if not plain or isinstance(first, bool) or isinstance(second, bool):
        raise FHIRPathError(f"{type(first).__name__} {operator} {type(second).__name__} has no meaning")
    return _numbers(operator, first, second)


def joined(first: str, second: str, budget: Budget) -> str:
    """Two texts as one. Raises TooCostly."""
    length = len(first) + len(second)
    if length > FREE:
        budget.text(length)
    return first + second


def fit(value: Any) -> Any:
    """A number; None where it has more digits than numbers may have, which is an overflow."""
    if isinstance(value, int):
        return value if value.bit_length() <= _BITS else None
    if not value:
        return value if abs(value.as_tuple().exponent) <= DIGITS else Decimal(0)
    return value if value.is_finite() and abs(value.adjusted()) <= DIGITS else None


_BITS = int(DIGITS / 0.30103)


def _divided(first: Any, second: Any) -> Decimal:
    return Decimal(first) / Decimal(second)


def _whole(first: Any, second: Any) -> int | None:
    found = fit(_divided(first, second))
    return None if found is None else int(found)


def _remainder(first: Any, second: Any) -> int | Decimal:
    rest = Decimal(first) % Decimal(second)
    return int(rest) if isinstance(first, int) and isinstance(second, int) else rest


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda first, second: first + second,
    "-": lambda first, second: first - second,
    "*": lambda first, second: first * second,
    "/": _divided,
    "div": _whole,
    "mod": _remainder,
}


def _numbers(operator: str, first: Any, second: Any) -> Any:
    try:
        found = _ARITHMETIC[operator](first, second)
    except ArithmeticError:
        return None
    return None if found is None else fit(found)


def _quantities(operator: str, first: Any, second: Any) -> Any:
    one = quantity(first)
    other = quantity(second)
    if operator in "+-":
        if one.unit != other.unit:
            one, other = canonical(one), canonical(other)
        if one.unit != other.unit:
            return None
        amount = _numbers(operator, one.value, other.value)
        return None if amount is None else Quantity(amount, one.unit)
    if one.unit != other.unit and canonical(one).unit == canonical(other).unit:
        one, other = canonical(one), canonical(other)
    amount = _numbers(operator, one.value, other.value)
    if amount is None:
        return None
    hold_text(len(one.unit) + len(other.unit))
    return Quantity(Decimal(amount), combined(operator, one.unit, other.unit))

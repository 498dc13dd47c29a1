"""Curves of medical equipment: SampledData as points to draw (FHIR R4, datatypes SampledData). Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from akson.fhir.model import Resource
from akson.kit.text import text
from akson.web import show

MOST = 4000
"""Points that are drawn of one curve: more than a screen is wide, with the lowest and highest of what is between."""
ABSENT = frozenset({"E", "U", "L"})
"""Marks for a point in error, above and below what can be measured."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve: its name, unit, the seconds and the values at them (None where nothing was measured)."""

    name: str
    unit: str
    seconds: tuple[float, ...]
    values: tuple[float | None, ...]

    def told(self, language: str) -> str:
        """In words: how long it is, its lowest and its highest value."""
        known = [value for value in self.values if value is not None]
        if not known:
            return text("picture.curve_empty", language)
        low, high, seconds = (
            f"{each:g}".replace(".", "." if language == "en" else ",")
            for each in (min(known), max(known), round(self.seconds[-1], 1))
        )
        return text("picture.curve", language, low=low, high=high, unit=self.unit, seconds=seconds)


def curves(resource: Resource) -> tuple[Curve, ...]:
    """All curves of an Observation: its own, and those of its components. What cannot be read is passed over."""
    found: list[Curve] = []
    for each in (resource, *resource.get("component", [])):
        sampled = each.get("valueSampledData")
        if isinstance(sampled, dict):
            found += _read(sampled, show.concept(each.get("code", {})))
    return tuple(found)


def _read(sampled: Resource, name: str) -> Iterator[Curve]:
    try:
        period = float(sampled["period"]) / 1000
        origin, factor = float(sampled["origin"].get("value", 0)), float(sampled.get("factor", 1))
        lanes = max(1, int(sampled.get("dimensions", 1)))
        points = [_point(each, origin, factor) for each in str(sampled.get("data", "")).split()]
    except (AttributeError, KeyError, TypeError, ValueError, InvalidOperation):
        return
    unit = str(sampled["origin"].get("unit") or sampled["origin"].get("code") or "")
    for lane in range(lanes):
        values = points[lane::lanes]
        kept = sorted(_drawn(values))
        if kept:
            yield Curve(
                name, unit, tuple(round(at * period, 4) for at in kept), tuple(values[at] for at in kept)
            )


def _point(told: str, origin: float, factor: float) -> float | None:
    return None if told in ABSENT else round(float(Decimal(told)) * factor + origin, 6)


def _drawn(values: Sequence[float | None]) -> Iterable[int]:
    """Places of the points to draw: all, or of each stretch the lowest and the highest."""
    if len(values) <= MOST:
        return range(len(values))
    width = -(-len(values) * 2 // MOST)
    kept = {0, len(values) - 1}
    for start in range(0, len(values), width):
        stretch = [at for at in range(start, min(start + width, len(values))) if values[at] is not None]
        if stretch:
            kept |= {
                min(stretch, key=lambda at: values[at] or 0),
                max(stretch, key=lambda at: values[at] or 0),
            }
    return kept

"""Green, yellow and red: how a measurement at home stands to the limits that were agreed with the patient. Pure.

The limits are Goals of the shared plans (service planer, part grense): the green range is the target, the yellow one an extension
of it, and what lies outside both is red.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from akson.care import measuring
from akson.care.measuring import Kind
from akson.exchange.declare import service
from akson.fhir.model import Resource

PLANS = service("planer")
LIMITS = PLANS.part("grense")


class Zone(IntEnum):
    """The worse, the higher."""

    NONE = 0
    """Nothing is agreed, or nothing was measured."""
    GREEN = 1
    YELLOW = 2
    RED = 3

    @property
    def slug(self) -> str:
        """As the catalogues call it: `zone.<slug>`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Limit:
    """What is agreed of one kind of measurement. A side without a limit is open."""

    kind: str
    green: tuple[float, float]
    yellow: tuple[float, float]
    then: str
    """What to do in yellow and red, in the words of the plan."""

    def zone(self, number: float) -> Zone:
        """Where a number lies."""
        if self.green[0] <= number <= self.green[1]:
            return Zone.GREEN
        return Zone.YELLOW if self.yellow[0] <= number <= self.yellow[1] else Zone.RED


def limits(goals: Iterable[Resource]) -> dict[str, Limit]:
    """The limits in force by kind of measurement; of two, the one that was changed last."""
    ordered = sorted(goals, key=lambda each: str(each.get("meta", {}).get("lastUpdated", "")))
    found = (_limit(each) for each in ordered if each.get("lifecycleStatus") == "active")
    return {each.kind: each for each in found if each}


def zone_of(resource: Resource, agreed: dict[str, Limit]) -> Zone:
    """Where a measurement lies; NONE where nothing is agreed of its kind."""
    kind = measuring.kind_of(resource)
    number = measured(kind, measuring.values_of(kind, resource)) if kind else None
    if kind is None or kind.slug not in agreed or number is None:
        return Zone.NONE
    return agreed[kind.slug].zone(number)


def alarm(resource: Resource, goals: Iterable[Resource]) -> str:
    """The kind of a measurement that is red by the limits among these goals; empty for any other, and for one taken back."""
    kind = measuring.kind_of(resource) if resource.get("status") == "final" else None
    return kind.slug if kind and zone_of(resource, limits(goals)) is Zone.RED else ""


def measured(kind: Kind, values: Sequence[float | None]) -> float | None:
    """The number that is held against a limit: the sum of a form's answers, else the first value."""
    if kind.is_score:
        return sum(each for each in values if each is not None)
    return values[0] if values else None


def _limit(goal: Resource) -> Limit | None:
    target: Resource = next(iter(goal.get("target", [])), {})
    codes = [each.get("code", "") for each in target.get("measure", {}).get("coding", [])]
    kind = next((each for each in codes if each in measuring.KINDS), "")
    yellow: Resource = next(
        (each["valueRange"] for each in target.get("extension", []) if "valueRange" in each), {}
    )
    if not kind or "detailRange" not in target:
        return None
    words = str(goal.get("description", {}).get("text", ""))
    return Limit(kind, _range(target["detailRange"]), _range(yellow), words)


def _range(value: Resource) -> tuple[float, float]:
    low, high = (value.get(end, {}).get("value") for end in ("low", "high"))
    return float("-inf") if low is None else float(low), float("inf") if high is None else float(high)

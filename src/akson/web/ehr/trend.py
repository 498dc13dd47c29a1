"""Blood pressure and pulse as a curve and as the table under it."""

from dataclasses import dataclass

from akson.fhir.model import Resource
from akson.record.context import Context
from akson.web import show
from akson.web.context import of_type, permitted
from akson.web.say import moment

LOINC = "http://loinc.org"
PRESSURE, SYSTOLIC, DIASTOLIC, PULSE = "85354-9", "8480-6", "8462-4", "8867-4"


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement in time; None where it was not taken."""

    at: str
    systolic: float | None
    diastolic: float | None
    pulse: float | None


@dataclass(frozen=True, slots=True)
class Trend:
    """Readings, the oldest first, and the same as the columns that the curve is drawn from."""

    readings: tuple[Reading, ...]

    @property
    def columns(self) -> list[list[float | None]]:
        """Seconds since 1970, systolic, pulse."""
        times: list[float | None] = [_seconds(reading.at) for reading in self.readings]
        return [times, [r.systolic for r in self.readings], [r.pulse for r in self.readings]]


async def pressures(ctx: Context, who: tuple[str, str]) -> list[Resource]:
    """The newest observations of blood pressure and pulse."""
    codes = ("code", ",".join(f"{LOINC}|{code}" for code in (PRESSURE, PULSE)))
    return of_type(
        await permitted(ctx, "Observation", who, codes, ("_sort", "-date"), ("_count", "40")), "Observation"
    )


def pressure(observations: list[Resource]) -> Trend | None:
    """The trend; None with fewer than two points in time."""
    by_time: dict[str, dict[str, float]] = {}
    for observation in observations:
        at = str(observation.get("effectiveDateTime", ""))
        if "T" in at:
            by_time.setdefault(at, {}).update(_values(observation))
    readings = [
        Reading(at, found.get(SYSTOLIC), found.get(DIASTOLIC), found.get(PULSE))
        for at, found in sorted(by_time.items(), key=lambda item: _seconds(item[0]))
    ]
    return Trend(tuple(readings)) if len(readings) > 1 else None


def _values(observation: Resource) -> dict[str, float]:
    parts = [observation, *observation.get("component", [])]
    return {
        show.code(part.get("code"), LOINC): float(part["valueQuantity"]["value"])
        for part in parts
        if "value" in part.get("valueQuantity", {})
    }


def _seconds(at: str) -> float:
    found = moment(at)
    return found.timestamp() if found else 0.0

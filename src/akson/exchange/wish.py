"""What somebody who treats asks a patient for: to open what is closed, for whom, how long and why. Checked on both sides."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from akson.kit.errors import Issue, Unprocessable

HOURS = (1, 24, 168)
"""How long it may be asked for: an hour, a day, a week."""
ME, UNIT = "meg", "enheten"
SHORTEST, LONGEST = 10, 500
"""Characters of why."""


class Wish(NamedTuple):
    """What is asked for."""

    hours: int
    for_unit: bool
    why: str

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Wish":
        """Of a request. Unprocessable, with the elements, for what cannot be asked for."""
        hours, whom, why = body.get("timer"), body.get("gjelder"), body.get("begrunnelse")
        words = " ".join(why.split()) if isinstance(why, str) else ""
        wrong = [] if hours in HOURS else [Issue("value", f"one of {HOURS}", ("timer",))]
        if whom not in (ME, UNIT):
            wrong.append(Issue("value", f"{ME} or {UNIT}", ("gjelder",)))
        if not SHORTEST <= len(words) <= LONGEST:
            wrong.append(Issue("value", f"{SHORTEST} to {LONGEST} characters", ("begrunnelse",)))
        if wrong or not isinstance(hours, int):
            raise Unprocessable(
                "Somebody asks for a time, for oneself or the unit, and says why", issues=tuple(wrong)
            )
        return cls(hours, whom == UNIT, words)

    @property
    def body(self) -> dict[str, object]:
        """As it is sent."""
        return {"timer": self.hours, "gjelder": UNIT if self.for_unit else ME, "begrunnelse": self.why}

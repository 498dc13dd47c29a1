"""Do both sides count the same? Letters of a day between two addresses, held against each other; and falls in their number.

A receipt follows each letter, and still a whole stream can end without a sound: a system that no longer sends, or one whose
answers are made by a part that lost the letters. Counts of sender, platform and receiver find the one, the fall the other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from akson.kit.errors import Malformed
from akson.messaging import times
from akson.store.underway.tallies import BROKER, RECEIVER, SENDER, Count

LOOK_BACK = 5
"""Days that are counted anew each time: a receipt may come 96 hours after its letter."""
SETTLED = timedelta(hours=6)
"""How long after its end a day is left alone: letters of its last minutes are still under way."""
WEEKS = 4
"""A day is held against the same weekday of so many weeks before."""
LEAST = 5
"""Letters a day that a pair must usually have before a fall says anything."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A pair whose sides do not count the same on a day."""

    sender: Count
    receiver: Count
    broker: Count | None
    """What the platform passed on; None where nobody says."""

    @property
    def pair(self) -> tuple[str, str]:
        return self.sender.sender, self.sender.receiver

    @property
    def facts(self) -> dict[str, int]:
        """The figures that people read."""
        return {
            "sent": self.sender.sent,
            "received": self.receiver.received,
            "acknowledged": self.sender.acknowledged,
            "answered": self.receiver.acknowledged,
        }


@dataclass(frozen=True, slots=True)
class Fall:
    """A pair with far fewer letters on a day than on the same weekday before."""

    sender: str
    receiver: str
    usual: int
    found: int

    @property
    def pair(self) -> tuple[str, str]:
        return self.sender, self.receiver

    @property
    def facts(self) -> dict[str, int]:
        """The figures that people read."""
        return {"usual": self.usual, "found": self.found}


def days(at: datetime) -> list[date]:
    """The days to count at a moment, the newest first: over for a while, and not older than LOOK_BACK."""
    newest = times.day(at - SETTLED) - timedelta(days=1)
    return [newest - timedelta(days=back) for back in range(LOOK_BACK)]


def differences(counts: Iterable[Count], told: Collection[str]) -> list[Difference]:
    """Pairs whose two sides differ. A side that has not told of the day is not held against anything."""
    by_pair: dict[tuple[str, str], dict[str, Count]] = {}
    for count in counts:
        by_pair.setdefault((count.sender, count.receiver), {})[count.by] = count
    found = []
    for (sender, receiver), sides in sorted(by_pair.items()):
        if not {sender, receiver} <= set(told):
            continue
        one = sides.get(SENDER, Count(sender, receiver, SENDER))
        other = sides.get(RECEIVER, Count(sender, receiver, RECEIVER))
        if (one.sent, one.acknowledged, one.rejected) != (other.received, other.acknowledged, other.rejected):
            found.append(Difference(one, other, sides.get(BROKER)))
    return found


def comparable(day: date) -> list[date]:
    """The same weekday in the weeks before."""
    return [day - timedelta(weeks=back) for back in range(1, WEEKS + 1)]


def falls(day: date, by_pair: Mapping[tuple[str, str], Mapping[date, int]]) -> list[Fall]:
    """Pairs with less than half of what is usual on this weekday. Days without a letter count as none."""
    found = []
    for (sender, receiver), counts in sorted(by_pair.items()):
        usual = median(counts.get(each, 0) for each in comparable(day))
        if usual >= LEAST and counts.get(day, 0) * 2 < usual:
            found.append(Fall(sender, receiver, int(usual), counts.get(day, 0)))
    return found


def as_json(counts: Sequence[Count]) -> list[dict[str, Any]]:
    """Counts as they go over the wire."""
    return [asdict(count) for count in counts]


def of_json(found: Any, kinds: Collection[str] = (SENDER, RECEIVER, BROKER)) -> list[Count]:
    """Back from `as_json`. Malformed when it is something else."""
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Malformed("counts are a list of objects")
    return [_count(each, kinds) for each in found]


def _count(found: dict[str, Any], kinds: Collection[str]) -> Count:
    sender, receiver = (str(found.get(key, "")) for key in ("sender", "receiver"))
    numbers = [found.get(key, 0) for key in ("sent", "received", "acknowledged", "rejected")]
    fits = all(n.isascii() and n.isdigit() for n in (sender, receiver)) and found.get("by") in kinds
    if not fits or any(type(n) is not int or not 0 <= n < 2**31 for n in numbers):
        raise Malformed("a count has sender and receiver (HER-ids), by, and whole numbers")
    return Count(sender, receiver, str(found["by"]), *numbers)

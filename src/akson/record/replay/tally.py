"""What a replay came to: counts by rule, role, unit and type, and examples named by their decision. Names no patient."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

LOST, WON, MAYBE = "lost", "won", "maybe"
"""Granted, and would be refused; refused, and would be granted; refused before any record was looked for, and the changed
rules grant the type to some of them."""
DIMENSIONS = ("rule", "role", "unit", "type")
EXAMPLES = 10
"""Of each kind of difference."""


@dataclass(slots=True)
class Tally:
    """Counts that can be gone on with."""

    read: int = 0
    """Rows of the log."""
    other: int = 0
    """Rows that tell of no decision of the rules: sign-ins, tokens, what is decided about apps and errands."""
    replayed: int = 0
    """Decisions that were decided anew."""
    granted: int = 0
    """Of these, those that were granted."""
    changed: Counter[str] = field(default_factory=Counter)
    """lost, won, maybe."""
    otherwise: int = 0
    """Granted before and after, by another rule."""
    unlike: int = 0
    """Rows that the rules in force decide otherwise than the log tells: not counted in what changes."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Rows that could not be decided anew, by why (a key of the catalogues without `simulate.skip_`)."""
    by: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in DIMENSIONS})
    """Differences: `lost|fastlege` and the like, by dimension."""
    examples: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """By kind of difference, and `unlike`."""

    def differs(self, kind: str, values: dict[str, str], example: dict[str, str]) -> None:
        """Count one difference."""
        self.changed[kind] += 1
        for name in DIMENSIONS:
            self.by[name][f"{kind}|{values[name]}"] += 1
        self.show(kind, example)

    def show(self, kind: str, example: dict[str, str]) -> None:
        """Keep an example, where there are few."""
        kept = self.examples.setdefault(kind, [])
        if len(kept) < EXAMPLES:
            kept.append(example)

    def lines(self, dimension: str) -> list[tuple[str, int, int, int]]:
        """Value, and how many of it were lost, won, and may have been won; most first."""
        found: dict[str, Counter[str]] = {}
        for key, number in self.by[dimension].items():
            kind, _, value = key.partition("|")
            found.setdefault(value, Counter())[kind] += number
        rows = [(value, each[LOST], each[WON], each[MAYBE]) for value, each in found.items()]
        return sorted(rows, key=lambda row: (-sum(row[1:]), row[0]))

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "read": self.read,
            "other": self.other,
            "replayed": self.replayed,
            "granted": self.granted,
            "changed": dict(self.changed),
            "otherwise": self.otherwise,
            "unlike": self.unlike,
            "skipped": dict(self.skipped),
            "by": {name: dict(counts) for name, counts in self.by.items()},
            "examples": self.examples,
        }

    @staticmethod
    def of(told: dict[str, Any]) -> "Tally":
        """From `told`; from nothing an empty one."""
        made = Tally()
        for name in ("read", "other", "replayed", "granted", "otherwise", "unlike"):
            setattr(made, name, int(told.get(name, 0)))
        made.changed = Counter(told.get("changed", {}))
        made.skipped = Counter(told.get("skipped", {}))
        made.by = {name: Counter(told.get("by", {}).get(name, {})) for name in DIMENSIONS}
        made.examples = dict(told.get("examples", {}))
        return made

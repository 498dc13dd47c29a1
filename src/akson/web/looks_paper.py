"""Who has looked, on paper: the looks that the page shows as content of a PDF, in the reader's language.

Nobody's identity number is in it: a line of the log has none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from akson.care.who_has_seen import Day, Person, Seen
from akson.documents.pdf.press import Value
from akson.kit.text import text
from akson.web.looks import Line


@dataclass(frozen=True, slots=True)
class Told:
    """What the paper says besides the looks."""

    whose: str
    """Name of whose record it is."""
    by: str
    """Who took it out, where that is somebody else."""
    sender: str
    """Title of the platform."""
    made: str
    """When, in words."""
    period: str
    chosen: Sequence[str]
    """What was chosen among, in words."""
    rules: Sequence[tuple[str, str, str]]
    """The rules that applied: the reason, what it says, the law."""


def content(
    seen: Seen, language: str, line: Callable[[Person], Line], heading: Callable[[date], str], told: Told
) -> dict[str, Value]:
    """Looks of others, then refused tries, by day; before them what is missing, after them the rules."""
    chosen = [text("seen.paper_chosen", language, what=", ".join(told.chosen))] if told.chosen else []
    by = [text("seen.paper_by", language, who=told.by)] if told.by else []
    none = [] if seen.others else [text("seen.paper_none", language)]
    missing = [text("seen.silent_row", language, name=name) for name in seen.missing]
    cut = [text("seen.cut", language, name=name) for name in seen.cut]

    def section(key: str, days: Sequence[Day]) -> Value:
        titles = {
            "title": text(key, language) if key else "",
            "lead": text(f"{key}_lead", language) if key else "",
        }
        return titles | {"days": [_day(each, language, line, heading) for each in days]}

    return {
        "title": text("seen.paper_title", language),
        "subject": told.whose,
        "sender": told.sender,
        "language": language,
        "foot": text("seen.paper_foot", language, when=told.made, where=told.sender),
        "lead": [told.period, *chosen, *by, *none],
        "notices": [*missing, *cut],
        "sections": [
            section("", seen.others),
            *([section("seen.refused", seen.refused)] if seen.refused else []),
        ],
        "rules_title": text("seen.rules", language),
        "rules": [
            {"reason": reason, "facts": [what, text("seen.rules_law", language, law=law)]}
            for reason, what, law in told.rules
        ],
    }


def _day(
    day: Day, language: str, line: Callable[[Person], Line], heading: Callable[[date], str]
) -> dict[str, Value]:
    return {"title": heading(day.day), "looks": [_look(line(each), each, language) for each in day.people]}


def _look(told: Line, person: Person, language: str) -> dict[str, Value]:
    facts = [
        told.where,
        text("seen.saw", language, what=told.saw) if told.saw else "",
        text("seen.changed", language, what=told.changed) if told.changed else "",
        told.told,
        text("seen.why", language, why=told.why) if told.why else "",
        text("seen.basis", language, basis=told.basis) if told.basis else "",
        text("seen.paper_systems", language, systems=", ".join(person.systems)),
    ]
    return {
        "who": told.who,
        "times": text("seen.at", language, time=told.times),
        "mark": text("seen.emergency", language) if told.emergency else "",
        "facts": [each for each in facts if each],
    }

"""Who has looked, to take away: as a table that a spreadsheet opens, and as the AuditEvents themselves."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence

from akson.care.who_has_seen import Day, Person, Seen
from akson.exchange.hub.access import Log
from akson.fhir.model import Resource, outcome
from akson.kit.text import text
from akson.web.looks import Line

COLUMNS = (
    "day", "times", "who", "where", "saw", "changed", "why", "basis", "emergency", "outcome", "systems",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so would be carried out by a spreadsheet (OWASP, CSV injection)."""


def table(seen: Seen, language: str, line: Callable[[Person], Line]) -> bytes:
    """Looks of others and refused tries, one row for each person and day; then the systems that did not answer."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=";")
    writer.writerow([text(f"seen.column_{name}", language) for name in COLUMNS])
    for days, outcome_ in ((seen.others, "done"), (seen.refused, "turned_away")):
        for row in _rows(days, text(f"seen.{outcome_}", language), language, line):
            writer.writerow([_plain(cell) for cell in row])
    for name in seen.missing:
        writer.writerow([_plain(text("seen.silent_row", language, name=name))])
    # The mark by which spreadsheets know the letters.
    return b"\xef\xbb\xbf" + made.getvalue().encode()


def _rows(
    days: Sequence[Day], outcome_: str, language: str, line: Callable[[Person], Line]
) -> Iterator[list[str]]:
    for day in days:
        for person in day.people:
            told = line(person)
            emergency = text("seen.yes", language) if told.emergency else ""
            why = ". ".join(filter(None, [told.why, told.told]))
            what = [told.who, told.where, told.saw, told.changed, why, told.basis]
            yield [day.day.isoformat(), told.times, *what, emergency, outcome_, ", ".join(person.systems)]


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def bundle(logs: Sequence[Log]) -> Resource:
    """All events of all systems; an OperationOutcome for each that did not answer or has more to tell."""
    entries: list[Resource] = [{"resource": event} for log in logs for event in log.events]
    for log in logs:
        if log.silent or not log.whole:
            words = f"{log.title} did not answer" if log.silent else f"{log.title} has more in this period"
            issue = {"severity": "warning", "code": "incomplete", "diagnostics": words}
            entries.append({"resource": outcome([issue])})
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}

"""Meetings as pages show them: the same words for citizens and personnel, and the fields of a time."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from starlette.datastructures import FormData

from akson.exchange.meetings import Answer, Meeting
from akson.kit.clock import NORWAY
from akson.kit.errors import Unprocessable

KEPT = timedelta(hours=3)
"""How long a meeting stands in the list after its start."""
LENGTHS = ("15", "20", "30", "45", "60", "90")
"""Minutes to choose from."""
TONES = {
    "arrived": "warning",
    "checked-in": "success",
    "move": "warning",
    "not": "danger",
    "comes": "success",
}
ANSWERS = {Answer.COMES: "comes", Answer.MOVE: "move", Answer.NOT: "not", Answer.NONE: "asked"}


@dataclass(frozen=True, slots=True)
class Line:
    """A meeting as a line of a list. `state` is the end of a key of the catalogues."""

    meeting: Meeting
    address: str
    state: str
    tone: str


def line(meeting: Meeting, base: str) -> Line:
    """A meeting; what has happened to it goes before what the citizen said of it."""
    state = ANSWERS[meeting.answer] if meeting.status == "booked" else meeting.status
    if meeting.is_over and meeting.status not in {"cancelled", "noshow"}:
        state = "fulfilled"
    return Line(meeting, f"{base}/{meeting.id}", state, TONES.get(state, ""))


def times(form: FormData) -> tuple[datetime, datetime]:
    """Start and end of a form, in Norway. Unprocessable `time` for what is no time."""
    try:
        day, hour = (
            date.fromisoformat(str(form.get("day", ""))),
            time.fromisoformat(str(form.get("clock", ""))),
        )
        minutes = int(str(form.get("minutes", "30")))
    except ValueError as error:
        raise Unprocessable("No time", expression=("time",)) from error
    start = datetime.combine(day, hour.replace(tzinfo=None), NORWAY)
    return start, start + timedelta(minutes=minutes)


def fault(error: Unprocessable) -> str:
    """The key of the words for what is wrong; the error goes on where there are none."""
    known = {"what", "time", "guests", "to", "closed", "words", "how", "services"}
    found = next((each.expression[0] for each in error.issues if each.expression), "")
    if found not in known:
        raise error
    return f"meet.wrong_{found}"

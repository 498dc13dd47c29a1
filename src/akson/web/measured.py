"""When something was measured, as a form says it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from akson.care import measuring
from akson.kit.clock import NORWAY, now
from akson.kit.errors import Issue, Unprocessable

OLDEST = timedelta(days=366)
"""How long ago something can have been measured that is written down now."""


def moment_of(form: Mapping[str, str]) -> datetime:
    """The time in the field `at`, in Norway; now where nothing is said. Unprocessable for one that is not of the last year."""
    words = form.get("at", "").strip()
    try:
        moment = datetime.fromisoformat(words) if words else now()
    except ValueError:
        moment = now() + timedelta(days=1)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=NORWAY)
    if not now() - OLDEST < moment <= now() + timedelta(minutes=5):
        raise Unprocessable(
            "A time of the last year", issues=(Issue("value", "A time of the last year", ("at",)),)
        )
    return moment


def faults(issues: Iterable[Issue]) -> dict[str, str]:
    """What is wrong by field, as keys of the catalogues."""
    words = {"at": "measure.wrong_at"}
    return {
        name: "measure.lower" if each.code == measuring.ORDER else words.get(name, "measure.between")
        for each in issues
        for name in each.expression[:1]
    }

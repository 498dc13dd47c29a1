"""Log events: each has a name in one enum, a level and fields. Never a person's identifier, name or text."""

import json
import logging
import sys
from enum import Enum

from akson.kit.clock import instant, now
from akson.kit.norwegian import without_numbers


class Event(Enum):
    """What may be logged: (level, what it means)."""

    STARTED = (logging.INFO, "the program answers")
    STOPPED = (logging.INFO, "the program stopped cleanly")
    REQUEST_FAILED = (logging.ERROR, "a request ended in an error nobody foresaw")
    DATABASE_STARTED = (logging.INFO, "the embedded PostgreSQL answers")
    DATABASE_RECOVERED = (logging.WARNING, "the embedded PostgreSQL was not stopped cleanly last time")
    MIGRATED = (logging.INFO, "the database schema was brought up to date")
    JOB_FAILED = (logging.ERROR, "a job failed and will be tried again")
    JOB_DEAD = (logging.ERROR, "a job failed for the last time and waits for a person")
    PEER_FAILED = (logging.WARNING, "another node did not answer, or with an error")
    TOKEN_REFUSED = (logging.WARNING, "a token did not pass the checks")
    LOG_BROKEN = (
        logging.ERROR,
        "the access log in the database is not the one that its last checkpoint tells of",
    )
    LOG_REFUSED = (logging.ERROR, "a witness has seen another or a longer access log of this node")
    PUT_BACK = (
        logging.WARNING,
        "the database was put back from a backup: sessions ended, rules are heard anew",
    )
    MESSAGE_REFUSED = (logging.WARNING, "a message could not be taken in")


QUIET = logging.WARNING
"""The level for programs whose user reads along: only what someone should look at."""

_logger = logging.getLogger("akson")


def log(event: Event, **fields: object) -> None:
    """Write one event as one line of JSON on standard error."""
    level, _ = event.value
    if _logger.isEnabledFor(level):
        line = {
            "time": instant(now()),
            "event": event.name.lower(),
            "level": logging.getLevelName(level),
            **fields,
        }
        _logger.log(level, without_numbers(json.dumps(line, default=str, ensure_ascii=False)))


def configure(level: int = logging.INFO) -> None:
    """Send events to standard error, one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    _logger.handlers[:] = [handler]
    _logger.setLevel(level)
    _logger.propagate = False
    # The pool warns of each connection that an interrupted request has closed, which is how such a request ends.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)

"""Log events: one JSON object a line on standard error, nothing below the level."""

import json
import logging

import pytest

from akson.kit import log
from akson.kit.log import Event


@pytest.fixture(autouse=True)
def _restored():
    logger = logging.getLogger("akson")
    before = (logger.handlers[:], logger.level, logger.propagate)
    yield
    logger.handlers[:], logger.level, logger.propagate = before


def test_an_event_is_one_line_of_json(capsys):
    log.configure()
    log.log(Event.PEER_FAILED, node="journal", seconds=1.5)
    out, line = capsys.readouterr()
    told = json.loads(line)
    assert out == ""
    assert line.count("\n") == 1
    assert told.pop("time").endswith("Z")
    assert told == {"event": "peer_failed", "level": "WARNING", "node": "journal", "seconds": 1.5}


def test_a_quiet_program_tells_only_what_someone_should_look_at(capsys):
    log.configure(log.QUIET)
    log.log(Event.STARTED)
    log.log(Event.JOB_DEAD)
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["job_dead"]


def test_configuring_twice_does_not_say_things_twice(capsys):
    log.configure()
    log.configure()
    log.log(Event.STARTED)
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("event", Event)
def test_every_event_has_a_level_and_a_meaning(event):
    level, meaning = event.value
    assert level in {logging.INFO, logging.WARNING, logging.ERROR}
    assert meaning.strip()

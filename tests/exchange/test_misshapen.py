"""One record system that answers in another shape takes nothing from the citizen's page but its own part, and is named."""

from datetime import UTC, datetime
from types import SimpleNamespace

import orjson
import pytest

from akson.documents.mhd import Source
from akson.exchange.hub import question
from akson.exchange.hub.access import AccessLook

GOOD, BAD = Source("a", "A", "http://a/fhir"), Source("b", "B", "http://b/fhir")
EVENT = {
    "resourceType": "AuditEvent",
    "recorded": "2026-11-27T10:00:00Z",
    "source": {"observer": {"display": "A"}},
}
SHAPES = {
    "a list": [],
    "entries that are none": {"entry": ["x"]},
    "an event without a time": {"entry": [{"resource": {**EVENT, "recorded": None}}]},
    "an event of no time": {"entry": [{"resource": {**EVENT, "recorded": "yesterday"}}]},
    "an event of nobody": {
        "entry": [{"resource": {"resourceType": "AuditEvent", "recorded": EVENT["recorded"]}}]
    },
    "links that are none": {"entry": [], "link": [{}]},
    "no JSON": "<html>",
}


def asking(shape):
    async def ask(source, *_):
        told = shape if source is BAD else {"entry": [{"resource": EVENT}]}
        body = told.encode() if isinstance(told, str) else orjson.dumps(told)
        return SimpleNamespace(status_code=200, content=body)

    return ask


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
async def test_its_log_is_missing_and_the_others_are_told(shape):
    good, bad = await AccessLook((GOOD, BAD)).find(asking(shape), datetime(2026, 11, 1, tzinfo=UTC))
    assert (good.silent, list(good.events)) == (False, [EVENT])
    assert (bad.silent, bad.events) == (True, ())


@pytest.mark.parametrize("shape", [[], {"entry": ["x"]}, {"entry": [{}]}, "<html>"], ids=str)
async def test_its_questions_are_missing(shape):
    assert [each.found for each in await question.replies(asking(shape), (GOOD, BAD))] == [(), ()]

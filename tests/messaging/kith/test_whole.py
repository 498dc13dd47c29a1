"""Every shared example of the dialog and care families: read to the model, written, valid, and saying the same."""

import re
from collections import Counter

import pytest

from akson.messaging import codec
from akson.messaging.kith import xml
from tests.messaging.examples import every, leaves, schema_errors

EXAMPLES = [
    *every("examples/Dialogmelding/*/*.xml"),
    *every("ks-fiks-msh/dialogmelding/*/*/*.xml"),
    *every("test-cases/plo/*Dialogmelding*.xml"),
    *every("examples/plo/*/*/*.xml"),
]
LOST = {
    r".*/@schemaLocation": "where a schema lies says nothing of the message",
    r"/MsgHead/MsgInfo/.*/(TypeId|Type|TypeHealthcareProfessional|Sex)/@DN": "names of codes are the list's own",
    r"/MsgHead/MsgInfo/.*/HealthcareProfessional/Ident/TypeId/@S": "HER is in V8116 and V9051: people get V8116",
    r"/MsgHead/MsgInfo/.*/Address": "an address that says nothing",
    r"/MsgHead/MsgInfo/.*/County/@(V|DN)": "the postal code says the county",
    r"/MsgHead/MsgInfo/.*/TypeTelecom/@(V|DN)": "the address itself says what it is (tel:, mailto:)",
    r"/MsgHead/MsgInfo/ProcessingStatus/@(V|DN)": "V8323 knows a test message, no debugging",
}
"""What does not come back, as patterns of paths, with the reason. All of it stands in the header."""
ADDED = {
    r"/MsgHead/MsgInfo/Ack/@(V|DN)": "a receipt is always asked for",
    r"/MsgHead/MsgInfo/.*/(TypeId|Type|TypeHealthcareProfessional|Sex)/@(DN|S)": "names of codes are the list's own",
    r"/MsgHead/Document/RefDoc/IssueDate/@V": "when it was made, where the message does not say when it was written",
}
"""What is written beyond what was read."""


def _unexplained(found: Counter[tuple[str, str]], reasons: dict[str, str]) -> list[str]:
    paths = sorted({path for path, _ in found})
    return [path for path in paths if not any(re.fullmatch(pattern, path) for pattern in reasons)]


@pytest.mark.shared
@pytest.mark.parametrize("path", EXAMPLES)
def test_an_example_comes_back_as_it_was(path):
    raw = path.read_bytes()
    received = codec.read(raw)
    written = codec.write(received.content)
    before, after = leaves(xml.parse(raw)), leaves(xml.parse(written))
    assert received.unread == ()
    assert _unexplained(before - after, LOST) == []
    assert _unexplained(after - before, ADDED) == []
    assert schema_errors(written) == []
    assert codec.read(written).content.body == received.content.body

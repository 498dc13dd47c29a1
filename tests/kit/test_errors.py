"""The tree of errors: each has a status of its own kind, an issue code of FHIR and a text; the drawing is true."""

import re

import pytest

from akson.kit import errors
from akson.kit.errors import AksonError, Issue, Malformed, UnknownType

# The codes of http://hl7.org/fhir/R4/valueset-issue-type.html that a server's errors use.
ISSUE_CODES = {
    "business-rule",
    "conflict",
    "deleted",
    "exception",
    "forbidden",
    "login",
    "multiple-matches",
    "not-found",
    "not-supported",
    "processing",
    "structure",
    "throttled",
    "timeout",
    "too-long",
    "too-costly",
    "transient",
}


def kinds(kind: type[AksonError] = AksonError) -> list[type[AksonError]]:
    found = [kind]
    for sub in kind.__subclasses__():
        if sub.__module__ == errors.__name__:
            found += kinds(sub)
    return found


@pytest.mark.parametrize("kind", kinds())
def test_each_kind_is_whole(kind):
    assert 400 <= kind.status < 600
    assert kind.code in ISSUE_CODES
    assert re.fullmatch(r"error\.[a-z_]+", kind.text)


def test_the_drawing_in_the_docstring_is_true():
    drawn = {
        name: (int(status), code)
        for name, status, code in re.findall(r"(\w+) +(\d{3}) ([a-z-]+)", errors.__doc__)
    }
    assert drawn == {kind.__name__: (kind.status, kind.code) for kind in kinds()}


def test_an_error_is_one_issue_unless_it_brings_more():
    error = Malformed("no such element", expression=("Patient.nam",))
    assert error.issues == (Issue("structure", "no such element", ("Patient.nam",)),)
    several = Malformed("two faults", issues=(Issue("value", "a"), Issue("required", "b")))
    assert [issue.diagnostics for issue in several.issues] == ["a", "b"]
    assert str(UnknownType("Patientt")) == "Patientt"

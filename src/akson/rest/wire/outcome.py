"""Every error as an OperationOutcome: the one place where the REST surface renders what was raised below.

http://hl7.org/fhir/R4/operationoutcome.html. Never a stack trace; an error nobody foresaw is logged and says nothing.
"""

import re

import orjson

from akson.fhir.model import Resource
from akson.kit.errors import AksonError, Issue, MethodNotAllowed, NotAuthenticated, TooMany
from akson.kit.ids import new_id
from akson.kit.log import Event, log
from akson.kit.norwegian import without_numbers
from akson.rest.wire.http import Answer

_CODES = frozenset(
    [
        "invalid",
        "structure",
        "required",
        "value",
        "invariant",
        "security",
        "login",
        "unknown",
        "expired",
        "forbidden",
        "suppressed",
        "processing",
        "not-supported",
        "duplicate",
        "multiple-matches",
        "not-found",
        "deleted",
        "too-long",
        "code-invalid",
        "extension",
        "too-costly",
        "business-rule",
        "conflict",
        "transient",
        "lock-error",
        "no-store",
        "exception",
        "timeout",
        "incomplete",
        "throttled",
        "informational",
    ]
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def resource_of(issues: tuple[Issue, ...]) -> Resource:
    """The OperationOutcome of some issues."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue) for issue in issues]}


def _issue(issue: Issue) -> Resource:
    made: Resource = {
        "severity": issue.severity,
        "code": issue.code if issue.code in _CODES else "processing",
    }
    if issue.diagnostics:
        made["diagnostics"] = without_numbers(_CONTROL.sub(" ", issue.diagnostics))[:2000]
    if issue.expression:
        made["expression"] = list(issue.expression)
    return made


def error_answer(error: AksonError) -> Answer:
    """The answer to a request that failed in a way we know."""
    headers: dict[str, str] = {}
    if isinstance(error, NotAuthenticated):
        headers["www-authenticate"] = "DPoP, Bearer"
    elif isinstance(error, MethodNotAllowed):
        headers["allow"] = error.allowed if isinstance(error, WrongMethod) else "GET"
    elif isinstance(error, TooMany):
        headers["retry-after"] = "5"
    return Answer(error.status, orjson.dumps(resource_of(error.issues)), headers)


def unforeseen_answer(error: Exception) -> Answer:
    """The answer to a request that failed in a way nobody foresaw; the log has the type and place, no data.

    The answer names the line of the log.
    """
    line = new_id()
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    log(Event.REQUEST_FAILED, error=type(error).__name__, place=place, request=line)
    return error_answer(AksonError(f"An unexpected error; it has been logged as {line}"))


def said(status: int, diagnostics: str, code: str = "informational") -> Answer:
    """An answer that went well and whose body is an OperationOutcome."""
    issues = (Issue(code, diagnostics, severity="information"),)
    return Answer(status, orjson.dumps(resource_of(issues)))


class WrongMethod(MethodNotAllowed):
    """The path is known, the method is not; says which are."""

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{method} is not possible here; possible: {', '.join(allowed)}")
        self.allowed = ", ".join(allowed)

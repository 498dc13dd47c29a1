"""The exception tree: what went wrong, as a FHIR issue code, an HTTP status and a text for people.

    AksonError                       500 exception
    ├─ Malformed                     400 structure       not JSON, not FHIR in shape
    │  └─ UnsupportedParameter       400 not-supported   a search parameter or modifier we do not have
    ├─ NotAuthenticated              401 login
    ├─ NotAllowed                    403 forbidden
    ├─ NotFound                      404 not-found       absent and hidden look the same
    │  └─ UnknownType                404 not-supported
    ├─ MethodNotAllowed              405 not-supported
    ├─ NotAcceptable                 406 not-supported
    ├─ Conflict                      409 conflict        the state forbids it; try again after a look
    │  └─ Contended                  409 conflict        two writers at once; the same again will do
    ├─ Gone                          410 deleted
    ├─ VersionMismatch               412 conflict        If-Match names another version
    ├─ MultipleMatches               412 multiple-matches
    ├─ TooLarge                      413 too-long
    ├─ UnsupportedMedia              415 not-supported
    ├─ Unprocessable                 422 processing      FHIR in shape, but breaks a rule
    │  ├─ BrokenRule                 422 business-rule   what the law or the work asks for is not kept
    │  └─ TooCostly                  422 too-costly      ask for less
    ├─ TooMany                       429 throttled
    ├─ PeerFailed                    502 transient       another node answered with an error
    ├─ Unavailable                   503 transient
    └─ PeerSilent                    504 timeout         another node did not answer in time

Raised below, rendered once per surface (`rest/wire/outcome.py`, `web/error.py`). A refusal by policy is a value
(`security.policy.Refusal`), not an exception, until the edge turns it into NotAllowed or NotFound. Diagnostics
are for developers, in English, and never hold personal data.
"""

from dataclasses import dataclass
from typing import ClassVar

LONGEST = 500
"""Characters of what is told of an error, which may repeat what was asked."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of an OperationOutcome: severity, IssueType code, diagnostics and FHIRPath locations."""

    code: str
    diagnostics: str
    expression: tuple[str, ...] = ()
    severity: str = "error"


class AksonError(Exception):
    """Root of all errors of Akson. `text` is a key in the catalogues, for people."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "exception"
    text: ClassVar[str] = "error.unexpected"

    def __init__(
        self, diagnostics: str = "", *, expression: tuple[str, ...] = (), issues: tuple[Issue, ...] = ()
    ) -> None:
        told = diagnostics if len(diagnostics) <= LONGEST else f"{diagnostics[:LONGEST]}..."
        super().__init__(told)
        self.diagnostics = told
        self.issues = issues or (Issue(self.code, told, expression),)


class Malformed(AksonError):
    status, code, text = 400, "structure", "error.malformed"


class UnsupportedParameter(Malformed):
    code, text = "not-supported", "error.unsupported_parameter"


class NotAuthenticated(AksonError):
    status, code, text = 401, "login", "error.not_authenticated"


class NotAllowed(AksonError):
    status, code, text = 403, "forbidden", "error.not_allowed"


class NotFound(AksonError):
    status, code, text = 404, "not-found", "error.not_found"


class UnknownType(NotFound):
    code, text = "not-supported", "error.not_found"


class MethodNotAllowed(AksonError):
    status, code, text = 405, "not-supported", "error.not_found"


class NotAcceptable(AksonError):
    status, code, text = 406, "not-supported", "error.malformed"


class Conflict(AksonError):
    status, code, text = 409, "conflict", "error.conflict"


class Contended(Conflict):
    """Nothing is wrong with the request: another writer was first."""


class Gone(AksonError):
    status, code, text = 410, "deleted", "error.gone"


class VersionMismatch(AksonError):
    status, code, text = 412, "conflict", "error.version_mismatch"


class MultipleMatches(AksonError):
    status, code, text = 412, "multiple-matches", "error.conflict"


class TooLarge(AksonError):
    status, code, text = 413, "too-long", "error.too_large"


class UnsupportedMedia(AksonError):
    status, code, text = 415, "not-supported", "error.malformed"


class Unprocessable(AksonError):
    status, code, text = 422, "processing", "error.unprocessable"


class BrokenRule(Unprocessable):
    code = "business-rule"


class TooCostly(Unprocessable):
    code = "too-costly"


class TooMany(AksonError):
    status, code, text = 429, "throttled", "error.unavailable"


class PeerFailed(AksonError):
    status, code, text = 502, "transient", "error.peer_failed"


class Unavailable(AksonError):
    status, code, text = 503, "transient", "error.unavailable"


class PeerSilent(AksonError):
    status, code, text = 504, "timeout", "error.peer_silent"

"""Policy said no: the exception that carries the refusal to the edge, with the audit row still to be written."""

from akson.kit.errors import NotAllowed
from akson.store.access.audit import AuditRow

NOT_SHARED = "reason.not_shared"
WORDS = {
    NOT_SHARED: "The citizen has not agreed that this organisation sees this, or the consent is over: ask for one, or leave it"
}
"""What callers are told of reasons that they can do something about."""


class Refused(NotAllowed):
    """`reason` is a key of the catalogues; `audit` is written by whoever opened the transaction (`context.opened`)."""

    def __init__(self, reason: str, audit: AuditRow) -> None:
        super().__init__(WORDS.get(reason, "Not allowed for this actor"))
        self.reason = reason
        self.audit = audit

"""Policy said no: the exception that carries the refusal to the edge, with the audit row still to be written."""

from akson.kit.errors import NotAllowed
from akson.store.access.audit import AuditRow


class Refused(NotAllowed):
    """`reason` is a key of the catalogues; `audit` is written by whoever opened the transaction (`context.opened`)."""

    def __init__(self, reason: str, audit: AuditRow) -> None:
        super().__init__("Not allowed for this actor")
        self.reason = reason
        self.audit = audit

"""A look at one resource with its row of the access log, in one statement."""

from akson.store.access import audit
from akson.store.access.audit import AuditRow
from akson.store.database.pool import Tx
from akson.store.index.hashing import resource_key
from akson.store.record.resources import READ, Stored
from akson.store.scope import Scope
from akson.store.scope_sql import within


async def read(tx: Tx, scope: Scope, type: str, id: str, told: AuditRow) -> Stored | None:  # noqa: A002  FHIR's names
    """As `resources.read`, and the row that tells of it: a transaction by itself (`Tx.whole`).

    Of what is absent there is no row; whoever asked writes it.
    """
    condition, values = within(scope, "r")
    row = await tx.whole(
        f"with seen as ({READ}{condition}), told as ({audit.SEEN}) select * from seen",  # noqa: S608
        [resource_key(type, id), type, id, *values, *audit.seen_values(told)],
    )
    return Stored(*row) if row else None

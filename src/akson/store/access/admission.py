"""Questions about a scope that are no search: may this row be written here, and which of these rows can be seen?"""

from collections.abc import Collection

from akson.fhir.index import Index
from akson.fhir.model import Resource
from akson.fhir.strict_json import dumps
from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number, resource_key
from akson.store.index.rows import labels
from akson.store.scope import Everything, Scope
from akson.store.scope_sql import covers, reads_content, within


async def admits(tx: Tx, scope: Scope, resource: Resource, index: Index) -> bool:
    """Whether a row of this resource would lie inside the scope."""
    if isinstance(scope.predicate, Everything):
        return True
    condition, values = within(scope, "r")
    kind, key = resource["resourceType"], resource_key(resource["resourceType"], resource["id"])
    content = dumps(resource) if reads_content(scope.predicate) else b""
    row = await tx.one(
        f"select {condition} from (select %s::bigint as pat, %s::text as type, %s::bigint as key,"  # noqa: S608
        " %s::bigint[] as labels, %s::bytea as body) r",
        [*values, patient_number(index.patient), kind, key, labels(resource), content],
    )
    return bool(row and row[0])


async def visible(tx: Tx, scope: Scope, keys: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of (type, id) that are there, not deleted, and inside the scope."""
    condition, values = within(scope, "r")
    rows = await tx.fetch(
        f"select r.type, r.id from resource r where r.key = any(%s::bigint[]) and not r.deleted and {condition}",  # noqa: S608
        [[resource_key(*key) for key in keys], *values],
        prepare=False,
    )
    return {(row[0], row[1]) for row in rows} & set(keys)


async def whose(tx: Tx, scope: Scope, type: str, id: str) -> tuple[int, bool] | None:  # noqa: A002  FHIR's names
    """The number of the patient whose resource it is, and whether it lies inside the scope; None where there is none.

    Nothing of its content is fetched: the time would tell how much there is of what is hidden.
    """
    condition, values = within(scope, "r")
    row = await tx.one(
        f"select r.pat, {condition} from resource r where r.key = %s and r.type = %s and r.id = %s",  # noqa: S608
        [*values, resource_key(type, id), type, id],
    )
    return (row[0], bool(row[1])) if row else None


async def changeable(tx: Tx, scope: Scope, type: str, id: str) -> bool:  # noqa: A002  FHIR's names
    """Whether who has this scope may write under this id: whoever sees all of the type chooses ids freely, others
    change what is there and inside their scope, deleted or not. What is hidden and what is absent are thereby one.
    """
    if covers(scope, type):
        return True
    condition, values = within(scope, "r")
    row = await tx.one(
        f"select {condition} from resource r where r.key = %s and r.type = %s and r.id = %s",  # noqa: S608
        [*values, resource_key(type, id), type, id],
    )
    return bool(row and row[0])

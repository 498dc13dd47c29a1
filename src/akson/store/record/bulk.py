"""Many writes at once: one look at what is there, then COPY into every table. For transactions and imports."""

from collections.abc import Sequence
from datetime import datetime

from akson.fhir.index import Index
from akson.kit.clock import now
from akson.kit.errors import Conflict, NotFound, VersionMismatch
from akson.store.database.loading import load
from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number, resource_key
from akson.store.index.packed import ResourceRow, Tables
from akson.store.index.rows import Rows, labels, rows
from akson.store.record.events import TELL_MANY
from akson.store.record.meta_values import learn
from akson.store.record.stored import Stored, serve
from akson.store.record.writes import Present, Write

FIND = """
select key, pat, rid, version, deleted, tok, labels, updated, body from resource
where key = any(%s::bigint[]) order by key for update"""
NUMBERS = "select nextval('resource_rid') from generate_series(1, %s)"
ARCHIVE = """
insert into history (pat, rid, key, type, id, version, updated, deleted, labels, body)
select pat, rid, key, type, id, version, updated, deleted, labels, body
from resource where rid = any(%s::bigint[]) and key = any(%s::bigint[])"""
CLEAR = (
    "delete from idx_token where hash = any(%s::bigint[]) and rid = any(%s::bigint[])",
    *(
        f"delete from {table} where rid = any(%s::bigint[])"  # noqa: S608
        for table in ("idx_ref", "idx_date", "idx_qty", "idx_string", "idx_composite", "idx_text")
    ),
    # The resource last: it says who may see, and so take away, the rows of its index.
    "delete from resource where rid = any(%s::bigint[])",
)
TEXT = """
insert into idx_text (pat, rid, type, words)
select v.p, v.r, v.t, to_tsvector('norwegian', v.c) || to_tsvector('simple', v.c)
from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) v(p, r, t, c)"""


async def write_many(tx: Tx, writes: Sequence[Write], *, told: bool = False) -> list[Stored]:
    """See `writes.write_many`."""
    if not writes:
        return []
    keys = [resource_key(write.type, write.id) for write in writes]
    if len(set(keys)) != len(keys):
        raise Conflict("the same resource is written twice in one transaction")
    found = {row[0]: Present(*row[1:9]) for row in await tx.fetch(FIND, [keys])}
    for write, key in zip(writes, keys, strict=True):
        _check(write, found.get(key))
    fresh = len(writes) - len(found)
    numbers = iter([row[0] for row in await tx.fetch(NUMBERS, [fresh])] if fresh else ())
    await learn(tx, (write.resource for write in writes if write.resource is not None))
    moment = now()
    batch = Batch(moment)
    for write, key in zip(writes, keys, strict=True):
        present = found.get(key)
        if present and write.resource is not None and present.says(write.resource, write.id):
            batch.keep(write, found.pop(key))
        else:
            batch.add(write, key, present, present.rid if present else next(numbers))
    if found:
        await _make_way(tx, found)
    await batch.flush(tx)
    if batch.events:
        await tx.execute(TELL_MANY, [*[list(column) for column in zip(*batch.events, strict=True)], told])
    return batch.stored


def _check(write: Write, present: Present | None) -> None:
    version = 0 if present is None or present.deleted else present.version
    if write.resource is None and version == 0:
        raise NotFound(f"{write.type}/{write.id} is not there to delete")
    if write.expected == 0 and version:
        raise Conflict(f"{write.type}/{write.id} exists already")
    if write.expected is not None and write.expected != version:
        raise VersionMismatch(f"{write.type}/{write.id} is not at version {write.expected}")


async def _make_way(tx: Tx, found: dict[int, Present]) -> None:
    """Move the present versions to history and take away their index rows."""
    rids, keys = [present.rid for present in found.values()], list(found)
    tokens = sorted({token for present in found.values() for token in present.tok})
    await tx.execute(ARCHIVE, [rids, keys])
    by_token, *others = CLEAR
    await tx.execute(by_token, [tokens, rids])
    for statement in others:
        await tx.execute(statement, [rids])


class Batch:
    """Rows of many resources, table by table."""

    def __init__(self, moment: datetime) -> None:
        self.stored: list[Stored] = []
        self.events: list[tuple[int, str, str, str, int]] = []
        """(patient, type, action, id, version) of what changed."""
        self._moment = moment
        self._tables = Tables()
        self._texts: list[tuple[int, int, str, str]] = []

    def add(self, write: Write, key: int, present: Present | None, rid: int) -> None:
        version = present.version + 1 if present else 1
        index = write.index or Index()
        pat = patient_number(index.patient)
        body, marks, found = b"", [], Rows()
        if write.resource is not None:
            body = serve(write.resource, write.id, version, self._moment)
            marks, found = labels(write.resource), rows(write.type, index)
        elif present is not None:
            pat, marks = present.pat, present.labels
        deleted = write.resource is None
        row = ResourceRow(pat, rid, key, write.type, write.id, version, self._moment, deleted, marks, body)
        self._tables.add(row, found)
        if found.content:
            self._texts.append((pat, rid, write.type, found.content))
        self.stored.append(Stored(write.type, write.id, version, self._moment, body, deleted, pat))
        is_new = present is None or present.deleted
        action = "delete" if deleted else "create" if is_new else "update"
        self.events.append((pat, write.type, action, write.id, version))

    def keep(self, write: Write, present: Present) -> None:
        """Leave as it is what says the same already."""
        self.stored.append(
            Stored(
                write.type,
                write.id,
                present.version,
                present.updated,
                present.body,
                pat=present.pat,
                changed=False,
            )
        )

    def index(self, found: Rows, pat: int, rid: int, kind: str) -> None:
        """Add the index rows of a resource that stays as it is."""
        self._tables.add_index(found, pat, rid)
        if found.content:
            self._texts.append((pat, rid, kind, found.content))

    async def flush(self, tx: Tx) -> None:
        for table, columns, stream in self._tables.copies():
            await load(tx, table, columns, stream)
        if self._texts:
            await tx.execute(TEXT, [list(column) for column in zip(*self._texts, strict=True)])

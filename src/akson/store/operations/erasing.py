"""Erasure: rows that are gone for good, from the record, its history, its indexes and what was kept beside it.

Rows are found and taken away by index, a thousand resources at a time. The access log stays: that somebody looked is
not the patient's text. Sources: GDPR article 17; helsepersonelloven section 43.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from akson.store.database.pool import Tx
from akson.store.fragment import Sql, both, sql
from akson.store.index.hashing import patient_number, resource_key
from akson.store.scope import Scope
from akson.store.scope_sql import within
from akson.store.terms import sources
from akson.store.underway import subscriptions

BATCH = 1000
TOKENS = """
delete from idx_token i using (select rid, unnest(tok) as hash from resource where rid = any(%s::bigint[])) gone
where i.hash = gone.hash and i.rid = gone.rid"""
BY_NUMBER = tuple(
    f"delete from {table} where rid = any(%s::bigint[])"  # noqa: S608
    for table in ("idx_ref", "idx_date", "idx_qty", "idx_string", "idx_composite", "idx_text", "resource")
)
VERSIONS = "delete from history where key = any(%s::bigint[])"
RELATIONS = "delete from care_relation where source = any(%s::text[])"
# A message keeps what its transport needs to end well: state, parties, times.
EMPTIED = "payload = ''::bytea, detail = '', patient = '', reference = '', pat = 0"
STEPS = "update message_event set detail = '' where message = any(%s::text[]) and detail <> ''"
ANSWERS = "update message_receiver set errors = '[]' where message = any(%s::text[]) and errors <> '[]'"
# What the planner has learned are samples of the texts themselves.
FORGET = "analyze idx_string (norm, exact)"


@dataclass(slots=True)
class Erased:
    """What is gone, counted."""

    resources: int = 0
    versions: int = 0
    """Of these resources and others: versions before the present one."""
    drafts: int = 0
    messages: int = 0
    """Messages whose content was taken out."""
    patients: Counter[int] = field(default_factory=Counter)
    """Resources by the number of the patient whose they were; 0 for nobody's."""
    references: list[str] = field(default_factory=list)


async def instance(tx: Tx, scope: Scope, type: str, id: str) -> Erased:  # noqa: A002  FHIR's names
    """One resource with all its versions, deleted or not. Nothing is counted when it is not there."""
    erased = Erased()
    here = sql("r.key = %s and r.type = %s and r.id = %s", resource_key(type, id), type, id)
    await _rows(tx, scope, here, erased)
    await _finish(tx, erased)
    return erased


async def deleted(tx: Tx, scope: Scope, type: str = "") -> Erased:  # noqa: A002
    """All resources of a type (of any) that were deleted, with all their versions."""
    erased = Erased()
    await _rows(tx, scope, both([sql("r.deleted"), *([sql("r.type = %s", type)] if type else [])]), erased)
    await _finish(tx, erased)
    return erased


async def compartment(tx: Tx, scope: Scope, patient: str) -> Erased:
    """Everything in the record of the patient with this id, deleted or not, the Patient itself too."""
    erased = Erased()
    pat = patient_number(patient)
    await _rows(tx, scope, sql("r.pat = %s", pat), erased)
    # Versions that were of this patient, of resources that are of another now.
    condition, values = within(scope, "h")
    erased.versions += await tx.execute(
        f"delete from history h where h.pat = %s and {condition}",  # noqa: S608
        [pat, *values],
    )
    await tx.execute("delete from care_relation where pat = %s", [pat])
    erased.drafts = await tx.execute(
        "delete from draft where subject = any(%s::text[])", [[patient, f"Patient/{patient}"]]
    )
    await _empty_messages(tx, "pat = %s", [pat], erased)
    await subscriptions.end_of_patient(tx, patient)
    await _finish(tx, erased)
    return erased


async def versions(tx: Tx, scope: Scope, type: str = "", id: str = "") -> Erased:  # noqa: A002
    """All versions before the present one, of a resource, of a type, or of all."""
    erased = Erased()
    condition, values = within(scope, "h")
    conditions = [sql(condition, *values)]
    conditions += [sql("h.type = %s", type)] if type else []
    conditions += [sql("h.key = %s and h.id = %s", resource_key(type, id), id)] if id else []
    head = sql(
        "with gone as (delete from history where (pat, rid, version) in"
        " (select h.pat, h.rid, h.version from history h where "
    )
    statement = head + both(conditions) + sql(" limit %s) returning pat)", 20 * BATCH)
    statement += sql(" select pat, count(*) from gone group by pat")
    while rows := await tx.fetch(statement.text, statement.params, prepare=False):
        erased.patients.update({row[0]: row[1] for row in rows})
        erased.versions += sum(row[1] for row in rows)
    return erased


async def _rows(tx: Tx, scope: Scope, found: Sql, erased: Erased) -> None:
    """Take away the rows that fulfil a condition on `r`, with their versions and all that is kept of them."""
    condition, values = within(scope, "r")
    head = sql("select r.rid, r.key, r.pat, r.type || '/' || r.id from resource r where ")
    statement = head + both([found, sql(condition, *values)])
    statement += sql(" order by r.rid limit %s for update", BATCH)
    while rows := await tx.fetch(statement.text, statement.params, prepare=False):
        rids, keys = [row[0] for row in rows], [row[1] for row in rows]
        references = [row[3] for row in rows]
        await tx.execute(TOKENS, [rids])
        for each in BY_NUMBER:
            await tx.execute(each, [rids])
        erased.versions += await tx.execute(VERSIONS, [keys])
        await tx.execute(RELATIONS, [references])
        await _empty_messages(tx, "reference = any(%s::text[]) and reference <> ''", [references], erased)
        erased.resources += len(rows)
        erased.patients.update(row[2] for row in rows)
        erased.references += references


async def _empty_messages(tx: Tx, condition: str, values: Sequence[object], erased: Erased) -> None:
    rows = await tx.fetch(
        f"update message set {EMPTIED} where {condition} returning id",  # noqa: S608
        values,
        prepare=False,
    )
    messages = [row[0] for row in rows]
    if messages:
        await tx.execute(STEPS, [messages])
        await tx.execute(ANSWERS, [messages])
    erased.messages += len(messages)


async def _finish(tx: Tx, erased: Erased) -> None:
    if erased.resources:
        await sources.end_erased(tx, erased.references)
        await subscriptions.end_erased(tx, erased.references)
        await tx.execute(FORGET)

"""Erasure: rows that are gone for good, from the record, its history, its indexes and what was kept beside it.

Rows are found and taken away by index, a thousand resources at a time. What is kept beside the record is
`leftovers.py`. The access log stays: that somebody looked is not the patient's text. So do the written reasons of those who
opened the record in an emergency: they say why somebody looked, are told in the log, and are kept as long as it is
(pasientjournalforskriften section 14); `akson audit erase` takes them away openly, with their entry. Whoever erases calls
`leftovers.hold` first. Sources: GDPR article 17; helsepersonelloven section 43.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from akson.fhir.strict_json import loads
from akson.store.database.pool import Tx
from akson.store.fragment import Sql, both, sql
from akson.store.index.hashing import patient_number, resource_key
from akson.store.operations import leftovers
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
# Not those that somebody still waits for: the transport keeps its promise first.
NAMING = """
pat = 0 and exists (select 1 from unnest(%s::text[]) n where position(convert_to(n, 'UTF8') in payload) > 0)
and not exists (select 1 from message_receiver r where r.message = message.id and r.state in ('waiting', 'fetched'))"""
BODIES = """
select body from resource where key = %s and type = 'Patient' and id = %s union all
select body from history where key = %s and type = 'Patient' and id = %s"""
# The label that says whose a subscription is: record/subscriptions/register.py.
OWNED = """
select r.rid from resource r where r.type = 'Subscription' and (convert_from(r.body, 'UTF8') ~ %s
    or exists (select 1 from history h where h.key = r.key and h.rid = r.rid and convert_from(h.body, 'UTF8') ~ %s))"""
IDENTITY_NUMBER = re.compile(r"\d{11}")


@dataclass(slots=True)
class Erased:
    """What is gone, counted."""

    resources: int = 0
    versions: int = 0
    """Of these resources and others: versions before the present one."""
    drafts: int = 0
    messages: int = 0
    """Messages whose content was taken out."""
    events: int = 0
    """Numbered events that do not say any more what they were about."""
    transfers: int = 0
    """Exports and imports whose files are gone."""
    patients: Counter[int] = field(default_factory=Counter)
    """Resources by the number of the patient whose they were; 0 for nobody's."""
    references: list[str] = field(default_factory=list)
    tokens: set[int] = field(default_factory=set)
    """Hashes of what they were found by."""


async def instance(tx: Tx, scope: Scope, type: str, id: str) -> Erased:  # noqa: A002  FHIR's names
    """One resource with all its versions, deleted or not. Nothing is counted when it is not there."""
    erased = Erased()
    here = sql("r.key = %s and r.type = %s and r.id = %s", resource_key(type, id), type, id)
    erased.transfers += await leftovers.forget_imports(tx, [id])
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
    erased.transfers += await leftovers.forget_imports(tx, [patient])
    await _empty_messages(tx, NAMING, [await _identity_numbers(tx, patient)], erased)
    await _rows(tx, scope, sql("r.pat = %s", pat), erased)
    # Versions that were of this patient, of resources that are of another now.
    condition, values = within(scope, "h")
    gone = await tx.fetch(
        f"delete from history h where h.pat = %s and {condition} returning rid",  # noqa: S608
        [pat, *values],
    )
    erased.versions += len(gone)
    erased.transfers += await leftovers.forget_exports(tx, [row[0] for row in gone])
    for gone_too in (
        "care_relation",
        "access_block",
        "access_block_past",
        "consent_opening",
        "shared_change",
        "shared_read",
    ):
        await tx.execute(f"delete from {gone_too} where pat = %s", [pat])  # noqa: S608
    erased.drafts = await tx.execute(
        "delete from draft where subject = any(%s::text[])", [[patient, f"Patient/{patient}"]]
    )
    await _empty_messages(tx, "pat = %s", [pat], erased)
    await _subscriptions_of(tx, scope, patient, erased)
    await leftovers.forget_closures(tx, patient)
    await _finish(tx, erased, patient)
    return erased


async def versions(tx: Tx, scope: Scope, type: str = "", id: str = "") -> Erased:  # noqa: A002
    """All versions before the present one, of a resource, of a type, or of all."""
    erased = Erased()
    condition, values = within(scope, "h")
    conditions = [sql(condition, *values)]
    conditions += [sql("h.type = %s", type)] if type else []
    conditions += [sql("h.key = %s and h.id = %s", resource_key(type, id), id)] if id else []
    head = sql(
        "delete from history where (pat, rid, version) in (select h.pat, h.rid, h.version from history h where "
    )
    statement = head + both(conditions) + sql(" limit %s) returning pat, rid", 20 * BATCH)
    while rows := await tx.fetch(statement.text, statement.params, prepare=False):
        erased.patients.update(row[0] for row in rows)
        erased.versions += len(rows)
        erased.transfers += await leftovers.forget_exports(tx, list({row[1] for row in rows}))
    if erased.versions:
        await leftovers.forget_samples(tx, erased.tokens)
    return erased


async def _rows(tx: Tx, scope: Scope, found: Sql, erased: Erased) -> None:
    """Take away the rows that fulfil a condition on `r`, with their versions and all that is kept of them."""
    condition, values = within(scope, "r")
    head = sql("select r.rid, r.key, r.pat, r.type || '/' || r.id, r.tok from resource r where ")
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
        erased.transfers += await leftovers.forget_exports(tx, rids)
        await _empty_messages(tx, "reference = any(%s::text[]) and reference <> ''", [references], erased)
        erased.resources += len(rows)
        erased.patients.update(row[2] for row in rows)
        erased.references += references
        erased.tokens.update(token for row in rows for token in row[4])


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


async def _identity_numbers(tx: Tx, patient: str) -> list[str]:
    """National identity numbers that any version of a Patient has: what messages name people by."""
    key = resource_key("Patient", patient)
    bodies = [bytes(row[0]) for row in await tx.fetch(BODIES, [key, patient, key, patient]) if row[0]]
    given = {str(each.get("value", "")) for body in bodies for each in loads(body).get("identifier", ())}
    return sorted(value for value in given if IDENTITY_NUMBER.fullmatch(value))


async def _subscriptions_of(tx: Tx, scope: Scope, patient: str, erased: Erased) -> None:
    """Subscriptions that the patient, or somebody for the sake of the patient, has written; in nobody's record."""
    label = f'"code":"(citizen|attest/[^"]*)/{re.escape(patient)}"'
    rids = [row[0] for row in await tx.fetch(OWNED, [label, label])]
    if rids:
        await _rows(tx, scope, sql("r.rid = any(%s::bigint[])", rids), erased)
    await subscriptions.end_of_patient(tx, patient)


async def _finish(tx: Tx, erased: Erased, patient: str = "") -> None:
    if not erased.resources and not patient:
        return
    await sources.end_erased(tx, erased.references)
    await subscriptions.end_erased(tx, erased.references)
    ids = {each.partition("/")[2] for each in erased.references} | ({patient} - {""})
    erased.transfers += await leftovers.forget_named(tx, ids)
    pat = patient_number(patient) if patient else None
    erased.events = await leftovers.forget_events(tx, erased.references, pat)
    await leftovers.forget_searches(tx)
    await leftovers.forget_samples(tx, erased.tokens)

"""Entries that are not shared with all: their marks are checked on the way in, and closed on every path by blocks.

A block of one entry closes also the writer's own files it points to and the Provenance that tells of it. It stays when the entry is
deleted, since its history does. Who sees it is asked by the same predicate as what the citizen has closed.
"""

from collections.abc import Collection, Sequence

from akson.fhir.extract import extract
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.record import questions
from akson.record.context import Context
from akson.record.identity import numbers
from akson.security import entry_marks
from akson.security.actor import Action, Kind
from akson.security.entry_marks import FOLLOWING, MARK, MARKED, For
from akson.security.policy import Grant
from akson.store.access import blocks, mirror
from akson.store.database.pool import Tx
from akson.store.index.hashing import label, resource_key
from akson.store.operations import many
from akson.store.record import resources
from akson.store.record.resources import Stored
from akson.store.scope import NODE
from akson.store.search import statements


async def marked(ctx: Context, resource: Resource, *, is_new: bool = False) -> Resource:
    """The resource with the marks that its writer may set. Unprocessable for one that may not be set."""
    kind = resource["resourceType"]
    if questions.is_question(resource):
        return await questions.checked(ctx, resource, is_new=is_new)
    if ctx.actor.kind is not Kind.PERSONNEL or kind not in MARKED | FOLLOWING:
        return resource
    before = None if is_new else await _before(ctx, resource)
    if kind in FOLLOWING:
        return entry_marks.noted(resource, ctx.actor, before)
    if before is not None and questions.is_question(before):
        await questions.checked(ctx, before, is_new=False)
    return entry_marks.signed(entry_marks.guarded(resource, ctx.actor, before), ctx.actor, before)


async def _before(ctx: Context, resource: Resource) -> Resource | None:
    """What stood under the name of a resource, also if it is deleted; None where nothing did, or it is hidden.

    Within the scope: what is hidden is told of no more than what is not there.
    """
    kind = resource["resourceType"]
    decision = ctx.policy(ctx.actor, Action.UPDATE, kind, ctx.purpose)
    if "id" not in resource or not isinstance(decision, Grant):
        return None
    stored = await resources.read(ctx.tx, decision.scope, kind, resource["id"])
    if stored and stored.deleted:
        stored = await resources.vread(ctx.tx, decision.scope, kind, resource["id"], stored.version - 1)
    return loads(stored.body) if stored else None


async def follow(ctx: Context, stored: Stored, resource: Resource) -> None:
    """Close what the mark of a written entry closes; open what it closed when it is taken away."""
    tx = ctx.tx.as_node
    if questions.is_question(resource):
        await questions.close(tx, stored, extract(resource).patient)
    elif stored.type == "Provenance":
        for target in resource.get("target", []):
            await _follow_target(tx, target.get("reference", ""))
    elif stored.type in MARKED and (stored.version > 1 or entry_marks.stays_home(resource)):
        await _close(tx, stored, resource)


async def again(tx: Tx, patient: str) -> None:
    """The consents of a Patient (id) have changed: close anew what is shared with those who have one."""
    for stored in await many.labelled(tx, NODE, patient, label(MARK, For.TOLD)):
        await _close(tx, stored, loads(stored.body))


async def _follow_target(tx: Tx, reference: str) -> None:
    kind, _, id_ = reference.partition("/")
    stored = await resources.read(tx, NODE, kind, id_) if kind in MARKED else None
    if stored is None or stored.deleted:
        return
    resource = loads(stored.body)
    if entry_marks.stays_home(resource):
        await _close(tx, stored, resource)


async def _close(tx: Tx, stored: Stored, resource: Resource) -> None:
    patient = extract(resource).patient
    if not patient:
        return
    rule = f"{blocks.ENTRY}{stored.reference}"
    rules = []
    keys = [resource_key(stored.type, stored.id)]
    others = await _pointed(tx, stored, resource) if entry_marks.stays_home(resource) else []
    # To parents all of it is closed, whoever wrote the rest of it.
    whole = [*keys, *(resource_key(each.type, each.id) for each in others)]
    kept = entry_marks.closed_to_parents(whole) if entry_marks.is_kept_from_parents(resource) else []
    await blocks.replace(tx, f"{rule}/{entry_marks.PARENTS}", stored.version, patient, kept)
    if found := entry_marks.mark(resource):
        keys += await _taken_along(tx, (stored, resource), others, await blocks.keys(tx, rule))
        if found is For.TOLD:
            person = await resources.read(tx, NODE, "Patient", patient)
            rules = await mirror.of(tx, numbers(loads(person.body)) if person and not person.deleted else [])
    rows = entry_marks.closed(resource, keys, rules)
    await blocks.replace(tx, rule, stored.version, patient, rows)


async def _pointed(tx: Tx, stored: Stored, entry: Resource) -> list[Stored]:
    """The files that an entry points to, and the origins that tell of it."""
    found = [
        await resources.read(tx, NODE, "Binary", each) for each in sorted(entry_marks.attachments(entry))
    ]
    told = parse("Provenance", [("target", stored.reference), ("_count", "1000")], base="")
    return [each for each in [*found, *(await statements.search(tx, NODE, told)).matches] if each]


async def _taken_along(
    tx: Tx, marked: tuple[Stored, Resource], others: Sequence[Stored], closed: Collection[int]
) -> list[int]:
    """Keys of the files and origins that follow a marked entry: what it has closed already, and what it may close."""
    stored, entry = marked
    keys = []
    for each in others:
        key = resource_key(each.type, each.id)
        if key in closed or (
            not each.deleted
            and entry_marks.takes_along(entry, loads(each.body))
            and not await _is_open_elsewhere(tx, stored, each)
        ):
            keys.append(key)
    return keys


async def _is_open_elsewhere(tx: Tx, entry: Stored, file: Stored) -> bool:
    """Whether a document that is not marked points to a file: then it stands in the record already, for all with a need."""
    query = parse("DocumentReference", [("location", file.reference), ("_count", "100")], base="")
    documents = (await statements.search(tx, NODE, query)).matches if file.type == "Binary" else ()
    return any(
        each.reference != entry.reference and entry_marks.mark(loads(each.body)) is None for each in documents
    )

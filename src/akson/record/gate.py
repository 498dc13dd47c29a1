"""The one door to clinical data: decide, then read or write within the granted scope, audit, emit; in one transaction.

Everything above (REST, pages, exchange engines, messages) reaches resources through these functions and no other way.
What the scope hides looks exactly like what is not there (NotFound).
"""

from collections.abc import Iterable, Sequence

from akson.fhir.index import Index
from akson.fhir.model import Resource, reference
from akson.fhir.search import Query
from akson.kit.errors import Gone, MultipleMatches, NotFound
from akson.kit.ids import new_id
from akson.kit.settings import Level
from akson.record import casework, entries, kept_list, obeying, questions, relating, search_parameters, trail
from akson.record.all_types import of_all_types
from akson.record.asked import asked
from akson.record.change import Change, Written, whose
from akson.record.context import Context
from akson.record.prepare import complete
from akson.record.refused import Refused
from akson.record.subscriptions import register
from akson.record.validation import admit, keep_own
from akson.security.actor import Action
from akson.security.policy import Grant, Refusal
from akson.security.rules.question_to_unit import TYPE as QUESTION
from akson.store.access import admission
from akson.store.operations import looking
from akson.store.record import resources
from akson.store.record.resources import HistoryOf, HistoryPage, Stored, Write
from akson.store.search import statements
from akson.store.search.statements import Page
from akson.store.terms import definitions, write


def granted(ctx: Context, action: Action, resource_type: str) -> Grant:
    """The decision for this actor, or Refused. For all types ("") it holds what is granted of each."""
    decision = (
        ctx.policy(ctx.actor, action, resource_type, ctx.purpose)
        if resource_type
        else of_all_types(ctx, action)
    )
    if isinstance(decision, Refusal):
        raise Refused(decision.reason, trail.refused(ctx, action, resource_type, decision.reason))
    return decision


def may(ctx: Context, action: Action, *types: str) -> bool:
    """Whether the actor may do this to all these types at all: what a page need not offer where it is not so."""
    return all(isinstance(ctx.policy(ctx.actor, action, each, ctx.purpose), Grant) for each in types)


async def found(
    ctx: Context, grant: Grant, action: Action, stored: Stored | None, what: tuple[str, str]
) -> Stored:
    """What was looked for as (type, id). NotFound when it is not there or hidden, Gone when it was deleted: both audited."""
    if stored is None:
        await trail.missed(ctx, grant, action, *what)
        raise NotFound("No such resource")
    if stored.deleted:
        await trail.seen(ctx, grant, action, [stored], stored.type)
    return _there(stored)


def _there(stored: Stored) -> Stored:
    if stored.deleted:
        raise Gone("The resource was deleted")
    return stored


async def read(ctx: Context, resource_type: str, resource_id: str) -> Stored:
    """The current version. NotFound when absent or hidden, Gone when deleted."""
    grant = granted(ctx, Action.READ, resource_type)
    if row := trail.beforehand(ctx, grant, Action.READ):
        stored = await looking.read(ctx.tx, grant.scope, resource_type, resource_id, row)
        if stored is not None:
            return _there(stored)
    else:
        stored = await resources.read(ctx.tx, grant.scope, resource_type, resource_id)
    stored = await found(ctx, grant, Action.READ, stored, (resource_type, resource_id))
    await trail.seen(ctx, grant, Action.READ, [stored], resource_type)
    return stored


async def vread(ctx: Context, resource_type: str, resource_id: str, version: int) -> Stored:
    """One version, also of a resource changed since."""
    grant = granted(ctx, Action.HISTORY, resource_type)
    stored = await resources.vread(ctx.tx, grant.scope, resource_type, resource_id, version)
    stored = await found(ctx, grant, Action.HISTORY, stored, (resource_type, resource_id))
    await trail.seen(ctx, grant, Action.HISTORY, [stored], resource_type)
    return stored


async def version_of(ctx: Context, resource_type: str, resource_id: str) -> int | None:
    """The current version's number; None when there is none to see, or it was deleted."""
    grant = granted(ctx, Action.READ, resource_type)
    stored = await resources.read(ctx.tx, grant.scope, resource_type, resource_id)
    if stored is None or stored.deleted:
        await trail.missed(ctx, grant, Action.READ, resource_type, resource_id)
        return None
    await trail.seen(ctx, grant, Action.READ, [stored], resource_type)
    return stored.version


async def history(ctx: Context, of: HistoryOf) -> HistoryPage:
    """Versions, newest first, of one resource, of a type or of all."""
    grant = granted(ctx, Action.HISTORY, of.type or "")
    page = await resources.history(ctx.tx, grant.scope, of)
    if of.id and not page.versions and of.cursor is None:
        # Narrowed to a time, an empty history is one; of what is not there it is none.
        await _some_version(ctx, grant, of)
    await trail.seen(ctx, grant, Action.HISTORY, page.versions, of.type or "")
    return page


async def count_versions(ctx: Context, of: HistoryOf) -> int:
    """How many versions `history` would give on all pages."""
    grant = granted(ctx, Action.HISTORY, of.type or "")
    shown = [await _some_version(ctx, grant, of)] if of.id else []
    await trail.seen(ctx, grant, Action.HISTORY, shown, of.type or "")
    return await resources.count_versions(ctx.tx, grant.scope, of)


async def _some_version(ctx: Context, grant: Grant, of: HistoryOf) -> Stored:
    """The newest version that the actor may see of one resource; NotFound when there is none."""
    whole = await resources.history(ctx.tx, grant.scope, HistoryOf(of.type, of.id, count=1))
    if not whole.versions:
        await trail.missed(ctx, grant, Action.HISTORY, of.type or "", of.id or "")
        raise NotFound("No such resource")
    return whole.versions[0]


async def search(ctx: Context, query: Query) -> Page:
    """One page of matches with what they include, all within the scope."""
    grant = granted(ctx, Action.SEARCH, query.type)
    page = await statements.search(ctx.tx, grant.scope, query)
    await trail.seen(ctx, grant, Action.SEARCH, [*page.matches, *page.included], query.type, asked(query))
    return page


async def absent(ctx: Context, keys: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Those of (type, id) that the actor cannot refer to: not there, deleted, or hidden."""
    missing: set[tuple[str, str]] = set()
    by_type: dict[str, set[tuple[str, str]]] = {}
    for key in keys:
        by_type.setdefault(key[0], set()).add(key)
    for resource_type, wanted in by_type.items():
        decision = ctx.policy(ctx.actor, Action.READ, resource_type, ctx.purpose)
        if isinstance(decision, Refusal):
            missing |= wanted
        else:
            missing |= wanted - await admission.visible(ctx.tx, decision.scope, wanted)
    return frozenset(missing)


async def hold(ctx: Context, query: Query) -> None:
    """Wait until nobody else decides on the same condition, so that a conditional create is free of races."""
    await resources.lock(ctx.tx, [f"{query.type}?{query.executed}"])


async def create(ctx: Context, resource: Resource, *, if_none_exist: Query | None = None) -> Written:
    """Store a new resource. With if_none_exist: the one that matches, unchanged, where there is one.

    MultipleMatches when several match; Refused when the new row would lie outside the actor's scope.
    """
    grant = granted(ctx, Action.CREATE, resource["resourceType"])
    if if_none_exist is not None:
        await hold(ctx, if_none_exist)
        if found := await _only_match(ctx, if_none_exist):
            return Written(found, created=False, changed=False)
    resource = await entries.marked(ctx, await register.checked(ctx, resource), is_new=True)
    resource = resource if "id" in resource else {**resource, "id": new_id()}
    await _rules(ctx, [Change(Action.CREATE, resource)], [resource])
    index = await _indexed(ctx, grant, resource)
    stored = await resources.create(ctx.tx, resource, index, told=grant.audited)
    await _after(ctx, grant, Action.CREATE, stored, resource)
    return Written(stored, created=True, changed=True)


async def update(ctx: Context, resource: Resource, *, if_match: int | None = None) -> Written:
    """Store a new version, or create under the id the caller chose. VersionMismatch when if_match is not current."""
    grant = granted(ctx, Action.UPDATE, resource["resourceType"])
    resource = await entries.marked(ctx, await register.checked(ctx, resource))
    await _changeable(ctx, grant, resource)
    await _rules(ctx, [Change(Action.UPDATE, resource, if_match)], [resource])
    index = await _indexed(ctx, grant, resource)
    stored, created = await resources.update(
        ctx.tx, grant.scope, resource, index, if_match, told=grant.audited
    )
    await _after(ctx, grant, Action.CREATE if created else Action.UPDATE, stored, resource)
    return Written(stored, created=created, changed=stored.changed)


async def delete(
    ctx: Context, resource_type: str, resource_id: str, *, if_match: int | None = None
) -> Stored | None:
    """Mark as deleted; None when there was nothing to delete. The history stays."""
    grant = granted(ctx, Action.DELETE, resource_type)
    if resource_type == QUESTION:
        await questions.stands(ctx, grant.scope, resource_id)
    if resource_type == casework.TYPE and await admission.changeable(
        ctx.tx, grant.scope, resource_type, resource_id
    ):
        await casework.stands(ctx, resource_id)
    stored = await resources.delete(
        ctx.tx, grant.scope, resource_type, resource_id, if_match, told=grant.audited
    )
    if stored is None:
        await trail.missed(ctx, grant, Action.DELETE, resource_type, resource_id)
        return None
    await taken_back(ctx, stored)
    if grant.audited:
        await relating.follow(ctx, stored, None)
        await trail.changed(ctx, grant, Action.DELETE, stored)
    return stored


async def taken_back(ctx: Context, stored: Stored) -> None:
    """Take back what the resource brought to the node: terms, definitions, subscriptions, a search parameter."""
    await write.follow(ctx.tx, stored, None)
    await definitions.follow(ctx.tx, stored, None)
    await register.removed(ctx, stored)
    await _parameter(ctx, stored, None)


async def transact(ctx: Context, changes: Sequence[Change], *, brought: bool = False) -> list[Written]:
    """Many writes at once, all or nothing, in the order given; references between them are resolved already.

    `brought`: by an import or as a copy, as it stands where it comes from.
    """
    named = [
        change.resource if "id" in change.resource else {**change.resource, "id": new_id()}
        for change in changes
    ]
    for place, change in enumerate(changes):
        with change.named():
            is_new = change.action is Action.CREATE
            named[place] = await entries.marked(ctx, await register.checked(ctx, named[place]), is_new=is_new)
    known = await ctx.definitions()
    siblings = {
        reference(resource): (resource, known.extract(resource, base=ctx.node.fhir)) for resource in named
    }
    writes: list[Write] = []
    grants: list[Grant] = []
    for change, resource in zip(changes, named, strict=True):
        index = siblings[reference(resource)][1]
        with change.named():
            grant = granted(ctx, change.action, resource["resourceType"])
            await _check(ctx, resource)
            await complete(ctx, resource, index, siblings)
            await _admit(ctx, grant, resource, index)
        grants.append(grant)
        expected = 0 if change.action is Action.CREATE else change.if_match
        writes.append(Write(resource["resourceType"], resource["id"], resource, index, expected))
    for change, resource, grant in zip(changes, named, grants, strict=True):
        with change.named():
            if change.action is Action.UPDATE:
                await _changeable(ctx, grant, resource)
    if not brought:
        await _rules(ctx, changes, named)
    with whose(changes):
        stored = await resources.write_many(ctx.tx, writes, told=any(grant.audited for grant in grants))
    for row, resource, grant in zip(stored, named, grants, strict=True):
        is_new = row.changed and row.version == 1
        await _after(ctx, grant, Action.CREATE if is_new else Action.UPDATE, row, resource)
    return [Written(row, created=row.changed and row.version == 1, changed=row.changed) for row in stored]


async def _rules(ctx: Context, changes: Sequence[Change], named: Sequence[Resource]) -> None:
    """What the order of shared lists and the machine of cases ask of the writes."""
    await kept_list.checked(ctx, changes, named)
    await casework.checked(ctx, changes, named)


async def _only_match(ctx: Context, query: Query) -> Stored | None:
    page = await search(ctx, query)
    if len(page.matches) > 1:
        raise MultipleMatches("The condition matches more than one resource")
    return page.matches[0] if page.matches else None


async def _check(ctx: Context, resource: Resource) -> None:
    """Unprocessable where the node asks more than structure, which is checked on the way here, or the resource claims more."""
    if ctx.place.level is not Level.STRUCTURE:
        await admit(ctx, resource)
    if ctx.place.level is not Level.PROFILES:
        await keep_own(ctx, resource)


async def _indexed(ctx: Context, grant: Grant, resource: Resource) -> Index:
    await _check(ctx, resource)
    index = (await ctx.definitions()).extract(resource, base=ctx.node.fhir)
    await complete(ctx, resource, index, {})
    await _admit(ctx, grant, resource, index)
    return index


async def _admit(ctx: Context, grant: Grant, resource: Resource, index: Index) -> None:
    """A row may only be written where its writer may also act."""
    if not await admission.admits(ctx.tx, grant.scope, resource, index):
        reason = "reason.outside_scope"
        raise Refused(reason, trail.refused(ctx, Action.CREATE, resource["resourceType"], reason))


async def _changeable(ctx: Context, grant: Grant, resource: Resource) -> None:
    """What is updated must lie inside the scope as it stands now. NotFound for what is hidden, and for what is absent
    unless all of the type may be seen: who could try ids would learn which are taken.
    """
    kind, identity = resource["resourceType"], resource["id"]
    if not await admission.changeable(ctx.tx, grant.scope, kind, identity):
        await trail.missed(ctx, grant, Action.UPDATE, kind, identity)
        raise NotFound("No such resource")


async def _after(ctx: Context, grant: Grant, action: Action, stored: Stored, resource: Resource) -> None:
    """What a write leaves behind in its transaction: terms, definitions, subscriptions, care relations, the audit row.

    Of one that found just this content there already the audit row alone: it was a try to change.
    """
    if not stored.changed:
        if grant.audited:
            await trail.changed(ctx, grant, action, stored)
        return
    await write.follow(ctx.tx, stored, resource)
    await definitions.follow(ctx.tx, stored, resource)
    await register.registered(ctx, stored, resource)
    await _parameter(ctx, stored, resource)
    if not grant.audited:
        return
    await relating.follow(ctx, stored, resource)
    await entries.follow(ctx, stored, resource)
    if stored.type == "Patient":
        await obeying.obey(ctx.tx, ctx.place, resource)
    await trail.changed(ctx, grant, action, stored)


async def _parameter(ctx: Context, stored: Stored, resource: Resource | None) -> None:
    """A SearchParameter is one of this node, for those who may administer it."""
    if stored.type == search_parameters.KIND:
        granted(ctx, Action.ADMINISTER, stored.type)
        await search_parameters.follow(ctx, stored.id, resource)

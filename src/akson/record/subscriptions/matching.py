"""Which changes a subscription is told of: decided by the search engine itself, inside the subscriber's scope.

A resource is looked at as it was at the version of the change: the present one by a plain search, an older one, or one
that was deleted since, by the same search over what it was (`store/record/as_of.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from akson.fhir.fhirpath import FHIRPathError
from akson.fhir.fhirpath.evaluate import evaluate
from akson.fhir.fhirpath.values import root, system
from akson.fhir.model import Resource
from akson.fhir.search import Filter, Query, TokenTerm
from akson.fhir.spec import spec
from akson.fhir.strict_json import loads
from akson.fhir.subscriptions.criteria import query_of
from akson.fhir.subscriptions.plan import Plan
from akson.fhir.subscriptions.topic import Trigger
from akson.record.context import Context
from akson.record.prepare import complete
from akson.security.actor import Action
from akson.security.policy import Refusal
from akson.store.record import resources
from akson.store.record.as_of import as_of, present_versions
from akson.store.record.events import Happening
from akson.store.scope import NODE, Scope
from akson.store.search import statements

At = tuple[str, int]
"""Id and version of a resource of a known type."""
AT_ONCE = 100
"""Present resources that one search looks at."""


async def matching(ctx: Context, plan: Plan, happened: Sequence[Happening]) -> list[Happening]:
    """Those changes, in their order, that the subscriber `ctx` speaks for is told of."""
    told: set[int] = set()
    for trigger in plan.triggers:
        of_type = [
            (place, each)
            for place, each in enumerate(happened)
            if place not in told and each.topic in {f"{trigger.type}.{action}" for action in trigger.actions}
        ]
        if not of_type:
            continue
        decision = ctx.policy(ctx.actor, Action.SEARCH, trigger.type, ctx.purpose)
        if isinstance(decision, Refusal):
            continue
        matcher = _Matcher(ctx, decision.scope, trigger, plan)
        found = await matcher.passing([each for _, each in of_type])
        told |= {place for place, each in of_type if _at(each) in found}
    return [each for place, each in enumerate(happened) if place in told]


class _Matcher:
    """One trigger, and the filters on its type, in one scope."""

    def __init__(self, ctx: Context, scope: Scope, trigger: Trigger, plan: Plan) -> None:
        self._ctx = ctx
        self._scope = scope
        self._trigger = trigger
        self._kind = trigger.type
        self._narrow = self._query(plan.narrowing(trigger.type))

    async def passing(self, happened: Sequence[Happening]) -> set[At]:
        """Those that are in the scope, narrowed as the subscriber wishes, and pass the tests of the trigger."""
        gone = {_at(each) for each in happened if each.topic.endswith(".delete")}
        seen = {_at(each): _before(_at(each)) if _at(each) in gone else _at(each) for each in happened}
        # What was deleted is looked at as it was before.
        inside = await self._found(self._narrow, seen.values())
        left = {at for at, looked in seen.items() if looked in inside}
        left = await self._tested(left, gone, _created(happened))
        return {at for at in left if await self._path(at, is_gone=at in gone)}

    async def _tested(self, left: set[At], gone: set[At], new: set[At]) -> set[At]:
        """By the query criteria before and after the change."""
        trigger = self._trigger
        if not (trigger.previous or trigger.current):
            return left
        before, after = set[At](), set[At]()
        if trigger.previous:
            old = {at: _before(at) for at in left - new}
            passed = await self._found(self._query(trigger.previous), old.values())
            before = {at for at, looked in old.items() if looked in passed}
            before |= (left & new) if trigger.on_create else set()
        if trigger.current:
            after = await self._found(self._query(trigger.current), left - gone)
            after |= (left & gone) if trigger.on_delete else set()
        if not trigger.previous or not trigger.current:
            return before | after
        return before & after if trigger.both else before | after

    async def _path(self, at: At, *, is_gone: bool) -> bool:
        """By FHIRPath over what it was before and after. An expression that fails on these is not true."""
        if not self._trigger.path:
            return True
        current = None if is_gone else await self._body(at)
        previous = await self._body(_before(at))
        try:
            found = evaluate(
                self._trigger.path,
                current or previous or {"resourceType": self._kind},
                current=[root(current)] if current else [],
                previous=[root(previous)] if previous else [],
            )
        except FHIRPathError:
            return False
        return [system(each) for each in found] == [True]

    async def _body(self, at: At) -> Resource | None:
        stored = await resources.vread(self._ctx.tx.as_node, NODE, self._kind, *at)
        return loads(stored.body) if stored and not stored.deleted else None

    def _query(self, criteria: str) -> Query:
        return query_of(self._kind, criteria, "Subscription.criteria", base=self._ctx.node.fhir)

    async def _found(self, query: Query, wanted: Iterable[At]) -> set[At]:
        """Those of these versions that are inside the scope and match."""
        left = set(wanted)
        ids = sorted({identity for identity, _ in left})
        found: set[At] = set()
        for start in range(0, len(ids), AT_ONCE):
            chunk = ids[start : start + AT_ONCE]
            now = await self._present(query, chunk)
            found |= left & now
            left -= now
            if rest := {identity for identity, _ in left} & set(chunk):
                # Present, but not matching or not to be seen: nothing older to look for.
                left -= await present_versions(self._ctx.tx.as_node, NODE, self._kind, rest)
        for at in sorted(left):
            if await self._was(query, at):
                found.add(at)
        return found

    async def _present(self, query: Query, ids: Sequence[str]) -> set[At]:
        """Present versions that match."""
        if query.filters:
            return await self._search(_among(query, self._kind, ids))
        return await present_versions(self._ctx.tx, self._scope, self._kind, ids)

    async def _search(self, query: Query) -> set[At]:
        page = await statements.search(self._ctx.tx, self._scope, query)
        return {(stored.id, stored.version) for stored in page.matches}

    async def _was(self, query: Query, at: At) -> bool:
        """Whether an older version matched."""
        ctx = self._ctx
        old = await resources.vread(ctx.tx, self._scope, self._kind, *at)
        if old is None or old.deleted:
            return False
        if not query.filters:
            return True
        resource = loads(old.body)
        index = (await ctx.definitions()).extract(resource, base=ctx.node.fhir)
        await complete(ctx, resource, index, {})
        async with as_of(ctx.tx, old, resource, index):
            return bool(await self._search(_among(query, self._kind, [old.id])))


def _among(query: Query, kind: str, ids: Sequence[str]) -> Query:
    param = spec().params(kind)["_id"]
    one_of = Filter(param, None, tuple(TokenTerm(None, identity) for identity in ids))
    return replace(query, filters=(one_of, *query.filters), count=len(ids))


def _at(each: Happening) -> At:
    return each.reference.split("/", 1)[1], each.version


def _before(at: At) -> At:
    return at[0], at[1] - 1


def _created(happened: Iterable[Happening]) -> set[At]:
    return {_at(each) for each in happened if each.topic.endswith(".create")}

"""The plan of a transaction: what each entry is about and is called, before anything is written.

http://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from akson.fhir import strict_json
from akson.fhir.search import Query
from akson.kit.errors import AksonError, Malformed, MultipleMatches, NotFound
from akson.kit.ids import new_id
from akson.record import gate
from akson.record.context import Context
from akson.rest.bundles import references
from akson.rest.bundles.entry import Entry
from akson.rest.interactions.change import check_version
from akson.rest.interactions.condition import condition, matches, only_match
from akson.rest.interactions.patch import patch_of
from akson.rest.interactions.update import settle_id, version_wanted
from akson.rest.wire.versions import expected
from akson.store.record.resources import Stored

Key = tuple[str, str]
"""Resource type and id."""


@dataclass(slots=True)
class Plan:
    """What is known of a transaction while it is prepared."""

    entries: list[Entry]
    names: dict[str, str] = field(default_factory=dict)
    """From a Bundle's own name (fullUrl, conditional reference) to Type/id."""
    targets: dict[Key, Entry] = field(default_factory=dict)
    """Which entry is about which resource."""
    matched: dict[str, Stored] = field(default_factory=dict)
    """By place: what a conditional create found there already."""
    patched: frozenset[str] = frozenset()
    """Places of patches; the entry's resource is the result of the patch."""
    versions: dict[str, int | None] = field(default_factory=dict)
    """By place: the version that a resource must have when it is written: 0 for none, None for any."""
    deletes: dict[str, list[str]] = field(default_factory=dict)
    """By place: the ids that a deletion takes away."""
    conditions: dict[tuple[str, str], Entry] = field(default_factory=dict)
    """The entries that create or update on a condition, by type and condition."""
    same: dict[str, Entry] = field(default_factory=dict)
    """By place: the entry with the same conditional create, whose result is this one's too."""


@contextmanager
def at(entry: Entry) -> Iterator[None]:
    """Say which entry an error is about."""
    try:
        yield
    except AksonError as error:
        error.issues = tuple(replace(i, expression=i.expression or (entry.place,)) for i in error.issues)
        raise


async def prepare(ctx: Context, plan: Plan, base: str) -> None:
    """Look up the conditions, and give every written resource its id and its name; deletions are done before all."""
    for entry in sorted(plan.entries, key=lambda entry: entry.method != "DELETE"):
        with at(entry):
            if entry.method == "POST" and not entry.search:
                await _prepare_create(ctx, plan, entry, base)
            elif entry.method == "PUT":
                await _prepare_update(ctx, plan, entry, base)
            elif entry.method == "DELETE":
                await _prepare_delete(ctx, plan, entry, base)
            elif entry.method == "PATCH":
                await _prepare_patch(ctx, plan, entry, base)


async def _prepare_create(ctx: Context, plan: Plan, entry: Entry, base: str) -> None:
    if entry.operation:
        raise Malformed(
            "An operation that may change something is for a batch",
            expression=(f"{entry.place}.request.url",),
        )
    if entry.resource is None:
        return None
    if criteria := entry.request.get("ifNoneExist"):
        first = plan.conditions.setdefault((entry.type, criteria), entry)
        if first is not entry and first.method == "POST" and first.resource is not None:
            return _name_as(plan, entry, first)
        found = await _left(ctx, plan, await condition(ctx, entry.type, criteria, base))
        if found is not None:
            plan.matched[entry.place] = found
            return _name(plan, entry, found.id)
    entry.resource["id"] = new_id()
    return _claim(plan, entry, entry.resource["id"])


async def _left(ctx: Context, plan: Plan, query: Query) -> Stored | None:
    """The one match that is there when the deletions are done."""
    gone = {key for key, entry in plan.targets.items() if entry.method == "DELETE" and key[0] == query.type}
    found = await matches(ctx, query, 1 + len(gone), hold=True)
    left = [stored for stored in found if (stored.type, stored.id) not in gone]
    if len(left) > 1:
        raise MultipleMatches("The condition matches more than one resource")
    return left[0] if left else None


def _name_as(plan: Plan, entry: Entry, first: Entry) -> None:
    """The same conditional create again: it finds what the first one found, or is about to make."""
    if first.place in plan.matched:
        plan.matched[entry.place] = plan.matched[first.place]
        return _name(plan, entry, plan.matched[first.place].id)
    plan.same[entry.place] = first
    return _name(plan, entry, (first.resource or {})["id"])


async def _prepare_update(ctx: Context, plan: Plan, entry: Entry, base: str) -> None:
    if entry.resource is None:
        return
    if entry.criteria:
        first = plan.conditions.setdefault((entry.type, entry.criteria), entry)
        if first is not entry:
            raise _both(first, entry)
        found = await only_match(ctx, await condition(ctx, entry.type, entry.criteria, base), hold=True)
        entry.is_fresh = await settle_id(ctx, entry.resource, found)
        entry.id = entry.resource["id"]
    plan.versions[entry.place] = await version_wanted(ctx, entry.headers, entry.resource)
    _claim(plan, entry, entry.id)


async def _prepare_delete(ctx: Context, plan: Plan, entry: Entry, base: str) -> None:
    ids = [entry.id]
    if entry.criteria:
        most = ctx.place.limits.conditional_deletes
        found = await matches(ctx, await condition(ctx, entry.type, entry.criteria, base), most, hold=True)
        ids = [stored.id for stored in found]
    plan.deletes[entry.place] = ids
    for each in ids:
        _claim(plan, entry, each)


async def _prepare_patch(ctx: Context, plan: Plan, entry: Entry, base: str) -> None:
    """Apply the patch: what is written is its result, provided that nobody else changes the resource meanwhile."""
    if entry.criteria:
        found = await only_match(ctx, await condition(ctx, entry.type, entry.criteria, base), hold=True)
        if found is None:
            raise NotFound("The criteria match nothing to patch")
        entry.id = found.id
    _claim(plan, entry, entry.id)
    stored = await gate.read(ctx, entry.type, entry.id)
    check_version(stored, expected(entry.request.get("ifMatch")))
    alter = patch_of(entry.resource or {}, f"{entry.place}.resource")
    entry.resource = alter(strict_json.loads(stored.body))
    plan.versions[entry.place] = stored.version
    plan.patched |= {entry.place}


def _claim(plan: Plan, entry: Entry, resource_id: str) -> None:
    other = plan.targets.setdefault((entry.type, resource_id), entry)
    if other is not entry:
        raise _both(other, entry)
    _name(plan, entry, resource_id)


def _both(first: Entry, second: Entry) -> Malformed:
    places = sorted((first.place, second.place), key=lambda place: (len(place), place))
    return Malformed(f"{places[0]} and {places[1]} are about the same resource", expression=tuple(places))


def _name(plan: Plan, entry: Entry, resource_id: str) -> None:
    if not entry.full_url:
        return
    plan.names[entry.full_url] = f"{entry.type}/{resource_id}"
    # A new resource may be called by the last part of its fullUrl too: Patient/1 of http://old.example/fhir/Patient/1.
    tail = "/".join(entry.full_url.rsplit("/", 2)[-2:])
    if entry.method == "POST" and "://" in entry.full_url and references.literal(tail, ""):
        plan.names.setdefault(tail, f"{entry.type}/{resource_id}")

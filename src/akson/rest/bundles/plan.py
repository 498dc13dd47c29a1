"""The plan of a transaction: what each entry is about and is called, before anything is written.

http://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from akson.fhir import strict_json
from akson.kit.errors import AksonError, Malformed, NotFound
from akson.kit.ids import new_id
from akson.record import gate
from akson.record.context import Context
from akson.rest.bundles import references
from akson.rest.bundles.entry import Entry
from akson.rest.change import check_version
from akson.rest.condition import condition, only_match
from akson.rest.patch import patch_of
from akson.rest.update import choose_id
from akson.rest.versions import expected
from akson.store.resources import Stored

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
    patched: dict[str, int] = field(default_factory=dict)
    """By place: the version that a patch was applied to; the entry's resource is then the result."""


@contextmanager
def at(entry: Entry) -> Iterator[None]:
    """Say which entry an error is about."""
    try:
        yield
    except AksonError as error:
        error.issues = tuple(replace(i, expression=i.expression or (entry.place,)) for i in error.issues)
        raise


async def prepare(ctx: Context, plan: Plan, base: str) -> None:
    """Look up the conditions, and give every written resource its id and its name."""
    for entry in plan.entries:
        with at(entry):
            if entry.method == "POST":
                await _prepare_create(ctx, plan, entry, base)
            elif entry.method in {"PUT", "DELETE"}:
                await _prepare_change(ctx, plan, entry, base)
            elif entry.method == "PATCH":
                await _prepare_patch(ctx, plan, entry, base)


async def _prepare_create(ctx: Context, plan: Plan, entry: Entry, base: str) -> None:
    if entry.resource is None:
        return
    if criteria := entry.request.get("ifNoneExist"):
        found = await only_match(ctx, await condition(ctx, entry.type, criteria, base), hold=True)
        if found is not None:
            plan.matched[entry.place] = found
            _name(plan, entry, found.id)
            return
    entry.resource["id"] = new_id()
    _claim(plan, entry, entry.resource["id"])


async def _prepare_change(ctx: Context, plan: Plan, entry: Entry, base: str) -> None:
    if entry.criteria:
        found = await only_match(ctx, await condition(ctx, entry.type, entry.criteria, base), hold=True)
        entry.id = found.id if found else ""
        if entry.resource is not None:
            choose_id(entry.resource, entry.id or None)
            entry.id = entry.resource["id"]
    if entry.id:
        _claim(plan, entry, entry.id)


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
    plan.patched[entry.place] = stored.version


def _claim(plan: Plan, entry: Entry, resource_id: str) -> None:
    other = plan.targets.setdefault((entry.type, resource_id), entry)
    if other is not entry:
        raise Malformed(
            f"{other.place} and {entry.place} are about the same resource",
            expression=(other.place, entry.place),
        )
    _name(plan, entry, resource_id)


def _name(plan: Plan, entry: Entry, resource_id: str) -> None:
    if not entry.full_url:
        return
    plan.names[entry.full_url] = f"{entry.type}/{resource_id}"
    # A new resource may be called by the last part of its fullUrl too: Patient/1 of http://old.example/fhir/Patient/1.
    tail = "/".join(entry.full_url.rsplit("/", 2)[-2:])
    if entry.method == "POST" and "://" in entry.full_url and references.literal(tail, ""):
        plan.names.setdefault(tail, f"{entry.type}/{resource_id}")

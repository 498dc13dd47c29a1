"""The door to what is about many resources at once: the latest of each kind, a document, what all meta elements hold."""

from collections.abc import Iterator
from typing import Any

from akson.fhir.model import split_reference
from akson.fhir.search import Query
from akson.fhir.strict_json import loads
from akson.kit.errors import TooLarge
from akson.record import gate, trail
from akson.record.asked import asked
from akson.record.context import Context
from akson.record.gate import granted
from akson.security.actor import Action
from akson.store.operations import latest as store_latest
from akson.store.operations import many
from akson.store.record import resources
from akson.store.record.resources import Stored

LARGEST = 1000
"""Resources of one document."""


async def latest(ctx: Context, query: Query, each: int) -> list[Stored]:
    """The latest observations of every code among those that a query finds; see `store.latest`."""
    grant = granted(ctx, Action.SEARCH, query.type)
    found = await store_latest.latest(ctx.tx, grant.scope, query, each)
    await trail.seen(ctx, grant, Action.SEARCH, found, query.type, asked(query))
    return found


async def metas(ctx: Context, resource_type: str) -> dict[str, list[Any]]:
    """The different profiles, security labels and tags of all resources of a type, or of all types ("")."""
    grant = granted(ctx, Action.SEARCH, resource_type)
    found = await many.metas(ctx.tx, grant.scope, [resource_type] if resource_type else [])
    await trail.seen(ctx, grant, Action.SEARCH, [], resource_type)
    return found


async def with_references(ctx: Context, resource_type: str, resource_id: str) -> list[Stored]:
    """A resource and all that it refers to, directly or through others, as far as the actor may see it.

    NotFound and Gone as for a read; TooLarge beyond LARGEST.
    """
    grant = granted(ctx, Action.READ, resource_type)
    stored = await resources.read(ctx.tx, grant.scope, resource_type, resource_id)
    root = await gate.found(ctx, grant, Action.READ, stored, (resource_type, resource_id))
    found, fresh = {(root.type, root.id): root}, [root]
    everywhere = granted(ctx, Action.READ, "")
    while fresh:
        wanted = {
            key for stored in fresh for key in _referred(loads(stored.body), ctx.node.fhir)
        } - found.keys()
        fresh = await many.read_many(ctx.tx, everywhere.scope, wanted) if wanted else []
        found |= {(stored.type, stored.id): stored for stored in fresh}
        if len(found) > LARGEST:
            raise TooLarge(f"The resource leads to more than {LARGEST} others")
    await trail.seen(ctx, grant, Action.READ, found.values(), resource_type)
    return list(found.values())


def _referred(node: Any, base: str) -> Iterator[tuple[str, str]]:
    """(type, id) of every literal reference to this server."""
    if isinstance(node, dict):
        target = node.get("reference")
        if isinstance(target, str):
            plain = target.removeprefix(f"{base}/")
            if "://" not in plain and split_reference(plain) != ("", ""):
                yield split_reference(plain)
        for value in node.values():
            yield from _referred(value, base)
    elif isinstance(node, list):
        for value in node:
            yield from _referred(value, base)

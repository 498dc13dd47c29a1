"""A SearchParameter that is stored and active is a search parameter of this node, once what is stored is indexed by it."""

from akson.fhir import added
from akson.fhir.model import Resource
from akson.record import reindexing
from akson.record.context import Context
from akson.record.registry import definitions
from akson.store.index import search_parameters

KIND = search_parameters.KIND


async def follow(ctx: Context, identity: str, resource: Resource | None) -> None:
    """Add, change or take away the parameter that this SearchParameter stands for; None: it was deleted.

    Raises Unprocessable with the element at fault: then nothing is stored.
    """
    await search_parameters.hold(ctx.tx)
    # Read anew, and not kept: what this transaction did before may yet be undone.
    known = definitions(await search_parameters.load(ctx.tx))
    present = next((each for each in known.added if each.id == identity), None)
    new = added.read({**resource, "id": identity}, known.others(identity)) if resource else None
    if new is None:
        await search_parameters.remove(ctx.tx, identity)
    elif present is None or present.params != new.params:
        await search_parameters.put(ctx.tx, {**(resource or {}), "id": identity}, ready=False)
        await reindexing.begin(ctx, list(new.kinds), identity)

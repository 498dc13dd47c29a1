"""batch: each entry on its own, with its own outcome. http://hl7.org/fhir/R4/http.html#batch

A batch of plain writes is tried as one block first, which is many times faster; only when the block fails is each
entry done by itself, so that one bad entry costs no other.
"""

from dataclasses import replace

from akson.fhir.model import Resource
from akson.kit.errors import AksonError, Issue
from akson.kit.ids import new_id
from akson.record import gate, trail
from akson.record.context import Context
from akson.rest.bundles import entry
from akson.rest.bundles.entry import Entry
from akson.rest.bundles.transaction import Dispatch, change_of, entry_of, inner, written_entry
from akson.rest.wire import bundle, outcome
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_structure


async def batch(ctx: Context, request: Request, resource: Resource, dispatch: Dispatch) -> Answer:
    """200 with a batch-response, whatever became of the entries."""
    entries = resource.get("entry", [])
    check_structure({name: value for name, value in resource.items() if name != "entry"})
    made = await _block(ctx, request, entries)
    if made is None:
        made = [await _alone(ctx, request, i, raw, dispatch) for i, raw in enumerate(entries)]
    return Answer(200, bundle.assemble("batch-response", made))


async def _block(ctx: Context, request: Request, entries: list[Resource]) -> list[bytes] | None:
    """All entries as one block of writes; None when that cannot be, and nothing is done then."""
    since = len(ctx.looks)
    try:
        items = [entry.read(position, raw, request.base) for position, raw in enumerate(entries)]
        if len(items) < 2 or not all(map(_plain, items)) or len({_key(i) for i in items}) < len(items):
            return None
        check_structure(_bundle(entries))
        for item in items:
            if item.method == "POST" and item.resource is not None:
                item.resource["id"] = new_id()
        async with ctx.tx.savepoint():
            written = await gate.transact(ctx, [change_of(item) for item in items])
    except AksonError:
        del ctx.looks[since:]  # each entry is tried again by itself
        return None
    wanted = request.prefer.get("return", "")
    return [written_entry(request.base, result, wanted) for result in written]


def _bundle(entries: list[Resource]) -> Resource:
    return {"resourceType": "Bundle", "type": "batch", "entry": entries}


def _plain(item: Entry) -> bool:
    conditional = item.criteria or item.headers
    return item.method in {"POST", "PUT"} and not conditional and not item.operation and not item.search


def _key(item: Entry) -> tuple[str, str]:
    return (item.type, item.id or item.place)


async def _alone(ctx: Context, request: Request, position: int, raw: Resource, dispatch: Dispatch) -> bytes:
    since = len(ctx.looks)
    try:
        item = entry.read(position, raw, request.base)
        check_structure(_bundle([raw]))
        async with ctx.tx.savepoint():
            return entry_of(await dispatch(ctx, inner(request, item)), item.method)
    except AksonError as error:
        await trail.again(ctx, since, error)
        issues = tuple(_placed(issue, position) for issue in error.issues)
        response = {"status": str(error.status), "outcome": outcome.resource_of(issues)}
        return bundle.response_entry(response)


def _placed(issue: Issue, position: int) -> Issue:
    """The entry was checked as the only one of a Bundle: say where it really stands."""
    here = f"Bundle.entry[{position}]"
    expression = tuple(path.replace("Bundle.entry[0]", here, 1) for path in issue.expression)
    return replace(issue, expression=expression)

"""Shared lists whose versions have an order: each change comes with the version of the whole list that it was made from, and why.

An item of such a list is written in one transaction with the List (If-Match: what was read is still what stands) and a
Provenance that says what kind of change it is and the reason. The List names all its items and loses none. This holds for whoever
writes to the register from another system; the platform itself keeps to it by its own code.
Source: the shared medicine list of e-resept (M25.1): an order of versions, each with who and why; nothing is sent unless the last
read is the newest.
"""

from collections.abc import Iterable, Sequence

from akson.fhir.model import Resource, reference, split_reference
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.errors import Conflict, Unprocessable, VersionMismatch
from akson.record.change import Change
from akson.record.context import Context
from akson.record.kept import Kept
from akson.security.actor import Action, Kind
from akson.store.record import resources
from akson.store.scope import NODE
from akson.store.search import statements


async def checked(ctx: Context, changes: Sequence[Change], named: Sequence[Resource]) -> None:
    """`named` are the resources of the changes as they will be written. VersionMismatch when the list was changed since
    it was read; Unprocessable where an item comes without its List, or without a reason; Conflict for a second List.
    """
    if not ctx.place.kept or ctx.actor.kind is not Kind.PERSONNEL or not ctx.actor.at_register:
        return
    lists = [pair for pair in zip(changes, named, strict=True) if pair[1]["resourceType"] == "List"]
    for change, resource in lists:
        with change.named():
            await _list(ctx, change, resource)
    for change, resource in zip(changes, named, strict=True):
        for kept in ctx.place.kept:
            if resource["resourceType"] in kept.types and await _stands_on_it(ctx, kept, change, resource):
                with change.named():
                    _item(kept, resource, [each for each in lists if _has(each[1], kept)], named)


async def _stands_on_it(ctx: Context, kept: Kept, change: Change, resource: Resource) -> bool:
    """Whether a resource is an item of the list, or was before this change."""
    if _has(resource, kept):
        return True
    before = await _stored(ctx, resource) if change.action is Action.UPDATE else None
    if before is not None and _has(before, kept):
        raise Unprocessable("An item of the list does not leave it", expression=("meta.tag",))
    return False


async def _list(ctx: Context, change: Change, resource: Resource) -> None:
    kept = next((each for each in ctx.place.kept if _has(resource, each)), None)
    if kept is None:
        raise Unprocessable("A List of this register has the tag of its service", expression=("meta.tag",))
    if change.action is Action.CREATE:
        await _only_one(ctx, kept, resource)
        return
    before = await _stored(ctx, resource)
    if change.if_match is None or before is None:
        raise Unprocessable(
            "A change of the list names the version it was made from (ifMatch)", expression=("ifMatch",)
        )
    if int(before["meta"]["versionId"]) != change.if_match:
        raise VersionMismatch(f"{reference(resource)} was changed since it was read")
    if before | {"meta": 0} == resource | {"meta": 0}:
        raise Unprocessable(
            "The list says when its items were changed, so that each change makes a version of it",
            expression=("List.entry.date",),
        )
    if lost := _items(before) - _items(resource):
        raise Unprocessable(
            f"The list names all its items: {min(lost)} is missing", expression=("List.entry",)
        )


async def _only_one(ctx: Context, kept: Kept, resource: Resource) -> None:
    patient = str(resource.get("subject", {}).get("reference", ""))
    await resources.lock(ctx.tx, [f"list:{kept.tag[1]}:{patient}"])
    query = parse("List", [("patient", patient), ("_tag", "|".join(kept.tag))], base="")
    if (await statements.search(ctx.tx, NODE, query)).matches:
        raise Conflict("The patient has this list already: change the one there is")


def _item(
    kept: Kept, resource: Resource, lists: Iterable[tuple[Change, Resource]], named: Iterable[Resource]
) -> None:
    name = reference(resource)
    if not any(change.action is Action.UPDATE and name in _items(found) for change, found in lists):
        raise Unprocessable(
            "An item is changed in one transaction with the List that names it, and its ifMatch",
            expression=("List.entry.item",),
        )
    told = [each for each in named if each["resourceType"] == "Provenance" and name in _targets(each)]
    if not any(_says_why(kept, each) for each in told):
        raise Unprocessable(
            f"A Provenance of the item says what kind of change it is (activity, from {kept.kinds}) and why (reason.text)",
            expression=("Provenance.reason",),
        )


def _says_why(kept: Kept, provenance: Resource) -> bool:
    kinds = [each.get("system") for each in provenance.get("activity", {}).get("coding", [])]
    return kept.kinds in kinds and any(
        str(each.get("text", "")).strip() for each in provenance.get("reason", [])
    )


def _targets(provenance: Resource) -> set[str]:
    return {_plain(each) for each in provenance.get("target", [])}


def _items(listed: Resource) -> set[str]:
    return {_plain(each.get("item", {})) for each in listed.get("entry", [])}


def _plain(found: Resource) -> str:
    return "/".join(split_reference(str(found.get("reference", ""))))


def _has(resource: Resource, kept: Kept) -> bool:
    tags = resource.get("meta", {}).get("tag", [])
    return any((each.get("system"), each.get("code")) == kept.tag for each in tags)


async def _stored(ctx: Context, resource: Resource) -> Resource | None:
    """As it stands. What is outside the writer's scope is refused by the write itself."""
    found = await resources.read(ctx.tx.as_node, NODE, resource["resourceType"], str(resource.get("id", "")))
    return loads(found.body) if found and not found.deleted else None

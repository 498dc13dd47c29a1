"""The platform's own changes of a shared list that is kept in an order of versions: what the citizen tells stands on it too."""

from collections.abc import Iterable

from akson.exchange.declare import InformationService
from akson.exchange.kept import TOLD, Why, activity, empty, kind_of, name_of, with_item
from akson.fhir.model import Resource, reference, split_reference
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.record import gate
from akson.record.change import Change
from akson.record.context import NODE_ITSELF, Context
from akson.security.actor import Action
from akson.store.record import resources
from akson.store.record.resources import HistoryOf


async def follow(ctx: Context, service: InformationService, item: Resource) -> None:
    """The citizen of the context has written an item: the list names it, in a version of its own that says so.

    `item` as it is stored. Others who write the list at this moment wait, or are told that it changed.
    """
    patient = f"Patient/{ctx.actor.patient}"
    itself = ctx.by(NODE_ITSELF)
    await resources.lock(itself.tx, [f"list:{service.slug}:{patient}"])
    listed = await _listed(itself, service, patient)
    before = int(listed["meta"]["versionId"])
    when = instant(now())
    target = {"reference": reference(item), "display": name_of(item)}
    versions = [
        target | {"reference": f"{target['reference']}/_history/{item['meta']['versionId']}"},
        {"reference": f"{reference(listed)}/_history/{before + 1}"},
    ]
    told: Resource = {
        "resourceType": "Provenance",
        "target": versions,
        "recorded": when,
        "agent": [{"who": {"reference": patient, "display": ctx.actor.name}}],
        **activity(service, Why(TOLD, "Egen opplysning")),
    }
    changed = with_item(listed, target, kind_of(service, TOLD), when)
    await gate.transact(itself, [Change(Action.UPDATE, changed, before), Change(Action.CREATE, told)])


async def versions(ctx: Context, items: Iterable[str]) -> list[Resource]:
    """All versions of items (references), as far as the one who acts may see them."""
    found: list[Resource] = []
    for name in items:
        page = await gate.history(ctx, HistoryOf(*split_reference(name), count=100))
        found += [loads(each.body) for each in page.versions if not each.deleted]
    return found


async def _listed(ctx: Context, service: InformationService, patient: str) -> Resource:
    tag = service.tag
    query = parse("List", [("patient", patient), ("_tag", f"{tag['system']}|{tag['code']}")], base="")
    found = (await gate.search(ctx, query)).matches
    stored = found[0] if found else (await gate.create(ctx, empty(service, patient))).stored
    return loads(stored.body)

"""References of a transaction: renamed to where the resources come to stand; what leads nowhere is refused.

http://hl7.org/fhir/R4/http.html#trules
"""

from akson.kit.errors import Issue, MultipleMatches, Unprocessable
from akson.record import gate
from akson.record.context import Context
from akson.rest.bundles import references
from akson.rest.bundles.among import Written
from akson.rest.bundles.entry import Entry
from akson.rest.bundles.plan import Key, Plan, at
from akson.rest.bundles.references import Link
from akson.rest.interactions.condition import condition, only_match

_OWN_NAMES = ("urn:uuid:", "urn:oid:")


async def resolve(ctx: Context, plan: Plan, base: str) -> None:
    """Unprocessable with the path of every reference that leads nowhere."""
    dangling: list[Issue] = []
    outward: list[tuple[Key, Link, Entry]] = []
    written = Written(plan.targets, await ctx.definitions())
    for entry in plan.entries:
        if entry.resource is None or entry.place in plan.matched:
            continue
        references.rename_narrative(entry.resource, plan.names)
        for link in references.links(entry.resource):
            if references.rename(link, plan.names) or not link.is_reference:
                continue
            if "?" in link.target:
                with at(entry):
                    await _resolve_condition(ctx, plan, written, (link, entry))
            elif link.target.startswith(_OWN_NAMES):
                dangling.append(_dangling(link, entry, "has no entry with this fullUrl in the Bundle"))
            elif entry.place not in plan.patched and (key := _outward(link, plan, base)):
                outward.append((key, link, entry))
    absent = await gate.absent(ctx, {key for key, _, _ in outward}) if outward else frozenset()
    dangling += [
        _dangling(link, entry, "is neither in the Bundle nor on this server")
        for key, link, entry in outward
        if key in absent
    ]
    if dangling:
        raise Unprocessable("The transaction has references that lead nowhere", issues=tuple(dangling))


def _outward(link: Link, plan: Plan, base: str) -> Key | None:
    """What must be on this server already; a patch is not to answer for what the resource referred to before."""
    key = references.literal(link.target, base)
    return key if key and key not in plan.targets else None


def _dangling(link: Link, entry: Entry, why: str) -> Issue:
    return Issue("not-found", f"The reference {why}", (_path(link, entry),))


def _path(link: Link, entry: Entry) -> str:
    return link.path(entry.resource or {}, f"{entry.place}.resource")


async def _resolve_condition(ctx: Context, plan: Plan, written: Written, place: tuple[Link, Entry]) -> None:
    link, entry = place
    reference = link.target
    wanted = references.conditional(reference)
    if wanted is None:
        return
    if reference not in plan.names:
        query = await condition(ctx, wanted[0], wanted[1], "")
        stored = await only_match(ctx, query)
        found = written.finds(query, [(stored.type, stored.id)] if stored else [])
        path = (_path(link, entry),)
        if not found:
            raise Unprocessable("The conditional reference matches nothing", expression=path)
        if len(found) > 1:
            raise MultipleMatches("The conditional reference matches more than one resource", expression=path)
        plan.names[reference] = "/".join(*found)
    link.holder[link.key] = plan.names[reference]

"""What is about nobody, in a record system: found at the platform, published here by the own units.

The platform is asked as a system: these are read by all who have signed in, and no patient is looked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from akson.exchange import general
from akson.exchange.declare import TAG_SYSTEM, InformationService, Part
from akson.exchange.edge.platform import ERRORS, matches
from akson.exchange.entry import Form
from akson.exchange.finding import find
from akson.exchange.general import Unit
from akson.fhir.model import Resource, reference
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.kit.errors import NotAllowed, NotFound, PeerFailed, VersionMismatch
from akson.record import gate
from akson.record.context import NODE_ITSELF, Context
from akson.security.client import Peer

SCOPE = "akson:samhandling/fhir"
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/fhir+json"}
MOST = "500"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The platform's FHIR API, as a record system asks it for what is about nobody."""

    peer: Peer
    base: str

    async def search(self, type_: str, pairs: Sequence[tuple[str, str]]) -> list[Resource]:
        """What matches, then what it includes. PeerSilent or PeerFailed where the platform does not answer as it should."""
        answer = await self.peer.request(
            "POST",
            f"{self.base}/{type_}/_search",
            scope=SCOPE,
            content=urlencode(pairs).encode(),
            headers=FORM,
        )
        if answer.status_code != 200:
            raise PeerFailed(f"The platform answered {answer.status_code}")
        bundle = loads(answer.content)
        others = [
            e["resource"] for e in bundle.get("entry", []) if e.get("search", {}).get("mode") == "include"
        ]
        return matches(bundle) + others

    async def one(self, type_: str, id_: str) -> Resource:
        """One of them; NotFound where there is none."""
        answer = await self.peer.request("GET", f"{self.base}/{type_}/{quote(id_, safe='')}", scope=SCOPE)
        if answer.status_code >= 400:
            raise ERRORS.get(answer.status_code, NotFound if answer.status_code == 410 else PeerFailed)(
                f"The platform answered {answer.status_code}"
            )
        return loads(answer.content)


async def own(ctx: Context, found: InformationService, part: Part) -> list[Resource]:
    """What the units of this record system have published, also what they have withdrawn."""
    return await find(ctx, part.type, ("_tag", f"{TAG_SYSTEM}|{found.slug}"), ("_count", MOST))


async def publish(
    ctx: Context, found: InformationService, part: Part, form: Form, item: str = "", version: int = 0
) -> Resource:
    """Publish, or change what the own unit has published. NotAllowed for others, VersionMismatch where somebody was before."""
    earlier = await changeable(ctx, found, part, item) if item else None
    if not general.publishes(ctx.actor, found):
        raise NotAllowed("This is published by those who answer for it at the unit")
    resource = general.made(found, part, form, _unit(ctx), earlier)
    return await _kept(ctx, resource, version)


async def withdraw(ctx: Context, found: InformationService, part: Part, item: str, version: int) -> Resource:
    """Take it back: nobody finds it any more, and the unit can publish it again."""
    return await _kept(ctx, general.withdrawn(await changeable(ctx, found, part, item)), version)


async def changeable(ctx: Context, found: InformationService, part: Part, item: str) -> Resource:
    """What the own unit has published. NotFound for what there is not, NotAllowed for what others have."""
    held = loads((await gate.read(ctx, part.type, item)).body)
    if not general.is_published(held):
        raise NotFound("No such item")
    if not general.publishes(ctx.actor, found) or not general.is_of(held, ctx.actor):
        raise NotAllowed("Another unit has published it")
    return held


async def _kept(ctx: Context, resource: Resource, version: int) -> Resource:
    """Written by the node, for what is about nobody is in no record; who may was decided above, and who did is told beside it."""
    if "id" in resource and not version:
        raise VersionMismatch("A change names the version it was made from")
    node = ctx.by(NODE_ITSELF)
    written = (
        await gate.update(node, resource, if_match=version)
        if "id" in resource
        else await gate.create(node, resource)
    )
    kept = loads(written.stored.body)
    who = {"reference": ctx.actor.practitioner, "display": ctx.actor.name}
    told = {
        "resourceType": "Provenance",
        "target": [{"reference": f"{reference(kept)}/_history/{kept['meta']['versionId']}"}],
        "recorded": instant(now()),
        "agent": [{"who": who}],
    }
    await gate.create(node, told)
    return kept


def _unit(ctx: Context) -> Unit:
    actor = ctx.actor
    return Unit(min(actor.units), actor.unit_number, actor.unit_name, actor.name)

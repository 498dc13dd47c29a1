"""Changing a shared list that is kept in an order of versions: items, the List and why, in one transaction or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from akson.exchange.declare import TAG_SYSTEM, InformationService
from akson.exchange.edge.platform import Platform, matches
from akson.exchange.edge.share import only_once, patient_reference, provenance
from akson.exchange.kept import RECONCILED, Why, activity, empty, kind_of, name_of, with_item
from akson.fhir.model import Resource, reference
from akson.kit.clock import instant, now
from akson.kit.errors import VersionMismatch
from akson.kit.ids import new_id
from akson.kit.norwegian import HPR, token
from akson.kit.settings import Node
from akson.security.actor import Actor


@dataclass(frozen=True, slots=True)
class Move:
    """One change of an item. `version` is the one it was made from; None for a new item."""

    resource: Resource
    version: int | None
    why: Why


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who changes a list of which service, from where."""

    platform: Platform
    actor: Actor
    node: Node
    service: InformationService

    async def opened(self, pid: str, read: int | None) -> Resource:
        """The List as the writer read it (`read` is its version; None: there was none). VersionMismatch when it is another
        now. A first writer makes the list, empty: two at once make one.
        """
        about = f"_tag={TAG_SYSTEM}|{self.service.slug}&patient.identifier={token(pid)}"
        if read is None:
            request = {"method": "POST", "url": "List", "ifNoneExist": about}
            made = empty(self.service, patient_reference(pid))
            entry = {"fullUrl": f"urn:uuid:{new_id()}", "request": request, "resource": made}
            await self.platform.transaction([entry])
        (bundle,) = await self.platform.batch([f"List?{about}"])
        listed = next(iter(matches(bundle)), None)
        if listed is None or int(listed["meta"]["versionId"]) != (read or 1):
            raise VersionMismatch("The list was changed since it was read")
        return listed

    async def save(self, listed: Resource, moves: Sequence[Move], *, reconciled: str = "") -> None:
        """Write the moves with the list that they were made from. `reconciled`: the whole list was gone through, and how.

        VersionMismatch when somebody changed the list, or one of the items, in between: then nothing is written.
        """
        version, when = int(listed["meta"]["versionId"]), instant(now())
        after = {"reference": f"{reference(listed)}/_history/{version + 1}"}
        entries, told = [], []
        for move in moves:
            entry, target = _item(move)
            item = {"reference": target.split("/_history/")[0], "display": name_of(move.resource)}
            listed = with_item(listed, item, kind_of(self.service, move.why.kind), when)
            entries.append(entry)
            told.append(self._said(move.why, [item | {"reference": target}, after]))
        if reconciled:
            listed = listed | {"date": when, "source": self._source()}
            told.append(self._said(Why(RECONCILED, reconciled), [after]))
        request = {"method": "PUT", "url": reference(listed), "ifMatch": f'W/"{version}"'}
        entries.append({"request": request, "resource": listed})
        posted = [{"request": {"method": "POST", "url": "Provenance"}, "resource": each} for each in told]
        await self.platform.transaction([*entries, *posted])

    def _said(self, why: Why, targets: list[Resource]) -> Resource:
        made = provenance(self.actor, self.node, targets[0]["reference"])
        return made | activity(self.service, why) | {"target": targets}

    def _source(self) -> Resource:
        actor = self.actor
        who = {"display": ", ".join(filter(None, (actor.name, actor.unit_name, self.node.title)))}
        return who | ({"identifier": {"system": HPR, "value": actor.hpr}} if actor.hpr else {})


def _item(move: Move) -> tuple[Resource, str]:
    """The entry of an item, and a reference to the version that it makes."""
    resource = move.resource
    if move.version is None:
        name = f"urn:uuid:{new_id()}"
        request = {"method": "POST", "url": resource["resourceType"], **only_once(resource)}
        return {"fullUrl": name, "request": request, "resource": resource}, name
    request = {"method": "PUT", "url": reference(resource), "ifMatch": f'W/"{move.version}"'}
    return {"request": request, "resource": resource}, f"{reference(resource)}/_history/{move.version + 1}"

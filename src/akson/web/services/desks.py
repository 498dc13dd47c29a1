"""Where a form of a chart is written to: the register of the platform, or the record of the reader's own system."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from akson.exchange import entry
from akson.exchange.declare import InformationService, Mode, Part
from akson.exchange.edge.kept import Keeper, Move
from akson.exchange.edge.platform import Platform
from akson.exchange.edge.share import URI, Item, Shared, fetch, patient_reference, save
from akson.exchange.entry import Signature
from akson.exchange.kept import Why, ended
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.kit.errors import NotAllowed, NotFound, PeerSilent
from akson.record import gate
from akson.record.context import Context
from akson.web import show
from akson.web.context import context, find, of_type, reach_of, whole
from akson.web.ehr import patient
from akson.web.services import book


@dataclass(frozen=True, slots=True)
class Desk:
    """What one request works on: whose record, which part, and the register opened for that patient."""

    ctx: Context
    person: patient.Patient
    service: InformationService
    part: Part
    platform: Platform
    pid: str

    @property
    def about(self) -> str:
        """The reference to the patient in what is written."""
        return patient_reference(self.pid)

    async def register(self) -> Shared:
        """What the register holds now. PeerSilent when it does not answer."""
        found = await fetch(self.platform, self.service, self.pid)
        if found.silent:
            raise PeerSilent("The register does not answer")
        return found

    async def item(self, found: Shared, wanted: str) -> Item:
        """One item; NotFound when it is not there."""
        for item in found.of(self.part):
            if item.resource["id"] == wanted:
                return item
        raise NotFound("No such item")

    async def version(self, wanted: str, number: int) -> Resource:
        """An item as it was in an earlier version."""
        return await self.platform.read(f"{self.part.type}/{wanted}/_history/{number}")

    async def save(self, resource: Resource, version: int | None, form: Mapping[str, str]) -> None:
        """Write an item; where its list has an order, as a change of the list that was read."""
        if not self.part.kinds:
            await save(self.platform, self.ctx.actor, self.ctx.node, resource, version)
            return
        reasons = (form["change_why"].strip(), form.get("anyway", "").strip())
        why = Why(form["change"], ". ".join(filter(None, reasons)))
        keeper = Keeper(self.platform, self.ctx.actor, self.ctx.node, self.service)
        listed = await keeper.opened(self.pid, whole(form.get("list_version", "")))
        await keeper.save(listed, [Move(ended(resource, why), version, why)])

    def path(self, root: str) -> str:
        """The page of the service."""
        return f"{root}/pasient/{self.person.id}/tjenester/{self.service.slug}"


@dataclass(frozen=True, slots=True)
class OwnDesk(Desk):
    """The same where the record system keeps the item itself, and others look it up."""

    @property
    def about(self) -> str:
        return f"Patient/{self.person.id}"

    async def register(self) -> Shared:
        """Nothing beforehand: an item is read when it is wanted."""
        return Shared(())

    async def item(self, found: Shared, wanted: str) -> Item:  # noqa: ARG002  as a register has it
        pairs = (("_id", wanted), ("patient", self.about), *self.part.pairs)
        held = of_type(await find(self.ctx, self.part.type, *pairs), self.part.type)
        if not held:
            raise NotFound("No such item")
        return Item(self.part, held[0], None)

    async def version(self, wanted: str, number: int) -> Resource:
        stored = await gate.vread(self.ctx, self.part.type, wanted, number)
        return loads(stored.body)

    async def save(self, resource: Resource, version: int | None, form: Mapping[str, str]) -> None:  # noqa: ARG002  as a register has it
        """Write an item, signed by who is at the screen; one that was sent twice is written once."""
        if version is not None:
            await gate.update(self.ctx, resource, if_match=version)
            return
        named = resource["identifier"]
        named = named if isinstance(named, list) else [named]
        keys = [each["value"] for each in named if each.get("system") == URI]
        once = parse(self.part.type, [("identifier", f"{URI}|{keys[0]}")], base=self.ctx.node.fhir)
        await gate.create(self.ctx, entry.signed(self.part, resource, self._signature()), if_none_exist=once)

    def _signature(self) -> Signature:
        actor = self.ctx.actor
        author: Resource = {"reference": actor.practitioner, "display": actor.name}
        units = sorted(each for each in actor.units if each.startswith("Organization/"))
        place: Resource = {"reference": units[0], "display": actor.unit_name} if units else {}
        return Signature(author, place, instant(now()))


async def desk_of(request: Request) -> Desk:
    """Of the part in the address; NotAllowed where the reader registers nothing by hand."""
    ctx = context(request)
    found = book.named(request.path_params["service"])
    part = book.part_of(found, request.path_params["part"])
    if not book.writable(ctx, found, part):
        raise NotAllowed("This is not registered by hand")
    person = await patient.load(ctx, request.path_params["patient"])
    pid = show.national_id(person.resource)
    kind = Desk if found.mode is Mode.SHARE else OwnDesk
    return kind(ctx, person, found, part, reach_of(request).platform(pid), pid)

"""Which services stand where: the order of the groups, and what a reader may see and write of each."""

from collections.abc import Iterable
from itertools import groupby

from akson.exchange.declare import InformationService, Mode, Part, Party, load, service
from akson.kit.errors import NotFound
from akson.record import gate
from akson.record.context import Context
from akson.security.actor import Action
from akson.web.context import readable

GROUPS = ("overview", "history", "request", "citizen", "meet", "report", "general")
OWN_PAGES = {"kritisk-informasjon": "/kritisk", "journaldokumenter": "/dokumenter"}
"""Services whose pages in the chart are older than the declared ones, and know more."""

OWN_FORMS = frozenset({("rapportering-administrativt", "krav")})
"""Parts that personnel register on a page of their own, at the address that a declared form would have."""


def named(slug: str) -> InformationService:
    """A service by the slug of an address; NotFound where there is none."""
    try:
        return service(slug)
    except KeyError as error:
        raise NotFound("No such service") from error


def part_of(found: InformationService, slug: str) -> Part:
    """A part by the slug of an address; NotFound where there is none."""
    try:
        return found.part(slug)
    except KeyError as error:
        raise NotFound("No such part") from error


def of_patients(party: Party) -> list[InformationService]:
    """The services that tell of a patient and that this party takes part in."""
    return [each for each in load() if party in each.parties and not each.is_general]


def grouped(
    services: Iterable[InformationService],
) -> list[tuple[str, list[InformationService]]]:
    """The services under their groups (keys of the catalogues: `catalogue.group_<group>`)."""
    ordered = sorted(services, key=lambda each: (GROUPS.index(each.group), each.number))
    return [(group, list(found)) for group, found in groupby(ordered, key=lambda each: each.group)]


def parts_read(ctx: Context, found: InformationService) -> list[Part]:
    """The parts whose type the reader's role reads at all."""
    return [part for part in found.parts if readable(ctx, part.type)]


def writes(found: InformationService, part: Part, party: Party) -> bool:
    """Whether the party registers items of the part by a form: in the shared register, or in the own record."""
    if found.is_general or part.entry is None:
        return False
    return party in part.entry.writers


def writable(ctx: Context, found: InformationService, part: Part) -> bool:
    """Whether somebody of personnel registers items of the part here: what the own record keeps takes the right to write there."""
    if not writes(found, part, Party.PERSONNEL) and (found.slug, part.slug) not in OWN_FORMS:
        return False
    return found.mode is Mode.SHARE or gate.may(ctx, Action.CREATE, part.type)

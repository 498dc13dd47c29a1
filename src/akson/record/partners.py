"""Case workers and systems of cooperating services (NAV, school, PPT, child welfare ...): who they are, what is shared with them.

At the platform they sign in or show a token of the trust anchor. A record system is asked by the platform, which says for whom;
what that one may see it finds in its own mirror of the citizens' rules.
"""

from collections.abc import Sequence
from dataclasses import replace

from akson.fhir.model import Resource
from akson.kit.norwegian import ORGANIZATION
from akson.kit.settings import Role
from akson.record import trail
from akson.record.context import Context, Place
from akson.record.refused import NOT_SHARED, Refused
from akson.security.actor import Action, Actor, Kind, Share
from akson.security.caller import Caller
from akson.security.rules.partner_case import TYPES
from akson.security.rules.partner_consent import WHO, covers
from akson.security.sharing import Claim
from akson.store.access import partners
from akson.store.database.pool import Tx
from akson.store.scope import AnyOf

KIND = "urn:akson:samarbeidspartner"
"""System of the codes in Organization.type that make it a cooperating service: nav, skole, ppt, barnevern, statsforvalter."""


def kind_of(unit: Resource) -> str:
    """Which cooperating service an Organization is; empty for others."""
    codings = [coding for concept in unit.get("type", []) for coding in concept.get("coding", [])]
    return next((str(each.get("code", "")) for each in codings if each.get("system") == KIND), "")


def number(unit: Resource) -> str:
    """Organisation number; empty without one."""
    numbers = [i["value"] for i in unit.get("identifier", []) if i.get("system") == ORGANIZATION]
    return next(iter(numbers), "")


async def of_post(tx: Tx, place: Place, worker: Actor, units: Sequence[Resource]) -> Actor | None:
    """A case worker with a post at `units`, the unit first; None where that is no cooperating service."""
    if not units or not kind_of(units[0]) or not number(units[0]):
        return None
    top = units[-1]
    made = replace(
        worker,
        kind=Kind.PARTNER,
        units=frozenset({f"Organization/{units[0]['id']}"}),
        above=frozenset(),
        unit_name=units[0].get("name", ""),
        unit_number=number(units[0]),
        unit_numbers=frozenset({number(units[0])}),
        organization=number(top),
        organization_name=top.get("name", ""),
        authorization="",
    )
    return replace(
        made,
        shares=await shares(tx, place, made.unit_number),
        cases=await partners.of_party(tx.as_node, made.unit_number),
    )


async def of_system(tx: Tx, place: Place, caller: Caller, unit: Resource | None) -> Actor:
    """The own system of a cooperating service, or one of whom the platform says that it asks for it.

    At the platform the token says which service it is, which its own register names (`unit`); the caller tells who of it.
    """
    told = caller.partner or Claim()
    if Role.SAMHANDLING in place.node.roles:
        own = caller.unit or caller.organization
        title = unit.get("name", "") if unit else caller.client_name
        told = Claim(own, told.unit or title, caller.organization, title, told.name, told.role)
    return Actor(
        Kind.PARTNER,
        name=told.name or caller.client_name,
        role=told.role,
        unit_name=told.unit,
        unit_number=told.number,
        unit_numbers=frozenset({told.number} - {""}),
        organization=told.organization,
        organization_name=told.organization_name,
        client_id=caller.client_id,
        scopes=caller.scopes,
        token=caller.token,
        shares=await shares(tx, place, told.number),
        cases=await partners.of_party(tx.as_node, told.number),
    )


def claim_of(actor: Actor) -> Claim:
    """What the platform says of a cooperating service to the record systems that it asks for it."""
    return Claim(
        actor.unit_number,
        actor.unit_name,
        actor.organization,
        actor.organization_name,
        actor.name,
        actor.role,
    )


async def shares(tx: Tx, place: Place, unit: str) -> tuple[Share, ...]:
    """What citizens share now with a service (organisation number), as far as this node knows what their services hold."""
    found = await partners.lasting(tx.as_node, subjects(unit))
    made = []
    for each in found:
        known = [place.services[slug] for slug in sorted(each.services) if slug in place.services]
        if known:
            opened = AnyOf(tuple(part for held in known for part in held.parts))
            types = frozenset[str]().union(*(held.types for held in known))
            made.append(Share(each.patient, each.services, opened, types, each.high))
    return tuple(made)


def require(
    ctx: Context, patient: str, kind: str = "", action: Action = Action.SEARCH, *, shared: bool = False
) -> None:
    """Refused, with a row for the patient (id), where nothing of this type is open to the one who asks; "": nothing at all.

    `shared`: what a request is about does not count, only what the citizen shares. The answer is the same for whoever is not
    known here.
    """
    mine = any(each.patient == patient for each in ctx.actor.shares)
    in_case = not shared and patient in ctx.actor.cases and kind in TYPES | WHO | {""}
    if not in_case and (not mine or (kind and not covers(ctx.actor, patient, kind))):
        raise Refused(NOT_SHARED, trail.refused(ctx, action, kind, NOT_SHARED, patient))


def subjects(unit: str) -> frozenset[str]:
    """What a consent may call a service: exactly that one, not those above or below it."""
    return frozenset({f"org:{unit}", f"unit:{unit}"})

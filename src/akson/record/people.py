"""What a proven identity is on this node: which personnel role, which citizen, which other system.

The hooks `find_actor` and `find_roles` that the sign-in and the token checks of `security` ask.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from akson.fhir.model import Resource
from akson.fhir.precision import covers
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.kit.norwegian import DNR, FNR, HER, HPR, ORGANIZATION, token
from akson.kit.settings import Role
from akson.kit.text import text
from akson.record import attest as attests
from akson.record import authorizations, partners, representation
from akson.record.context import Place
from akson.record.relations import is_dead
from akson.security import sharing
from akson.security.actor import Actor, ActsFor, Errand, Kind, Purpose
from akson.security.caller import Caller, RoleChoice
from akson.security.representation import Claim
from akson.security.roles import ROLE_SYSTEM
from akson.security.rules.blocks import subjects
from akson.security.rules.care_relation import parties_of
from akson.security.rules.supplier_errand import SUPPLIER, types_of
from akson.security.scopes import ADMIN, has_scope
from akson.store.access import errands, mirror, openings, relations
from akson.store.database.pool import Tx
from akson.store.database.reader import NODE as READER
from akson.store.record import resources
from akson.store.scope import NODE
from akson.store.search import statements

CITIZEN_SURFACE, PARTNER_SURFACE = "/innbygger", "/partner"
ONESELF = ""
"""The role of a citizen who acts for nobody else."""
KEPT = 5.0
"""Seconds for which it is known whom a token stands for: what the registers say holds within a minute anyway."""
MOST = 2000
"""Tokens of which that is known."""


class People:
    """The people of one node, read from its own register of patients and personnel."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._rules_known = not place.follows
        self._kept: dict[int, tuple[Caller, float, Actor | None]] = {}
        """By the identity of the caller that a checked token gave."""

    async def find_roles(self, caller: Caller) -> Sequence[RoleChoice]:
        """The roles a signed-in person has here; for a citizen those one may act for, and none where there are none."""
        if caller.surface.endswith(CITIZEN_SURFACE):
            return await self._charges(caller)
        async with self._place.database.transaction(read_only=True, reader=READER) as tx:
            roles = await self._roles(tx, caller)
            if caller.surface.endswith(PARTNER_SURFACE):
                units = [await self._units(tx, role["organization"]["reference"]) for role in roles]
                roles = [role for role, unit in zip(roles, units, strict=True) if partners.kind_of(unit[0])]
        return [
            RoleChoice(_ref(role), _title(role), role["organization"].get("display", "")) for role in roles
        ]

    async def find_actor(self, caller: Caller) -> Actor | None:
        """The actor that a session or token stands for; None when the person or system has no business here."""
        if caller.attest is not None:
            return await self._through_another(caller)
        async with self._place.database.singly(READER) as tx:
            if not caller.pid:
                return await self._informed(tx, await self._system(tx, caller))
            if caller.app is not None:
                return await self._with_app(tx, caller)
            if caller.surface and not caller.surface.endswith(CITIZEN_SURFACE):
                return await self._informed(tx, await self._at_work(tx, caller))
            # In the citizen portal, or through it with a token: the person as a citizen, whatever else one is.
            return await self._citizen(tx, caller)

    async def _through_another(self, caller: Caller) -> Actor | None:
        """Whom an attest stands for, kept for a moment: other systems ask many times with one token."""
        kept = self._kept.get(id(caller))
        if kept is not None and kept[0] is caller and time.monotonic() < kept[1]:
            return kept[2]
        async with self._place.database.singly(READER) as tx:
            actor = None
            if not await authorizations.withdrawn(tx, caller.hpr, now()):
                actor = await self._informed(tx, await self._attested(tx, caller))
        if len(self._kept) >= MOST:
            self._kept.clear()
        if actor is None or actor.rules_known:
            self._kept[id(caller)] = caller, time.monotonic() + KEPT, actor
        return actor

    async def _with_app(self, tx: Tx, caller: Caller) -> Actor | None:
        """Whose rights an app uses."""
        if caller.surface.endswith(CITIZEN_SURFACE):
            actor = await self._citizen(tx, caller)
        else:
            actor = await self._personnel(tx, caller)
        if actor is None or actor.role_reference != caller.role:
            return None
        return replace(actor, app=caller.app)

    async def _citizen(self, tx: Tx, caller: Caller) -> Actor | None:
        if caller.surface and caller.role != ONESELF:
            return await self._representative(tx, caller)
        if caller.acts_for:
            return await self._by_right(tx, caller, caller.acts_for)
        patient = await self.patient(tx, caller.pid)
        if patient and is_dead(patient):  # whoever shows an e-ID of the dead is somebody else
            return None
        if patient is None and caller.surface:
            return None
        # A token may be about somebody this node does not know: there is then nothing to see (rule own_record).
        known = patient["id"] if patient else ""
        return Actor(
            Kind.CITIZEN,
            name=caller.name,
            pid=caller.pid,
            client_id="" if caller.surface else caller.client_id,
            patient=known,
            assurance=caller.assurance,
            at_register=Role.SAMHANDLING in self._place.node.roles,
            token=caller.token,
        )

    async def _charges(self, caller: Caller) -> Sequence[RoleChoice]:
        """Oneself and those one may act for; none to choose among for one who acts for nobody."""
        async with self._place.database.transaction(read_only=True, reader=READER) as tx:
            found = await self._acts_for(tx, caller)
        if not found and not caller.role:  # who acts for somebody and may do so no more, goes back to oneself
            return ()
        # The identity number stays here: what is chosen is a Patient.
        others = [
            RoleChoice(patient, each.name, text(f"portal.right_{each.right}"))
            for patient, each in found.items()
        ]
        return [RoleChoice(ONESELF, caller.name, text("portal.right_oneself")), *others]

    async def _acts_for(self, tx: Tx, caller: Caller) -> dict[str, ActsFor]:
        """By reference of the Patient here."""
        if Role.SAMHANDLING not in self._place.node.roles:
            return {}
        found = await representation.of(tx, caller.pid)
        patients = [(await self.patient(tx, each.pid), each) for each in found]
        return {_ref(patient): each for patient, each in patients if patient and not is_dead(patient)}

    async def _representative(self, tx: Tx, caller: Caller) -> Actor | None:
        """Somebody who acts for another, as long as that may be."""
        own = await self.patient(tx, caller.pid)
        acts_for = (await self._acts_for(tx, caller)).get(caller.role)
        if acts_for is None or own is None or is_dead(own):
            return None
        return Actor(
            Kind.REPRESENTATIVE,
            name=caller.name,
            pid=caller.pid,
            patient=caller.role.removeprefix("Patient/"),
            assurance=caller.assurance,
            token=caller.token,
            acts_for=acts_for,
        )

    async def _by_right(self, tx: Tx, caller: Caller, claim: Claim) -> Actor | None:
        """Somebody who shows a token and says for whom: this node looks the right up itself.

        Where it knows of none, there is nobody's record to see, as there is none of somebody who is not known here.
        """
        own = await self.patient(tx, caller.pid)
        patient = await self.patient(tx, claim.pid)
        hub = Role.SAMHANDLING in self._place.node.roles
        areas = await representation.claimed(tx, caller.pid, claim, hub=hub)
        if own and is_dead(own):
            return None
        known = patient if patient and areas and not is_dead(patient) else None
        return Actor(
            Kind.REPRESENTATIVE,
            name=caller.name,
            pid=caller.pid,
            client_id=caller.client_id,
            patient=known["id"] if known else "",
            assurance=caller.assurance,
            token=caller.token,
            acts_for=ActsFor(claim.pid, "", claim.right, areas if known else frozenset()),
        )

    async def _at_work(self, tx: Tx, caller: Caller) -> Actor | None:
        """Personnel; at the pages of cooperating services their case workers, and nobody else."""
        worker = await self._personnel(tx, caller)
        post = await self._post(tx, caller) if caller.surface.endswith(PARTNER_SURFACE) else None
        return await partners.of_post(tx, self._place, worker, post[1]) if worker and post else worker

    async def _post(self, tx: Tx, caller: Caller) -> tuple[Resource, list[Resource]] | None:
        """The role that was chosen and its units, the unit first."""
        # No other role: what it was taken away for may be what the other one would do next.
        chosen = next((role for role in await self._roles(tx, caller) if _ref(role) == caller.role), None)
        return (chosen, await self._units(tx, chosen["organization"]["reference"])) if chosen else None

    async def _personnel(self, tx: Tx, caller: Caller) -> Actor | None:
        post = await self._post(tx, caller)
        if post is None:
            return None
        chosen, units = post
        role, practitioner = _role_code(chosen), chosen["practitioner"]["reference"]
        actor = Actor(
            Kind.PERSONNEL,
            name=caller.name,
            pid=caller.pid,
            hpr=caller.hpr,
            practitioner=practitioner,
            role=role,
            role_reference=_ref(chosen),
            units=frozenset(_ref(unit) for unit in units[:1]),
            unit_name=units[0].get("name", "") if units else "",
            above=frozenset(_ref(unit) for unit in units[1:-1]),
            unit_number=_number(units) or self._place.node.organization,
            unit_numbers=_numbers(units),
            errands=await _errands(tx, practitioner) if role == SUPPLIER else (),
            authorization=await self._authorization(tx, practitioner),
            organization=self._place.node.organization,
            organization_name=self._place.node.title,
            assurance=caller.assurance,
            token=caller.token,
        )
        opened, consented = await openings.lasting(tx, actor.practitioner, subjects(actor))
        return replace(actor, opened=opened, consented=consented)

    async def _attested(self, tx: Tx, caller: Caller) -> Actor:
        """Somebody who acts through another node: the attest names the care relation and the one patient."""
        attest = caller.attest or {}
        practitioner = attest.get("practitioner", {})
        places = [practitioner.get(place, {}) for place in ("point_of_care", "department")]
        named = [patient.get("identifier", {}).get("id", "") for patient in attest.get("patients", [])]
        patient = await self.patient(tx, named[0]) if len(named) == 1 and named[0] else None
        relation = attests.relation(attest)
        actor = Actor(
            Kind.PERSONNEL,
            name=caller.name or practitioner.get("name", "") or caller.client_name,
            pid=caller.pid,
            hpr=caller.hpr,
            role=practitioner.get("authorization", {}).get("text", ""),
            unit_numbers=frozenset({place.get("id", "") for place in places} | {caller.unit}) - {""},
            unit_name=practitioner.get("point_of_care", {}).get("name", ""),
            unit_number=practitioner.get("point_of_care", {}).get("id", ""),
            authorization=practitioner.get("authorization", {}).get("code", ""),
            organization=caller.organization,
            organization_name=practitioner.get("legal_entity", {}).get("name", "") or caller.client_name,
            client_id=caller.client_id,
            patient=patient["id"] if patient else "",
            assurance=caller.assurance,
            scopes=caller.scopes,
            at_register=Role.SAMHANDLING in self._place.node.roles,
            care_relationship=relation,
            opened=frozenset({patient["id"]} if patient and relation.purpose is Purpose.EMERGENCY else ()),
            token=caller.token,
        )
        _, consented = await openings.lasting(tx, "", subjects(actor)) if patient else ((), frozenset())
        return replace(actor, consented=consented & {actor.patient})

    async def _informed(self, tx: Tx, actor: Actor | None) -> Actor | None:
        """The actor, with whether this node has heard what the citizens have closed; once it has, it has for good."""
        if not self._rules_known:
            found = await mirror.followed(tx)
            self._rules_known = found is not None and found.whole_since is not None
        return actor if self._rules_known or actor is None else replace(actor, rules_known=False)

    async def _system(self, tx: Tx, caller: Caller) -> Actor:
        if has_scope(caller, self._place.node, sharing.SCOPE):
            unit = await self.unit(tx, caller.unit or caller.organization)
            return await partners.of_system(tx, self._place, caller, unit)
        return Actor(
            Kind.SYSTEM,
            name=caller.client_name,
            client_id=caller.client_id,
            organization=caller.organization,
            scopes=caller.scopes,
            administers=has_scope(caller, self._place.node, ADMIN),
            token=caller.token,
            app=caller.app,
        )

    async def treated(self, tx: Tx, actor: Actor, pid: str) -> str:
        """Id of the Patient with this identity number whom the actor, the role or the unit treats now, or has opened."""
        patient = await self.patient(tx, pid)
        mine = parties_of(actor)
        found = await relations.of_patient(tx.as_node, patient["id"]) if patient else []
        if patient and (patient["id"] in actor.opened or any(each.party in mine for each in found)):
            return str(patient["id"])
        return ""

    async def works_for_supplier(self, tx: Tx, practitioner: str) -> bool:
        """Whether somebody (reference) has a post at a supplier, also beside others."""
        role = f"{ROLE_SYSTEM}|{SUPPLIER}"
        return bool(await _find(tx, "PractitionerRole", practitioner=practitioner, role=role, active="true"))

    async def patient(self, tx: Tx, pid: str) -> Resource | None:
        """The Patient on this node with a national identity number."""
        return next(iter(await _find(tx, "Patient", identifier=token(pid))), None)

    async def patients(self, tx: Tx, pid: str) -> list[Resource]:
        """All Patients on this node with a national identity number: two may be one person, not yet joined."""
        return await _find(tx, "Patient", identifier=f"{FNR}|{pid},{DNR}|{pid}")

    async def unit(self, tx: Tx, number: str) -> Resource | None:
        """The Organization with this organisation number; None where there is none."""
        return next(iter(await _find(tx, "Organization", identifier=f"{ORGANIZATION}|{number}")), None)

    async def owner(self, tx: Tx, unit: Resource) -> Resource:
        """The legal entity that a unit belongs to; the unit itself where it stands alone."""
        return (await self._units(tx, _ref(unit)))[-1]

    async def unit_names(self, tx: Tx, references: Iterable[str]) -> frozenset[str]:
        """Names of these units and of all below them."""
        names: set[str] = set()
        wanted, met = set(references), set[str]()
        while wanted - met:
            now = wanted - met
            met |= now
            for reference in now:
                unit = await resources.read(tx.as_node, NODE, *reference.split("/", 1))
                names |= {loads(unit.body).get("name", "")} if unit and not unit.deleted else set()
                wanted |= {_ref(each) for each in await _find(tx, "Organization", partof=reference)}
        return frozenset(names - {""})

    async def units_named(self, tx: Tx, names: Iterable[str]) -> frozenset[str]:
        """References of the units of these names, and of all above them."""
        found: set[str] = set()
        waiting = [unit for name in names for unit in await _find(tx, "Organization", **{"name:exact": name})]
        while waiting:
            unit = waiting.pop()
            found.add(_ref(unit))
            above = unit.get("partOf", {}).get("reference", "")
            parent = (
                await resources.read(tx.as_node, NODE, *above.split("/", 1))
                if above and above not in found
                else None
            )
            waiting += [loads(parent.body)] if parent and not parent.deleted else []
        return frozenset(found)

    async def _roles(self, tx: Tx, caller: Caller) -> list[Resource]:
        number = f"{HPR}|{caller.hpr}" if caller.hpr else token(caller.pid)
        found = await _find(tx, "Practitioner", identifier=number)
        if not found or found[0].get("active") is False:
            return []
        roles = await _find(tx, "PractitionerRole", practitioner=_ref(found[0]), active="true")
        return sorted((role for role in roles if covers(role.get("period"), now())), key=_title)

    async def _authorization(self, tx: Tx, reference: str) -> str:
        """Category of health personnel, V9060; empty when none is authorised now."""
        stored = await resources.read(tx.as_node, NODE, *reference.split("/", 1))
        practitioner = loads(stored.body) if stored else {}
        if practitioner.get("active") is False:
            return ""
        return next(iter(authorizations.in_force(practitioner, now())), "")

    async def _units(self, tx: Tx, reference: str) -> list[Resource]:
        """The unit and those above it, the unit first."""
        units: list[Resource] = []
        while reference and len(units) < 10:
            stored = await resources.read(tx.as_node, NODE, *reference.split("/", 1))
            if stored is None or stored.deleted:
                break
            units.append(loads(stored.body))
            reference = units[-1].get("partOf", {}).get("reference", "")
        return units


async def _errands(tx: Tx, practitioner: str) -> tuple[Errand, ...]:
    """What a person of a supplier has been let do, and lasts."""
    return tuple(
        Errand(each.asking.ticket, each.asking.why, each.patient, types_of(each.asking.topics), each.high)
        for each in await errands.lasting(tx, practitioner)
    )


async def _find(tx: Tx, resource_type: str, **params: str) -> list[Resource]:
    query = parse(resource_type, list(params.items()), base="")
    return [loads(stored.body) for stored in (await statements.search(tx.as_node, NODE, query)).matches]


def _number(units: list[Resource]) -> str:
    """The organisation number of the nearest unit that has one."""
    identifiers = [identifier for unit in units for identifier in unit.get("identifier", [])]
    return next((each["value"] for each in identifiers if each.get("system") == ORGANIZATION), "")


def _numbers(units: list[Resource]) -> frozenset[str]:
    """All organisation numbers and HER ids of the units."""
    identifiers = [identifier for unit in units for identifier in unit.get("identifier", [])]
    return frozenset(each["value"] for each in identifiers if each.get("system") in {ORGANIZATION, HER})


def _ref(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _role_code(role: Resource) -> str:
    codings = [coding for concept in role.get("code", []) for coding in concept.get("coding", [])]
    return next((coding["code"] for coding in codings if coding.get("system") == ROLE_SYSTEM), "")


def _title(role: Resource) -> str:
    concept = role.get("code", [{}])[0]
    return str(concept.get("text") or concept.get("coding", [{}])[0].get("display", ""))

"""A cooperating service that the citizen's team or plan names takes part in it: answers a meeting, and keeps its own goals and measures.

Who coordinates the help asks other services into the team (helse- og omsorgstjenesteloven 7-1 and 7-2; forskrift om habilitering og
rehabilitering 16: the citizen takes part, and agrees). What such a service sees rests on the consent (rule `partner_consent`), service by
service, and so does what it writes. The platform finds whom the team and the plan name (`exchange/hub/taking_part.py`), and which items are
a service's own. The citizen, and who decides on privacy for one, takes a service out of the team.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.representation import PRIVACY
from akson.store.scope import AllOf, AnyOf, OfPatients, OfTypes, Predicate, Tagged

SYSTEM = "https://akson.example/fhir/CodeSystem/informasjonstjeneste"
PLANS, TEAMS = "planer", "team-og-moeter"
"""Slugs of the services that hold the plans, and the teams and meetings."""
WRITES = {PLANS: frozenset({"Goal", "ServiceRequest"}), TEAMS: frozenset({"Appointment"})}
TOLD = frozenset({"Provenance"})
"""Who wrote, and for whom, goes with every change."""
TEAM = frozenset({"CareTeam"})


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if not actor.takes_part:
        return None
    if actor.kind is Kind.PARTNER:
        return _of_partner(actor, action, resource_type)
    return _of_citizen(actor, action, resource_type)


def _of_partner(actor: Actor, action: Action, resource_type: str) -> Predicate | None:
    may = {Action.CREATE: WRITES[PLANS] | TOLD, Action.UPDATE: WRITES[PLANS] | WRITES[TEAMS]}
    if resource_type not in may.get(action, frozenset()):
        return None
    opened: list[Predicate] = []
    shared: set[str] = set()
    for slug, types in WRITES.items():
        whose = {each.patient for each in actor.shares if slug in each.services} & actor.takes_part
        shared |= whose
        if whose and types & may[action]:
            tag = Tagged(frozenset({f"{SYSTEM}|{slug}"}))
            opened.append(AllOf((OfTypes(types & may[action]), tag, OfPatients(frozenset(whose)))))
    if shared and action is Action.CREATE:
        opened.append(AllOf((OfTypes(TOLD), OfPatients(frozenset(shared)))))
    return AnyOf(tuple(opened)) if opened else None


def _of_citizen(actor: Actor, action: Action, resource_type: str) -> Predicate | None:
    acts = actor.acts_for.areas if actor.acts_for else frozenset()
    decides = actor.kind is Kind.CITIZEN or (actor.kind is Kind.REPRESENTATIVE and PRIVACY in acts)
    if not decides or actor.app or actor.client_id or actor.patient not in actor.takes_part:
        return None
    of_patient = OfPatients(frozenset({actor.patient}))
    if action is Action.CREATE and resource_type in TOLD:
        return AllOf((OfTypes(TOLD), of_patient))
    if action is not Action.UPDATE or resource_type not in TEAM:
        return None
    return AllOf((OfTypes(TEAM), Tagged(frozenset({f"{SYSTEM}|{TEAMS}"})), of_patient))

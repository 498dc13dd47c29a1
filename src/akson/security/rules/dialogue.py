"""Who takes part in a thread of the dialogue service reads and writes it: the citizen, who acts for one, and the unit that was written to.

Whoever writes to a unit lets those who work there read and answer (pasient- og brukerrettighetsloven 3-1 and 3-2; helsepersonelloven
25). Another service takes part where the citizen has written to it or let it in, or where it has written itself. The rule holds at the platform's desk of the service alone, which says in whose threads somebody is (`exchange/hub/dialogue`);
what the patient has closed to somebody stays closed.
"""

from akson.security.actor import Action, Actor, Kind, Purpose, Talks
from akson.security.representation import APPOINTMENTS, RECORD
from akson.security.rules.rule import READING
from akson.store.scope import AllOf, AnyOf, Labelled, OfPatients, OfTypes, Predicate

SYSTEM = "urn:akson:dialogue"
THREAD = f"{SYSTEM}|thread"
"""Label of all that belongs to threads."""
PARTY = "urn:akson:dialogue:party"
"""System of the labels that say which units take part, by HER-id, and whether the citizen does."""
CITIZEN = "citizen"
INVITED = "urn:akson:dialogue:invited"
"""System of the labels that say which other citizens are invited to a meeting, by id of the Patient."""
MEETING = "Appointment"
TYPES = frozenset({"Task", "Communication", "Binary", "ServiceRequest", MEETING})
"""The thread itself, its messages and their files, what is applied for in it; a meeting."""
WHO = frozenset({"Patient"})
ACTIONS = READING | {Action.CREATE, Action.UPDATE}


def may_talk(actor: Actor) -> bool:
    """Whether this is a citizen, or somebody who acts for one in what the record is about."""
    if actor.kind is Kind.CITIZEN:
        return bool(actor.patient and not actor.app and not actor.client_id)
    return bool(actor.patient and actor.acts_for and RECORD in actor.acts_for.areas and not actor.client_id)


def may_meet(actor: Actor) -> bool:
    """Whether this is a citizen, or somebody who acts for one where appointments are concerned."""
    areas = actor.acts_for.areas if actor.acts_for else frozenset()
    return may_talk(actor) or bool(actor.patient and APPOINTMENTS in areas and not actor.client_id)


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.talks is None or action not in ACTIONS:
        return None
    if actor.kind not in {Kind.PERSONNEL, Kind.PARTNER}:
        return _of_citizen(actor, actor.talks, resource_type)
    of_patients = OfPatients(actor.talks.patients)
    if resource_type in WHO and action in READING:
        return AllOf((OfTypes(WHO), of_patients))
    labels = frozenset(f"{PARTY}|{unit}" for unit in actor.talks.units)
    types = TYPES - {MEETING} if actor.kind is Kind.PARTNER else TYPES
    return AllOf((OfTypes(types), of_patients, Labelled(labels))) if resource_type in types else None


def _of_citizen(actor: Actor, talks: Talks, resource_type: str) -> Predicate | None:
    """The own threads and meetings, and meetings of others that one is invited to."""
    types = TYPES if may_talk(actor) else frozenset({MEETING}) if may_meet(actor) else frozenset()
    if resource_type not in types:
        return None
    own = OfPatients(frozenset({actor.patient}))
    mine = AllOf((OfTypes(types), own, Labelled(frozenset({f"{PARTY}|{CITIZEN}"}))))
    if not talks.patients - {actor.patient}:
        return mine
    invited = Labelled(frozenset({f"{INVITED}|{actor.patient}"}))
    return AnyOf((mine, AllOf((OfTypes(frozenset({MEETING})), OfPatients(talks.patients), invited))))

"""Who reads the access log: the citizen it is about, and those who answer for how a record system is used.

Pasientjournalloven 18 and pasientjournalforskriften 14 (the citizen); Normen, log control (the privacy officer for the
whole node, a leader for what the own units have done). Nobody writes to it: rows come only with the access they tell of.
"""

from typing import NamedTuple

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.representation import RECORD
from akson.security.rules.rule import READING
from akson.store.scope import AllOf, Nothing, OfPatients, OfTypes, Predicate

LOG = "AuditEvent"
PRIVACY_OFFICER = "personvernansvarlig"
LEADER = "avdelingsleder"


class View(NamedTuple):
    """How much of the log somebody reads."""

    patients: frozenset[str] | None = None
    """Ids of Patients; None for everyone."""
    own_units: bool = False
    """Only what others of the reader's unit and the units below it have done."""


def view(actor: Actor) -> View | None:
    """How much `actor` reads; None for nothing."""
    if actor.kind is Kind.CITIZEN:  # one whom this node does not know has an empty log here, and no refusal
        return View(frozenset({actor.patient} - {""}))
    if (
        actor.kind is Kind.REPRESENTATIVE
        and actor.acts_for
        and (RECORD in actor.acts_for.areas or not actor.patient)
    ):  # of one for whom this node knows no right the log is as empty
        return View(frozenset({actor.patient} - {""}))
    if actor.kind is not Kind.PERSONNEL or actor.client_id:
        return None
    if actor.role == PRIVACY_OFFICER:
        return View()
    return View(own_units=True) if actor.role == LEADER and actor.units else None


def sees_all(actor: Actor) -> bool:
    """Whether `actor` answers for the whole node: reads all of its log, and may ask who can read whom."""
    seen = view(actor)
    return seen is not None and seen.patients is None and not seen.own_units


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if resource_type != LOG or action not in READING or (seen := view(actor)) is None:
        return None
    of_type = OfTypes(frozenset({LOG}))
    if seen.patients is None:
        return of_type
    return AllOf((of_type, OfPatients(seen.patients))) if seen.patients else Nothing()

"""The first rules: role and unit, care relation, own record, attested care; default deny."""

from dataclasses import replace

import pytest

from akson.kit.text import catalogue
from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.policy import Grant, Refusal, decide
from akson.security.rules import RULES
from akson.store.scope import (
    AllOf,
    AnyOf,
    CareRelation,
    Everything,
    Labelled,
    Nothing,
    OfPatients,
    OfTypes,
    Predicate,
)

NURSE = Actor(
    Kind.PERSONNEL,
    role="hjemmesykepleier",
    units=frozenset({"Organization/nord"}),
    practitioner="Practitioner/hanne",
)
CITIZEN = Actor(Kind.CITIZEN, patient="ingrid", assurance=4)
ATTESTED = Actor(
    Kind.PERSONNEL,
    client_id="sykehus",
    patient="ingrid",
    care_relationship=(("purpose_of_use", "TREAT"),),
    at_register=True,
)


def parts(predicate: Predicate) -> list[Predicate]:
    """A predicate and all it is made of."""
    inner = predicate.parts if isinstance(predicate, AllOf | AnyOf) else ()
    return [predicate, *(each for part in inner for each in parts(part))]


def granted(actor: Actor, action: Action, resource_type: str) -> Grant | None:
    decision = decide(actor, action, resource_type, Purpose.TREATMENT)
    return decision if isinstance(decision, Grant) else None


def test_a_nurse_reads_those_her_unit_treats() -> None:
    grant = granted(NURSE, Action.READ, "AllergyIntolerance")
    assert grant is not None
    assert grant.scope.reason == "reason.care_relation"
    assert CareRelation(frozenset({"Organization/nord", "Practitioner/hanne"})) in parts(
        grant.scope.predicate
    )
    assert Everything() not in parts(grant.scope.predicate)


def test_a_citizen_reads_only_oneself_and_writes_nothing() -> None:
    grant = granted(CITIZEN, Action.SEARCH, "Condition")
    assert grant is not None
    assert OfPatients(frozenset({"ingrid"})) in parts(grant.scope.predicate)
    assert granted(CITIZEN, Action.UPDATE, "Condition") is None


def test_an_attest_opens_the_one_patient_it_names() -> None:
    grant = granted(ATTESTED, Action.CREATE, "AllergyIntolerance")
    assert grant is not None
    assert OfPatients(frozenset({"ingrid"})) in parts(grant.scope.predicate)


def test_nobody_changes_another_systems_record_and_nothing_is_deleted() -> None:
    elsewhere = replace(ATTESTED, at_register=False)
    assert granted(elsewhere, Action.READ, "Observation") is not None
    for action in (Action.CREATE, Action.UPDATE, Action.DELETE):
        assert granted(elsewhere, action, "AllergyIntolerance") is None
        assert granted(ATTESTED, action, "Patient") is None
        assert granted(ATTESTED, action, "EpisodeOfCare") is None
    assert granted(ATTESTED, Action.DELETE, "AllergyIntolerance") is None
    assert granted(ATTESTED, Action.UPDATE, "Provenance") is None


@pytest.mark.parametrize(
    "actor",
    [
        Actor(Kind.ANYONE),
        Actor(Kind.SYSTEM, client_id="fremmed"),
        Actor(Kind.PERSONNEL),
        Actor(Kind.PERSONNEL, role="driftsansvarlig", units=frozenset({"Organization/drift"})),
        Actor(Kind.PERSONNEL, role="hjemmesykepleier"),
        Actor(Kind.PERSONNEL, client_id="sykehus", patient="ingrid"),
    ],
)
@pytest.mark.parametrize("action", list(Action))
def test_what_no_rule_grants_is_refused(actor: Actor, action: Action) -> None:
    assert decide(actor, action, "Condition", Purpose.TREATMENT) == Refusal("reason.no_rule")


def test_only_a_system_with_the_right_to_it_administers_and_the_right_opens_nothing_else() -> None:
    admin = Actor(Kind.SYSTEM, client_id="drift", administers=True)
    grant = granted(admin, Action.ADMINISTER, "")
    assert grant is not None
    assert grant.scope.predicate == Everything()
    assert all(
        granted(admin, action, "Condition") is None for action in Action if action is not Action.ADMINISTER
    )
    for other in (NURSE, CITIZEN, ATTESTED, Actor(Kind.SYSTEM, client_id="drift")):
        for kind in ("", "Patient", "Condition", "Organization", "AuditEvent"):
            assert granted(other, Action.ADMINISTER, kind) is None
            assert granted(replace(NURSE, administers=True), Action.ADMINISTER, kind) is None


@pytest.mark.parametrize(
    "actor",
    [
        Actor(Kind.CITIZEN),
        Actor(Kind.PERSONNEL, client_id="sykehus", care_relationship=(("purpose_of_use", "TREAT"),)),
    ],
)
def test_about_somebody_unknown_here_there_is_nothing_to_see_and_nothing_may_be_written(actor: Actor) -> None:
    grant = granted(actor, Action.SEARCH, "Condition")
    assert grant is not None
    assert grant.scope.predicate == Nothing()
    assert granted(actor, Action.CREATE, "Condition") is None


def test_a_case_handler_does_not_read_diagnoses() -> None:
    handler = Actor(Kind.PERSONNEL, role="saksbehandler", units=frozenset({"Organization/tildeling"}))
    assert granted(handler, Action.READ, "EpisodeOfCare") is not None
    assert granted(handler, Action.READ, "Condition") is None


def test_no_scope_reaches_types_beyond_the_role() -> None:
    grant = granted(NURSE, Action.READ, "Condition")
    assert grant is not None
    types = [each for each in parts(grant.scope.predicate) if isinstance(each, OfTypes)]
    assert types
    assert all("AuditEvent" not in each.types for each in types)


def test_every_reason_has_its_text() -> None:
    texts = catalogue("nb")
    assert all(rule.reason in texts for rule in RULES)


@pytest.mark.parametrize(
    ("actor", "whose"),
    [
        (Actor(Kind.SYSTEM, client_id="c"), "system/c"),
        (CITIZEN, "citizen/ingrid"),
        (ATTESTED, "attest/sykehus//ingrid"),
    ],
)
def test_callers_with_a_token_have_subscriptions_of_their_own(actor: Actor, whose: str) -> None:
    for action in (Action.READ, Action.SEARCH, Action.CREATE, Action.UPDATE, Action.DELETE):
        grant = granted(actor, action, "Subscription")
        assert grant is not None
        assert Labelled(frozenset({f"urn:akson:owner|{whose}"})) in parts(grant.scope.predicate)


def test_nobody_else_subscribes() -> None:
    for actor in (NURSE, replace(CITIZEN, patient=""), Actor(Kind.ANYONE)):
        assert granted(actor, Action.CREATE, "Subscription") is None

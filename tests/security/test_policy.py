"""The first rules: role and unit, care relation, own record, attested care; default deny."""

from dataclasses import replace

import pytest

from akson.kit.clock import now
from akson.kit.text import catalogue
from akson.security.actor import Action, Actor, Attested, Kind, Purpose
from akson.security.policy import Grant, Ground, Refusal, decide
from akson.security.rules import RESTRICTIONS, RULES
from akson.security.rules.blocks import subjects
from akson.security.rules.rule import Basis
from akson.store.access.relations import BEGINNING, END
from akson.store.index.hashing import patient_number
from akson.store.scope import (
    AllOf,
    AnyOf,
    CareRelation,
    Everything,
    Labelled,
    NotBlocked,
    Nothing,
    OfPatients,
    OfTypes,
    Predicate,
    Scope,
)
from akson.store.scope_holds import Block, Row

NURSE = Actor(
    Kind.PERSONNEL,
    role="hjemmesykepleier",
    units=frozenset({"Organization/nord"}),
    practitioner="Practitioner/hanne",
    authorization="SP",
    assurance=4,
)
CITIZEN = Actor(Kind.CITIZEN, patient="ingrid", assurance=4)
ATTESTED = Actor(
    Kind.PERSONNEL,
    client_id="sykehus",
    patient="ingrid",
    care_relationship=Attested(Purpose.TREATMENT),
    at_register=True,
    authorization="LE",
    assurance=4,
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
        Actor(Kind.PERSONNEL, role="hjemmesykepleier", authorization="SP", assurance=4),
        Actor(Kind.PERSONNEL, client_id="sykehus", patient="ingrid", authorization="LE", assurance=4),
        replace(NURSE, authorization=""),
        replace(NURSE, role="veterinaer", authorization="VE"),
        replace(ATTESTED, authorization=""),
        replace(ATTESTED, authorization="VE"),
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
        replace(CITIZEN, patient=""),
        replace(ATTESTED, patient=""),
    ],
)
def test_about_somebody_unknown_here_there_is_nothing_to_see_and_nothing_may_be_written(actor: Actor) -> None:
    grant = granted(actor, Action.SEARCH, "Condition")
    assert grant is not None
    assert grant.scope.predicate == Nothing()
    assert granted(actor, Action.CREATE, "Condition") is None


def test_a_case_handler_does_not_read_diagnoses() -> None:
    handler = replace(
        NURSE, role="saksbehandler", units=frozenset({"Organization/tildeling"}), authorization=""
    )
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
    assert all(rule.reason in texts for rule in (*RULES, *RESTRICTIONS))


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


INGRID = patient_number("ingrid")
NORD = frozenset({"Organization/nord"})
NAMED = replace(
    NURSE,
    hpr="1",
    unit_number="10",
    unit_numbers=frozenset({"10", "11"}),
    organization="20",
)


def of_ingrid(kind: str, parties: frozenset[str] = frozenset(), *blocks: Block) -> Row:
    return Row(now(), INGRID, kind, 1, parties=parties, blocks=blocks)


def test_each_row_tells_which_rule_let_it_through() -> None:
    relation, opened = CareRelation(NORD), OfPatients(frozenset({"ingrid"}))
    grounds = (
        Ground(relation, "reason.care_relation", Basis.UNNTAK),
        Ground(opened, "reason.emergency", Basis.AKUTT),
    )
    grant = Grant(Scope(AnyOf((relation, opened)), grounds[0].reason), grounds=grounds)
    assert grant.ground(of_ingrid("Condition", NORD)) == grounds[0]
    assert grant.ground(of_ingrid("Condition")) == grounds[1]
    assert grant.ground(replace(of_ingrid("Condition"), pat=1)) is None
    looked_up = granted(NURSE, Action.READ, "Patient")
    assert looked_up is not None
    assert looked_up.ground(of_ingrid("Condition")) is None
    told = [looked_up.ground(of_ingrid("Patient", parties)) for parties in (NORD, frozenset[str]())]
    assert [each and each.reason for each in told] == ["reason.care_relation", "reason.patient_lookup"]


def test_the_basis_is_that_of_the_rule() -> None:
    own, nurse = granted(CITIZEN, Action.READ, "Condition"), granted(NURSE, Action.READ, "Condition")
    assert own is not None
    assert nurse is not None
    assert (own.basis, nurse.basis) == (Basis.SAMTYKKE, Basis.UNNTAK)


def test_a_block_holds_whatever_is_granted() -> None:
    assert subjects(NAMED) == {
        "hpr:1",
        "role:hjemmesykepleier",
        "role:SP",
        "unit:10",
        "unit:11",
        "org:20",
    }
    for kind in ("Condition", "Patient"):
        grant = granted(NAMED, Action.READ, kind)
        assert grant is not None
        assert grant.ground(of_ingrid(kind, NORD)) is not None
        for subject in subjects(NAMED):
            closed = Block(frozenset({subject}), BEGINNING, END)
            assert grant.ground(of_ingrid(kind, NORD, closed)) is None
            others = Block(frozenset({subject}), BEGINNING, END, listed=False)
            assert grant.ground(of_ingrid(kind, NORD, others)) is not None


def test_a_block_holds_for_systems_of_others_and_not_for_oneself_or_the_node() -> None:
    for actor, action in ((ATTESTED, Action.READ), (ATTESTED, Action.CREATE), (NURSE, Action.UPDATE)):
        grant = granted(actor, action, "Condition")
        assert grant is not None
        assert NotBlocked(subjects(actor)) in parts(grant.scope.predicate)
    for actor in (CITIZEN, Actor(Kind.NODE)):
        grant = granted(actor, Action.READ, "Condition")
        assert grant is not None
        assert not any(isinstance(each, NotBlocked) for each in parts(grant.scope.predicate))


def test_in_an_emergency_only_what_holds_then_too_stays_closed_and_of_that_patient_alone() -> None:
    grant = granted(replace(NAMED, opened=frozenset({"ingrid"})), Action.READ, "Condition")
    assert grant is not None
    role = Block(frozenset({"role:SP"}), BEGINNING, END)
    person = Block(frozenset({"hpr:1"}), BEGINNING, END, holds_in_emergency=True)
    assert grant.ground(of_ingrid("Condition", NORD, role)) is not None
    assert grant.ground(of_ingrid("Condition", NORD, role, person)) is None
    other = replace(of_ingrid("Condition", NORD, role), pat=patient_number("oskar"))
    assert grant.ground(other) is None


@pytest.mark.parametrize("actor", [NURSE, ATTESTED, CITIZEN])
def test_below_the_highest_level_no_record_opens(actor: Actor) -> None:
    low = replace(actor, assurance=3)
    for action in Action:
        for kind in ("Condition", "Patient", "AuditEvent", "Subscription"):
            assert not isinstance(decide(low, action, kind, Purpose.TREATMENT), Grant)
    assert decide(low, Action.READ, "Condition", Purpose.TREATMENT) == Refusal("reason.low_assurance")
    grant = granted(low, Action.SEARCH, "Organization")
    assert grant is not None
    assert grant.ground(of_ingrid("Patient")) is None


def test_from_other_nodes_too_a_profession_reaches_as_far_as_it_needs() -> None:
    expected = {
        "LE": {"Condition", "FamilyMemberHistory", "MedicationRequest"},
        "TL": {"Condition", "MedicationRequest"},
        "FA1": {"MedicationRequest"},
        "BI": {"Condition"},
        "VE": set(),
        "": set(),
    }
    for code, kinds in expected.items():
        actor = replace(ATTESTED, authorization=code)
        seen = {
            kind
            for kind in ("Condition", "FamilyMemberHistory", "MedicationRequest")
            if granted(actor, Action.READ, kind)
        }
        assert seen == kinds, code
        here = replace(NURSE, authorization=code)
        assert {kind for kind in expected["LE"] if granted(here, Action.READ, kind)} == kinds, code
    pharmacist = replace(ATTESTED, authorization="FA1")
    assert granted(pharmacist, Action.CREATE, "AllergyIntolerance")
    assert not granted(pharmacist, Action.CREATE, "Condition")


def test_an_emergency_ends_with_the_role_that_opened_it():
    nurse = replace(NURSE, opened=frozenset({"ingrid"}))
    closed = (Block(frozenset({"unit:10"}), BEGINNING, END),)
    row = Row(now(), patient_number("ingrid"), "Task", 1, parties=NURSE.units, blocks=closed)
    for actor, seen in ((nurse, True), (replace(nurse, role="saksbehandler"), False)):
        grant = granted(replace(actor, unit_number="10"), Action.READ, "Task")
        assert grant is not None
        assert (grant.ground(row) is not None) is seen

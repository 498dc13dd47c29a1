"""A question about a look: written by the citizen about oneself, read and answered by the leader and the privacy officer."""

from dataclasses import replace

import pytest

from akson.security.actor import Action, Actor, ActsFor, Kind, Purpose
from akson.security.rules.question_to_unit import ASKED, LABEL, grants
from akson.store.scope import AllOf, Labelled, OfPatients, OfTypes

CITIZEN = Actor(Kind.CITIZEN, patient="ingrid")
OFFICER = Actor(Kind.PERSONNEL, role="personvernansvarlig")
LEADER = Actor(Kind.PERSONNEL, role="avdelingsleder", units=frozenset({"Organization/nord"}))
OF_TYPE = OfTypes(frozenset({"Communication"}))


def says(actor, action, kind="Communication"):
    return grants(actor, action, kind, Purpose.TREATMENT)


def test_a_citizen_writes_questions_about_oneself_alone():
    own, labelled = OfPatients(frozenset({"ingrid"})), Labelled(frozenset({LABEL}))
    assert says(CITIZEN, Action.CREATE) == AllOf((OF_TYPE, own, labelled))
    assert says(replace(CITIZEN, patient=""), Action.CREATE) is None


@pytest.mark.parametrize("action", [Action.READ, Action.SEARCH, Action.CREATE])
def test_the_officer_answers_all_and_a_leader_those_to_the_own_units(action):
    assert says(OFFICER, action) == AllOf((OF_TYPE, Labelled(frozenset({LABEL}))))
    assert says(LEADER, action) == AllOf((OF_TYPE, Labelled(frozenset({f"{ASKED}|Organization/nord"}))))


@pytest.mark.parametrize("action", [Action.UPDATE, Action.DELETE, Action.HISTORY, Action.ADMINISTER])
def test_nobody_changes_a_question(action):
    assert [says(actor, action) for actor in (CITIZEN, OFFICER, LEADER)] == [None, None, None]


@pytest.mark.parametrize(
    "actor",
    [
        replace(LEADER, role="hjemmesykepleier"),
        replace(LEADER, units=frozenset()),
        replace(OFFICER, client_id="sykehus"),
        Actor(Kind.REPRESENTATIVE, patient="ingrid"),
        Actor(Kind.SYSTEM, client_id="sykehus"),
    ],
)
def test_it_says_nothing_of_others(actor):
    assert says(actor, Action.CREATE) is None
    assert says(actor, Action.READ) is None


def test_who_acts_for_somebody_asks_where_the_right_is_for_the_record():
    def parent(*areas):
        return Actor(
            Kind.REPRESENTATIVE, patient="noah", acts_for=ActsFor("", "Noah", "FO", frozenset(areas))
        )

    own, labelled = OfPatients(frozenset({"noah"})), Labelled(frozenset({LABEL}))
    assert says(parent("journal"), Action.CREATE) == AllOf((OF_TYPE, own, labelled))
    assert says(parent("personvern", "avtaler"), Action.CREATE) is None
    assert says(parent("journal"), Action.READ) is None  # that is of the rule represented


def test_it_says_nothing_of_other_types():
    assert says(CITIZEN, Action.CREATE, "Task") is None
    assert says(OFFICER, Action.READ, "Condition") is None

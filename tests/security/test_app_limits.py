"""An app sees a row when its user sees it and a scope names it: generated users, scopes and rows, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akson.fhir.spec import spec
from akson.security.actor import Action, Actor, AppRights, Kind, Purpose
from akson.security.app_scopes import LETTERS, AppScope, Level
from akson.security.policy import Grant, decide
from akson.security.roles import OPEN_TYPES
from akson.security.rules.app_limits import NEVER
from akson.store.index.hashing import patient_number
from akson.store.scope_holds import Row, holds

KINDS = ["Patient", "Observation", "Condition", "Practitioner", "Task", "AuditEvent", "Subscription"]
NEEDS = {
    Action.READ: "r",
    Action.SEARCH: "s",
    Action.HISTORY: "rs",
    Action.CREATE: "c",
    Action.UPDATE: "u",
    Action.DELETE: "d",
}
NURSE = Actor(
    Kind.PERSONNEL, role="hjemmesykepleier", role_reference="PractitionerRole/1", units=frozenset({"Organization/1"}),
    assurance=4, rules_known=True,
)  # fmt: skip
USERS = [
    NURSE,
    replace(NURSE, role="saksbehandler"),
    replace(NURSE, role="personvernansvarlig"),
    Actor(Kind.CITIZEN, patient="p1", assurance=4),
    Actor(Kind.CITIZEN, patient="", assurance=4),
]
letters = st.sets(st.sampled_from(LETTERS), min_size=1).map(
    lambda some: "".join(each for each in LETTERS if each in some)
)
scopes = st.builds(
    AppScope,
    st.sampled_from([Level.PATIENT, Level.USER]),
    st.sampled_from([*KINDS, "*"]),
    letters,
    st.sampled_from([(), (("category", "vital-signs"),), (("category", "s|vital-signs"), ("code", "x,y"))]),
)
contents = st.fixed_dictionaries(
    {
        "category": st.lists(
            st.sampled_from(
                [{"coding": [{"system": "s", "code": "vital-signs"}]}, {"coding": [{"code": "lab"}]}, {}]
            ),
            max_size=2,
        ),
        "code": st.sampled_from([{"coding": [{"code": "x"}]}, {"coding": [{"code": "z"}]}, {}]),
    }
)
rows = st.builds(
    lambda pat, kind, related, content: Row(
        datetime(2026, 11, 27, tzinfo=UTC), patient_number(pat) if pat else 0, kind, 1,
        parties=frozenset({"Organization/1"}) if related and pat else frozenset(), content=content,
    ),
    st.sampled_from(["p1", "p2", ""]), st.sampled_from(KINDS), st.booleans(), contents,
)  # fmt: skip


def named(scope, row, action, patient):
    """Whether a scope names a row, said in the plainest way."""
    if scope.kind not in ("*", row.type) or not set(NEEDS[action]) <= set(scope.letters):
        return False
    if scope.level is Level.PATIENT:
        theirs = bool(patient) and row.pat == patient_number(patient)
        if not theirs and not (patient and row.pat == 0 and row.type in OPEN_TYPES):
            return False
    found = {
        ("category", "vital-signs"): "vital-signs" in codes(row, "category"),
        ("category", "s|vital-signs"): "vital-signs" in codes(row, "category"),
        ("code", "x,y"): bool({"x", "y"} & codes(row, "code")),
    }
    return all(found[pair] for pair in scope.narrowed)


def codes(row, element):
    value = row.content[element]
    return {
        c["code"] for each in (value if isinstance(value, list) else [value]) for c in each.get("coding", [])
    }


def sees(actor, action, kind, row):
    made = decide(actor, action, kind, Purpose.TREATMENT)
    return isinstance(made, Grant) and holds(made.scope.predicate, row)


@settings(max_examples=1500)
@given(st.sampled_from(USERS), st.frozensets(scopes, max_size=3), st.sampled_from(["p1", "p2", ""]),
       st.sampled_from(list(NEEDS)), st.sampled_from(KINDS), rows)  # fmt: skip
def test_no_more_than_the_user_and_no_more_than_the_scopes(user, held, patient, action, kind, row):
    app = replace(user, app=AppRights("a", "App", held, patient))
    may_at_all = kind not in NEVER and any(
        each.kind in ("*", kind) and set(NEEDS[action]) <= set(each.letters) for each in held
    )
    expected = (
        may_at_all
        and sees(user, action, kind, row)
        and any(named(each, row, action, patient) for each in held)
    )
    assert sees(app, action, kind, row) == expected


@pytest.mark.parametrize("kind", [*sorted(NEVER), "PrivacySetting", ""])
@pytest.mark.parametrize("action", list(Action))
def test_what_no_app_reaches(kind, action):
    everything = frozenset(AppScope(level, "*", LETTERS) for level in Level)
    for user in [
        *USERS,
        Actor(Kind.SYSTEM, administers=True, client_id="a", scopes=frozenset({"akson:x/personvern"})),
    ]:
        app = replace(user, app=AppRights("a", "App", everything, "p1"))
        assert not isinstance(decide(app, action, kind, Purpose.TREATMENT), Grant)


@pytest.mark.parametrize("kind", sorted(spec().types)[::7])
def test_to_administer_no_scope_is_enough(kind):
    everything = frozenset(AppScope(level, "*", LETTERS) for level in Level)
    system = Actor(Kind.SYSTEM, administers=True, client_id="a", app=AppRights("a", "App", everything, "p1"))
    assert not isinstance(decide(system, Action.ADMINISTER, kind, Purpose.TREATMENT), Grant)

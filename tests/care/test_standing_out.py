"""Which looks stand out: judged by who looked at whom, and by what peers of the same unit do."""

from datetime import UTC, datetime, timedelta

import pytest

from akson.care.standing_out import Facts, Someone, Worker, findings, neighbours
from akson.store.access.follow_up import Look, Relation

THEN = datetime(2026, 11, 1, 12, tzinfo=UTC)
HANNE = Someone("1", "Lunde", "Elveveien 4", "9999")
NURSE = Worker(
    HANNE, frozenset({"Practitioner/hanne", "Organization/nord"}), frozenset({"Organization/nord"})
)
MATE = Worker(Someone("2", "Berg"), units=frozenset({"Organization/nord"}))
ELSEWHERE = Worker(Someone("3", "Dahl"), units=frozenset({"Organization/soer"}))
STAFF = {"Practitioner/hanne": NURSE, "Practitioner/mate": MATE, "Practitioner/other": ELSEWHERE}
STRANGER = Someone("9", "Haugen", "Fjordgata 20", "9999")


def look(pat=7, practitioner="Practitioner/hanne", unit="Nord", days=0):
    moment = THEN + timedelta(days=days)
    return Look(practitioner, "Hanne Lunde", "hjemmesykepleier", unit, pat, 3, moment, moment)


def relation(party="Organization/nord", low=-100, high=100):
    return Relation(7, party, THEN + timedelta(days=low), THEN + timedelta(days=high))


def kinds(patient, *relations):
    return [each.kind for each in findings([look()], Facts(STAFF, {7: patient}, relations))]


@pytest.mark.parametrize(
    ("patient", "kind"),
    [
        (Someone("1", "Lunde"), "own_record"),
        (Someone("2", "Berg"), "colleague"),
        (Someone("8", "LUNDE"), "same_surname"),
        (Someone("8", "Haugen", "elveveien 8", "9999"), "neighbour"),
    ],
)
def test_whom_one_knows_stands_out_also_where_one_treats_them(patient, kind):
    assert kinds(patient, relation()) == [kind]


@pytest.mark.parametrize(
    ("relations", "expected"),
    [
        ((), ["no_relation"]),
        ((relation(),), []),
        ((relation(low=10),), []),
        ((relation(low=15),), ["no_relation"]),
        ((relation(high=-1),), ["no_relation"]),
        ((relation("Organization/soer"),), ["no_relation"]),
        ((relation("Practitioner/hanne"),), []),
    ],
    ids=["none", "then", "soon after", "long after", "before", "of others", "of oneself"],
)
def test_a_stranger_stands_out_without_care_at_the_time_or_soon_after(relations, expected):
    assert kinds(STRANGER, *relations) == expected


def test_somebody_at_work_elsewhere_is_no_colleague():
    assert kinds(Someone("3", "Dahl"), relation()) == []


@pytest.mark.parametrize(
    ("street", "code", "near"),
    [("Elveveien 8", "9999", True), ("Elveveien 9", "9999", False), ("Elveveien 4", "9998", False),
     ("Fjordgata 4", "9999", False), ("Elveveien", "9999", False), ("", "9999", False)],
)  # fmt: skip
def test_neighbours_live_in_one_street_with_numbers_close_to_each_other(street, code, near):
    assert neighbours(HANNE, Someone("8", "X", street, code)) is near


def many(name, number, unit="Nord"):
    return [look(pat, f"Practitioner/{name}", unit, pat % 5) for pat in range(1, number + 1)]


def outlying(*looks):
    everyone = [each for person in looks for each in person]
    related = [
        Relation(pat, "Organization/nord", THEN - timedelta(9), THEN + timedelta(99)) for pat in range(1, 200)
    ]
    staff = {each.practitioner: NURSE for each in everyone}
    found = findings(everyone, Facts(staff, {}, related))
    return [(each.look.practitioner, each.patients, each.usual) for each in found]


def test_one_with_far_more_patients_than_peers_of_the_same_unit_stands_out():
    assert outlying(many("a", 5), many("b", 6), many("c", 7), many("d", 40)) == [("Practitioner/d", 40, 6)]
    assert outlying(many("a", 20), many("b", 21), many("c", 22), many("d", 40)) == []
    assert outlying(many("a", 1), many("b", 1), many("c", 1), many("d", 9)) == []
    assert outlying(many("a", 5), many("b", 6), many("c", 7, "Soer"), many("d", 40)) == []

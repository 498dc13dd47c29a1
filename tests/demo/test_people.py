"""The people and organisations: every number valid, synthetic and nobody else's; every key leads somewhere."""

from datetime import date, timedelta

import pytest

from akson.demo import nodes, personnel, units
from akson.demo.citizens import citizens, citizens_of
from akson.demo.roles import CATEGORIES, ROLES
from akson.kit import norwegian
from akson.kit.settings import Role

TODAY = date(2026, 11, 23)
PERSONS = [
    *personnel.STAFF,
    *(one for citizen in citizens(TODAY) for one in (citizen, *citizen.relatives)),
]


@pytest.mark.parametrize("person", PERSONS, ids=lambda person: person.key)
def test_identity_number_is_valid_and_synthetic(person):
    found = norwegian.parse(person.pid)
    assert found.series is norwegian.Series.TENOR
    assert (found.born, found.sex) == (person.born, person.sex)


def test_nobody_shares_a_number_or_a_key():
    assert len({person.pid for person in PERSONS}) == len(PERSONS)
    assert len({person.key for person in PERSONS}) == len(PERSONS)
    hpr = [staff.hpr for staff in personnel.STAFF if staff.hpr]
    assert len(set(hpr)) == len(hpr)
    assert all(norwegian.is_hpr_number(number) for number in hpr)


def test_organisations_have_synthetic_numbers_and_addresses_of_their_own():
    numbers = [unit.organization_number for unit in units.UNITS]
    assert len(set(numbers)) == len(numbers)
    assert all(norwegian.is_synthetic_organization_number(number) for number in numbers)
    her = [unit.her_id for unit in units.UNITS if unit.her_id]
    her += [it.her_id for it in nodes.INSTALLATIONS.values() if it.her_id]
    assert len(set(her)) == len(her)
    assert all(norwegian.is_her_id(number) for number in her)
    assert all(norwegian.is_kommunenummer(place[2]) for place in units.PLACE.values())


def test_every_key_leads_somewhere():
    for unit in units.UNITS:
        assert not unit.parent or unit.parent in units.BY_KEY
        assert unit.node in units.PLACE
    for staff in personnel.STAFF:
        for post in staff.posts:
            assert post.unit in units.BY_KEY
            assert ROLES[post.role].category == staff.category
        assert bool(staff.hpr) is bool(staff.category)
        assert not staff.category or staff.category in CATEGORIES
    for citizen in citizens(TODAY):
        assert citizen.gp in personnel.BY_KEY_STAFF
        assert set(citizen.nodes) <= set(nodes.INSTALLATIONS)


@pytest.mark.parametrize(
    ("key", "age"),
    [
        ("ingrid", 84),
        ("olav", 71),
        ("emil", 0),
        ("noah", 9),
        ("amira", 16),
        ("tuva", 13),
        ("thomas", 34),
        ("biret", 29),
        ("kari", 52),
        ("per-arne", 63),
        ("yusuf", 41),
        ("astrid", 91),
        ("lukas", 23),
    ],
)
def test_ages_are_those_of_the_journeys(key, age):
    citizen = next(c for c in citizens(TODAY) if c.key == key)
    assert nodes.age(citizen.born, TODAY) == age


@pytest.mark.parametrize("today", [TODAY, date(2028, 2, 29), date(2031, 1, 1)])
def test_the_newborn_is_eight_days_old_whenever_the_demo_starts(today):
    emil = next(c for c in citizens(today) if c.key == "emil")
    assert today - emil.born == timedelta(days=8)
    assert norwegian.parse(emil.pid).born == emil.born


def test_each_node_knows_its_people():
    assert len(citizens_of("journal", TODAY)) == 13
    assert {c.key for c in citizens_of("fjellheim", TODAY)} == {"olav", "yusuf"}
    assert "ingrid" in {c.key for c in citizens_of("sykehus", TODAY)}
    assert len(citizens_of("samhandling", TODAY)) == 13


def test_someone_has_two_posts_and_every_role_is_held():
    assert any(len(staff.posts) == 2 for staff in personnel.STAFF)
    held = {post.role for staff in personnel.STAFF for post in staff.posts}
    assert held == set(ROLES)


def test_nodes_and_their_clients():
    made = {node.name: node for node in nodes.nodes("http://localhost:8000")}
    assert set(made) == {"journal", "sykehus", "fjellheim", "samhandling", "tillitsanker", "iga"}
    assert made["journal"].fhir == "http://localhost:8000/journal/fhir"
    assert made["journal"].trust == made["tillitsanker"].base
    assert made["samhandling"].roles == {Role.SAMHANDLING}
    clients = {client.client_id: client for client in nodes.clients(nodes.nodes("http://localhost:8000"))}
    assert made["tillitsanker"].client_id not in clients
    assert "http://localhost:8000/innbygger" in clients[made["samhandling"].client_id].bases
    assert units.BY_KEY["solvik-legesenter"].organization_number in clients["akson-journal"].units


def test_children_have_no_e_id_and_the_young_do_not_act_for_others():
    found = {person.key: person for person in nodes.persons(TODAY)}
    assert "emil" not in found
    assert "noah" not in found
    assert not found["amira"].adult
    assert found["marit"].adult
    assert found["hanne-lunde"].category == ("SP", "Sykepleier")

"""The start page: everyone on it can sign in where it says, every text is there in every language."""

from datetime import date

import pytest

from akson.demo.build import CHAPTERS, resources
from akson.demo.nodes import nodes, persons
from akson.demo.personnel import STAFF
from akson.demo.roles import ROLES
from akson.demo.start import start
from akson.demo.units import BY_KEY
from akson.kit.text import LANGUAGES, catalogue
from akson.security.roles import DUTIES

TODAY = date(2026, 11, 23)
NODES = nodes("http://localhost:8000")
START = start(NODES)


def test_everyone_on_it_has_an_e_id_and_the_post_that_it_names():
    known = {person.key for person in persons(TODAY)}
    posts = {f"{r['resourceType']}/{r['id']}" for node in CHAPTERS for r in resources(node, TODAY)}
    people = [person for group in START.groups for person in group.people]
    assert len(people) > 30
    for person in people:
        fields = dict(person.fields)
        assert fields["person"] in known
        assert fields.get("role", "") in posts | {""}
        assert person.sign_in.endswith("/login")


def test_personnel_without_pages_are_not_on_it():
    roles = {p.role.removeprefix("demo.role_") for g in START.groups for p in g.people if "role_" in p.role}
    partners = {post.role for staff in STAFF for post in staff.posts if BY_KEY[post.unit].partner}
    others = {"driftsansvarlig", "personvernansvarlig", "leverandoeransatt"}
    assert roles == (roles & set(DUTIES)) | others | partners
    assert roles >= {"fastlege", "hjemmesykepleier", "sykehuslege", "saksbehandler", "helsesykepleier"}


def test_somebody_with_two_posts_is_there_twice():
    roles = [p.role for g in START.groups for p in g.people if p.name == "Siri Aas"]
    assert sorted(roles) == ["demo.role_legevaktlege", "demo.role_sykehjemslege"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there(language):
    keys = [group.title for group in START.groups]
    keys += [person.role for group in START.groups for person in group.people]
    keys += [*START.steps, *(system.about for system in START.nodes)]
    keys += [f"demo.role_{role}" for role in ROLES]
    assert not {key for key in keys if not catalogue(language).get(key)}


def test_all_systems_are_on_it():
    addresses = [system.address for system in START.nodes]
    assert addresses == [
        "/journal/",
        "/sykehus/",
        "/fjellheim/",
        "/samhandling/",
        "/innbygger/",
        "/partner/",
        "/tillitsanker/",
        "/iga/",
    ]

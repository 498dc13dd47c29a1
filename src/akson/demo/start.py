"""What the start page of the demo shows: whom one can be, what to try first, and the systems."""

from dataclasses import replace

from akson.demo.book import post_key
from akson.demo.citizens import CITIZENS, Citizen, Relative
from akson.demo.ids import demo_reference
from akson.demo.nodes import NO_EID
from akson.demo.personnel import STAFF, Post, Staff
from akson.demo.units import BY_KEY
from akson.kit.settings import Node, Role
from akson.security.roles import DUTIES
from akson.security.rules.access_log import PRIVACY_OFFICER
from akson.security.rules.supplier_errand import SUPPLIER
from akson.web.start import Group, Person, Start, System

STEPS = tuple(f"demo.step_{number}" for number in range(1, 11))
GROUPS = {
    "journal": "demo.group_journal",
    "sykehus": "demo.group_sykehus",
    "fjellheim": "demo.group_fjellheim",
    "samhandling": "demo.group_samhandling",
}
RELATIVES = frozenset({"marit", "julie", "kristine", "linn", "wenche", "gunnar"})
"""Those close to a citizen who have something to do in the demo."""
OPERATIONS = "driftsansvarlig"
WORK = frozenset({*DUTIES, PRIVACY_OFFICER, SUPPLIER})
"""Roles with pages in a record system."""


def start(nodes: tuple[Node, ...]) -> Start:
    """The start page for these nodes."""
    groups = [_personnel(node.name) for node in nodes if node.name in GROUPS]
    systems = [System(node.title, f"/{node.name}/", f"demo.node_{node.name}") for node in nodes]
    if any(Role.SAMHANDLING in node.roles for node in nodes):
        groups.insert(2, Group("demo.group_innbygger", tuple(_citizens())))
        groups.append(Group("demo.group_partner", tuple(_case_workers())))
        systems.insert(4, System("Innbyggerportalen", "/innbygger/", "demo.node_innbygger"))
        systems.insert(5, System("Samarbeidspartnere", "/partner/", "demo.node_partner"))
    return Start(tuple(group for group in groups if group.people), STEPS, tuple(systems))


def _personnel(name: str) -> Group:
    """The posts of a node whose holders have pages there."""
    people = [
        _post(name, staff, post)
        for staff in STAFF
        for post in staff.posts
        if BY_KEY[post.unit].node == name
        and (post.role in WORK if name != "samhandling" else post.role == OPERATIONS)
    ]
    return Group(GROUPS[name], tuple(people))


def _post(name: str, staff: Staff, post: Post) -> Person:
    role = demo_reference(name, "PractitionerRole", post_key(staff, post.role, post.unit))
    fields = (("person", staff.key), ("role", role))
    return Person(staff.name, f"demo.role_{post.role}", BY_KEY[post.unit].name, f"/{name}/login", fields)


def _case_workers() -> list[Person]:
    """Those who work at cooperating services, which have pages of their own at the platform."""
    posts = [(staff, post) for staff in STAFF for post in staff.posts if BY_KEY[post.unit].partner]
    return [replace(_post("samhandling", *each), sign_in="/partner/login") for each in posts]


def _citizens() -> list[Person]:
    found: list[Person] = []
    for citizen in CITIZENS:
        if citizen.key not in NO_EID:
            found.append(_citizen(citizen))
        found += [_citizen(relative) for relative in citizen.relatives if relative.key in RELATIVES]
    return found


def _citizen(one: Citizen | Relative) -> Person:
    return Person(
        one.name, f"demo.story_{one.key.replace('-', '_')}", "", "/innbygger/login", (("person", one.key),)
    )

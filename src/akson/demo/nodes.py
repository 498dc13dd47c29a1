"""The installations of the demo: which nodes there are, their clients at the trust anchor, and who has an e-ID."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from akson.demo.citizens import Citizen, Relative, citizens
from akson.demo.personnel import STAFF, Post
from akson.demo.roles import CATEGORIES
from akson.demo.units import BY_KEY, UNITS, owner
from akson.kit.errors import Malformed
from akson.kit.settings import Node, Role, Settings, listed, of_node


class Installation(NamedTuple):
    """A node of the demo before its address is known."""

    title: str
    role: Role
    owner: str
    """Key of the organisation in UNITS."""
    her_id: str = ""


INSTALLATIONS = {
    "journal": Installation("Solvik kommune", Role.JOURNAL, "solvik", "9000110"),
    "sykehus": Installation("Fjordsykehuset", Role.JOURNAL, "fjordsykehuset", "9000210"),
    "fjellheim": Installation("Fjellheim kommune", Role.JOURNAL, "fjellheim", "9000310"),
    "samhandling": Installation("Helhetlig samhandling", Role.SAMHANDLING, "plattform", "9000001"),
    "tillitsanker": Installation("Tillitsanker", Role.TILLITSANKER, "plattform"),
    "iga": Installation("Identitet og tilgang", Role.IGA, "solvik"),
}

SURFACES: Mapping[str, tuple[str, ...]] = {"samhandling": ("innbygger", "partner")}
"""Further path prefixes that a node serves; signing in comes back to each of them."""


def nodes(base: str, addresses: str = "") -> tuple[Node, ...]:
    """The nodes under an address without a trailing slash, e.g. http://localhost:8000.

    `addresses` says which of them answer under another one, as the setting of that name does.
    """

    def at(name: str) -> str:
        return f"{of_node(addresses, name) or base}/{name}"

    return tuple(
        Node(
            name=name,
            roles=frozenset({it.role}),
            base=at(name),
            title=it.title,
            organization=BY_KEY[it.owner].organization_number,
            client_id=client_id(name),
            her_id=it.her_id,
            trust=at("tillitsanker"),
            platform=at("samhandling"),
        )
        for name, it in INSTALLATIONS.items()
    )


def nodes_of(settings: Settings) -> tuple[Node, ...]:
    """All nodes, those of other programs too, where the settings say that they answer."""
    return nodes(f"http://localhost:{settings.port}", settings.addresses)


def served(settings: Settings) -> frozenset[str]:
    """Names of the nodes that this program serves. Malformed when the setting names one that there is not."""
    chosen = listed(settings.nodes)
    if unknown := chosen - INSTALLATIONS.keys():
        raise Malformed(
            f"AKSON_NODES names {', '.join(sorted(unknown))}: there are {', '.join(INSTALLATIONS)}"
        )
    return chosen or frozenset(INSTALLATIONS)


def client_id(name: str) -> str:
    """What a node is called at the trust anchor."""
    return f"akson-{name}"


class Client(NamedTuple):
    """A system that the trust anchor knows: it signs people in and calls other nodes as itself."""

    client_id: str
    title: str
    organization: str
    """Organisation number of the legal entity that runs it."""
    units: tuple[str, ...]
    """Organisation numbers of the units below it."""
    base: str
    bases: tuple[str, ...]
    """All addresses (node and further surfaces) that people sign in at."""

    @property
    def name(self) -> str:
        """The node's."""
        return self.base.rpartition("/")[2]

    @property
    def origin(self) -> str:
        """Where its start page stands."""
        return self.base.rpartition("/")[0]


def clients(known: tuple[Node, ...]) -> tuple[Client, ...]:
    """These nodes as clients; the trust anchor itself is none."""
    return tuple(
        Client(
            node.client_id,
            node.title,
            node.organization,
            tuple(
                u.organization_number
                for u in UNITS
                if u.parent and owner(u).organization_number == node.organization
            ),
            node.base,
            (
                node.base,
                *(f"{node.base.rpartition('/')[0]}/{surface}" for surface in SURFACES.get(node.name, ())),
            ),
        )
        for node in known
        if Role.TILLITSANKER not in node.roles
    )


class Person(NamedTuple):
    """Someone with an e-ID."""

    key: str
    pid: str
    given: str
    family: str
    hpr: str = ""
    category: tuple[str, str] = ("", "")
    """Authorisation as health personnel, V9060."""
    posts: tuple[Post, ...] = ()
    """Work; empty for those who are here as citizens only."""
    adult: bool = True
    """18 or more: may act for others. Those under 13 have no e-ID."""

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"


def persons(today: date) -> tuple[Person, ...]:
    """Everyone who can sign in: personnel, citizens of 13 years and more, and those close to them."""
    found = [
        Person(s.key, s.pid, s.given, s.family, s.hpr, (s.category, CATEGORIES.get(s.category, "")), s.posts)
        for s in STAFF
    ]
    for citizen in citizens(today):
        close: tuple[Citizen | Relative, ...] = (citizen, *citizen.relatives)
        found += [
            Person(one.key, one.pid, one.given, one.family, adult=age(one.born, today) >= 18)
            for one in close
            if age(one.born, today) >= 13
        ]
    return tuple(found)


NEWBORN = frozenset({"emil"})
"""Born eight days before the day when the demo is set up."""
NO_EID = frozenset({"emil", "noah"})
"""Citizens under 13."""


def age(born: date, today: date) -> int:
    """Whole years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

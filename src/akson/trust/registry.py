"""Who the trust anchor knows: systems (clients), APIs and, for the demo e-ID, synthetic people.

What a person may do is no concern of the anchor: roles live in the nodes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from akson.kit.ids import new_id
from akson.store.database.pool import Tx
from akson.store.underway import keep

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)

_CLIENT, _API, _PERSON = "trust-client", "trust-api", "trust-person"


@dataclass(frozen=True, slots=True)
class Client:
    """A system: whose it is, the public keys it signs with, where it may be answered, what it may ask for."""

    client_id: str
    name: str
    organization: str
    """Organisation number of the legal entity (orgnr_parent)."""
    jwks: Mapping[str, Any]
    redirect_uris: frozenset[str] = frozenset()
    logout_uris: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    """API scopes it may have, e.g. akson:samhandling/fhir. Identity scopes need no listing."""
    units: frozenset[str] = frozenset()
    """Organisation numbers of sub-units it may act for."""
    trust_framework: bool = False
    """The owner is a member of the trust framework and has signed its agreement (ATT-12)."""


@dataclass(frozen=True, slots=True)
class Api:
    """An API: scopes `<name>/<right>` give tokens for its audience."""

    name: str
    """e.g. akson:samhandling"""
    audience: str
    """e.g. http://localhost:8000/samhandling"""
    client_id: str = ""
    """The system that answers there; it may exchange the tokens it was called with."""


@dataclass(frozen=True, slots=True)
class Person:
    """A synthetic person of the demo e-ID."""

    handle: str
    """Short public name for addresses, e.g. `kari`; never the identity number."""
    pid: str
    name: str
    hpr: str = ""
    note: str = ""
    """What to say beside the name in the list, e.g. the occupation."""
    subject: str = field(default_factory=new_id)
    """`sub`: a pseudonym that stays."""
    staff: bool = False
    """Stands among those at work in the list."""

    @property
    def initials(self) -> str:
        """Two letters for a round picture."""
        words = self.name.split()
        return "".join(word[:1] for word in (words[:1] + words[1:][-1:])).upper()


async def register_client(tx: Tx, client: Client) -> None:
    """Add or replace a system."""
    sets = ("redirect_uris", "logout_uris", "scopes", "units")
    value = asdict(client) | {name: sorted(getattr(client, name)) for name in sets}
    await keep.put(tx, _CLIENT, client.client_id, value, FOREVER)


async def register_api(tx: Tx, api: Api) -> None:
    """Add or replace an API."""
    await keep.put(tx, _API, api.name, asdict(api), FOREVER)


async def register_person(tx: Tx, person: Person) -> None:
    """Add or replace a person; the pseudonym of one who was there before stays."""
    known = await keep.get(tx, _PERSON, person.handle)
    value = asdict(person) | ({"subject": known["subject"]} if known else {})
    await keep.put(tx, _PERSON, person.handle, value, FOREVER)


async def find_client(tx: Tx, client_id: str) -> Client | None:
    value = await keep.get(tx, _CLIENT, client_id)
    if value is None:
        return None
    sets = {name: frozenset(value[name]) for name in ("redirect_uris", "logout_uris", "scopes", "units")}
    return Client(**(value | sets))


async def find_person(tx: Tx, handle: str) -> Person | None:
    value = await keep.get(tx, _PERSON, handle)
    return Person(**value) if value else None


async def all_people(tx: Tx) -> list[Person]:
    """Everyone who can sign in with the demo e-ID, by name."""
    values = await keep.find(tx, _PERSON)
    return sorted((Person(**value) for value in values.values()), key=lambda person: person.name)


async def owner_of(tx: Tx, audience: str) -> str:
    """The client id of the system that answers for an audience; empty when nobody is known to."""
    found = [value for value in (await keep.find(tx, _API)).values() if value["audience"] == audience]
    return str(found[0].get("client_id", "")) if found else ""


async def audiences(tx: Tx, scopes: frozenset[str]) -> set[str]:
    """The audiences that these API scopes belong to; one that belongs to none counts as its own."""
    found = set()
    for scope in scopes:
        value = await keep.get(tx, _API, scope.rpartition("/")[0])
        found.add(value["audience"] if value else scope)
    return found

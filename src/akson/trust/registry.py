"""Who the trust anchor knows: systems (clients), APIs and, for the demo e-ID, synthetic people.

What a person may do is no concern of the anchor: roles live in the nodes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, date, datetime
from typing import Any

from akson.kit.clock import today
from akson.kit.errors import NotFound
from akson.kit.ids import new_id
from akson.store.database.pool import Tx
from akson.store.underway import keep

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)

_CLIENT, _API, _PERSON, _MEMBER = "trust-client", "trust-api", "trust-person", "trust-member"
_NUMBER = "trust-number"


@dataclass(frozen=True, slots=True)
class Delegation:
    """A health provider lets a supplier's system act for it and its units, for a time."""

    organization: str
    """Organisation number of the legal entity that delegates."""
    units: frozenset[str] = frozenset()
    begins: str = ""
    """First day, ISO 8601; empty: from the beginning."""
    ends: str = ""
    """Last day; empty: until further notice."""


@dataclass(frozen=True, slots=True)
class Membership:
    """An organisation is a member of the trust framework and has signed its agreement (ATT-12)."""

    organization: str
    agreement: str
    """Day the agreement was signed; a member without one attests nothing."""
    begins: str = ""
    ends: str = ""


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
    delegations: tuple[Delegation, ...] = ()
    """For whom else it acts: what makes a supplier's system multi-tenant."""
    members: frozenset[str] = frozenset()
    """Those of the organisations it acts for that are members of the trust framework today. Not stored: looked up."""
    ended: str = ""
    """Day from which the system is no longer let in; empty while it is."""


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
    profession: str = ""
    """Category of health personnel, V9060, of those with a number in the register."""

    @property
    def initials(self) -> str:
        """Two letters for a round picture."""
        words = self.name.split()
        return "".join(word[:1] for word in (words[:1] + words[1:][-1:])).upper()


_SETS = ("redirect_uris", "logout_uris", "scopes", "units")
_STORED = frozenset(each.name for each in fields(Client)) - {"members"}


async def register_client(tx: Tx, client: Client) -> None:
    """Add or replace a system."""
    value = {name: item for name, item in asdict(client).items() if name in _STORED}
    value |= {name: sorted(getattr(client, name)) for name in _SETS}
    value["delegations"] = [asdict(each) | {"units": sorted(each.units)} for each in client.delegations]
    await keep.put(tx, _CLIENT, client.client_id, value, FOREVER)


async def register_member(tx: Tx, membership: Membership) -> None:
    """Add or replace an organisation's membership."""
    await keep.put(tx, _MEMBER, membership.organization, asdict(membership), FOREVER)


async def is_member(tx: Tx, organization: str) -> bool:
    """Whether an organisation is a member with an agreement today."""
    value = await keep.get(tx, _MEMBER, organization)
    if value is None:
        return False
    member = Membership(**value)
    return bool(member.agreement) and in_force(max(member.agreement, member.begins), member.ends)


def in_force(begins: str, ends: str, at: date | None = None) -> bool:
    """Whether a day, this one unless said, lies between two days, both counted in; an empty one is no bound."""
    day = (at or today()).isoformat()
    return begins <= day and (not ends or day <= ends)


async def register_api(tx: Tx, api: Api) -> None:
    """Add or replace an API."""
    await keep.put(tx, _API, api.name, asdict(api), FOREVER)


async def person_of(tx: Tx, pid: str) -> Person | None:
    """The person with an identity number, None when nobody here has it."""
    named = await keep.get(tx, _NUMBER, pid)
    return await find_person(tx, named["handle"]) if named else None


async def register_person(tx: Tx, person: Person) -> None:
    """Add or replace a person; the pseudonym of one who was there before stays."""
    await keep.put(tx, _NUMBER, person.pid, {"handle": person.handle}, FOREVER)
    known = await keep.get(tx, _PERSON, person.handle)
    value = asdict(person) | ({"subject": known["subject"]} if known else {})
    await keep.put(tx, _PERSON, person.handle, value, FOREVER)


async def find_client(tx: Tx, client_id: str) -> Client | None:
    """A system that is let in today, with those of its delegations that are in force. None for any other."""
    value = await keep.get(tx, _CLIENT, client_id)
    client = _client(value) if value else None
    if client is None or is_over(client):
        return None
    delegations = tuple(each for each in client.delegations if in_force(each.begins, each.ends))
    owners = {client.organization, *(each.organization for each in delegations)}
    members = frozenset([owner for owner in owners if await is_member(tx, owner)])
    return replace(client, delegations=delegations, members=members)


def is_over(client: Client) -> bool:
    """Whether a system is let in no more, from today or before."""
    return bool(client.ended) and in_force(client.ended, "")


async def has_ended(tx: Tx, client_id: str) -> bool:
    """Whether somebody has ended this system."""
    value = await keep.get(tx, _CLIENT, client_id)
    return bool(value and value.get("ended"))


async def stored_client(tx: Tx, client_id: str) -> Client:
    """A system as it is registered, also one that has ended. NotFound when there is none."""
    value = await keep.get(tx, _CLIENT, client_id)
    if value is None:
        raise NotFound(f"no system {client_id} is registered")
    return _client(value)


async def all_clients(tx: Tx) -> list[Client]:
    """Every system as it is registered, also one that has ended, by its id."""
    values = await keep.find(tx, _CLIENT)
    return sorted((_client(value) for value in values.values()), key=lambda client: client.client_id)


def _client(value: Mapping[str, Any]) -> Client:
    stored = {name: item for name, item in value.items() if name in _STORED}
    sets = {name: frozenset(value[name]) for name in _SETS}
    delegations = [
        Delegation(**(each | {"units": frozenset(each["units"])})) for each in value.get("delegations", ())
    ]
    return Client(**(stored | sets | {"delegations": tuple(delegations)}))


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

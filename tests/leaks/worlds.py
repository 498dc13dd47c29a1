"""Twin worlds: two nodes that hold the same, but for what one person's record says, which somebody who asks must not know.

Ingrid is treated by the nurse's unit and Per is not. Both worlds have the same of Ingrid, and links from her record to his.
In one, Per has a resource of every type that can be a patient's, full of a secret; in the other he has none.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import httpx

from akson.fhir.extract import extract
from akson.fhir.model import Resource
from akson.fhir.spec import spec
from akson.record import gate
from akson.record.context import NODE_ITSELF, Place, opened
from akson.rest.routes import app
from akson.security.actor import Actor
from akson.store.database.pool import Database
from akson.store.record.bulk import write_many
from akson.store.record.writes import Write
from tests.leaks.filling import Filling, name_of
from tests.record.making import BASE, journal, treated

SECRET, OPEN = "qvaz", "apen"
HIS = Filling("per", SECRET, 37)
HERS = Filling("ingrid", OPEN, 12, others="per")
CHOICES = 2
"""Of each type so many resources, with other types where elements may be of several."""
OF_THE_NODE = frozenset(
    {"Patient", "RelatedPerson", "AuditEvent", "Subscription", "Bundle", "Parameters", "Binary"}
)
"""Types that are open to those who look a person up, or kept in other tables."""


@cache
def kinds() -> tuple[str, ...]:
    """The types whose filled resources are in a patient's record."""
    names = sorted(spec().types - OF_THE_NODE)
    return tuple(each for each in names if extract(HIS.resource(each)).patient == "per")


def secrets() -> list[Resource]:
    """What Per has in one of the worlds."""
    return [of(HIS, kind, choice) for kind in kinds() for choice in range(CHOICES)]


def of(filling: Filling, kind: str, choice: int) -> Resource:
    made = filling.resource(kind, choice)
    return made if not choice else made | {"id": f"{made['id']}-{choice}"}


def person(identity: str, other: str) -> Resource:
    """Linked to the other, as after a merge, and as a newborn and its mother: no link opens anything."""
    links = [
        {"other": {"reference": f"{kind}/{id_}"}, "type": type_}
        for kind, id_, type_ in (
            ("Patient", other, "replaces"),
            ("RelatedPerson", f"{other}-mother", "seealso"),
        )
    ]
    return {"resourceType": "Patient", "id": identity, "name": [{"family": identity}], "link": links}


def mother(identity: str) -> Resource:
    """The one of this name as somebody close to the other."""
    who = {"resourceType": "RelatedPerson", "id": f"{identity}-mother", "active": True}
    related = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "NMTH"}]}
    return who | {"patient": {"reference": f"Patient/{identity}"}, "relationship": [related]}


class World:
    """A node, and how somebody asks it."""

    def __init__(self, database: Database) -> None:
        self.place: Place = journal(database)

    async def fill(self, *, with_secret: bool) -> "World":
        """The same in both worlds, then what Per has in one."""
        async with opened(self.place, NODE_ITSELF) as ctx:
            for name, other in (("ingrid", "per"), ("per", "ingrid")):
                await gate.update(ctx, mother(name))
                await gate.update(ctx, person(name, other))
            await gate.update(ctx, treated())
            own = [of(HERS, kind, choice) for kind in kinds() for choice in range(CHOICES)]
            resources = [*own, *(secrets() if with_secret else [])]
            await write_many(ctx.tx, [Write(r["resourceType"], r["id"], r, extract(r)) for r in resources])
        return self

    @asynccontextmanager
    async def asked_by(self, actor: Actor) -> AsyncIterator[httpx.AsyncClient]:
        """A client of the node's FHIR API on behalf of somebody."""

        @asynccontextmanager
        async def door(_request: object) -> AsyncIterator[object]:
            async with opened(self.place, actor) as ctx:
                yield ctx

        wire = httpx.ASGITransport(app(self.place, door, limit=200_000), root_path="/journal")
        async with httpx.AsyncClient(transport=wire, base_url=BASE) as client:
            yield client


__all__ = ["HERS", "HIS", "OPEN", "SECRET", "World", "kinds", "name_of", "secrets"]

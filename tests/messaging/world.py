"""A platform and two parties, each with a database of its own, who meet through the message API's real routes."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography import x509
from starlette.applications import Starlette
from starlette.requests import Request

from akson.exchange.own_package import own
from akson.fhir.profiles.catalogue import Catalogue
from akson.fhir.validate.full import validate
from akson.kit.errors import PeerSilent
from akson.messaging import msh
from akson.messaging.engine import Engine
from akson.messaging.inbox import Match, Why
from akson.messaging.model import Letter, Person
from akson.messaging.transport import MshTransport
from akson.rest.platform.msh import MessageApi
from akson.store.database.pool import Database, Tx
from akson.store.database.reader import OWNER
from akson.store.underway.messages import Message

OWN = Catalogue({each["url"]: each for each in own().resources}.get)
REQUEST_PROFILE = "https://akson.example/fhir/StructureDefinition/anmodning-om-tjeneste-anmodning"
GP_HER = "8000102"
GP_UNIT = "8000101"
HOSPITAL_HER = "8000202"
COPY_HER = "8000203"
REGISTER = {GP_HER, GP_UNIT, HOSPITAL_HER, COPY_HER}


@dataclass
class Here:
    """A party's surroundings that remember what they were told."""

    patients: dict[str, Match] = field(default_factory=dict)
    trusted: dict[str, list[x509.Certificate]] = field(default_factory=dict)
    arrivals: list[tuple[Message, Letter]] = field(default_factory=list)
    states: list[tuple[str, str]] = field(default_factory=list)
    work_list: list[tuple[str, Why]] = field(default_factory=list)

    async def match_patient(self, tx: Tx, person: Person) -> Match:
        return self.patients.get(person.national_id, Match())

    async def certificates(self, her_id: str) -> Sequence[x509.Certificate]:
        return self.trusted.get(her_id, [])

    async def faults(self, resource):
        report = validate(resource, OWN, [REQUEST_PROFILE], declared=False)
        return [each for each in report.issues if each.severity == "error"]

    async def arrived(self, tx: Tx, message: Message, letter: Letter) -> None:
        self.arrivals.append((message, letter))

    async def settled(self, tx: Tx, message: Message) -> None:
        self.states.append((message.msg_id, message.state))

    async def needs_person(self, tx: Tx, message: Message, why: Why) -> None:
        self.work_list.append((message.msg_id, why))


Fault = Callable[[str, str], str]
"""method, path: `before` loses the request, `after` loses the answer, empty is no fault."""


@dataclass
class Wire:
    """What a party's requests go over. Faults are injected here."""

    client: httpx.AsyncClient
    owner: str
    fault: Fault = lambda _method, _path: ""
    calls: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        self.calls.append((method, path))
        fault = self.fault(method, path)
        if fault == "before":
            raise PeerSilent("lost on the way")
        answer = await self.client.request(
            method, f"http://platform{path}", json=body, headers={"X-Owner": self.owner}
        )
        if fault == "after":
            raise PeerSilent("answer lost")
        return answer.status_code, answer.json() if answer.content else None


def platform(database: Database, owners: dict[str, set[str]]) -> Starlette:
    """The message API of a platform; the header X-Owner stands for a checked token."""

    @asynccontextmanager
    async def enter(request: Request) -> AsyncIterator[tuple[Tx, msh.Caller]]:
        her_ids = owners.get(request.headers.get("X-Owner", ""), set())
        async with database.transaction() as tx:
            yield tx, msh.Caller(frozenset(her_ids))

    async def known(her_ids):
        return [her_id for her_id in her_ids if her_id in REGISTER]

    return Starlette(routes=MessageApi(enter, known, database.bells).routes())


@dataclass
class Side:
    """One party."""

    engine: Engine
    here: Here
    wire: Wire

    @property
    def database(self) -> Database:
        return self.engine.database


@dataclass
class World:
    gp: Side
    hospital: Side
    hub: Database
    app: Starlette
    client: httpx.AsyncClient

    async def settle(self, rounds: int = 4) -> None:
        """Let both engines work until nothing more happens."""
        for _ in range(rounds):
            for side in (self.gp, self.hospital):
                await side.engine.tick()


@asynccontextmanager
async def world(new_database: Callable[[], str]) -> AsyncIterator[World]:
    """Everything, closed afterwards."""
    bases = [Database(new_database(), 4, reader=OWNER) for _ in range(3)]
    for base in bases:
        await base.open()
    app = platform(bases[0], {"gp": {GP_HER, GP_UNIT}, "hospital": {HOSPITAL_HER, COPY_HER}})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        sides = []
        for base, owner, own in (
            (bases[1], "gp", {GP_HER}),
            (bases[2], "hospital", {HOSPITAL_HER, COPY_HER}),
        ):
            wire, here = Wire(client, owner), Here()
            sides.append(Side(Engine(base, MshTransport(wire), own, here), here, wire))
        yield World(sides[0], sides[1], bases[0], app, client)
    for base in bases:
        await base.close()

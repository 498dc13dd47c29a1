"""Send (sende og motta), the record system's standing part: what the message engine finds around it on this node.

It knows the node's own addresses, asks the platform for others, finds the patient of a letter, puts what arrives into the
record, and gives a unit a task for whatever does not go its way by itself.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
from cryptography import x509

from akson.exchange import cases
from akson.exchange.cases import State, Step
from akson.exchange.declare import service
from akson.exchange.edge import filing, report_answers
from akson.exchange.edge.platform import matches
from akson.exchange.edge.reach import PLATFORM_SCOPE
from akson.exchange.edge.report_ways import Ways
from akson.exchange.finding import find
from akson.exchange.own_package import own
from akson.exchange.profiles import own_profile
from akson.exchange.reports.catalogue import MESSAGES
from akson.fhir.model import Resource, concept, reference
from akson.fhir.profiles.catalogue import Catalogue
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.fhir.validate.full import validate
from akson.kit import norwegian
from akson.kit.errors import Conflict, Issue, PeerFailed
from akson.kit.log import Event, log
from akson.kit.text import of_kept, text
from akson.messaging import digest, inbox
from akson.messaging.addresses import AddressBook
from akson.messaging.engine import PATIENCE, Engine
from akson.messaging.inbox import Match, Why
from akson.messaging.mapping import incoming, terms
from akson.messaging.model import Letter, Person
from akson.messaging.outbox import ACKNOWLEDGED
from akson.messaging.sign import Signer
from akson.messaging.transport import MshTransport, Transport
from akson.record import gate
from akson.record.context import NODE_ITSELF, Context, Place
from akson.security.client import Peer
from akson.security.roles import ROLE_SYSTEM
from akson.store.database.pool import Tx
from akson.store.database.reader import NODE as READER
from akson.store.index.hashing import patient_number
from akson.store.record import events
from akson.store.scope import NODE
from akson.store.search import statements
from akson.store.underway import messages, reports
from akson.store.underway.messages import Message
from akson.store.underway.reports import Item

MESSAGE_SCOPE = "akson:samhandling/msh"
LATE = 10.0
"""Seconds beyond those that the platform may wait for something to come, after which it counts as silent."""
REQUESTS = service("anmodning-om-tjeneste")
PROFILE = own_profile(REQUESTS, REQUESTS.part("anmodning"))
"""What a request that comes as a FHIR message must keep."""
REMEMBER = 60.0
"""Seconds that an answer of the address register is used."""


@dataclass(slots=True)
class Mailroom:
    """One node's letters: addresses, engine, and what happens when something arrives or goes wrong."""

    place: Place
    peer: Peer
    signer: Signer | None = None
    unread_days: int = 3
    transport: Transport | None = None
    """The way that letters go when it is not the platform's message API."""
    role: str = "helsesekretaer"
    """Who sees to what is wrong with a unit's letters."""
    own: dict[str, Resource] = field(default_factory=dict)
    """The node's own units by HER-id, read when the engine starts."""
    _asked: dict[str, tuple[float, list[Resource]]] = field(default_factory=dict)

    @property
    def book(self) -> AddressBook:
        """The platform's address register."""
        return AddressBook(self._register)

    async def run(self, interval: float = 1.0) -> None:
        """Work until cancelled."""
        while not self.own:
            try:
                await self.learn_own()
            except Exception as error:  # noqa: BLE001 - the database may come up after us
                log(Event.JOB_FAILED, job="mailroom", error=type(error).__name__)
            if not self.own:
                await asyncio.sleep(interval)
        await self.engine().run(interval)

    def engine(self) -> Engine:
        """The engine over this node's database and the platform's message API, or the service bus."""
        return Engine(
            self.place.database,
            self.ways(),
            self.own.keys(),
            self,
            unread_after=timedelta(days=self.unread_days),
        )

    def ways(self) -> Ways:
        """The ways that messages and reports go."""
        letters = self.transport or MshTransport(self.message_api)
        return Ways(letters, self.register_api, self.book.that_take)

    async def learn_own(self) -> None:
        """Read the node's own addresses from its own register of units."""
        query = parse("Organization", [("identifier", f"{norwegian.HER}|"), ("_count", "500")], base="")
        # Units are no one's record: read as the sign-in reads them, without a line in the access log.
        async with self.place.database.transaction(read_only=True, reader=READER) as tx:
            found = [loads(stored.body) for stored in (await statements.search(tx, NODE, query)).matches]
        self.own = {
            i["value"]: unit for unit in found for i in unit["identifier"] if i["system"] == norwegian.HER
        }

    def forget(self) -> None:
        """Ask the address register anew: something changed there."""
        self._asked.clear()

    def of_units(self, units: frozenset[str]) -> list[str]:
        """HER-ids of units (references) of this node."""
        return sorted(her_id for her_id, unit in self.own.items() if reference(unit) in units)

    # What the engine asks for

    async def match_patient(self, tx: Tx, person: Person) -> Match:
        """By national identity number; a number that two Patients carry needs a person to choose."""
        systems = {"FNR": norwegian.FNR, "DNR": norwegian.DNR}
        values = [f"{systems[i.type]}|{i.id}" for i in person.idents if i.type in systems]
        if not values:
            return Match()
        found = await find(self._as_node(tx), "Patient", ("identifier", ",".join(values)))
        return Match(found[0]["id"]) if len(found) == 1 else Match(several=len(found) > 1)

    async def certificates(self, her_id: str) -> Sequence[x509.Certificate]:
        """What the address register says the sender signs with."""
        return await self.book.certificates(her_id)

    async def faults(self, resource: Resource) -> Sequence[Issue]:
        """What keeps a resource of a FHIR message from what the service asks for: its profile, by the own package."""
        catalogue = Catalogue({each["url"]: each for each in own().resources}.get)
        found = validate(resource, catalogue, [PROFILE], declared=False).issues
        return [each for each in found if each.severity == "error"]

    async def arrived(self, tx: Tx, message: Message, letter: Letter) -> None:
        """Put the letter into the record of its patient, with a task for the unit; without one it waits in the inbox."""
        if message.patient:
            await self.file(self._as_node(tx), message, letter)
        await self._tell(tx, message)

    async def file(self, ctx: Context, message: Message, letter: Letter) -> str:
        """Put a letter about a known patient into the record; the reference of what it became."""
        unit = self.own.get(message.to_her, {})
        return await filing.file(ctx, message, letter, unit, self.unit(message.to_her))

    async def settled(self, tx: Tx, message: Message) -> None:
        """Screens that show the message are told; a request that the other side has answered for is received there."""
        if message.type in MESSAGES:
            seen_to = await report_answers.settle(tx, message)
            # What was refused as a whole, or not delivered, is told of by the engine.
            if message.state == ACKNOWLEDGED:
                for item in seen_to:
                    await self._task(tx, message, Why.REJECTED, item)
        elif message.state == ACKNOWLEDGED and message.reference.startswith("ServiceRequest/"):
            ctx = self._as_node(tx)
            case = await cases.case_about(ctx, message.reference)
            if case:
                # The time to assess it runs from when it was received.
                until = filing.within_time() if cases.due(case) else ""
                await cases.mirror(ctx, case, Step(to=State.RECEIVED, until=until))
        await self._tell(tx, message)

    async def needs_person(self, tx: Tx, message: Message, why: Why) -> None:
        """A task for the unit whose address it is; a message about nobody here stands marked in the inbox instead."""
        current = await messages.get(tx, message.id, hold=True) or message
        await messages.change(tx, replace(current, owner_role=current.owner_role or why.value))
        for item in await reports.items(tx, message.id) if message.type in MESSAGES else (current,):
            await self._task(tx, current, why, item)

    async def _task(self, tx: Tx, message: Message, why: Why, about: Message | Item) -> None:
        """A task about a message, or about one of the things that a report tells of."""
        if not about.patient:
            return
        key = f"messaging.why_{why.value}"
        detail = about.detail or message.detail
        words = ". ".join(part for part in (text(key), of_kept(detail)) if part)
        concerned = replace(message, patient=about.patient)
        task = filing.task_of(concerned, key, self.unit(_own(message))) | {
            "priority": "urgent",
            "description": words,
            "performerType": [{"coding": [{"system": ROLE_SYSTEM, "code": self._role(message)}]}],
        }
        if detail != of_kept(detail):
            # A page shows these in the language of its reader, and the description to others.
            kind = concept(filing.TASK_SAID, "tekst", text("messaging.said"))
            task["input"] = [{"type": kind, "valueString": detail}]
        person = (await find(self._as_node(tx), "Patient", ("_id", about.patient)))[0]
        task["for"] |= {"display": terms.person(person).full_name}
        if about.reference:
            task["focus"] = {"reference": about.reference}
        await gate.create(self._as_node(tx), task)

    def _role(self, message: Message) -> str:
        """Who sees to it: whoever sent it, else the one who sees to the unit's letters."""
        return (message.owner_role if message.direction == "out" else "") or self.role

    def unit(self, her_id: str) -> Resource:
        """Reference to the own unit that has an address."""
        unit = self.own.get(her_id)
        if unit is None:
            return {"identifier": {"system": norwegian.HER, "value": her_id}}
        return {"reference": reference(unit), "display": unit.get("name", "")}

    async def _tell(self, tx: Tx, message: Message) -> None:
        await events.append(tx, "Message.update", patient_number(message.patient), f"Message/{message.id}")

    def _as_node(self, tx: Tx) -> Context:
        return Context(NODE_ITSELF, tx.as_node, self.place)

    # How the platform is asked

    async def message_api(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and answer of the message API."""
        url = f"{self.place.node.platform}/msh/api/v2{path}"
        # A digest is of the content as it came, packed or not: here it comes as it is.
        options: dict[str, Any] = {"headers": {"Accept-Encoding": "identity"}}
        if path.startswith("/Messages?"):
            options["timeout"] = PATIENCE + LATE
        if body is not None:
            content = orjson.dumps(body)
            options["content"] = content
            options["headers"] |= {"Content-Type": "application/json", digest.HEADER: digest.of(content)}
        answer = await self.peer.request(method, url, scope=MESSAGE_SCOPE, **options)
        if not digest.fits(answer.headers.get(digest.HEADER, ""), answer.content):
            raise PeerFailed("the answer of the message API was damaged on the way")
        try:
            return answer.status_code, orjson.loads(answer.content) if answer.content else None
        except orjson.JSONDecodeError:
            return answer.status_code, None

    async def register_api(
        self, method: str, path: str, content: bytes | None, content_type: str
    ) -> tuple[int, Mapping[str, str], Any]:
        """Status, headers and answer of the interfaces of registers, which the platform leads to."""
        url = f"{self.place.node.platform}/register{path}"
        headers = {"Accept": "application/json, application/fhir+json"}
        options: dict[str, Any] = {"headers": headers}
        if content is not None:
            options["content"] = content
            headers["Content-Type"] = content_type
        answer = await self.peer.request(method, url, scope=MESSAGE_SCOPE, **options)
        try:
            return answer.status_code, answer.headers, orjson.loads(answer.content) if answer.content else {}
        except orjson.JSONDecodeError:
            return answer.status_code, answer.headers, None

    async def _register(self, type_: str, pairs: Sequence[tuple[str, str]]) -> Sequence[Resource]:
        path = f"{type_}?{urlencode(pairs)}"
        kept = self._asked.get(path)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        answer = await self.peer.request(
            "GET", f"{self.place.node.platform}/fhir/{path}", scope=PLATFORM_SCOPE
        )
        if answer.status_code != 200:
            raise PeerFailed(f"the address register answered {answer.status_code}")
        found = matches(loads(answer.content))
        self._asked[path] = (time.monotonic() + REMEMBER, found)
        return found


def _own(message: Message) -> str:
    """The HER-id of this node's side of a message."""
    return message.from_her if message.direction == "out" else message.to_her


async def register_patient(ctx: Context, mailroom: Mailroom, message_id: str, patient: str = "") -> str:
    """Say whom a letter is about: a Patient chosen (id), or a new one made from what the letter says. Gives the id."""
    letter = await inbox.letter(ctx.tx, message_id)
    message = await inbox.move(ctx.tx, message_id, inbox.OPENED)
    if message.patient:
        raise Conflict("somebody has said already whom the letter is about")
    if not patient:
        made = await gate.create(ctx, incoming.new_patient(letter.header.patient))
        patient = made.stored.id
    await mailroom.file(ctx, replace(message, patient=patient), letter)
    return patient

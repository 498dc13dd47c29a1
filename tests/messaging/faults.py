"""Two parties who send each other signed letters over a faulty way, until each letter has an end.

What is real: both message engines, three databases, the platform's routes, signatures and receipts. What is played: the
network between them, a clock that can be put forward, and processes that are killed in the middle of a step. What a letter
does at its receiver is a row in the receiver's database, written in the letter's own transaction, and counted at the end.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import orjson
from cryptography import x509

from akson.kit.clock import now
from akson.kit.errors import PeerFailed, PeerSilent
from akson.kit.ids import new_id
from akson.messaging import digest, outbox, sign, times
from akson.messaging.engine import Engine
from akson.messaging.inbox import Match, Why
from akson.messaging.model import Ident, Letter, Party, Person, Unit
from akson.messaging.outbox import Sending
from akson.messaging.transport import MshTransport
from akson.store.database.pool import Database, Tx
from akson.store.database.reader import NODE, OWNER
from akson.store.record import events
from akson.store.underway import messages
from akson.store.underway.messages import Message
from tests.messaging import makers
from tests.messaging.world import COPY_HER, GP_HER, GP_UNIT, HOSPITAL_HER, platform

FAULTS = ("drop", "silent", "duplicate", "delay", "damage_request", "damage_answer", "forget_receipt", "kill")
RECEIPTS = "/Together/Receipts"
SHARE = 0.2
"""Of all requests, how many meet a fault. A letter takes some eight, so most letters meet several."""
OPEN = ("queued", "sent", "delivered")
BATCH = 500
HOSPITAL = "hospital"
STUCK = timedelta(days=30)
"""A letter that has no end after this long is lost."""
EFFECTS = "select reference, count(*) from event where topic = 'effect' group by reference"


@dataclass
class Chaos:
    """What happens to requests. One for both parties, as they share the way."""

    chance: random.Random
    share: float = SHARE
    asked: int = 0
    hit: Counter[str] = field(default_factory=Counter)
    away: set[str] = field(default_factory=set)
    """Parties that cannot reach anybody for now."""
    late: list[Callable[[], Any]] = field(default_factory=list)
    """Requests that are still under way though nobody waits for their answer."""

    def pick(self, path: str, content: bytes) -> str:
        self.asked += 1
        if self.chance.random() >= self.share:
            return ""
        possible = {
            "damage_request": bool(content),
            "forget_receipt": path.startswith(RECEIPTS) or "/apprec/" in path,
        }
        fault = self.chance.choice([each for each in FAULTS if possible.get(each, True)])
        self.hit[fault] += 1
        return fault

    def damaged(self, content: bytes) -> bytes:
        if not content:
            return content
        place = self.chance.randrange(len(content))
        return (
            content[:place] + bytes([content[place] ^ (1 << self.chance.randrange(7))]) + content[place + 1 :]
        )


@dataclass
class FaultyWire:
    """A party's way to the platform, as its mailroom asks: JSON with a digest."""

    client: httpx.AsyncClient
    owner: str
    chaos: Chaos
    forget: Callable[[], Any]
    step: "asyncio.Task[int] | None" = None
    """What the party's engine does now, so that it can be killed in it."""

    async def __call__(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if self.owner in self.chaos.away:
            raise PeerSilent("no way out")
        content = orjson.dumps(body) if body is not None else b""
        fault = self.chaos.pick(path, content)
        headers = {"X-Owner": self.owner, digest.HEADER: digest.of(content)}
        if fault == "damage_request":
            content = self.chaos.damaged(content)

        async def ask() -> httpx.Response:
            return await self.client.request(
                method, f"http://platform{path}", content=content, headers=headers
            )

        if fault == "delay":
            self.chaos.late.append(ask)
        if fault in ("drop", "delay"):
            raise PeerSilent("lost on the way")
        answer = await ask()
        if fault == "duplicate":
            answer = await ask()
        if fault == "forget_receipt":
            await self.forget()
        if fault == "kill" and self.step:
            self.step.cancel()
        if fault == "silent":
            raise PeerSilent("answer lost")
        came = self.chaos.damaged(answer.content) if fault == "damage_answer" else answer.content
        if not digest.fits(answer.headers.get(digest.HEADER, ""), came):
            raise PeerFailed("damaged on the way")
        return self._shuffled(answer.status_code, orjson.loads(came) if came else None)

    def _shuffled(self, status: int, found: Any) -> tuple[int, Any]:
        if isinstance(found, list):
            self.chaos.chance.shuffle(found)
        return status, found


@dataclass
class Books:
    """A party that writes down in its database what letters did there, and what came to a person."""

    known: dict[str, Match]
    trusted: dict[str, Sequence[x509.Certificate]]

    async def match_patient(self, tx: Tx, person: Person) -> Match:
        return self.known.get(person.national_id, Match())

    async def certificates(self, her_id: str) -> Sequence[x509.Certificate]:
        return self.trusted.get(her_id, [])

    async def faults(self, resource):
        return []

    async def arrived(self, tx: Tx, message: Message, letter: Letter) -> None:
        raw = await messages.payload(tx, message.id)
        await events.append(tx, "effect", 0, f"{message.msg_id} {sha256(raw).hexdigest()}")

    async def settled(self, tx: Tx, message: Message) -> None:
        pass

    async def needs_person(self, tx: Tx, message: Message, why: Why) -> None:
        current = await messages.get(tx, message.id, hold=True)
        await messages.change(tx, replace(current, owner_role=why.value))


@dataclass
class Side:
    """One side: what it is made of, so that it can be started anew."""

    database: Database
    wire: FaultyWire
    books: Books
    own: set[str]
    sender: Party
    receiver: Party
    signer: sign.Signer
    together: bool
    engine: Engine | None = None

    async def step(self, clock: Callable[[], datetime]) -> int:
        """One tick of the engine, which may be killed in it; then the next one begins with nothing but its database."""
        if self.engine is None:
            transport = MshTransport(self.wire, together=self.together)
            self.engine = Engine(self.database, transport, self.own, self.books, clock=clock)
        self.wire.step = asyncio.create_task(self.engine.tick())
        try:
            return await self.wire.step
        except asyncio.CancelledError:
            self.engine = None
            return 1
        finally:
            self.wire.step = None


@dataclass
class Ends:
    """What became of all letters."""

    sent: int = 0
    states: Counter[str] = field(default_factory=Counter)
    overdue: int = 0
    """Letters that stood on a list for a time and were answered later."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    ownerless: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        return not (self.lost or self.doubled or self.ownerless or self.altered)


@dataclass
class Run:
    """A world under way."""

    hub: Database
    parties: list[Side]
    chaos: Chaos
    at: datetime = field(default_factory=now)

    def clock(self) -> datetime:
        return self.at

    async def write(self, count: int) -> None:
        """Letters of both parties: most are well, a few can never be taken."""
        for _ in range(count):
            party = self.chaos.chance.choice(self.parties)
            letter = self._letter(party)
            async with party.database.transaction(reader=NODE) as tx:
                await outbox.enqueue(tx, letter, Sending(answer_within=timedelta(hours=96)), party.signer)

    def _letter(self, party: Side) -> Letter:
        kind = self.chaos.chance.random()
        receiver = party.receiver
        patient = makers.PATIENT
        if kind < 0.01:
            receiver = Party(Unit("Ingen", (Ident("9999999", "HER"),)))
        elif kind < 0.02:
            patient = replace(patient, idents=())
        head = makers.header(
            new_id(),
            generated=times.written(self.at),
            sender=party.sender,
            receiver=receiver,
            patient=patient,
        )
        return makers.referral(header=head, wanted=f"Ønsker vurdering nr. {self.chaos.chance.random()}")

    async def until_ended(self) -> None:
        """Work until each letter has an end, or until STUCK. The clock goes on as one that waits would see it."""
        begun = self.at
        while self.at - begun < STUCK:
            done = sum(await asyncio.gather(*(p.step(self.clock) for p in self.parties)))
            await self._late()
            self.at += timedelta(seconds=10 if done else 300)
            if not done and await self._under_way() == 0:
                return

    async def outage(self, owner: str, length: timedelta) -> None:
        """One party is cut off, longer than letters may wait."""
        self.chaos.away.add(owner)
        until = self.at + length
        while self.at < until:
            for party in self.parties:
                await party.step(self.clock)
            self.at += timedelta(hours=10)
        self.chaos.away.clear()

    async def _late(self) -> None:
        """Some of what was long under way comes now, in any order."""
        self.chaos.chance.shuffle(self.chaos.late)
        for _ in range(len(self.chaos.late) // 2 or len(self.chaos.late)):
            await self.chaos.late.pop()()

    async def _under_way(self) -> int:
        left = len(self.chaos.late)
        for party in self.parties:
            async with party.database.transaction(reader=NODE) as tx:
                counts = await messages.counts(tx)
                left += sum(counts.get(("out", state), 0) for state in (*OPEN, "overdue"))
                left += len(await messages.pending(tx, 1))
        return left

    async def ends(self) -> Ends:
        """Hold what was sent against what it did."""
        found = Ends()
        effects: Counter[str] = Counter()
        for party in self.parties:
            async with party.database.transaction(read_only=True, reader=NODE) as tx:
                for reference, count in await tx.fetch(EFFECTS):
                    effects[reference] += count
        for party in self.parties:
            async with party.database.transaction(read_only=True, reader=NODE) as tx:
                rows = await tx.fetch(
                    "select msg_id, state, owner_role, sha256(payload) from message where direction = 'out'"
                )
                (late,) = await tx.one(
                    "select count(distinct message) from message_event where state = 'overdue'"
                )
            found.overdue += late
            for msg_id, state, owner, sha in rows:
                self._judge(found, (msg_id, state, owner), effects.pop(f"{msg_id} {bytes(sha).hex()}", 0))
        found.altered = list(effects)
        return found

    def _judge(self, found: Ends, row: tuple[str, str, str], effects: int) -> None:
        msg_id, state, owner = row
        found.sent += 1
        found.states[state] += 1
        if effects > 1:
            found.doubled.append(msg_id)
        if (state == "acknowledged") != (effects == 1):
            found.lost.append(f"{msg_id} {state} {effects}")
        if state != "acknowledged" and not owner:
            found.ownerless.append(f"{msg_id} {state}")


@asynccontextmanager
async def started(new_database: Callable[[], str], seed: int, *, together: bool = True) -> AsyncIterator[Run]:
    """Two parties and a platform, closed afterwards. Not `together`: letter by letter, as with another's platform."""
    bases = [Database(new_database(), 10, reader=OWNER) for _ in range(3)]
    for base in bases:
        await base.open()
    chaos = Chaos(random.Random(seed))

    async def forget() -> None:
        """The platform loses the receipt on its way to the sender, and knows only that it was given."""
        async with bases[0].transaction(reader=NODE) as tx:
            await tx.execute(
                "delete from message_receiver where message in (select id from message where type = 'APPREC'"
                " and direction = 'relay' order by made desc limit 1)"
            )

    app = platform(bases[0], {"gp": {GP_HER, GP_UNIT}, HOSPITAL: {HOSPITAL_HER, COPY_HER}})
    signers = {her: sign.self_made(her, "983974880") for her in (GP_HER, HOSPITAL_HER)}
    trusted = {her: [signer.certificate] for her, signer in signers.items()}
    known = {makers.PATIENT.national_id: Match("kari")}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        ways = [
            ("gp", {GP_HER}, makers.GP, makers.HOSPITAL),
            (HOSPITAL, {HOSPITAL_HER}, makers.HOSPITAL, makers.GP),
        ]
        parties = [
            Side(base, FaultyWire(client, name, chaos, forget), Books(known, trusted), own, sender, receiver,
                   signers[sender.her_id], together)
            for base, (name, own, sender, receiver) in zip(bases[1:], ways, strict=True)
        ]  # fmt: skip
        yield Run(bases[0], parties, chaos)
    for base in bases:
        with suppress(Exception):
            await base.close()

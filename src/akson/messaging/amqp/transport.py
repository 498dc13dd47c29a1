"""The service bus (AMQP 1.0) as a way for letters: queues of each party, signed and encrypted parcels, error messages.

After the AMQP specification of Norsk helsenett, version 1.1. Each party has the queues `<HER-id>_async` and `<HER-id>_error`. A
message is taken from its queue when its receipt was given, so what a stopped node had is offered again. The bus tells
nothing of a message once it is delivered: receipts come as messages of their own, and what could not be opened comes back on
the error queue, where it counts as a negative receipt.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from cryptography import x509

from akson.kit.clock import instant, now
from akson.kit.errors import AksonError, NotFound, PeerSilent
from akson.kit.ids import new_id
from akson.kit.log import Event, log
from akson.messaging import codec, receipts, times
from akson.messaging.amqp import cms
from akson.messaging.amqp.cms import CONTENT_TYPE, BadParcel
from akson.messaging.amqp.connection import (
    REJECTED,
    Broker,
    Connection,
    Delivery,
    connect,
    read_sections,
    sections,
)
from akson.messaging.amqp.types import NotAmqp, Symbol
from akson.messaging.answering import written
from akson.messaging.envelope import Envelope, envelope_of, of_receipt
from akson.messaging.model import Code, Ident, Party, Receipt, Unit
from akson.messaging.sign import Signer
from akson.messaging.transport import Given, Notice, Refused, Status, one_by_one

LIFE = 4 * 24 * 3600 * 1000
"""Milliseconds that a message may wait on a queue: as long as a receipt may take."""
AT_ONCE = 32
"""Messages that the broker has not yet said it has."""
PATIENCE = 0.05
"""Seconds to wait for something on an empty queue of letters; what the broker offers comes by itself."""
ERROR = "error"


@dataclass(frozen=True, slots=True)
class Parcels:
    """What packs and opens: our keys, and the certificates of others in the address register."""

    signer: Signer
    openers: tuple[Signer, ...]
    """Keys that others encrypt for, the newest first; an older one for as long as messages for it are under way."""
    receiver: Callable[[str], Awaitable[x509.Certificate | None]]
    """The certificate to encrypt with for a HER-id."""
    senders: Callable[[str], Awaitable[Sequence[x509.Certificate]]]
    """The certificates that a HER-id signs with."""


@dataclass(slots=True)
class _Held:
    notice: Notice
    content: bytes
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Came:
    """A message as it came to one of our addresses."""

    key: str
    her_id: str
    sender: str
    application: dict[str, Any]
    body: bytes


class BusTransport:
    """The transport of one node: all its addresses over one connection, made anew when it breaks."""

    def __init__(self, broker: Broker, parcels: Parcels, clock: Callable[[], datetime] = now) -> None:
        self._broker = broker
        self._parcels = parcels
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self._open: Connection | None = None
        self._opening = asyncio.Lock()

    async def send(self, document: bytes) -> str:
        return await self._sent(envelope_of(document), document)

    async def _sent(self, outside: Envelope, document: bytes) -> str:
        for her_id in outside.receivers:
            await self._post(outside, her_id, document)
        return outside.msg_id

    async def send_all(self, documents: Sequence[bytes]) -> list[str | AksonError]:
        return await one_by_one(documents, self.send, AT_ONCE)

    async def waiting(self, her_ids: Sequence[str], limit: int = 50, patience: float = 0) -> list[Notice]:
        if patience and not self._held:
            names = [f"{her_id}_{kind}" for her_id in her_ids for kind in ("async", ERROR)]
            await self._do(lambda c: c.offered(names, patience))
        for her_id in her_ids:
            queues = ((f"{her_id}_async", self._letter, PATIENCE), (f"{her_id}_{ERROR}", self._error, 0))
            for queue, read, seconds in queues:
                for delivery in await self._do(lambda c, q=queue, p=seconds: c.take(q, limit, p)):  # type: ignore[misc]
                    await self._came(her_id, delivery, read)
        return [held.notice for held in list(self._held.values())[:limit]]

    async def fetch(self, id_: str) -> bytes:
        if id_ not in self._held:
            raise PeerSilent("the broker has not offered the message again yet")
        return self._held[id_].content

    async def status(self, id_: str) -> list[Status]:
        """Nothing: the bus does not follow what it delivered."""
        del id_
        return []

    async def answer_all(self, given: Sequence[Given]) -> list[AksonError | None]:
        outcomes = await one_by_one(given, self._answer, AT_ONCE)
        done = [each for each, error in zip(given, outcomes, strict=True) if error is None]
        await self.mark_read([(each.id, each.her_id) for each in done])
        return outcomes

    async def _answer(self, given: Given) -> None:
        held = self._held.get(_key(given.id, given.her_id))
        raw = held.content if held else await given.document()
        id_ = str(uuid5(NAMESPACE_OID, f"{given.id.partition(':')[2]}:{given.her_id}"))
        receipt, document = written(raw, given.her_id, given.answer, id_)
        await self._sent(of_receipt(receipt), document)

    async def mark_read(self, read: Sequence[tuple[str, str]]) -> None:
        held = [self._held.pop(_key(id_, her_id), None) for id_, her_id in read]
        deliveries = [delivery for each in held if each for delivery in each.deliveries]
        if self._open and deliveries:
            self._open.settle_all(deliveries)

    async def close(self) -> None:
        """End the connection; what was not settled is offered again."""
        if self._open:
            await self._open.close()
        self._forget()

    # --- out

    async def _post(self, outside: Envelope, her_id: str, document: bytes) -> None:
        certificate = await self._parcels.receiver(her_id)
        if certificate is None:
            raise Refused(f"the address register has no certificate to encrypt with for HER-id {her_id}")
        parcel = cms.pack(document, self._parcels.signer, certificate)
        sender = outside.sender.her_id
        queue = f"{her_id}_async"
        message = sections(
            [outside.msg_id, None, queue, outside.type, f"{sender}_async", outside.answers or outside.msg_id,
             Symbol(CONTENT_TYPE)],
            {"fromHerId": int(sender), "toHerId": int(her_id), "applicationTimeStamp": instant(self._clock())},
            parcel,
            LIFE,
        )  # fmt: skip
        try:
            await self._do(lambda c: c.put(queue, message))
        except NotFound as error:
            raise Refused(f"HER-id {her_id} has no queue") from error

    async def _tell(self, sender: str, own: str, message_id: str, problem: BadParcel) -> None:
        """Say on the sender's error queue why a message could not be taken."""
        facts = {
            "fromHerId": int(own),
            "toHerId": int(sender),
            "applicationTimeStamp": instant(self._clock()),
            "originalMessageId": message_id,
            "errorCondition": problem.condition,
            "errorDescription": problem.diagnostics,
        }
        made = sections([new_id(), None, f"{sender}_{ERROR}", "", None, message_id], facts, b"", LIFE)
        await self._do(lambda c: c.put(f"{sender}_{ERROR}", made))

    # --- in

    async def _came(self, her_id: str, delivery: Delivery, read: Any) -> None:
        try:
            properties, application, body = read_sections(delivery.sections)
        except NotAmqp:
            await self._settle(delivery, REJECTED)
            return
        message_id = str((properties or [""])[0] or "")
        sender = str(application.get("fromHerId", ""))
        key = f"{her_id}:{ERROR if read == self._error else ''}{message_id}"
        if key in self._held:
            self._held[key].deliveries.append(delivery)
            return
        try:
            held = await read(_Came(key, her_id, sender, application, body))
        except BadParcel as problem:
            log(Event.MESSAGE_REFUSED, kind="parcel", error=problem.condition)
            if sender.isdigit():
                await self._tell(sender, her_id, message_id, problem)
            await self._settle(delivery, REJECTED)
            return
        self._held[key] = held
        held.deliveries.append(delivery)

    async def _letter(self, came: _Came) -> _Held:
        sender, her_id = came.sender, came.her_id
        known = await self._parcels.senders(sender) if sender.isdigit() else ()
        opened = cms.unpack(came.body, self._parcels.openers, lambda c: c in known, self._clock())
        try:
            outside = envelope_of(opened.content)
        except AksonError as error:
            raise BadParcel("transport:not-well-formed-xml", type(error).__name__) from error
        if outside.sender.her_id != sender or her_id not in outside.receivers:
            raise BadParcel(
                "transport:invalid-field-value", "fromHerId and toHerId are not those of the message"
            )
        notice = Notice(
            came.key, her_id, sender, outside.msg_id, outside.generated, is_receipt=outside.is_receipt
        )
        return _Held(notice, opened.content)

    async def _error(self, came: _Came) -> _Held:
        """An error message as the negative receipt that it amounts to."""
        application, sender, her_id = came.application, came.sender, came.her_id
        original = str(application.get("originalMessageId", ""))
        told = " ".join(str(application.get(name, "")) for name in ("errorCondition", "errorDescription"))
        receipt = Receipt(
            id=new_id(), generated=times.current(), sender=_party(sender), receiver=_party(her_id),
            status=receipts.REJECTED, original_id=original, original_type=Code(""), original_generated=times.current(),
            errors=receipts.rejection("X99", told.strip()[:500]).errors, version="1.1",
        )  # fmt: skip
        return _Held(Notice(came.key, her_id, sender, receipt.id, is_receipt=True), codec.write(receipt))

    async def _settle(self, delivery: Delivery, outcome: int | None = None) -> None:
        if self._open:
            self._open.settle(delivery, *([outcome] if outcome else []))

    # --- the connection

    async def _do(self, work: Callable[[Connection], Awaitable[Any]]) -> Any:
        async with self._opening:
            if self._open is None or self._open.broken is not None:
                self._forget()
                self._open = await connect(self._broker)
        try:
            return await work(self._open)
        except PeerSilent:
            await self.close()
            raise

    def _forget(self) -> None:
        """What is held belongs to a connection: on the next one the broker offers it again."""
        self._held.clear()
        self._open = None


def _key(id_: str, her_id: str) -> str:
    """What a message of ours to answer is held by."""
    return f"{her_id}:{id_.partition(':')[2]}"


def _party(her_id: str) -> Party:
    return Party(Unit("", (Ident(her_id, "HER"),)))

"""Send, orders to a laboratory or radiology: the requests, their case and the message leave together or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from akson.exchange import cases
from akson.exchange.cases import State, Step
from akson.exchange.edge import send
from akson.exchange.edge.mailroom import Mailroom
from akson.fhir.model import Resource, concept, reference
from akson.kit import norwegian
from akson.kit.clock import instant, now
from akson.kit.errors import Unprocessable
from akson.kit.ids import new_id
from akson.messaging.addresses import Entry
from akson.messaging.mapping import requisitioning, terms
from akson.messaging.mapping.incoming import ORDER_KIND
from akson.messaging.mapping.requisitioning import LABORATORY, RADIOLOGY, Ordering
from akson.messaging.outbox import Sending
from akson.record import gate
from akson.record.change import Change
from akson.record.context import Context
from akson.security.actor import Action
from akson.store.underway.messages import Message

KINDS = {LABORATORY: ("laboratorium", "Laboratorium"), RADIOLOGY: ("radiologi", "Radiologi")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as a person has written it. `type` is REQ_LAB or REQ_RTG, `to` a HER-id, `patient` an id."""

    patient: str
    type: str
    to: str
    what: Sequence[Resource]
    """Examinations as CodeableConcepts."""
    why: str
    priority: str = "routine"


async def receivers(mailroom: Mailroom, type_: str) -> list[Entry]:
    """Addresses that take orders of a type, those of this node left out."""
    return [e for e in await mailroom.book.that_take(type_) if e.her_id not in mailroom.own]


async def send_order(ctx: Context, mailroom: Mailroom, order: Order) -> Message:
    """Write the ServiceRequests with their case and put the order in the outbox.

    Unprocessable for an address that takes no such orders, an order of nothing, and a patient without identity number.
    """
    entry = await mailroom.book.entry(order.to)
    if entry is None or order.type not in entry.takes or not order.what:
        raise Unprocessable(
            "the receiver is not in the address register or takes no such orders, or nothing is ordered"
        )
    person = terms.person(await send.read(ctx, "Patient", order.patient))
    if not person.national_id:
        raise Unprocessable("an order is about somebody with an identity number")
    sender, her_id = await send.sender_of(ctx, mailroom)
    number = new_id()
    requests = [_request(ctx, order, entry, f"urn:her:{her_id}", number, each) for each in order.what]
    await gate.transact(ctx, [Change(Action.CREATE, each) for each in requests])
    asker = mailroom.unit(her_id)
    await cases.open_case(ctx, cases.Kind.ORDER, requests, number, asker, Step(to=State.REQUESTED))
    letter = requisitioning.order(
        Ordering(
            type=order.type, number=number, sender=sender, receiver=entry.party, patient=person,
            requests=requests, why=order.why, priority=order.priority,
        )
    )  # fmt: skip
    sending = Sending(patient=order.patient, reference=reference(requests[0]), owner_role=ctx.actor.role)
    return await send.enqueue(ctx, mailroom, letter, sending, her_id)


def _request(ctx: Context, order: Order, entry: Entry, system: str, number: str, what: Resource) -> Resource:
    performer = {"identifier": {"system": norwegian.HER, "value": entry.her_id}, "display": entry.label}
    return {
        "resourceType": "ServiceRequest",
        "id": new_id(),
        "requisition": {"system": system, "value": number},
        "status": "active",
        "intent": "order",
        "category": [concept(ORDER_KIND, *KINDS[order.type])],
        "priority": order.priority,
        "code": what,
        "subject": {"reference": f"Patient/{order.patient}"},
        "authoredOn": instant(now()),
        "requester": {"reference": ctx.actor.practitioner, "display": ctx.actor.name},
        "performer": [performer],
        "reasonCode": [{"text": order.why}],
    }

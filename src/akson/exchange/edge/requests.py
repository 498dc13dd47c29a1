"""Send, requests for services to another unit as FHIR messages: the request, its case and the message leave together or not at all."""

from dataclasses import dataclass

from akson.exchange import cases
from akson.exchange.cases import State, Step
from akson.exchange.codelists import display
from akson.exchange.edge import send
from akson.exchange.edge.mailroom import REQUESTS, Mailroom
from akson.exchange.profiles import claiming
from akson.fhir.model import Resource, concept, reference
from akson.kit import norwegian
from akson.kit.clock import instant, now
from akson.kit.errors import Unprocessable
from akson.kit.ids import new_id
from akson.messaging import times
from akson.messaging.addresses import Entry
from akson.messaging.fhir import codec
from akson.messaging.mapping import terms
from akson.messaging.mapping.incoming import ORDER_KIND
from akson.messaging.model import Header
from akson.messaging.outbox import Sending
from akson.record import gate
from akson.record.context import Context
from akson.store.underway.messages import Message

KINDS = ("tjeneste", "hjelpemiddel", "ytelse", "opplysninger", "rapport", "bekymring")
"""What can be asked for: codes of the list of requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as a person has written it: `patient` is an id, `kind` one of KINDS, `to` a HER-id."""

    patient: str
    kind: str
    to: str
    what: str
    why: str
    priority: str = "routine"


async def receivers(mailroom: Mailroom) -> list[Entry]:
    """Addresses that take such requests, those of this node left out."""
    found = await mailroom.book.that_take(codec.REQUEST.code)
    return [each for each in found if each.her_id not in mailroom.own]


async def send_request(ctx: Context, mailroom: Mailroom, asked: Request) -> Message:
    """Write the ServiceRequest with its case and put the message in the outbox.

    Unprocessable for an address that takes no such messages, another kind, nothing asked, and a patient without identity number.
    """
    entry = await mailroom.book.entry(asked.to)
    if entry is None or codec.REQUEST.code not in entry.takes:
        raise Unprocessable("the receiver is not in the address register or takes no such requests")
    if asked.kind not in KINDS or not asked.what.strip():
        raise Unprocessable("a request says what is asked for, and of which kind it is")
    person = terms.person(await send.read(ctx, "Patient", asked.patient))
    if not person.national_id:
        raise Unprocessable("a request is about somebody with an identity number")
    sender, her_id = await send.sender_of(ctx, mailroom)
    number = new_id()
    request = _request(ctx, asked, entry, number)
    await gate.create(ctx, request)
    step = Step(to=State.REQUESTED)
    await cases.open_case(ctx, cases.Kind.REQUEST, [request], number, mailroom.unit(her_id), step)
    id_ = new_id()
    head = Header(
        msg_id=id_, type=codec.REQUEST, generated=times.current(), sender=sender, receiver=entry.party,
        patient=person, conversation=id_,
    )  # fmt: skip
    letter = codec.asked(head, request)
    sending = Sending(patient=asked.patient, reference=reference(request), owner_role=ctx.actor.role)
    return await send.enqueue(ctx, mailroom, letter, sending, her_id)


def _request(ctx: Context, asked: Request, entry: Entry, number: str) -> Resource:
    return {
        "resourceType": "ServiceRequest",
        "id": new_id(),
        "meta": claiming({}, REQUESTS, REQUESTS.part("anmodning")),
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{number}"}],
        "status": "active",
        "intent": "order",
        "category": [concept(ORDER_KIND, asked.kind, display(ORDER_KIND, asked.kind) or asked.kind)],
        "priority": asked.priority,
        "code": {"text": asked.what.strip()},
        "subject": {"reference": f"Patient/{asked.patient}"},
        "authoredOn": instant(now()),
        "requester": {"reference": ctx.actor.practitioner, "display": ctx.actor.name},
        "performer": [
            {"identifier": {"system": norwegian.HER, "value": entry.her_id}, "display": entry.label}
        ],
        **({"reasonCode": [{"text": asked.why.strip()}]} if asked.why.strip() else {}),
    }

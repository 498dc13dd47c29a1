"""Send (sende og motta), what people do: write a referral, look into the inbox, take items in.

Everything a function writes, it writes in the context's transaction: the resource and the letter leave together or not
at all. A letter is for those who work at the unit that it is addressed to or sent from.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from akson.exchange import cases
from akson.exchange.cases import State, Step
from akson.exchange.edge.filing import answer_due
from akson.exchange.edge.mailroom import Mailroom
from akson.exchange.finding import find
from akson.fhir.model import Resource, concept, reference
from akson.fhir.strict_json import loads
from akson.kit import norwegian
from akson.kit.clock import instant, now
from akson.kit.errors import NotFound, Unprocessable
from akson.kit.ids import new_id
from akson.messaging import inbox, outbox
from akson.messaging.addresses import Entry
from akson.messaging.inbox import DONE, NEW, OPENED, REFUSED
from akson.messaging.laboratory import Requisition
from akson.messaging.mapping import incoming, outgoing, terms
from akson.messaging.mapping.incoming import ORDER_KIND, Proposal
from akson.messaging.mapping.outgoing import Record
from akson.messaging.model import Asked, Attachment, Dialog, Epikrise, Letter, Party, Referral
from akson.messaging.outbox import Sending
from akson.record import closed, gate
from akson.record.change import Change
from akson.record.context import NODE_ITSELF, Context
from akson.security.actor import Action
from akson.store.underway import messages
from akson.store.underway.messages import Message, Wanted

REFERRAL = "HENVISNING_NYTILSTAND"


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry of the inbox with what it says and what of it the record could take in."""

    message: Message
    letter: Letter
    proposals: tuple[Proposal, ...]
    """Empty while it is not known who the patient is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Along:
    """What goes along of the shared registers, chosen by the one who writes: as copies, and as links to the same (row L16)."""

    allergies: Sequence[Resource] = ()
    medications: Sequence[Resource] = ()
    """MedicationStatements of the shared list."""
    precautions: Sequence[str] = ()
    """What else the receiver must know, in words."""
    links: Sequence[Attachment] = ()

    def to(self, entry: Entry | None) -> "Along":
        """What a receiver gets: links in place of copies where its address says that it follows them."""
        if entry is not None and entry.follows_links:
            return Along(links=self.links)
        return replace(self, links=())

    def beside(self, record: Record) -> Record:
        """A record with this beside what it holds itself."""
        return replace(
            record,
            allergies=[*record.allergies, *self.allergies],
            medications=[*record.medications, *self.medications],
            attachments=[*record.attachments, *self.links],
        )


NONE = Along()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A referral as a person has written it."""

    patient: str
    """Id of the Patient."""
    to: str
    """HER-id of the receiver."""
    wanted: str
    """What is asked for, in words."""
    story: str
    """Why: the current problem."""
    priority: str = "routine"
    """routine, urgent, asap or stat."""
    reasons: Sequence[Resource] = ()
    """Diagnoses as CodeableConcepts, the main one first."""
    include: Collection[str] | None = None
    """References of what goes along (Conditions, MedicationStatements, AllergyIntolerances, Observations); None: all."""
    attachments: Sequence[Attachment] = ()
    shared: Along = NONE
    replaces: str = ""
    """Reference of the ServiceRequest that this one is sent instead of."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A referral before it is sent: the request as it will stand in the record, and the letter."""

    request: Resource
    letter: Referral
    sender: str
    """HER-id of the unit it goes out from."""
    answer_due: str = ""
    """When there is a right to an answer, were it received now: a date, or empty."""


async def receivers(mailroom: Mailroom, words: str = "") -> list[Entry]:
    """Addresses that take referrals, those of this node left out."""
    return [e for e in await mailroom.book.that_take(REFERRAL, words) if e.her_id not in mailroom.own]


async def prefill(ctx: Context, patient: str) -> Record:
    """What of the record belongs in a letter: problems, medicines in use, allergies. The writer may leave some out."""
    who = ("patient", f"Patient/{patient}")
    conditions = await find(ctx, "Condition", who, ("clinical-status", "active"), ("_count", "100"))
    medications = await find(ctx, "MedicationStatement", who, ("status", "active"), ("_count", "100"))
    allergies = await find(ctx, "AllergyIntolerance", who, ("_count", "100"))
    return Record(
        conditions=conditions,
        medications=medications,
        allergies=allergies,
        practitioner=await _practitioner(ctx),
    )


async def compose(ctx: Context, mailroom: Mailroom, order: Order) -> Composed:
    """The referral as it would be sent. Nothing is written. Unprocessable for an address that takes none."""
    entry = await mailroom.book.entry(order.to)
    if entry is None or REFERRAL not in entry.takes:
        raise Unprocessable("the receiver is not in the address register, or takes no referrals")
    along = order.shared.to(entry)
    sender, her_id = await sender_of(ctx, mailroom)
    patient = await read(ctx, "Patient", order.patient)
    request = _request(ctx, order, entry)
    letter = outgoing.referral(
        outbox.header(REFERRAL, sender, entry.party, terms.person(patient)),
        request,
        along.beside(_chosen(await prefill(ctx, order.patient), order)),
    )
    letter = replace(letter, precautions=tuple(along.precautions))
    return Composed(request, letter, her_id, answer_due(entry.organization))


async def send_referral(ctx: Context, mailroom: Mailroom, order: Order) -> tuple[Resource, Message]:
    """Write the ServiceRequest and put the referral in the outbox. Unprocessable for an address that takes none."""
    made = await compose(ctx, mailroom, order)
    await gate.create(ctx, made.request)
    asker = mailroom.unit(made.sender)
    step = Step(to=State.REQUESTED, until=made.answer_due)
    await cases.open_case(ctx, cases.Kind.REFERRAL, [made.request], made.request["id"], asker, step)
    sending = Sending(patient=order.patient, reference=reference(made.request), owner_role=ctx.actor.role)
    return made.request, await enqueue(ctx, mailroom, made.letter, sending, made.sender)


def _request(ctx: Context, order: Order, entry: Entry) -> Resource:
    performer = {"identifier": {"system": norwegian.HER, "value": entry.her_id}, "display": entry.label}
    return {
        "resourceType": "ServiceRequest",
        "id": new_id(),
        "status": "active",
        "intent": "order",
        "category": [concept(ORDER_KIND, "henvisning", "Henvisning")],
        "priority": order.priority,
        "code": {"text": order.wanted},
        "subject": {"reference": f"Patient/{order.patient}"},
        "authoredOn": instant(now()),
        "requester": {"reference": ctx.actor.practitioner, "display": ctx.actor.name},
        "performer": [performer],
        **({"reasonCode": list(order.reasons)} if order.reasons else {}),
        **({"note": [{"text": order.story}]} if order.story else {}),
        **({"replaces": [{"reference": order.replaces}]} if order.replaces else {}),
    }


def _chosen(record: Record, order: Order) -> Record:
    def kept(resources: Sequence[Resource]) -> list[Resource]:
        return [r for r in resources if order.include is None or reference(r) in order.include]

    return Record(
        conditions=kept(record.conditions),
        medications=kept(record.medications),
        allergies=kept(record.allergies),
        practitioner=record.practitioner,
        attachments=order.attachments,
    )


async def inbox_of(ctx: Context, mailroom: Mailroom, *, done: bool = False) -> list[Message]:
    """What has come to the actor's units, newest first; with `done` what has been dealt with."""
    states = (DONE, REFUSED) if done else (NEW, OPENED)
    return await inbox.entries(ctx.tx, mailroom.of_units(ctx.actor.units), states)


async def sent_about(ctx: Context, patient: str) -> list[Message]:
    """What went out and came in about a patient whom the actor may see, newest first."""
    await read(ctx, "Patient", patient)
    wanted = Wanted(patient=patient)
    found = [*await messages.find(ctx.tx, "out", wanted), *await messages.find(ctx.tx, "in", wanted)]
    found = await closed.open_letters(ctx, found)
    return sorted(found, key=lambda m: m.made or now(), reverse=True)


async def history_of(ctx: Context, mailroom: Mailroom, message_id: str) -> list[tuple[str, str, str]]:
    """Every step of a message: instant, state, detail."""
    await mine(ctx, mailroom, message_id)
    return [(instant(at), state, detail) for at, state, detail in await messages.steps(ctx.tx, message_id)]


async def opened(ctx: Context, mailroom: Mailroom, message_id: str) -> Opened:
    """Open an entry of the inbox. NotFound when it is another unit's."""
    message = await mine(ctx, mailroom, message_id)
    letter = await inbox.letter(ctx.tx, message_id)
    if message.direction == "in" and message.state == NEW:
        message = await inbox.move(ctx.tx, message_id, OPENED)
    if not message.patient or message.direction == "out":
        return Opened(message, letter, ())
    # The read is decided and logged as any other look into this record.
    await read(ctx, "Patient", message.patient)
    patient = f"Patient/{message.patient}"
    who = ("patient", patient)
    existing = [r for t in incoming.MATCHED for r in await find(ctx, t, who, ("_count", "200"))]
    existing += await find(
        ctx, "Observation", who, ("category", "survey"), ("_sort", "-date"), ("_count", "200")
    )
    return Opened(message, letter, incoming.proposals(letter, patient, existing))


async def take_in(
    ctx: Context, mailroom: Mailroom, message_id: str, keys: Collection[str], *, finish: bool = True
) -> list[str]:
    """Write the accepted items (keys of proposals) with one Provenance, and finish the entry. Gives their references.

    What the record has already with the same content is not written again; what it has with other content is changed.
    """
    entry = await opened(ctx, mailroom, message_id)
    wanted = [p for p in entry.proposals if p.key in keys and (not p.same_as or p.differs)]
    changes = [await _change(ctx, each) for each in wanted]
    targets = [reference(change.resource) for change in changes]
    if targets:
        taker = {"reference": ctx.actor.practitioner, "display": ctx.actor.name}
        told = incoming.provenance(entry.letter, targets, taker, now())
        changes.append(Change(Action.CREATE, {**told, "id": new_id()}))
        await gate.transact(ctx, changes)
    if finish:
        await inbox.move(ctx.tx, message_id, DONE)
    return targets


async def _change(ctx: Context, proposal: Proposal) -> Change:
    """What taking an item in does: something new, or what the letter says of what the record has."""
    if "id" in proposal.resource:
        version = proposal.resource.get("meta", {}).get("versionId")
        return Change(Action.UPDATE, proposal.resource, if_match=int(version) if version else None)
    if not proposal.same_as:
        return Change(Action.CREATE, {**proposal.resource, "id": new_id()})
    there = await read(ctx, *proposal.same_as.split("/", 1))
    fields = incoming.SAID.get(there["resourceType"], ())
    said = {name: proposal.resource[name] for name in fields if name in proposal.resource}
    return Change(Action.UPDATE, there | said, if_match=int(there["meta"]["versionId"]))


async def enqueue(
    ctx: Context,
    mailroom: Mailroom,
    letter: Referral | Epikrise | Dialog | Requisition | Asked,
    sending: Sending,
    her_id: str,
) -> Message:
    """Put a letter of an own unit (HER-id) in the outbox. Unprocessable for an address that is no own one."""
    if her_id not in mailroom.own:
        raise Unprocessable("the unit has no address of its own")
    return await outbox.enqueue(ctx.tx, letter, sending, mailroom.signer)


async def sender_of(ctx: Context, mailroom: Mailroom, her_id: str = "") -> tuple[Party, str]:
    """The actor's unit, or the one with this address, as sender: with those above it and the person."""
    own = [her_id] if her_id else mailroom.of_units(ctx.actor.units)
    if not own:
        raise Unprocessable("the unit has no address of its own")
    chain = [mailroom.own[own[0]]]
    node = ctx.by(NODE_ITSELF)
    while above := chain[-1].get("partOf", {}).get("reference", ""):
        chain.append(await read(node, "Organization", above.partition("/")[2]))
    return terms.party(chain, await _practitioner(ctx)), own[0]


async def _practitioner(ctx: Context) -> Resource | None:
    if not ctx.actor.practitioner:
        return None
    return await read(ctx.by(NODE_ITSELF), *ctx.actor.practitioner.split("/", 1))


async def read(ctx: Context, type_: str, id_: str) -> Resource:
    """One resource that the context may see."""
    return loads((await gate.read(ctx, type_, id_)).body)


async def mine(ctx: Context, mailroom: Mailroom, message_id: str) -> Message:
    """A message of one of the actor's units; anyone else's is as if it were not there."""
    message = await messages.get(ctx.tx, message_id)
    own = mailroom.of_units(ctx.actor.units)
    mine = [each for each in (message,) if each and _own_address(each) in own]
    # Asked in any case, so that one that is closed takes no longer than one that is not there.
    if not (found := await closed.open_letters(ctx, mine)):
        raise NotFound("no such message")
    return found[0]


def _own_address(message: Message) -> str:
    return message.from_her if message.direction == "out" else message.to_her

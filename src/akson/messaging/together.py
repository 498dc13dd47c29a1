"""The platform's side of what Akson adds to the message API: many letters, receipts or read marks in one request.

Beside MSH API v2, not part of it: a national platform does not have these paths, and engines then ask one by one. What is done for each
is what `msh` does for one, in as few statements as for one; the answer tells of each in the order of the request, with its id or with
status and error. A request that stops half-way has done nothing, and the same request again does nothing twice.
"""

import base64
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from akson.kit.errors import AksonError, NotFound
from akson.messaging import answering, codec, msh
from akson.messaging.envelope import Envelope, envelope_of, of_receipt
from akson.messaging.msh import BadRequest, Caller, Known
from akson.messaging.receipts import Answer
from akson.store.database.pool import Tx
from akson.store.underway import messages_many
from akson.store.underway.messages import Message, Receiver
from akson.store.underway.messages_many import New

MOST = msh.MOST
SMALL = 200_000
"""Bytes up to which a document comes with the list; a larger one is fetched by itself."""
Said = dict[str, Any]


def items(body: Any) -> list[Any]:
    """What a request names. BadRequest when it is no such request."""
    found = body.get("items") if isinstance(body, dict) else None
    if not isinstance(found, list) or not 1 <= len(found) <= MOST:
        raise BadRequest("Model validation error occurred", f"items is a list of 1 to {MOST}")
    return found


def said(error: AksonError) -> Said:
    """What is told of one that was not taken."""
    status = 400 if error.status in (415, 422) else error.status
    return {
        "status": status,
        "error": error.diagnostics,
        "validationErrors": list(getattr(error, "errors", ())),
    }


@dataclass(frozen=True, slots=True)
class _Posted:
    outside: Envelope
    raw: bytes
    receivers: Sequence[str]


async def post_messages(tx: Tx, caller: Caller, body: Any, known: Known) -> list[Said]:
    """As `msh.post_message` for each of the items."""
    taken = [_taken(caller, each) for each in items(body)]
    well = [each for each in taken if isinstance(each, _Posted)]
    wanted = {her_id for each in well for her_id in each.receivers}
    registered = set(await known(sorted(wanted))) if wanted else set()
    new: dict[int, New] = {}
    answers: list[Said] = []
    for place, each in enumerate(taken):
        if isinstance(each, _Posted) and set(each.receivers) <= registered:
            new[place] = _new(each.outside, each.raw, each.receivers)
            answers.append({})
        else:
            answers.append(
                said(each if isinstance(each, AksonError) else _unknown(each.receivers, registered))
            )
    added = await messages_many.add(tx, list(new.values())) if new else set()
    for place, one in new.items():
        answers[place] = await _told(tx, one, is_new=one.message.id in added)
    await _note_receipts(tx, [p for place, n in new.items() if n.message.id in added and (p := taken[place])])
    _ring(tx, new.values())
    return answers


def _taken(caller: Caller, body: Any) -> _Posted | AksonError:
    try:
        raw = msh.document_of(body)
        outside = envelope_of(raw)
        caller.must_act_for(outside.sender.her_id)
        return _Posted(outside, raw, msh.subset(outside.receivers, body.get("receiverHerIdsSubset")))
    except AksonError as error:
        return error


def _unknown(receivers: Collection[str], registered: Collection[str]) -> AksonError:
    unknown = sorted(set(receivers) - set(registered))
    return BadRequest("Unknown receiver", *(f"Unknown HER-id: {her_id}" for her_id in unknown))


def _new(outside: Envelope, raw: bytes, receivers: Sequence[str]) -> New:
    message = msh.held_message(outside, receivers[0], raw)
    return New(message, raw, tuple(Receiver(message.id, her_id, "waiting") for her_id in receivers))


async def _told(tx: Tx, new: New, *, is_new: bool) -> Said:
    if is_new:
        return {"id": new.message.id}
    try:
        return {"id": await msh.same(tx, new.message, new.payload)}
    except BadRequest as error:
        return said(error)


async def _note_receipts(tx: Tx, posted: Sequence[Any]) -> None:
    """Receipts that came as documents, as those of the service bus do."""
    for each in posted:
        if each.outside.is_receipt:
            await msh.note_receipt(tx, each.outside.sender.her_id, codec.parse(each.raw))


async def offered(tx: Tx, caller: Caller, listing: msh.Listing) -> list[Said]:
    """What the receivers have not read, with the documents that are not large: whoever lists these has fetched them."""
    msh.must_list(caller, listing)
    found = await messages_many.offered(tx, listing.her_ids, listing.limit, SMALL)
    answers = []
    for her_id, message, raw in found:
        one = msh.listed(her_id, message, metadata=True)
        answers.append(
            one | ({"businessDocument": base64.b64encode(raw).decode()} if raw is not None else {})
        )
    await messages_many.fetched(
        tx, [(message.id, her_id) for her_id, message, raw in found if raw is not None]
    )
    return answers


async def post_receipts(tx: Tx, caller: Caller, body: Any) -> list[Said]:
    """As `msh.post_apprec` for each of the items (id, herId, appRecStatus, appRecErrorList); each counts as read then."""
    asked = items(body)
    ids = {str(each.get("id")) for each in asked if isinstance(each, dict)}
    found = await messages_many.whole(tx, ids)
    told = await messages_many.receivers(tx, ids)
    new: list[New] = []
    put: dict[tuple[str, str], Receiver] = {}
    answers = []
    for each in asked:
        try:
            one = _asked(caller, each)
            message, raw = found.get(one.id, (None, b""))
            receivers = {r.her_id: r for r in told.get(one.id, ())}
            before = put.get((one.id, one.her_id)) or receivers.get(one.her_id)
            msh.must_concern(caller, message, receivers)
            made, after = _receipt(one, message, raw, before)
        except AksonError as error:
            answers.append(said(error))
            continue
        if made:
            new.append(made)
        put[one.id, one.her_id] = after
        answers.append({"id": made.message.id} if made else {})
    if new:
        await messages_many.add(tx, new)
    await messages_many.put_receivers(tx, put.values())
    _ring(tx, new)
    return answers


def _ring(tx: Tx, new: Iterable[New]) -> None:
    for her_id in {each.her_id for one in new for each in one.receivers}:
        tx.ring(msh.bell(her_id))


@dataclass(frozen=True, slots=True)
class _Asked:
    id: str
    her_id: str
    answer: Answer


def _asked(caller: Caller, item: Any) -> _Asked:
    if not isinstance(item, dict):
        raise BadRequest("Model validation error occurred", "an item is an object")
    her_id = str(item.get("herId"))
    caller.must_act_for(her_id)
    return _Asked(str(item.get("id")), her_id, msh.answer_of(item))


def _receipt(
    asked: _Asked, message: Message | None, raw: bytes, before: Receiver | None
) -> tuple[New | None, Receiver]:
    """The receipt as a message of its own, None where it was given before; and what is known of the receiver then."""
    if message is None or before is None or message.type == "APPREC":
        raise BadRequest("Model validation error occurred", "the message was not sent to this HER-id")
    if before.status:
        if before.status != asked.answer.status:
            raise BadRequest("Model validation error occurred", "the message has another receipt already")
        return None, replace(before, state="read")
    id_ = str(uuid5(NAMESPACE_OID, f"{message.id}:{asked.her_id}"))
    receipt, written = answering.written(raw, asked.her_id, asked.answer, id_)
    new = _new(of_receipt(receipt), written, [message.from_her])
    errors = asked.answer.as_json()
    return new, replace(before, state="read", status=asked.answer.status, errors=errors)


async def read(tx: Tx, caller: Caller, body: Any) -> list[Said]:
    """As `msh.mark_read` for each of the items (id, herId)."""
    pairs = [(str(each.get("id")), str(each.get("herId"))) for each in items(body) if isinstance(each, dict)]
    caller.must_act_for(*(her_id for _, her_id in pairs))
    done = await messages_many.read(tx, pairs)
    absent = said(NotFound("Could not find database document"))
    return [{"id": pair[0]} if pair in done else absent for pair in pairs]

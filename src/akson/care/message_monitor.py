"""What passes through the platform: how many letters, between whom, and those that need a person. No patient is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.kit.errors import NotAllowed
from akson.messaging.codes import LISTS, MESSAGE_TYPES
from akson.record import gate
from akson.record.context import Context
from akson.store import messages
from akson.store.messages import Message, Receiver

HER = "urn:oid:2.16.578.1.12.4.1.2"
OPERATIONS = "driftsansvarlig"
DAY = timedelta(days=1)
PATIENCE = timedelta(hours=4)
"""A letter that its receiver has not answered for this long needs a person."""
LIMIT = 1000
RECEIPT = "APPREC"
OK, REJECTED = "1", "2"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One letter that needs a person: why (key of the catalogues), who should act, and since when."""

    id: str
    kind: str
    sender: str
    receiver: str
    why: str
    detail: str
    owner: str
    """Name of the unit that must act."""
    phone: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Pair:
    """What went from one unit to another in the last day."""

    sender: str
    receiver: str
    sent: int
    fetched: int
    answered: int


@dataclass(frozen=True, slots=True)
class Monitor:
    """The last day."""

    sent: int
    answered: int
    underway: int
    troubles: tuple[Trouble, ...]
    pairs: tuple[Pair, ...]


async def overview(ctx: Context) -> Monitor:
    """The figures of the last day, and all letters that need a person. NotAllowed for all but operations."""
    if ctx.actor.role != OPERATIONS:
        raise NotAllowed("only those who run the platform see the monitor")
    units = await _units(ctx)
    found = [each for each in await messages.find(ctx.tx, "relay", limit=LIMIT) if each.type != RECEIPT]
    held = [(message, one) for message in found for one in await messages.receivers(ctx.tx, message.id)]
    recent = [each for each in held if _age(each[0]) < DAY]
    return Monitor(
        sent=len(recent),
        answered=sum(1 for _, one in recent if one.status),
        underway=sum(1 for message, one in held if not one.status and _age(message) < PATIENCE),
        troubles=tuple(filter(None, (_trouble(message, one, units) for message, one in held))),
        pairs=tuple(_pairs(recent, units)),
    )


def _trouble(message: Message, one: Receiver, units: dict[str, Resource]) -> Trouble | None:
    rejected = one.status == REJECTED
    if not rejected and (one.status or _age(message) < PATIENCE):
        return None
    owner = message.from_her if rejected else one.her_id
    return Trouble(
        id=message.id,
        kind=LISTS[MESSAGE_TYPES].get(message.type, ""),
        sender=_name(units, message.from_her),
        receiver=_name(units, one.her_id),
        why="web.monitor_rejected" if rejected else "web.monitor_unanswered",
        detail="; ".join(str(error.get("description") or error.get("details") or "") for error in one.errors),
        owner=_name(units, owner),
        phone=next(
            (str(t["value"]) for t in units.get(owner, {}).get("telecom", []) if t["system"] == "phone"), ""
        ),
        since=message.made or now(),
    )


def _pairs(recent: Sequence[tuple[Message, Receiver]], units: dict[str, Resource]) -> list[Pair]:
    groups: dict[tuple[str, str], list[Receiver]] = {}
    for message, one in recent:
        groups.setdefault((message.from_her, one.her_id), []).append(one)
    pairs = [
        Pair(
            _name(units, sender),
            _name(units, receiver),
            len(group),
            sum(1 for one in group if one.state != "waiting" or one.status),
            sum(1 for one in group if one.status),
        )
        for (sender, receiver), group in groups.items()
    ]
    return sorted(pairs, key=lambda pair: (-pair.sent, pair.sender))


async def _units(ctx: Context) -> dict[str, Resource]:
    """The units of the address register by HER-id."""
    query = parse("Organization", [("identifier", f"{HER}|"), ("_count", "500")], base=ctx.node.fhir)
    found = [loads(stored.body) for stored in (await gate.search(ctx, query)).matches]
    return {each["value"]: unit for unit in found for each in unit["identifier"] if each["system"] == HER}


def _name(units: dict[str, Resource], her_id: str) -> str:
    return str(units.get(her_id, {}).get("name", ""))


def _age(message: Message) -> timedelta:
    return now() - (message.made or now())

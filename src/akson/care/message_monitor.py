"""What passes through the platform: how many letters, between whom, and those that need a person. No patient is named."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.kit.errors import Conflict, NotAllowed
from akson.kit.norwegian import HER
from akson.messaging import tally
from akson.messaging.codes import LISTS, MESSAGE_TYPES
from akson.record import gate
from akson.record.context import Context
from akson.store.database.pool import Tx
from akson.store.underway import relay, tallies
from akson.store.underway.notices import DIFFERENCE, FALL
from akson.store.underway.relay import Stuck, Traffic

OPERATIONS = "driftsansvarlig"
DAY = timedelta(days=1)
PASSED_ON = "relay"
"""The direction of a letter at the platform."""
PATIENCE = timedelta(hours=4)
"""A letter that its receiver has not answered for this long needs a person."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One letter that needs a person: why (key of the catalogues), who should act, and since when."""

    id: str
    kind: str
    sender: str
    receiver: str
    why: str
    detail: str
    """Code and words of the receipt."""
    offered: int
    owner: str
    """Name of the unit that must act."""
    phone: str
    since: datetime
    can_offer: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """What went from one unit to another in the last day."""

    sender: str
    receiver: str
    counts: Traffic


@dataclass(frozen=True, slots=True)
class Odd:
    """Counts of a day that do not agree, or far fewer letters than usual. `kind` as of the notices of the parties."""

    kind: str
    day: date
    sender: str
    receiver: str
    facts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Monitor:
    """The last day, and what the counts of the days before it say."""

    sent: int
    answered: int
    rejected: int
    troubles: tuple[Trouble, ...]
    pairs: tuple[Pair, ...]
    odd: tuple[Odd, ...]

    @property
    def underway(self) -> int:
        """Neither acknowledged nor rejected."""
        return self.sent - self.answered - self.rejected

    @property
    def oldest(self) -> datetime | None:
        """Since when the oldest trouble waits."""
        return min((each.since for each in self.troubles), default=None)


async def overview(ctx: Context, patience: timedelta = PATIENCE) -> Monitor:
    """The figures of the last day, and all letters that need a person. NotAllowed for all but operations."""
    _must_run_it(ctx)
    units = await _units(ctx)
    traffic = await relay.traffic(ctx.tx.as_node, now() - DAY)
    return Monitor(
        sent=sum(each.sent for each in traffic),
        answered=sum(each.acknowledged for each in traffic),
        rejected=sum(each.rejected for each in traffic),
        troubles=tuple(_trouble(each, units) for each in await relay.stuck(ctx.tx.as_node, now() - patience)),
        pairs=tuple(Pair(_name(units, each.sender), _name(units, each.receiver), each) for each in traffic),
        odd=tuple(await _odd(ctx.tx.as_node, units, now())),
    )


async def offer_again(ctx: Context, message: str) -> None:
    """Offer a letter anew to those who have not answered. Conflict when all have."""
    _must_run_it(ctx)
    if not await relay.offer_again(ctx.tx.as_node, message, ctx.actor.name):
        raise Conflict("every receiver has answered")


async def handle(ctx: Context, message: str) -> None:
    """Take a letter off the list: somebody has seen to it. Conflict when somebody was faster."""
    _must_run_it(ctx)
    if not await relay.handle(ctx.tx.as_node, message, ctx.actor.name):
        raise Conflict("the letter is not on the list any more")


async def _odd(tx: Tx, units: Mapping[str, Resource], at: datetime) -> list[Odd]:
    """What the parties themselves are told of too, each of its own, seen here between all of them."""
    found: list[tuple[str, date, tally.Difference | tally.Fall]] = []
    for day in tally.days(at):
        counts = [*await tallies.told(tx, day, units), *await tallies.passed_on(tx, day, units)]
        found += [
            (DIFFERENCE, day, each) for each in tally.differences(counts, await tallies.tellers(tx, day))
        ]
    newest = tally.days(at)[0]
    by_day = await tallies.by_day(tx, [newest, *tally.comparable(newest)], (PASSED_ON,))
    found += [(FALL, newest, each) for each in tally.falls(newest, by_day)]
    return [
        Odd(kind, day, _name(units, each.pair[0]), _name(units, each.pair[1]), each.facts)
        for kind, day, each in found
    ]


def _must_run_it(ctx: Context) -> None:
    if ctx.actor.role != OPERATIONS:
        raise NotAllowed("only those who run the platform see the monitor")


def _trouble(stuck: Stuck, units: Mapping[str, Resource]) -> Trouble:
    owner = stuck.sender if stuck.is_rejected else stuck.receiver
    why = "rejected" if stuck.is_rejected else "not_answered" if stuck.is_fetched else "not_fetched"
    words = [
        " ".join(str(error.get(part)) for part in ("errorCode", "description") if error.get(part))
        for error in stuck.errors
    ]
    return Trouble(
        id=stuck.id,
        kind=LISTS[MESSAGE_TYPES].get(stuck.type, ""),
        sender=_name(units, stuck.sender),
        receiver=_name(units, stuck.receiver),
        why=f"send.monitor_{why}",
        detail="; ".join(filter(None, words)),
        offered=stuck.offered,
        owner=_name(units, owner),
        phone=_phone(units.get(owner, {})),
        since=stuck.made,
        can_offer=not stuck.is_rejected,
    )


async def _units(ctx: Context) -> dict[str, Resource]:
    """The units of the address register by HER-id."""
    query = parse("Organization", [("identifier", f"{HER}|"), ("_count", "500")], base=ctx.node.fhir)
    found = [loads(stored.body) for stored in (await gate.search(ctx, query)).matches]
    return {each["value"]: unit for unit in found for each in unit["identifier"] if each["system"] == HER}


def _name(units: Mapping[str, Resource], her_id: str) -> str:
    return str(units.get(her_id, {}).get("name", her_id))


def _phone(unit: Resource) -> str:
    return next((str(t["value"]) for t in unit.get("telecom", []) if t.get("system") == "phone"), "")

"""The register of the citizens' own rules, at the platform: read and changed by the citizen, followed by the record systems.

A change is the next version; nothing is taken out. Each look and each change is in the access log.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from akson.kit.clock import now
from akson.kit.errors import NotFound, TooMany, Unprocessable, VersionMismatch
from akson.kit.ids import new_id
from akson.kit.norwegian import parse
from akson.record import gate, obeying, trail
from akson.record.context import Context, Place, opened
from akson.record.people import People
from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.privacy import (
    BEGINNING,
    DEFINITIONS,
    END,
    MOST,
    WRITTEN_DOWN,
    Terms,
    read,
    settable,
    written,
)
from akson.security.rules.blocks import subjects
from akson.security.topics import CONSENT, PRIVACY
from akson.store.access import attorneys, privacy
from akson.store.access.attorneys import Power
from akson.store.access.mirror import Rule
from akson.store.access.privacy import Mark, Version
from akson.store.index.hashing import patient_number

PAUSE = 0.25
"""Seconds between two looks for somebody who waits."""
LONGEST = 25.0
PAGE = 500
"""Versions in one answer."""
RULES = 200
"""Rules of one citizen that hold or will hold; those withdrawn and those that are over do not count."""
OPENING = "aapning"
LONGEST_OPENING = timedelta(days=7)
SHARING, LONGEST_SHARING = "utlevering", timedelta(days=5 * 366)


class TooManyRules(TooMany):
    """The citizen has as many rules as one may have."""

    text = "privacy.too_many"


@dataclass(frozen=True, slots=True)
class Order:
    """A rule as somebody wants it. `id` and `expected` name the version that it takes the place of."""

    definition: str
    """Name in DEFINITIONS."""
    terms: Terms
    low: datetime | None = None
    high: datetime | None = None
    id: str = ""
    expected: int = 0


@dataclass(frozen=True, slots=True)
class News:
    """Versions of rules, and powers of attorney, since a mark, and the mark to go on from. `whole`: there are no more now."""

    mark: Mark
    versions: tuple[Version, ...] = ()
    powers: tuple[Power, ...] = ()
    whole: bool = True


async def current(ctx: Context) -> list[Version]:
    """The latest version of each of the citizen's rules. Refused for anyone else."""
    await _looked(ctx, Action.READ)
    return await privacy.current(ctx.tx, whose(ctx))


async def history(ctx: Context) -> list[Version]:
    """All versions of the citizen's rules, newest first. Refused for anyone else."""
    await _looked(ctx, Action.HISTORY)
    return await privacy.history(ctx.tx, whose(ctx))


async def put(ctx: Context, order: Order) -> Version:
    """Set a rule, or change one. VersionMismatch when it was changed since; Unprocessable for what no rule can say."""
    action = Action.UPDATE if order.id else Action.CREATE
    grant = gate.granted(ctx, action, PRIVACY)
    before = await _expected(ctx, order.id, order.expected) if order.id else None
    await _has_room(ctx, whose(ctx), before)
    if before is not None and before.definition != order.definition:
        raise Unprocessable("The definition of a rule does not change", expression=("definisjonGuid",))
    version = _made(ctx, order, before, whose(ctx), _right(ctx))
    await _stands(ctx, version)
    await trail.ruled(ctx, grant, action, version.pat, (version.id, version.version))
    return version


async def write_down(ctx: Context, order: Order, pid: str) -> Version:
    """A consent that the citizen (identity number) has given to the one who acts, in the room. For those who treat."""
    grant = gate.granted(ctx, Action.CREATE, CONSENT)
    await _has_room(ctx, pid, None)
    version = _made(ctx, order, None, pid, WRITTEN_DOWN)
    await _stands(ctx, version)
    await trail.ruled(ctx, grant, Action.CREATE, version.pat, (version.id, version.version))
    return version


async def withdraw(ctx: Context, id_: str, expected: int) -> Version:
    """End a rule now; it stays in the history. VersionMismatch when it was changed since, NotFound when there is none."""
    grant = gate.granted(ctx, Action.UPDATE, PRIVACY)
    before = await _expected(ctx, id_, expected)
    if not before.active:
        return before
    version = before._replace(
        version=before.version + 1, active=False, by_name=ctx.actor.name, by_right=_right(ctx)
    )
    await _stands(ctx, version)
    await trail.ruled(ctx, grant, Action.UPDATE, version.pat, (version.id, version.version))
    return version


async def status(ctx: Context, definition: str, pid: str) -> bool:
    """Whether a rule of this definition holds: any, for the citizen oneself; for those who treat, one that concerns them.

    Personnel ask about the one patient of their attest; NotFound for anybody else's number, whether or not there is one.
    """
    actor = ctx.actor
    if actor.kind is Kind.PERSONNEL:
        grant = gate.granted(ctx, Action.READ, "Patient")
        patient = await People(ctx.place).patient(ctx.tx, pid) if parse(pid) else None
        if not actor.patient or patient is None or patient["id"] != actor.patient:
            raise NotFound("No such patient by this attest")
    else:
        grant = gate.granted(ctx, Action.READ, PRIVACY)
        if pid not in {"", whose(ctx)}:
            raise NotFound("A citizen asks about oneself")
        pid = whose(ctx)
    found = [each for each in await privacy.current(ctx.tx, pid) if each.definition == definition]
    holding = [each for each in found if each.active and each.low <= now() < each.high]
    await trail.ruled(ctx, grant, Action.READ, patient_number(actor.patient))
    return any(actor.kind is not Kind.PERSONNEL or _concerns(actor, each) for each in holding)


def _concerns(actor: Actor, version: Version) -> bool:
    """Whether the rule is about the one who asks: named, or not among those let in; sharing, who is of another owner."""
    terms = read(version.definition, version.metadata)
    if version.definition == "deling":
        return True  # whoever asks here asks from a system beside the one that has it
    return terms.all_but != bool({each.key for each in terms.subjects} & subjects(actor))


async def news(place: Place, actor: Actor, mark: Mark, wait: float) -> News:
    """What was set, given or ended after the mark; waits at most `wait` seconds for something. For systems that follow."""
    until = time.monotonic() + min(wait, LONGEST)
    while True:
        found = await _since(place, actor, mark)
        if found or time.monotonic() >= until:
            return News(
                found[-1].mark if found else mark,
                tuple(each for each in found if isinstance(each, Version)),
                tuple(each for each in found if isinstance(each, Power)),
                whole=len(found) < PAGE,
            )
        await asyncio.sleep(PAUSE)


async def _since(place: Place, actor: Actor, mark: Mark) -> Sequence[Version | Power]:
    async with opened(place, actor, Purpose.ADMINISTRATION) as ctx:
        grant = gate.granted(ctx, Action.SEARCH, PRIVACY)
        both: list[Version | Power] = list(await privacy.after(ctx.tx.as_node, mark, PAGE))
        both += await attorneys.after(ctx.tx.as_node, mark, PAGE)
        found = sorted(both, key=attrgetter("mark"))[:PAGE]
        if found:
            await trail.taken_out(ctx, grant, PRIVACY, Counter(each.pat for each in found))
    return found


def _right(ctx: Context) -> str:
    return ctx.actor.acts_for.right if ctx.actor.acts_for else ""


def whose(ctx: Context) -> str:
    """Identity number of the citizen whose rules they are: the actor, or the one who is acted for."""
    return ctx.actor.acts_for.pid if ctx.actor.acts_for else ctx.actor.pid


async def _looked(ctx: Context, action: Action) -> None:
    grant = gate.granted(ctx, action, PRIVACY)
    await trail.ruled(ctx, grant, action, patient_number(ctx.actor.patient))


async def _expected(ctx: Context, id_: str, expected: int) -> Version:
    before = await privacy.one(ctx.tx, whose(ctx), id_)
    if before is None:
        raise NotFound("No such rule")
    if before.version != expected:
        raise VersionMismatch("The rule was changed since: look at it again")
    return before


async def _stands(ctx: Context, version: Version) -> None:
    """Write a version, and obey it here in the same transaction: the shared registers lie on the platform."""
    await privacy.add(ctx.tx, version)
    rule = Rule(
        version.id,
        version.version,
        version.definition,
        version.active,
        version.metadata,
        version.low,
        version.high,
    )
    await obeying.keep(ctx.tx, ctx.place, {version.pid: [rule]})


async def _has_room(ctx: Context, pid: str, before: Version | None) -> None:
    """TooManyRules where one more would hold than may."""
    if before is not None and _holds(before):
        return
    if sum(map(_holds, await privacy.current(ctx.tx, pid))) >= RULES:
        raise TooManyRules(f"At most {RULES} rules hold: change one, or withdraw one first")


def _holds(version: Version) -> bool:
    """Whether a rule holds or is going to."""
    return version.active and version.high > now()


def _made(ctx: Context, order: Order, before: Version | None, pid: str, right: str) -> Version:
    metadata = written(order.terms)
    read(order.definition, metadata)
    settable(order.definition, order.terms)
    low, high = order.low or BEGINNING, order.high or END
    if high <= max(low, now()):
        raise Unprocessable("A rule ends after it begins, and after now", expression=("tidsbegrensetTil",))
    if order.definition == OPENING and high > now() + LONGEST_OPENING:
        raise Unprocessable(
            f"An opening ends within {LONGEST_OPENING.days} days", expression=("tidsbegrensetTil",)
        )
    if order.definition == SHARING and high > now() + LONGEST_SHARING:
        raise Unprocessable(
            "Sharing with another service ends within five years", expression=("tidsbegrensetTil",)
        )
    if len(order.terms.subjects) > MOST or len(order.terms.entries) > MOST:
        raise Unprocessable(f"At most {MOST} of each", expression=("metadata",))
    return Version(
        id=before.id if before else new_id(),
        version=before.version + 1 if before else 1,
        pid=pid,
        pat=patient_number(ctx.actor.patient),
        kind=DEFINITIONS[order.definition].kind.value,
        definition=order.definition,
        active=True,
        metadata=metadata,
        low=low,
        high=high,
        by_name=ctx.actor.name,
        by_right=right,
    )

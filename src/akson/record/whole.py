"""The door to everything of a patient or an encounter at once: `gate.py` for what is read piece by piece.

The pieces of one answer may be read in transactions of their own; each patient whose data is shown gets one row in
the access log, however many pieces there are.
"""

from dataclasses import dataclass, field

from akson.record import trail
from akson.record.context import Context
from akson.record.gate import found, granted
from akson.security.actor import Action
from akson.store.operations import whole as store
from akson.store.operations.whole import Piece, Whole
from akson.store.record import resources
from akson.store.record.resources import Stored


@dataclass(slots=True)
class Told:
    """One answer: whom it is about, and what its pieces have given so far."""

    root: Stored | None
    """The patient or encounter; None for all patients."""
    at_once: bool
    """Whether the answer is the whole of it and not a page."""
    supporting: set[int] = field(default_factory=set)
    patients: set[int] = field(default_factory=set)
    """Numbers of patients that have their row in the access log."""


async def root(ctx: Context, whole: Whole) -> Stored:
    """The patient or encounter itself. NotFound when absent or hidden, Gone when deleted.

    It is shown by the piece that follows, which writes the row in the access log.
    """
    grant = granted(ctx, Action.READ, whole.type)
    stored = await resources.read(ctx.tx, grant.scope, whole.type, whole.id)
    return await found(ctx, grant, Action.READ, stored, (whole.type, whole.id))


async def everything(ctx: Context, whole: Whole, told: Told, *, count: int, mark: str | None) -> Piece:
    """The next piece of what the actor may see. Refused for one who may see no patient at all."""
    granted(ctx, Action.SEARCH, whole.type)
    grant = granted(ctx, Action.SEARCH, "")
    if told.at_once and told.root is not None and not told.patients and grant.audited:
        number = await store.count(ctx.tx, grant.scope, whole)
        await trail.shown(ctx, grant, told.root, number + 1)
        told.patients.add(told.root.pat)
    piece = await store.piece(ctx.tx, grant.scope, whole, count=count, mark=mark, known=told.supporting)
    given = [*piece.found, *piece.supporting]
    if mark is None and told.root is not None:
        given.append(told.root)
    fresh = [stored for stored in given if stored.pat not in told.patients | {0}]
    if fresh or not told.at_once:
        await trail.seen(ctx, grant, Action.SEARCH, fresh, whole.type)
        told.patients |= {stored.pat for stored in fresh}
    return piece

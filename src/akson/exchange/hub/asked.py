"""What personnel and cooperating services ask a citizen, and the citizen's no: the same row in the log, whoever asked."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from akson.exchange.hub import privacy
from akson.kit.errors import NotFound
from akson.record import gate, trail
from akson.record.context import Context
from akson.security.actor import Action
from akson.security.topics import PRIVACY
from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number


class Asked(Protocol):
    """A question to a citizen."""

    @property
    def id(self) -> str: ...
    @property
    def pat(self) -> int: ...


T = TypeVar("T", bound=Asked)


async def waiting(ctx: Context, find: Callable[[Tx, str], Awaitable[Sequence[T]]]) -> Sequence[T]:
    """Those who ask the citizen and have no answer. In the log where there are any: each page of the portal looks."""
    grant = gate.granted(ctx, Action.READ, PRIVACY)
    found = await find(ctx.tx.as_node, privacy.whose(ctx))
    if found:
        await trail.ruled(ctx, grant, Action.READ, patient_number(ctx.actor.patient))
    return found


async def answered(ctx: Context, wanted: T | None, *, agreed: bool) -> T | None:
    """What the citizen has said yes to; None after a no, which is in the log. NotFound where nobody waits for it any more."""
    if wanted is None:
        raise NotFound("Nobody waits for that answer")
    if agreed:
        return wanted
    grant = gate.granted(ctx, Action.UPDATE, PRIVACY)
    await trail.ruled(ctx, grant, Action.UPDATE, wanted.pat, (wanted.id, 2))
    return None

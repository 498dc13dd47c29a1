"""What one request or job carries through every layer: who, in which transaction, on which node, why."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from types import TracebackType

from akson.fhir.definitions import Definitions
from akson.kit.errors import AksonError, Contended
from akson.kit.ids import new_id
from akson.kit.limits import LIMITS, Limits
from akson.kit.settings import Level, Node
from akson.kit.value import value
from akson.record.kept import Kept
from akson.record.reading import reader_of
from akson.record.refused import Refused
from akson.record.registry import Registry
from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.policy import Decision, decide
from akson.security.sharing import Held
from akson.store.access import audit
from akson.store.access.audit import Look
from akson.store.database.pool import Database, Tx

Policy = Callable[[Actor, Action, str, Purpose], Decision]
"""Decides whether an actor may do something to resources of a type, and to which of them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node at work: what it is, its database, its rules. Above it stands only the program that hosts it."""

    node: Node
    database: Database
    policy: Policy = decide
    level: Level = Level.STRUCTURE
    """What a resource must keep to be stored."""
    limits: Limits = LIMITS
    """How much one request may ask for."""
    standing: timedelta = timedelta(hours=24)
    """How long what goes on for a system rests on a token that it has shown (record/standing.py)."""
    emergency: timedelta = timedelta(hours=1)
    """How long a record that is opened in an emergency is open."""
    follows: bool = False
    """It keeps to the rules that citizens set at the platform, and opens no record before it has heard them."""
    kept: tuple[Kept, ...] = ()
    """Shared lists that this node, as the register of others, keeps in an order of versions."""
    services: Mapping[str, Held] = field(default_factory=dict)
    """What the information services hold that citizens may share with cooperating services, by slug."""
    video: str = ""
    """Address of the provider of video; empty: no rooms."""
    registry: Registry = field(default_factory=Registry)
    """The search parameters that hold here."""


@value
class Context:
    """One request or job."""

    actor: Actor
    tx: Tx
    place: Place
    purpose: Purpose = Purpose.TREATMENT
    request_id: str = field(default_factory=new_id)
    client_request: str = ""
    """What the client calls the request (X-Request-Id)."""
    looks: list[Look] = field(default_factory=list)
    """Rows of the access log, and whom they are about, that stand also when all else is undone: what was looked at may be told by the error."""

    @property
    def node(self) -> Node:
        return self.place.node

    @property
    def policy(self) -> Policy:
        return self.place.policy

    async def definitions(self) -> Definitions:
        """The search parameters that hold on this node now."""
        return await self.place.registry.fresh(self.tx)

    def by(self, actor: Actor) -> "Context":
        """The same request on behalf of somebody else, e.g. the node itself for what its own order demands."""
        return replace(self, actor=actor, tx=self.tx.by(reader_of(actor)))


NODE_ITSELF = Actor(Kind.NODE)


def opened(
    place: Place,
    actor: Actor,
    purpose: Purpose = Purpose.TREATMENT,
    *,
    read_only: bool = False,
    client_request: str = "",
    looks_only: bool = False,
) -> AbstractAsyncContextManager[Context]:
    """One request or job as one transaction, committed when the block ends.

    An error undoes it. What was looked at until then, and a refusal, are audited in a transaction of their own before
    the error is told: no audit, no answer. `looks_only`: it writes nothing but its rows of the access log, and waits
    for the disk together with others that do so.
    """
    transaction = place.database.transaction(
        read_only=read_only, reader=reader_of(actor), together=looks_only
    )
    return _Opened(place, actor, purpose, transaction, client_request)


class _Opened:
    """A class, since every request passes through here."""

    __slots__ = ("_actor", "_looks", "_made", "_place", "_transaction")

    def __init__(
        self,
        place: Place,
        actor: Actor,
        purpose: Purpose,
        transaction: AbstractAsyncContextManager[Tx],
        client_request: str,
    ) -> None:
        self._place, self._actor = place, actor
        self._looks: list[Look] = []
        self._transaction = transaction
        self._made = partial(
            Context, actor, place=place, purpose=purpose, client_request=client_request, looks=self._looks
        )

    async def __aenter__(self) -> Context:
        return self._made(tx=await self._transaction.__aenter__())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._transaction.__aexit__(kind, error, trace)
        except AksonError as late:
            await self._keep_looks(late)
            raise
        if isinstance(error, AksonError):
            await self._keep_looks(error)

    async def _keep_looks(self, error: AksonError) -> None:
        if isinstance(error, Contended):  # tells nothing of what is stored, and is tried again
            return
        looks = self._looks
        if isinstance(error, Refused):
            looks.append((error.audit, [audit.about(error.audit)], ()))
        if looks:
            async with self._place.database.transaction(reader=reader_of(self._actor)) as tx:
                for look in looks:
                    await audit.append_many(tx, *look)

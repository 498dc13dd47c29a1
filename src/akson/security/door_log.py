"""The access log of the door: who signed in and out and took which role, and who was turned away before any rule was asked.

What the rules decide is logged by those who ask them (`record.trail`). Here are the rows of all else that is answered
with 401 or 403, so that no refusal leaves without its row.
"""

import re
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import Any

from akson.kit.clock import now
from akson.kit.settings import Node
from akson.security.actor import Actor, Kind
from akson.security.caller import Caller
from akson.store.access import audit, refusals
from akson.store.access.audit import AuditRow
from akson.store.database.pool import Database, Tx

REFUSAL = "refusal"
"""On the state of a request: why it is refused, where a route knows better than its status; TOLD when the log has it."""
TOLD = "told"
LONGEST = 200
SINGLY = 60
"""Refusals of nobody, of one kind in a minute, that have a row each."""
_IDENTITY = re.compile(r"\d{11,}")
CITIZENS = "/innbygger"


class Doing(StrEnum):
    """What is done at the door, as the log calls it."""

    LOGIN = "login"
    LOGOUT = "logout"
    ROLE = "role"
    """A signed-in person takes a role."""
    TOKEN = "token"  # noqa: S105  a name, not a secret
    """A system is given a token, or shows one that is no good."""
    ENTER = "enter"
    """A request that is refused for who makes it."""
    MESSAGE = "message"
    """A system sends or fetches a message."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened at the door."""

    doing: Doing
    reason: str
    """Key of the catalogues, `reason.*`."""
    granted: bool = False
    detail: str = ""
    """What exactly was wrong, for those who look into it. Holds nothing of a person."""
    asked: str = ""
    """Method and path."""


Who = Actor | Caller | None


@dataclass(frozen=True, slots=True)
class DoorLog:
    """Writes the log of one node."""

    node: Node
    database: Database

    async def note(self, happened: Happened, who: Who = None) -> None:
        """Write a row in a transaction of its own: no audit, no answer.

        Who has proven nothing could fill the log: after some of a kind in a minute the others are counted, and told in
        one row when the minute is over.
        """
        row = self.row(happened, who)
        async with self.database.transaction() as tx:
            if who is None and not happened.granted:
                await tell_counted(tx, self.node.name)
                if await refusals.count(tx, row.action, row.reason) > SINGLY:
                    return
            await audit.append(tx, row)

    def row(self, happened: Happened, who: Who = None) -> AuditRow:
        """The row, for who writes it together with what it tells of."""
        told = of_actor(who) if isinstance(who, Actor) else of_caller(who, self.node)
        return AuditRow(
            **told,
            moment=now(),
            action=happened.doing.value,
            purpose="",
            granted=happened.granted,
            reason=happened.reason,
            decision_text=happened.detail[:LONGEST],
            query=_IDENTITY.sub("***", happened.asked)[:LONGEST],
            node=self.node.name,
        )


async def tell_counted(tx: Tx, node: str) -> None:
    """One row for the refusals of each kind and minute that were only counted, once the minute is over."""
    for minute, action, reason, seen in await refusals.over(tx):
        if seen > SINGLY:
            more = f"{seen - SINGLY} more in the minute {minute.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
            row = AuditRow(
                moment=now(),
                actor_kind=Kind.ANYONE.value,
                action=action,
                purpose="",
                granted=False,
                reason=reason,
                decision_text=more,
                count=seen - SINGLY,
                node=node,
            )
            await audit.append(tx, row)


def of_actor(actor: Actor) -> dict[str, Any]:
    """The columns of the log that say who acts."""
    return {
        "actor_kind": actor.kind.value,
        "actor_name": actor.name,
        "actor_id": actor.hpr,
        "practitioner": actor.practitioner,
        "role": actor.role or (actor.acts_for.right if actor.acts_for else ""),
        "profession": actor.authorization,
        "unit": actor.unit_name,
        "unit_number": actor.unit_number,
        "organization": actor.organization,
        "organization_name": actor.organization_name,
        "client_id": actor.client_id or (actor.app.id if actor.app else ""),
        "assurance": actor.assurance,
        "token": actor.token,
    }


def of_caller(caller: Caller | None, node: Node) -> dict[str, Any]:
    """The same for one of whom is known only what a token or a session proves, or nothing."""
    if caller is None:
        return {"actor_kind": Kind.ANYONE.value}
    kind = Kind.SYSTEM
    if caller.pid:
        kind = Kind.CITIZEN if caller.surface.endswith(CITIZENS) else Kind.PERSONNEL
    own = caller.client_id == node.client_id
    return {
        "actor_kind": kind.value,
        "actor_name": caller.name or caller.client_name,
        "actor_id": caller.hpr,
        "organization": "" if kind is Kind.CITIZEN else caller.organization,
        "organization_name": node.title if own and kind is Kind.PERSONNEL else "",
        "client_id": caller.app.id if caller.app else "" if own else caller.client_id,
        "assurance": caller.assurance,
        "token": caller.token,
    }

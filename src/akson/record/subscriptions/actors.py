"""Who subscribed, kept with the subscription: policy decides anew for this actor each time something happens."""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from akson.record.context import Context, Place
from akson.record.reading import reader_of
from akson.record.standing import standing
from akson.security.actor import Actor, Attested, Kind, Purpose
from akson.store.database.pool import Tx
from akson.store.underway.subscriptions import Subscribed

SETS = tuple(each.name for each in fields(Actor) if isinstance(each.default, frozenset))
"""Fields of an Actor that are sets."""


def plain(actor: Actor) -> dict[str, Any]:
    """The actor as JSON, without the identity number: no rule asks for it. A consent that ends is not kept."""
    none: frozenset[str] = frozenset()
    made = asdict(
        replace(actor, pid="", acts_for=None, consented=none, shares=(), cases=none, takes_part=none)
    )
    del made["known"]
    return made | {name: sorted(made[name]) for name in SETS} | {"kind": actor.kind.value}


def actor_of(plain: dict[str, Any]) -> Actor:
    """What `plain` made."""
    return Actor(
        **{
            **plain,
            "kind": Kind(plain["kind"]),
            **{name: frozenset(plain.get(name, ())) for name in SETS},
            "care_relationship": _relation(plain["care_relationship"]),
        }
    )


def _relation(plain: Any) -> Attested | None:
    """Older subscriptions have the attest as pairs of texts: that there is one is what the rules ask for."""
    if isinstance(plain, Mapping):
        return Attested(**{**plain, "purpose": Purpose(plain["purpose"])})
    return Attested(Purpose.TREATMENT) if plain else None


def on_behalf(place: Place, tx: Tx, of: Subscribed) -> Context:
    """The context in which events of a subscriber are looked for."""
    actor = actor_of(of.actor)
    return Context(actor, tx.by(reader_of(actor)), place, Purpose(of.purpose))


async def entitled(place: Place, tx: Tx, of: Subscribed) -> Context | None:
    """The context in which a subscriber is told now; None while its system has not shown a token for too long."""
    actor = await standing(tx, actor_of(of.actor))
    return Context(actor, tx.by(reader_of(actor)), place, Purpose(of.purpose)) if actor else None

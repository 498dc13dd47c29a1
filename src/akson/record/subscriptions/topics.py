"""The topics of this server: those it declares itself, and those that were uploaded as Basic resources."""

from collections.abc import Iterator
from functools import cache

from akson.fhir.spec import spec
from akson.fhir.subscriptions.topic import Topic, Trigger
from akson.store.database.pool import Tx
from akson.store.underway import subscriptions

URN = "urn:akson:topic:"

_STARTED = Trigger(
    "Encounter", ("create", "update"), "status:not=in-progress", "status=in-progress", both=True
)
_ENDED = Trigger("Encounter", ("create", "update"), "status:not=finished", "status=finished", both=True)
_CRITICAL = tuple(Trigger(kind) for kind in ("AllergyIntolerance", "Condition", "Flag"))

SPECIAL = (
    Topic(f"{URN}encounter-start", "An encounter begins", (_STARTED,)),
    Topic(f"{URN}encounter-end", "An encounter is finished", (_ENDED,)),
    Topic(f"{URN}critical", "An allergy, a condition or a flag is written or removed", _CRITICAL),
)


def of_type(kind: str) -> Topic:
    """The topic of every create, update and delete of one type."""
    return Topic(f"{URN}{kind}", f"Every change of {kind}", (Trigger(kind),))


@cache
def declared() -> dict[str, Topic]:
    """The topics that every server has, by url."""
    return {topic.url: topic for topic in _all()}


def _all() -> Iterator[Topic]:
    yield from SPECIAL
    for kind in sorted(spec().types):
        yield of_type(kind)


async def find(tx: Tx, url: str) -> Topic | None:
    """The topic with this canonical url."""
    if url in declared():
        return declared()[url]
    plain = await subscriptions.topic(tx, url)
    return Topic.of(plain) if plain is not None else None

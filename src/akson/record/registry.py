"""Which search parameters hold on this node now: R4's and the added ones, followed as they change in any process.

A look at the database at most once a second, and then at one number: requests in between pay for reading a clock.
"""

from time import monotonic

from akson.fhir import added
from akson.fhir.added import Added
from akson.fhir.definitions import STANDARD, Definitions
from akson.fhir.model import Resource
from akson.kit.errors import Unprocessable
from akson.kit.settings import Content
from akson.store.database.pool import Tx
from akson.store.index import search_parameters
from akson.store.index.search_parameters import Kept

LOOK = 1.0
"""Seconds that a process may go on by the search parameters of before."""


class Registry:
    """The search parameters of one node, in one process."""

    def __init__(self, content: Content = Content.DOCUMENTS) -> None:
        self._content = content
        self.current = STANDARD if content is Content.DOCUMENTS else Definitions(every_text=True)
        self._version = 0
        self._looked = -LOOK
        self._waiting = False

    def again(self) -> "Registry":
        """A registry of the same node that has looked at nothing yet, for another process."""
        return Registry(self._content)

    async def fresh(self, tx: Tx) -> Definitions:
        """The search parameters as they were a second ago at most."""
        if monotonic() - self._looked >= LOOK:
            await self.look(tx)
        return self.current

    async def look(self, tx: Tx) -> Definitions:
        """The search parameters as this transaction sees them."""
        self._looked = monotonic()
        version = await search_parameters.version(tx)
        # What waits is read again each time, since its progress is told.
        if version != self._version or self._waiting:
            kept = await search_parameters.load(tx) if version else []
            self._waiting = any(not each.ready for each in kept)
            self.current = definitions(kept, self._content)
            self._version = version
        return self.current


def definitions(kept: list[Kept], content: Content = Content.DOCUMENTS) -> Definitions:
    """The search parameters of R4 with these."""
    found: list[Added] = []
    for each in kept:
        one = _read(each.definition, Definitions(found))
        if one is not None:
            found.append(one)
    waiting = {
        each.id: f"{each.done} of {each.total} resources are indexed" for each in kept if not each.ready
    }
    return Definitions(found, waiting, every_text=content is Content.EVERYTHING)


def _read(definition: Resource, so_far: Definitions) -> Added | None:
    """A parameter that was fine when it was added, and may not be any more after an upgrade: then it is left out."""
    try:
        return added.read(definition, so_far.others(definition["id"]))
    except Unprocessable:
        return None

"""The catalogue of the information services: what each is, how much it holds at the platform, and how long looks take.

Numbers of items are of all patients together, counted at most once a minute, and a small one, or none, is told as "fewer than five", so
that nobody can tell by them that somebody was the first.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import quantiles

from akson.exchange.declare import InformationService, Mode, Part, load
from akson.exchange.profiles import profiles_of
from akson.fhir.search_parse import parse
from akson.record.context import Place
from akson.security.copies import COPY
from akson.security.roles import OPEN_TYPES
from akson.store.database.reader import NODE as READER
from akson.store.scope import NODE
from akson.store.search import statements

KEPT = 60.0
"""Seconds that numbers stand."""
FEW = 5
LATEST = 500
"""Looks of a type that times are told of."""


@dataclass(slots=True)
class Times:
    """How long the latest looks took, by type, in this process since it began."""

    taken: dict[str, deque[float]] = field(default_factory=dict)

    @contextmanager
    def of(self, *types: str) -> Iterator[None]:
        """Time what is done in the block, unless it fails."""
        began = time.perf_counter()
        yield
        for each in types:
            self.taken.setdefault(each, deque(maxlen=LATEST)).append(time.perf_counter() - began)

    def spread(self, types: frozenset[str]) -> tuple[float, float] | None:
        """Median and 95th percentile of the looks at these types, in seconds; None where there are too few."""
        found = [each for kind in types for each in self.taken.get(kind, ())]
        if len(found) < FEW:
            return None
        cuts = quantiles(found, n=20, method="inclusive")
        return cuts[9], cuts[18]


@dataclass(frozen=True, slots=True)
class Held:
    """How many items of a part the platform holds; None: it holds none, they lie in the record systems or in messages."""

    part: Part
    number: int | None
    profiles: tuple[str, ...]
    """Canonical urls of the profiles that its items keep."""

    @property
    def profile_names(self) -> list[tuple[str, str]]:
        """The last step of each profile's address, and all of it."""
        return [(each.rpartition("/")[2], each) for each in self.profiles]

    @property
    def few(self) -> bool:
        """Too few to tell the number; none is told in the same words, or the first one would show."""
        return self.number is not None and self.number < FEW


@dataclass(frozen=True, slots=True)
class Listed:
    """One service as the catalogue shows it; times in seconds."""

    service: InformationService
    parts: tuple[Held, ...]
    times: tuple[float, float] | None


@dataclass(slots=True)
class Catalogue:
    """The catalogue of one platform node."""

    place: Place
    times: Times
    _kept: tuple[float, tuple[Listed, ...]] = (0.0, ())

    async def listed(self) -> tuple[Listed, ...]:
        """All services in the order of their numbers."""
        until, found = self._kept
        if time.monotonic() >= until:
            found = tuple([await self._listed(service) for service in load()])
            self._kept = time.monotonic() + KEPT, found
        return found

    async def _listed(self, service: InformationService) -> Listed:
        held = tuple(
            [
                Held(part, await self._number(service, part), profiles_of(service, part))
                for part in service.parts
            ]
        )
        types = frozenset(part.type for part in service.parts)
        return Listed(service, held, self.times.spread(types) if service.mode is Mode.LOOK else None)

    async def _number(self, service: InformationService, part: Part) -> int | None:
        if service.mode is Mode.SEND:
            return None
        pairs = [*part.pairs, ("_summary", "count")]
        if service.mode is Mode.LOOK and part.type not in OPEN_TYPES:
            pairs.append(("_security", COPY))
        async with self.place.database.transaction(read_only=True, reader=READER) as tx:
            return await statements.count(tx, NODE, parse(part.type, pairs, base=self.place.node.fhir))

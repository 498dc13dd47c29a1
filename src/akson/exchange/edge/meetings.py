"""Meetings as a record system meets them: called and followed at the platform, in the name of one who works at the unit."""

from collections.abc import Sequence
from dataclasses import dataclass

from akson.exchange import meetings
from akson.exchange.edge.dialogue import Conversations, resources_of
from akson.exchange.meetings import Meeting


@dataclass(frozen=True, slots=True)
class Shown:
    """A meeting, and the address of its room for who may enter it now."""

    meeting: Meeting
    room: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The meetings of the units that somebody works for."""

    talk: Conversations

    async def listed(self, pid: str = "") -> list[Meeting]:
        """From today on; with an identity number, those with that person."""
        return meetings.read(resources_of(await self.talk.ask("meetings/list", patient=pid)))

    async def opened(self, meeting: str) -> Shown:
        """One, with its room."""
        return await self._shown("open", meeting=meeting)

    async def call(
        self,
        pid: str,
        told: dict[str, str],
        guests: Sequence[str],
        units: Sequence[str],
        services: Sequence[str] = (),
    ) -> Shown:
        """Call a meeting with a person. `told`: what, how, start, end, note; `services`: organisation numbers of others in the team."""
        whom = {"guests": list(guests), "units": list(units), "services": list(services)}
        return await self._shown("call", patient=pid, **whom, **told)

    async def act(self, what: str, meeting: str, **told: str) -> Shown:
        """Move (start, end), cancel, let-in or finish."""
        return await self._shown(what, meeting=meeting, **told)

    async def _shown(self, what: str, /, **told: object) -> Shown:
        found = await self.talk.ask(f"meetings/{what}", **told)
        return Shown(meetings.read(resources_of(found))[0], str(found["room"]))

"""The dialogue service as a record system meets it: threads of a unit, asked for and written in the name of one who works there.

The system answers for who its people are and where they work; the platform decides what the unit may see.
"""

import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from akson.documents.harmless import File
from akson.exchange import threads
from akson.exchange.edge.platform import ERRORS
from akson.exchange.edge.reach import Reach
from akson.exchange.threads import Thread
from akson.fhir.model import Resource
from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import Issue, PeerFailed, Unprocessable

SCOPE = "akson:samhandling/samtale"
JSON = {"content-type": "application/json", "accept": "application/json"}
REMEMBER = 20.0
"""Seconds for which it is known how many threads wait: every page shows it."""
TIMEOUT = 15.0


@dataclass(frozen=True, slots=True)
class Unit:
    """Somebody to write to: HER-id, name, working days until an answer."""

    her_id: str
    name: str
    days: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A thread with the identity number of the person it is about."""

    thread: Thread
    pid: str


@dataclass(slots=True)
class Counts:
    """How many threads wait for the units of this process' people, as they were a moment ago."""

    _known: dict[tuple[str, ...], tuple[float, Mapping[str, int]]] = field(default_factory=dict)

    def get(self, units: Sequence[str]) -> Mapping[str, int] | None:
        until, found = self._known.get(tuple(units), (0.0, {}))
        return found if time.monotonic() < until else None

    def put(self, units: Sequence[str], found: Mapping[str, int]) -> None:
        self._known[tuple(units)] = time.monotonic() + REMEMBER, found

    def forget(self, units: Sequence[str]) -> None:
        """Ask anew: somebody here has written."""
        self._known.pop(tuple(units), None)


COUNTS = Counts()


@dataclass(frozen=True, slots=True)
class Conversations:
    """The threads of the units (HER-ids) that somebody works for."""

    reach: Reach
    units: tuple[str, ...]

    async def listed(self, pid: str = "") -> list[Thread]:
        """All, or those about the person with this identity number; the newest first."""
        return threads.read(resources_of(await self.ask("list", patient=pid)))

    async def opened(self, thread: str) -> Opened:
        """One with all its messages, which are read from now on. NotFound when it is none of the units'."""
        found = resources_of(await self.ask("open", thread=thread))
        person = next(each for each in found if each["resourceType"] == "Patient")
        pid = next((str(each["value"]) for each in person.get("identifier", [])), "")
        COUNTS.forget(self.units)
        return Opened(threads.read(found)[0], pid)

    async def receivers(self) -> tuple[list[Unit], list[Unit]]:
        """The units that can be written to, and one's own."""
        found = await self.ask("units")
        others = [Unit(each["her"], each["name"], each["days"]) for each in found["units"]]
        return others, [Unit(each["her"], "", each["days"]) for each in found["own"]]

    async def begin(
        self, pid: str, to: str, topic: str, words: str, files: Sequence[File], key: str
    ) -> Thread:
        """Begin a thread about a person, with a unit (HER-id) or, where `to` is empty, with the person."""
        told = {"patient": pid, "to": to, "topic": topic, "words": words, "files": _files(files), "key": key}
        return await self._written("begin", **told)

    async def answer(self, thread: str, words: str, files: Sequence[File], key: str) -> Thread:
        """Write in a thread."""
        return await self._written("answer", thread=thread, words=words, files=_files(files), key=key)

    async def act(self, what: str, thread: str, **told: str) -> Thread:
        """take, forward (`to`, `words`), close or reopen a thread."""
        return await self._written(what, thread=thread, **told)

    async def file(self, thread: str, binary: str) -> File:
        """A file of a thread."""
        found = await self.ask("file", thread=thread, binary=binary)
        return File(found["name"], found["kind"], base64.b64decode(found["data"]))

    async def waiting(self) -> Mapping[str, int]:
        """How many wait for an answer (`waiting`), and for too long (`overdue`)."""
        known = COUNTS.get(self.units)
        if known is None:
            found = await self.ask("count")
            known = {"waiting": int(found["waiting"]), "overdue": int(found["overdue"])}
            COUNTS.put(self.units, known)
        return known

    async def set_pace(self, unit: str, days: int) -> None:
        """Say within how many working days a unit answers."""
        await self.ask("pace", unit=unit, days=days)

    async def _written(self, what: str, **told: Any) -> Thread:
        found = threads.read(resources_of(await self.ask(what, **told)))[0]
        COUNTS.forget(self.units)
        return found

    async def ask(self, what: str, /, **told: Any) -> dict[str, Any]:
        """One request to the desk, by its path. The platform's refusal comes as the error of our own that it stands for."""
        actor = self.reach.actor
        who = {
            "name": actor.name, "role": actor.role, "hpr": actor.hpr, "units": list(self.units),
            "practitioner": actor.practitioner, "authorization": actor.authorization,
        }  # fmt: skip
        answer = await self.reach.peer.request(
            "POST", f"{self.reach.node.platform}/samtale/{what}", scope=SCOPE, headers=JSON,
            content=dumps({"who": who, **told}), timeout=TIMEOUT,
        )  # fmt: skip
        if answer.status_code == Unprocessable.status:
            raise Unprocessable("The platform takes it not", issues=_issues(loads(answer.content)))
        if answer.status_code != 200:
            raise ERRORS.get(answer.status_code, PeerFailed)(f"The platform answered {answer.status_code}")
        return loads(answer.content)


def _issues(outcome: Resource) -> tuple[Issue, ...]:
    return tuple(
        Issue(each["code"], each.get("diagnostics", ""), tuple(each.get("expression", ())))
        for each in outcome.get("issue", [])
    )


def resources_of(bundle: Resource) -> list[Resource]:
    """What a Bundle holds."""
    return [each["resource"] for each in bundle["entry"]]


def _files(files: Sequence[File]) -> list[dict[str, str]]:
    return [{"name": each.name, "data": base64.b64encode(each.data).decode()} for each in files]

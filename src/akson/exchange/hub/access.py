"""Who has seen a record, asked of every source at once: each node keeps its own log and shows it to the citizen.

A source that does not answer is named, so that nobody takes silence for "no one".
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from akson.documents.mhd import Source
from akson.exchange.hub.look import AskSource
from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.kit.clock import instant
from akson.kit.errors import AksonError, PeerFailed
from akson.kit.log import Event, log

PAGE = 500
MOST_PAGES = 8
MISSHAPEN = (AttributeError, KeyError, TypeError, ValueError)
"""What reading an answer meets that is JSON and has another shape: as good as none."""
FHIR_JSON = {"accept": "application/fhir+json"}


@dataclass(frozen=True, slots=True)
class Log:
    """What one source told: its AuditEvents, newest first."""

    title: str
    events: tuple[Resource, ...] = ()
    silent: bool = False
    """No answer, or none that could be used."""
    whole: bool = True
    """False when there is more in the period than was fetched."""
    register: bool = False
    """It is the platform's own log: what it holds of a patient is the shared registers."""


@dataclass(frozen=True, slots=True)
class AccessLook:
    """Asks all sources for the access log of the one who asks."""

    sources: Sequence[Source]

    async def find(self, ask: AskSource, since: datetime) -> list[Log]:
        """The log of each source since a moment, in the order of the sources."""
        return list(await asyncio.gather(*(self._one(ask, source, since) for source in self.sources)))

    async def _one(self, ask: AskSource, source: Source, since: datetime) -> Log:
        try:
            events, whole = await _pages(ask, source, since)
        except (AksonError, *MISSHAPEN) as error:
            log(Event.PEER_FAILED, peer=source.slug, error=type(error).__name__)
            return Log(source.title, silent=True)
        return Log(source.title, tuple(events), whole=whole)


async def _pages(ask: AskSource, source: Source, since: datetime) -> tuple[list[Resource], bool]:
    """All pages up to MOST_PAGES, and whether that was all."""
    path = f"AuditEvent?{urlencode({'date': f'ge{instant(since)}', '_count': PAGE})}"
    events: list[Resource] = []
    for _ in range(MOST_PAGES):
        answer = await ask(source, "GET", path, None, FHIR_JSON)
        if answer.status_code != 200:
            raise PeerFailed(f"The source answered {answer.status_code}")
        bundle = loads(answer.content)
        events += [_sound(entry["resource"]) for entry in bundle.get("entry", []) if _is_event(entry)]
        following = next((link["url"] for link in bundle.get("link", []) if link["relation"] == "next"), "")
        if not following:
            return events, True
        path = f"AuditEvent?{urlsplit(following).query}"
    return events, False


def _is_event(entry: Resource) -> bool:
    return bool(entry.get("resource", {}).get("resourceType") == "AuditEvent")


def _sound(event: Resource) -> Resource:
    """The event, with what every one has and the page cannot do without. One of MISSHAPEN where it lacks that."""
    datetime.fromisoformat(event["recorded"])
    event["source"]["observer"].get("identifier")
    return event

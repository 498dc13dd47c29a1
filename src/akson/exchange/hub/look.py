"""Look (slaa opp og tilgjengeliggjoere) on the platform: ask every source at once, answer with what came in time.

Each source decides for itself what the asker may see: the platform passes on who asks and why, bound to the one patient
(token exchange at the trust anchor). A source that is silent or in trouble is named in the answer.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from akson.documents.mhd import Source, SourceAnswer, find_form, merge
from akson.exchange.edge.platform import Answer
from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.kit.errors import AksonError, NotFound, PeerFailed
from akson.kit.log import Event, log
from akson.kit.norwegian import system_of

FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/fhir+json"}


class AskSource(Protocol):
    """One request to a source on behalf of the asker; PeerSilent when there is no answer in time."""

    async def __call__(
        self, source: Source, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> Answer: ...


@dataclass(frozen=True, slots=True)
class DocumentLook:
    """Finds and fetches documents in all sources for one asker."""

    sources: Sequence[Source]
    base: str
    """Where the platform serves MHD, e.g. http://localhost:8000/samhandling/mhd."""

    async def find(self, ask: AskSource, pid: str, text: str = "") -> Resource:
        """ITI-67: documents of a person in all sources, newest first, with the sources that are missing."""
        form = find_form(system_of(pid), pid, text).encode()
        return merge(
            await asyncio.gather(*(self._one(ask, source, form) for source in self.sources)), self.base
        )

    async def fetch(self, ask: AskSource, name: str, binary: str) -> Answer:
        """ITI-68: one document's content as its source gives it. NotFound for a source nobody knows."""
        source = next((each for each in self.sources if each.slug == name), None)
        if source is None:
            raise NotFound("No such source")
        answer = await ask(source, "GET", f"Binary/{binary}", None, {"accept": "application/fhir+json"})
        if answer.status_code in {403, 404, 410}:
            raise NotFound("No such document")
        if answer.status_code != 200:
            raise PeerFailed(f"The source answered {answer.status_code}")
        return answer

    async def _one(self, ask: AskSource, source: Source, form: bytes) -> SourceAnswer:
        try:
            answer = await ask(source, "POST", "DocumentReference/_search", form, FORM)
            if answer.status_code == 200:
                return SourceAnswer(source, loads(answer.content))
            log(Event.PEER_FAILED, peer=source.slug, status=answer.status_code)
        except AksonError as error:
            log(Event.PEER_FAILED, peer=source.slug, error=type(error).__name__)
        return SourceAnswer(source, None)

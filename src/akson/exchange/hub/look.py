"""Look (slaa opp og tilgjengeliggjoere) on the platform: searches in all record systems that hold something of a patient.

The record locator says which those are. A source whose copies in the data hotel are fresh is answered for by them; the others are
asked at once (but for those that were silent a moment ago, see `away`), each for itself, on behalf of the asker and bound to the one patient, and decide for themselves what the
asker may see. A source that is silent or in trouble is named in the answer, and its copies stand in with their age.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlencode

from akson.documents.mhd import Source
from akson.exchange import merging
from akson.exchange.declare import copied_types
from akson.exchange.edge.platform import Answer
from akson.exchange.hub.away import Away
from akson.exchange.hub.catalogue import Times
from akson.exchange.merging import Found
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import dumps, loads
from akson.kit.clock import now
from akson.kit.errors import AksonError, NotFound, PeerFailed, PeerSilent
from akson.kit.log import Event, log
from akson.kit.norwegian import token
from akson.record import gate, partners
from akson.record.context import Context
from akson.security.actor import Kind
from akson.security.copies import COPY
from akson.store.index.hashing import patient_number
from akson.store.underway import hotel

FHIR_JSON = {"content-type": "application/fhir+json", "accept": "application/fhir+json"}
FRESH = timedelta(seconds=60)
"""How long after its last word a source's copies stand for what it holds."""
LIMIT = 1.0
"""Seconds that a source may take: the rest of a page must fit into one and a half beside them."""
LIVE_ONLY = ("_content", "_text", "_has", "_include", "_revinclude")
"""Parameters that lead to files and to other types, which may not be copied."""


class AskSource(Protocol):
    """One request to a source on behalf of the asker; PeerSilent when there is no answer in time."""

    async def __call__(
        self, source: Source, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Search:
    """One search of a type, without the patient."""

    type: str
    pairs: tuple[tuple[str, str], ...]
    operation: str = ""
    """The operation (`$name`) of the type that is asked in place of a search, where the sources make the items on request."""

    def url(self, pid: str) -> str:
        """As an entry of a batch has it: in a body, so that the identity number is in no address."""
        path = f"{self.type}/{self.operation}" if self.operation else self.type
        return f"{path}?{urlencode([('patient.identifier', token(pid)), *self.pairs])}"

    @property
    def is_live(self) -> bool:
        """Only the sources themselves can answer it."""
        names = [name for name, _ in self.pairs]
        if self.operation or self.type not in copied_types():
            return True
        return any(n.startswith(LIVE_ONLY) or "." in n for n in names)


@dataclass(frozen=True, slots=True)
class Look:
    """Searches in the record systems for one asker."""

    sources: Sequence[Source]
    limit: float = LIMIT
    times: Times = field(default_factory=Times)
    away: Away = field(default_factory=Away)

    async def find(
        self,
        ctx: Context,
        ask: AskSource,
        patient: Resource,
        pid: str,
        searches: Sequence[Search],
        *,
        whole: bool = False,
    ) -> list[Resource]:
        """A searchset for each search, of all sources, with an outcome that names the sources that are missing or old.

        `patient`: the Patient here, whom the asker may see. Who asks from a record system has that one's own at hand, and gets it
        only where `whole` is asked for.
        """
        if ctx.actor.kind is Kind.PARTNER:
            for search in searches:
                partners.require(ctx, patient["id"], search.type, shared=True)
        chosen = [each for each in self.sources if whole or not _is_askers(ctx, each)]
        with self.times.of(*{search.type for search in searches}):
            return await self._find(ctx, ask, (patient["id"], pid), searches, chosen)

    async def _find(
        self,
        ctx: Context,
        ask: AskSource,
        whom_here: tuple[str, str],
        searches: Sequence[Search],
        sources: Sequence[Source],
    ) -> list[Resource]:
        patient, pid = whom_here
        whom = patient_number(patient)
        heard, located = await hotel.heard(ctx.tx), await hotel.located(ctx.tx, whom)
        at = now()
        may_stand_in = not any(search.is_live for search in searches)
        copied: list[Source] = []
        asked: list[Source] = []
        for source in sources:
            told = heard.get(source.slug)
            if may_stand_in and told is not None and source.slug not in located:
                continue  # it has told all that it holds of what is copied, and nothing of this patient
            is_fresh = told is not None and at - told < FRESH and not located.get(source.slug)
            (copied if is_fresh and may_stand_in else asked).append(source)
        answers = await asyncio.gather(*(self._ask(ask, source, pid, searches) for source in asked))
        silent = [source for source, answer in zip(asked, answers, strict=True) if answer is None]
        stand_ins = [*copied, *(source for source in silent if source.slug in heard and may_stand_in)]
        copies = await _copies(ctx, patient, searches) if stand_ins else []
        found = [Found(s, answer) for s, answer in zip(asked, answers, strict=True) if answer is not None]
        found += [Found(s, merging.of_source(copies, s), s not in copied, heard[s.slug]) for s in stand_ins]
        found += [Found(s, None, is_silent=True) for s in silent if s not in stand_ins]
        return merging.merged(found, len(searches))

    async def fetch(self, ask: AskSource, name: str, path: str) -> Answer:
        """One resource as its source gives it. NotFound for a source nobody knows, and for what it does not show."""
        answer = await ask(self._named(name), "GET", path, None, {"accept": "application/fhir+json"})
        if answer.status_code in {403, 404, 410}:
            raise NotFound("No such resource")
        if answer.status_code != 200:
            raise PeerFailed(f"The source answered {answer.status_code}")
        return answer

    async def picture(self, ask: AskSource, name: str, path: str, accept: str) -> Answer:
        """What a source answers of its pictures (DICOMweb), also that it cannot give one in this form.

        NotFound for a source nobody knows, and for what it does not show.
        """
        answer = await ask(self._named(name).pictures, "GET", path, None, {"accept": accept})
        if answer.status_code in {403, 404, 410}:
            raise NotFound("No such picture")
        if answer.status_code not in {200, 204, 400, 406, 409}:
            raise PeerFailed(f"The source answered {answer.status_code}")
        return answer

    def _named(self, name: str) -> Source:
        source = next((each for each in self.sources if each.slug == name), None)
        if source is None:
            raise NotFound("No such source")
        return source

    async def _ask(
        self, ask: AskSource, source: Source, pid: str, searches: Sequence[Search]
    ) -> list[Resource | None] | None:
        """The searchsets of one source; None when it did not answer as it should in time."""
        if self.away.is_left_alone(source.slug):
            return None
        entries = [{"request": {"method": "GET", "url": search.url(pid)}} for search in searches]
        body = dumps({"resourceType": "Bundle", "type": "batch", "entry": entries})
        try:
            async with asyncio.timeout(self.limit):
                answer = await ask(source, "POST", "", body, FHIR_JSON)
            self.away.answered(source.slug)
            if answer.status_code != 200:
                raise PeerFailed(f"The source answered {answer.status_code}")
            return merging.searchsets(loads(answer.content), len(searches))
        except TimeoutError:
            self.away.was_late(source.slug)
            log(Event.PEER_FAILED, peer=source.slug, error=PeerSilent.__name__)
        except AksonError as error:
            # It refused or failed at once, which costs nobody time: the next who asks may find it well.
            self.away.answered(source.slug)
            log(Event.PEER_FAILED, peer=source.slug, error=type(error).__name__)
        return None


def _is_askers(ctx: Context, source: Source) -> bool:
    """Whether somebody asks from this very record system."""
    return bool(source.client_id) and source.client_id == ctx.actor.client_id


async def _copies(ctx: Context, patient: str, searches: Sequence[Search]) -> list[Resource]:
    """The searchsets of the copies here, of all sources."""
    found = []
    for search in searches:
        pairs = [("patient", f"Patient/{patient}"), ("_security", COPY), *search.pairs]
        page = await gate.search(ctx, parse(search.type, pairs, base=ctx.node.fhir))
        entries = [{"resource": loads(each.body), "search": {"mode": "match"}} for each in page.matches]
        entries += [{"resource": loads(each.body), "search": {"mode": "include"}} for each in page.included]
        found.append({"resourceType": "Bundle", "type": "searchset", "entry": entries})
    return found

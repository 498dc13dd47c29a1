"""What the citizen's pages ask the record systems for: one's own documents, and who has seen one's record.

The platform asks with the session of the citizen; each source lets citizens see what is their own.
"""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from akson.documents.mhd import Source, missing_sources
from akson.exchange.edge.look import Content, Found
from akson.exchange.edge.platform import matches
from akson.exchange.hub.access import AccessLook, Log
from akson.exchange.hub.look import FNR, FORM, AskSource, DocumentLook
from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.kit.errors import AksonError


@dataclass(frozen=True, slots=True)
class Inquiry:
    """All sources, for one citizen who is signed in."""

    ask: AskSource
    look: DocumentLook
    access: AccessLook
    pid: str
    """National identity number of the citizen; sent in bodies only."""

    async def documents(self) -> Found:
        """One's documents, newest first, and the sources that did not answer."""
        bundle = await self.look.find(self.ask, self.pid)
        resources = [entry["resource"] for entry in bundle["entry"]]
        found = [each for each in resources if each["resourceType"] == "DocumentReference"]
        return Found(tuple(found), tuple(missing_sources(bundle)))

    async def document(self, source: str, binary: str) -> Content:
        """The content of one document. NotFound when it is not there or hidden, PeerSilent without an answer."""
        resource = loads((await self.look.fetch(self.ask, source, binary)).content)
        return Content(resource.get("contentType", ""), base64.b64decode(resource.get("data", "")))

    async def referrals(self) -> Found:
        """One's referrals in all systems, and the sources that did not answer."""
        form = urlencode(
            {"patient.identifier": f"{FNR}|{self.pid}", "_sort": "-authored", "_count": "100"}
        ).encode()
        answers = await asyncio.gather(*(self._referrals(source, form) for source in self.look.sources))
        pairs = list(zip(self.look.sources, answers, strict=True))
        found = [resource for _, resources in pairs for resource in resources or ()]
        return Found(tuple(found), tuple(source.title for source, resources in pairs if resources is None))

    async def _referrals(self, source: Source, form: bytes) -> list[Resource] | None:
        """None when the source does not answer. One that does not know the citizen has nothing to tell."""
        try:
            answer = await self.ask(source, "POST", "ServiceRequest/_search", form, FORM)
        except AksonError:
            return None
        if answer.status_code in {403, 404}:
            return []
        return matches(loads(answer.content)) if answer.status_code == 200 else None

    async def logs(self, since: datetime) -> Sequence[Log]:
        """The access log of each source since a moment."""
        return await self.access.find(self.ask, since)

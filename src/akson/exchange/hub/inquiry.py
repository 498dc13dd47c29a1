"""What the citizen's pages ask the record systems for: one's own documents, and who has seen one's record.

The platform asks with the session of the citizen; each source lets citizens see what is their own.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from akson.documents.mhd import addressed, criteria
from akson.exchange.edge.look import Content, Found
from akson.exchange.hub import question
from akson.exchange.hub.access import AccessLook, Log
from akson.exchange.hub.look import AskSource, Look, Search
from akson.exchange.hub.question import Asking, Replies
from akson.exchange.merging import missing
from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.record.context import Context


@dataclass(frozen=True, slots=True)
class Inquiry:
    """All sources, for one citizen who is signed in."""

    ask: AskSource
    look: Look
    access: AccessLook
    pid: str
    """National identity number of the citizen; sent in bodies only."""

    async def find(self, ctx: Context, searches: Sequence[Search]) -> list[Resource]:
        """A searchset for each search about the one whom the pages are about, of all sources."""
        return await self.look.find(ctx, self.ask, {"id": ctx.actor.patient}, self.pid, searches)

    async def documents(self, ctx: Context) -> Found:
        """One's documents, newest first, and the sources that did not answer."""
        (bundle,) = await self.find(ctx, [Search("DocumentReference", criteria())])
        resources = [entry["resource"] for entry in addressed(bundle, "")["entry"]]
        found = [each for each in resources if each["resourceType"] == "DocumentReference"]
        return Found(tuple(found), tuple(missing(bundle)))

    async def document(self, source: str, binary: str) -> Content:
        """The content of one document. NotFound when it is not there or hidden, PeerSilent without an answer."""
        resource = loads((await self.look.fetch(self.ask, source, f"Binary/{binary}")).content)
        return Content(resource.get("contentType", ""), base64.b64decode(resource.get("data", "")))

    async def logs(self, since: datetime) -> Sequence[Log]:
        """The access log of each source since a moment."""
        return await self.access.find(self.ask, since)

    async def put(self, title: str, asking: Asking) -> None:
        """Put a question to the source of this title. PeerSilent or PeerFailed when it was not taken."""
        await question.send(self.ask, question.source_named(self.access.sources, title), asking)

    async def replies(self) -> Sequence[Replies]:
        """One's questions about looks, and the answers."""
        return await question.replies(self.ask, self.access.sources)

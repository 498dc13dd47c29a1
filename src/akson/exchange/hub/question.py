"""A citizen's questions about looks, sent to the node that has the look, and what was answered, from all nodes.

Asked with the citizen's own session: each node decides, as for all else, what the citizen may write and read there.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson

from akson.documents.mhd import Source
from akson.exchange.hub.access import MISSHAPEN
from akson.exchange.hub.look import AskSource
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.errors import AksonError, NotFound, PeerFailed
from akson.kit.log import Event, log
from akson.record import gate
from akson.record.context import Context
from akson.security.rules.question_to_unit import LABEL, LOOK, SYSTEM, TYPE

FHIR_JSON = {"accept": "application/fhir+json"}
PAGE = 200
CREATED = frozenset({200, 201})


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as it is sent. `name` is what its form is called: sent twice, it is one question."""

    name: str
    events: tuple[str, ...]
    """Names of AuditEvents of the node."""
    words: str

    def made(self) -> Resource:
        """As a Communication; whose record it is about and who asks is set by the node that takes it."""
        return {
            "resourceType": TYPE,
            "meta": {"security": [{"system": SYSTEM, "code": LOOK}]},
            "identifier": [{"system": SYSTEM, "value": self.name}],
            "status": "completed",
            "about": [{"reference": f"AuditEvent/{each}"} for each in self.events],
            "payload": [{"contentString": self.words}],
        }


@dataclass(frozen=True, slots=True)
class Replies:
    """What one source holds of questions and answers."""

    title: str
    found: tuple[Resource, ...] = ()


async def send(ask: AskSource, source: Source, asking: Asking) -> None:
    """Put the question to a source. PeerSilent without an answer, PeerFailed when it does not take it."""
    headers = {
        "content-type": "application/fhir+json",
        "if-none-exist": urlencode({"identifier": f"{SYSTEM}|{asking.name}"}),
        **FHIR_JSON,
    }
    answer = await ask(source, "POST", TYPE, orjson.dumps(asking.made()), headers)
    if answer.status_code not in CREATED:
        raise PeerFailed(f"The source answered {answer.status_code}")


async def put_here(ctx: Context, asking: Asking) -> None:
    """Put the question to the platform itself, about looks at its registers."""
    name = parse(TYPE, [("identifier", f"{SYSTEM}|{asking.name}")], base=ctx.node.fhir)
    await gate.create(ctx, asking.made(), if_none_exist=name)


async def replies_here(ctx: Context) -> Replies:
    """The questions to the platform itself about the record that is read, and the answers."""
    pairs = [("_security", LABEL), ("_sort", "-_lastUpdated"), ("_count", str(PAGE))]
    page = await gate.search(ctx, parse(TYPE, pairs, base=ctx.node.fhir))
    return Replies(ctx.node.title, tuple(loads(stored.body) for stored in page.matches))


async def replies(ask: AskSource, sources: Sequence[Source]) -> list[Replies]:
    """The citizen's questions and their answers; of a source that does not answer nothing."""
    return list(await asyncio.gather(*(_one(ask, source) for source in sources)))


def source_named(sources: Sequence[Source], title: str) -> Source:
    """The source of this title; NotFound when there is none."""
    found = next((each for each in sources if each.title == title), None)
    if found is None:
        raise NotFound("No such source")
    return found


async def _one(ask: AskSource, source: Source) -> Replies:
    query = urlencode({"_security": LABEL, "_count": PAGE, "_sort": "-_lastUpdated"})
    try:
        answer = await ask(source, "GET", f"{TYPE}?{query}", None, FHIR_JSON)
        if answer.status_code == 200:
            entries = loads(answer.content).get("entry", [])
            found = [each["resource"] for each in entries if each["resource"]["resourceType"] == TYPE]
            return Replies(source.title, tuple(found))
        log(Event.PEER_FAILED, peer=source.slug, status=answer.status_code)
    except (AksonError, *MISSHAPEN) as error:
        log(Event.PEER_FAILED, peer=source.slug, error=type(error).__name__)
    return Replies(source.title)

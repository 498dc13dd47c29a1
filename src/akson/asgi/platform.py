"""What only the platform node serves: documents of all sources (MHD) and news of its registers."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.routing import BaseRoute, Mount

from akson.asgi.hosted import Hosted, purpose_of
from akson.documents.mhd import Source
from akson.exchange.edge.platform import Answer
from akson.exchange.hub.look import AskSource, DocumentLook
from akson.fhir.search_parse import parse
from akson.kit.errors import NotFound
from akson.kit.settings import Node
from akson.record import gate
from akson.record.context import opened
from akson.rest.mhd import mhd_routes
from akson.rest.watch import watch_routes
from akson.security.client import Behalf, Onward

FNR = "urn:oid:2.16.578.1.12.4.1.4.1"


def sources_of(nodes: Sequence[Node]) -> tuple[Source, ...]:
    """The record systems that publish documents."""
    return tuple(Source(node.name, node.title, node.fhir) for node in nodes)


def hub_routes(each: Hosted, look: DocumentLook) -> list[BaseRoute]:
    """Routes of the platform's own API beside FHIR."""

    async def opens(request: Request, pid: str) -> None:
        """The asker's token opens this person here too; the look is in the access log."""
        async with opened(each.place, request.state.actor, purpose_of(request.state.actor)) as ctx:
            query = parse("Patient", [("identifier", f"{FNR}|{pid}")], base=each.node.fhir)
            if not (await gate.search(ctx, query)).matches:
                raise NotFound("No such patient")

    def asker(request: Request) -> AskSource:
        return ask_source(each, Onward(request.state.token))

    return [Mount("/mhd", routes=mhd_routes(look, asker, opens)), *watch_routes(each.place)]


def ask_source(each: Hosted, behalf: Behalf | Onward) -> AskSource:
    """Asks a source on behalf of somebody: who called us (Onward), or who has a session here (Behalf)."""

    async def ask(
        source: Source, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        scope = f"akson:{source.slug}/fhir"
        url = f"{source.fhir}/{path}"
        return await each.peer.request(
            method, url, scope=scope, on_behalf_of=behalf, content=content, headers=dict(headers)
        )

    return ask

"""What only the platform node serves: documents of all sources (MHD) and news of its registers."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

from starlette.requests import Request
from starlette.routing import BaseRoute, Mount

from akson.asgi.hosted import Hosted, purpose_of
from akson.asgi.refusing import because, with_its_row
from akson.documents.mhd import Source
from akson.exchange.edge.platform import Answer
from akson.exchange.hub.access import AccessLook
from akson.exchange.hub.inquiry import Inquiry
from akson.exchange.hub.look import AskSource, Look
from akson.exchange.hub.partner import Cooperation
from akson.exchange.hub.report import CLAIMS, TrialRegister
from akson.exchange.hub.report_ends import Practice
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.errors import Malformed, NotAllowed, NotAuthenticated, NotFound
from akson.kit.norwegian import HER, ORGANIZATION, token
from akson.kit.settings import Node
from akson.messaging import msh
from akson.messaging.addresses import ABILITIES, AddressBook
from akson.record import gate, partners
from akson.record.context import Context, opened
from akson.rest.platform.addresses import address_routes
from akson.rest.platform.changes import change_routes
from akson.rest.platform.cooperating import cooperating_routes
from akson.rest.platform.dialogue import dialogue_routes
from akson.rest.platform.doctors import doctor_routes
from akson.rest.platform.hotel import hotel_routes
from akson.rest.platform.look import look_routes
from akson.rest.platform.meetings import meeting_routes
from akson.rest.platform.mhd import mhd_routes
from akson.rest.platform.msh import MessageApi
from akson.rest.platform.package import package_routes
from akson.rest.platform.personnel import personnel_routes
from akson.rest.platform.persons import person_routes
from akson.rest.platform.pictures import picture_routes
from akson.rest.platform.privacy import privacy_routes
from akson.rest.platform.report_ends import ReportEnds
from akson.rest.platform.taking_part import taking_part_routes
from akson.rest.platform.units import unit_routes
from akson.rest.platform.watch import watch_routes
from akson.security import sharing
from akson.security.actor import Actor, ActsFor, Kind
from akson.security.client import Behalf, Onward
from akson.security.door_log import Doing, Happened
from akson.security.representation import header
from akson.security.scopes import require_scope
from akson.store.access import audit
from akson.store.database.pool import Tx
from akson.store.database.reader import NODE as READER
from akson.store.scope import NODE
from akson.store.search import statements


def sources_of(nodes: Sequence[Node], others: str) -> tuple[Source, ...]:
    """The record systems that publish: Akson's own, and those of others as the setting `sources` names them.

    Malformed where an entry is not name=address|title, or its name is taken.
    """
    own = [Source(node.name, node.title, node.fhir, node.client_id) for node in nodes]
    found = [*own, *(_foreign(each) for each in others.split(",") if each.strip())]
    if len({each.slug for each in found}) != len(found):
        raise Malformed("AKSON_SOURCES names two systems alike")
    return tuple(found)


def _foreign(entry: str) -> Source:
    name, _, rest = entry.strip().partition("=")
    address, _, title = rest.partition("|")
    if not _NAME.fullmatch(name) or not address.startswith(("http://", "https://")) or not title.strip():
        raise Malformed("AKSON_SOURCES has name=FHIR base|title, the name in a-z, 0-9 and -")
    return Source(name, title.strip(), address.rstrip("/"), name)


_NAME = re.compile(r"[a-z][a-z0-9-]{1,40}")
"""A name becomes part of scopes and of the ids of copies."""


def hub_routes(each: Hosted, look: Look) -> list[BaseRoute]:
    """Routes of the platform's own API beside FHIR."""

    @asynccontextmanager
    async def opens(request: Request, pid: str) -> AsyncIterator[tuple[Context, Resource]]:
        """The asker's token opens this person here too; the look is in the access log."""
        actor = request.state.actor
        async with with_its_row(request.scope["state"]), opened(each.place, actor, purpose_of(actor)) as ctx:
            query = parse("Patient", [("identifier", token(pid))], base=each.node.fhir)
            found = (await gate.search(ctx, query)).matches
            if not found and actor.kind is Kind.PARTNER:
                partners.require(ctx, "", "Patient")
            if not found:
                raise NotFound("No such patient")
            yield ctx, loads(found[0].body)

    @asynccontextmanager
    async def own(request: Request) -> AsyncIterator[Context]:
        """The transaction of a party to requests."""
        actor = request.state.actor
        async with with_its_row(request.scope["state"]), opened(each.place, actor, purpose_of(actor)) as ctx:
            yield ctx

    def asker(request: Request) -> AskSource:
        actor: Actor = request.state.actor
        if actor.kind is Kind.PARTNER:
            return ask_for_partner(each, actor)
        return ask_source(each, Onward(request.state.token))

    return [
        Mount("/mhd", routes=mhd_routes(look, f"{each.node.base}/mhd", asker, opens)),
        *look_routes(look, asker, opens),
        *picture_routes(look, asker),
        Mount("/msh/api/v2", routes=message_api(each).routes()),
        Mount("/register", routes=report_ends(each).routes()),
        Mount("/grunndata", routes=register_routes(each)),
        *package_routes(),
        *watch_routes(each.place),
        *privacy_routes(each.place),
        *change_routes(each.place, look.sources),
        *hotel_routes(each.place, look.sources),
        *taking_part_routes(own),
        *cooperating_routes(own),
        meeting_routes(each.place),
        *dialogue_routes(each.place),
    ]


def register_routes(each: Hosted) -> list[BaseRoute]:
    """The registers that others follow, in the shapes of the national ones."""
    search = partial(_search, each)
    return [
        Mount("/persontjenesten", routes=person_routes(each.place)),
        Mount("/hpr", routes=personnel_routes(each.place)),
        Mount("/flr", routes=doctor_routes(each.place)),
        Mount("/ar", routes=address_routes(each.place, AddressBook(search))),
        Mount("/enhetsregisteret", routes=unit_routes(each.place, search)),
    ]


async def _search(each: Hosted, type_: str, pairs: Sequence[tuple[str, str]]) -> Sequence[Resource]:
    # Units and their addresses are no one's record: read as the sign-in reads them.
    query = parse(type_, list(pairs), base=each.node.fhir)
    async with each.place.database.transaction(read_only=True, reader=READER) as tx:
        return [loads(stored.body) for stored in (await statements.search(tx, NODE, query)).matches]


def trial_register(each: Hosted) -> TrialRegister:
    """Who answers for the addresses that are marked as a register for trying."""
    return TrialRegister(each.place, partial(_search, each))


def report_ends(each: Hosted) -> ReportEnds:
    """The interfaces of registers for trying, for those who may send messages."""
    search = partial(_search, each)

    async def practices(caller: msh.Caller) -> list[Practice]:
        marked = [("status", "active"), ("payload-type", f"{ABILITIES}|{CLAIMS}"), ("_count", "100")]
        found = [
            i["value"]
            for e in await search("Endpoint", marked)
            for i in e.get("identifier", [])
            if i.get("system") == HER
        ]
        own = [
            (
                "identifier",
                ",".join(f"{HER}|{her_id}" for her_id in sorted(caller.her_ids.intersection(found))),
            )
        ]
        units = await search("Organization", own) if own[0][1] else []
        return [
            Practice(number(unit, HER), unit.get("name", ""), number(unit, ORGANIZATION)) for unit in units
        ]

    def number(unit: Resource, system: str) -> str:
        return next((i["value"] for i in unit.get("identifier", []) if i.get("system") == system), "")

    return ReportEnds(message_api(each).enter, practices)


def message_api(each: Hosted) -> MessageApi:
    """The message API: a system acts for the addresses of its owner and the owner's units."""
    book = AddressBook(partial(_search, each))

    @asynccontextmanager
    async def enter(request: Request) -> AsyncIterator[tuple[Tx, msh.Caller]]:
        actor: Actor | None = getattr(request.state, "actor", None)
        if actor is None:
            raise NotAuthenticated("A token is needed")
        with because(request.scope["state"], "reason.for_systems"):
            if actor.kind is not Kind.SYSTEM:
                raise NotAllowed("Messages are for systems")
        with because(request.scope["state"], "reason.no_right"):
            require_scope(request.state.caller, each.node, "msh")
        her_ids = await book.owned_by(actor.organization)
        asked = f"{request.method} {request.url.path}"
        row = each.door_log.row(
            Happened(Doing.MESSAGE, "reason.own_messages", granted=True, asked=asked), actor
        )
        with because(request.scope["state"], "reason.not_their_message"):
            async with each.place.database.transaction(reader=READER) as tx:
                await audit.append(tx, row)
                yield tx, msh.Caller(her_ids)

    return MessageApi(enter, book.known, each.place.database.bells)


def inquiry(each: Hosted, look: Look) -> Callable[[Request], None]:
    """Gives the citizen's pages `state.inquiry`, by which they ask the record systems."""
    access = AccessLook(look.sources)

    def equip(request: Request) -> None:
        actor: Actor = request.state.actor
        if actor.kind is Kind.CITIZEN:
            ask = ask_source(each, Behalf(request.state.session))
            request.state.inquiry = Inquiry(ask, look, access, actor.pid)
        elif actor.acts_for:
            ask = ask_source(each, Behalf(request.state.session), actor.acts_for)
            request.state.inquiry = Inquiry(ask, look, access, actor.acts_for.pid)

    return equip


def cooperation(each: Hosted, look: Look) -> Callable[[Request], None]:
    """Gives the pages of cooperating services `state.cooperation`, by which they ask the record systems."""

    def equip(request: Request) -> None:
        request.state.cooperation = Cooperation(look, ask_for_partner(each, request.state.actor))

    return equip


def ask_for_partner(each: Hosted, actor: Actor) -> AskSource:
    """Asks a source for a cooperating service. It looks up itself what the citizen has agreed that this one sees."""
    said = sharing.header(partners.claim_of(actor))

    async def ask(
        source: Source, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        scope = f"akson:{source.slug}/fhir akson:{source.slug}/{sharing.SCOPE}"
        url = f"{source.fhir}/{path}"
        return await each.peer.request(method, url, scope=scope, content=content, headers={**headers, **said})

    return ask


def ask_source(each: Hosted, behalf: Behalf | Onward, acts_for: ActsFor | None = None) -> AskSource:
    """Asks a source on behalf of somebody: who called us (Onward), or who has a session here (Behalf).

    For one who acts for another it says for whom and by which right, which the source looks up itself.
    """
    said = header(acts_for.right, acts_for.pid) if acts_for else {}

    async def ask(
        source: Source, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        scope = f"akson:{source.slug}/fhir"
        url = f"{source.fhir}/{path}"
        return await each.peer.request(
            method, url, scope=scope, on_behalf_of=behalf, content=content, headers={**headers, **said}
        )

    return ask

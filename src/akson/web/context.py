"""How a view reaches the record: the context of its request, and searches as a view wants to write them."""

from starlette.requests import Request

from akson.exchange.edge.reach import Reach
from akson.exchange.hub.inquiry import Inquiry
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.errors import NotAuthenticated
from akson.record import gate
from akson.record.context import Context
from akson.security.actor import Action


def context(request: Request) -> Context:
    """Who acts, in which transaction, on which node. NotAuthenticated when nobody has signed in."""
    found: Context | None = getattr(request.state, "context", None)
    if found is None:
        raise NotAuthenticated("no one is signed in")
    return found


def reach_of(request: Request) -> Reach:
    """How the reader of this page reaches the platform. NotAuthenticated when nobody has signed in."""
    found: Reach | None = getattr(request.state, "reach", None)
    if found is None:
        raise NotAuthenticated("no one is signed in")
    return found


def inquiry_of(request: Request) -> Inquiry:
    """How a citizen's page asks the record systems. NotAuthenticated when nobody has signed in."""
    found: Inquiry | None = getattr(request.state, "inquiry", None)
    if found is None:
        raise NotAuthenticated("no one is signed in")
    return found


def readable(ctx: Context, *types: str) -> bool:
    """Whether the reader's role reads these types at all."""
    return gate.may(ctx, Action.SEARCH, *types)


def whole(words: str) -> int | None:
    """The whole number that a field holds; None when it holds none."""
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 10 else None


async def find(ctx: Context, resource_type: str, *pairs: tuple[str, str]) -> list[Resource]:
    """The resources that match, then those they include; at most one page of them."""
    query = parse(resource_type, list(pairs), base=ctx.node.fhir)
    page = await gate.search(ctx, query)
    return [loads(stored.body) for stored in (*page.matches, *page.included)]


async def permitted(ctx: Context, resource_type: str, *pairs: tuple[str, str]) -> list[Resource]:
    """As `find`; nothing where the reader's role does not read the type, for a page that then says nothing of it."""
    return await find(ctx, resource_type, *pairs) if readable(ctx, resource_type) else []


async def one(ctx: Context, resource_type: str, resource_id: str) -> Resource:
    """One resource; NotFound when it is absent or hidden, Gone when it was deleted."""
    return loads((await gate.read(ctx, resource_type, resource_id)).body)


def of_type(resources: list[Resource], *types: str) -> list[Resource]:
    """Those of these types, in their order."""
    return [resource for resource in resources if resource["resourceType"] in types]

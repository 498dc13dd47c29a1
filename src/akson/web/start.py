"""The pages at the root: who one can be in the demo, and short pages of the parts to come."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.web.page import render


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to sign in as. `role` is a key of the catalogues; `sign_in` starts it, with `fields` as its query."""

    name: str
    role: str
    where: str
    sign_in: str
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """People who belong together; `title` is a key of the catalogues."""

    title: str
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class System:
    """A node of the demo: its address, its name, and a key of the catalogues that says what it is."""

    title: str
    address: str
    about: str


@dataclass(frozen=True, slots=True)
class Start:
    """What the start page shows. `steps` are keys of the catalogues: what to try first."""

    groups: tuple[Group, ...] = ()
    steps: tuple[str, ...] = ()
    nodes: tuple[System, ...] = ()


Page = Callable[[Request], Awaitable[Response]]


def simple_page(template: str) -> Page:
    """A view of a page that needs no data."""

    async def view(request: Request) -> Response:
        return render(request, template)

    return view


def start_routes(start: Start) -> list[BaseRoute]:
    """The start page, for the root of the program."""

    async def view(request: Request) -> Response:
        return render(request, "start.html", start=start)

    return [Route("/", view)]


def iga_routes() -> list[BaseRoute]:
    """What the node /iga serves for now: a page that says what it will be."""
    return [Route("/", simple_page("iga.html"))]

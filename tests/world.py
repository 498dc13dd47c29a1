"""The whole program with its demo, in one process: every node with its own database, meeting over HTTP.

Requests between nodes go through the same ASGI application by a real HTTP client, with real tokens and signatures; what
`make run` starts in the open is built here by the same function.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette

from akson.asgi.hosted import Hosted
from akson.asgi.program import application
from akson.demo.nodes import nodes
from akson.kit.settings import Settings

TODAY = date(2026, 11, 23)
POOL = "3"
"""Connections of each node: to start one costs more than most tests do with it."""


@dataclass
class Program:
    """The running application. `silent` names nodes that do not answer."""

    settings: Settings
    app: Starlette
    base: str
    silent: set[str] = field(default_factory=set)
    hanging: set[str] = field(default_factory=set)
    """Nodes that take a request and say nothing."""
    asked: list[str] = field(default_factory=list)
    """Hanging nodes, once for each request."""

    def browser(self) -> httpx.AsyncClient:
        """A browser: keeps cookies, follows redirects."""
        return httpx.AsyncClient(transport=Wire(self), base_url=self.base, follow_redirects=True)

    async def sign_in(self, surface: str, person: str, role: str = "") -> httpx.AsyncClient:
        """A browser in which somebody has signed in with the demo e-ID and taken a role."""
        browser = self.browser()
        page = await browser.get(f"/{surface}/login", params={"person": person, "role": role})
        where = urlsplit(str(page.url))
        assert where.path.startswith("/tillitsanker/eid/"), page.text[:2000]
        answer = await browser.post(where.path, data={"person": person, "level": "4"})
        assert answer.status_code < 500, answer.text[:2000]
        return browser


class Wire(httpx.AsyncBaseTransport):
    """Carries requests to the application; a silent node is a refused connection."""

    def __init__(self, program: "Program") -> None:
        self._program = program

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        node = request.url.path.split("/")[1]
        if node in self._program.silent:
            raise httpx.ConnectError("the node is down", request=request)
        if node in self._program.hanging:
            self._program.asked.append(node)
            await asyncio.sleep(30)
        return await httpx.ASGITransport(self._program.app).handle_async_request(request)


def program(
    data: Path, uri: Callable[[], str], names: tuple[str, ...] = (), **others: str
) -> tuple[Program, list[Hosted]]:
    """The program on fresh databases. `names` limits the nodes; `others` are further settings."""
    settings = Settings.load({"AKSON_DATA": str(data), "AKSON_PORT": "8000", "AKSON_POOL": POOL} | others)
    made = Program(settings, Starlette(), f"http://localhost:{settings.port}")
    client = httpx.AsyncClient(transport=Wire(made))
    chosen = [node for node in nodes(made.base) if not names or node.name in names]
    made.app = application(settings, tuple(chosen), http=client, uri=lambda _settings, _name: uri())
    return made, made.app.state.hosted

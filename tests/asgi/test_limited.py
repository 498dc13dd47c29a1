"""A body that is too large is read by no page and no small endpoint, signed in or not, said beforehand or sent bit by bit."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from akson.asgi.limited import LIMIT, Limited
from akson.kit.errors import AksonError


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def told(_request: Request, error: Exception) -> PlainTextResponse:
    return PlainTextResponse("no", error.status if isinstance(error, AksonError) else 500)


@pytest.fixture
def client():
    paths = ("/journal/login", "/samhandling/personvern/endringer", "/sprak", "/journal/fhir", "/x/msh/api")
    app = Starlette(
        routes=[Route(path, echo, methods=["POST"]) for path in paths],
        middleware=[Middleware(Limited)],
        exception_handlers={AksonError: told},
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")


def bit_by_bit(size):
    async def chunks():
        for _ in range(0, size, 50_000):
            yield b"x" * 50_000

    return chunks()


@pytest.mark.parametrize("path", ["/journal/login", "/samhandling/personvern/endringer", "/sprak"])
async def test_small_ones_pass_and_large_ones_do_not(client, path):
    assert (await client.post(path, content=b"x" * 1000)).text == "1000"
    for body in (b"x" * (LIMIT + 1), bit_by_bit(LIMIT + 50_000)):
        assert (await client.post(path, content=body)).status_code == 413


@pytest.mark.parametrize("path", ["/journal/fhir", "/x/msh/api"])
async def test_what_has_a_limit_of_its_own_is_left_alone(client, path):
    assert (await client.post(path, content=b"x" * (LIMIT + 1))).text == str(LIMIT + 1)

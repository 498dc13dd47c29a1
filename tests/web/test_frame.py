"""The frame of every page: language, escaping, headers, errors, static files."""

import httpx
import pytest
from jinja2 import UndefinedError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Mount, Route

from akson.kit.errors import AksonError, PeerSilent
from akson.kit.text import text
from akson.web.assets import asset, asset_routes, digest
from akson.web.error import show_error
from akson.web.headers import SecurityHeaders
from akson.web.language import language_routes, page_within
from akson.web.page import render
from akson.web.start import Group, Person, Start, iga_routes, start_routes

NAME = "<b>Hanne</b> Lunde"
START = Start(
    groups=(Group("web.menu_patients", (Person(NAME, "web.menu_day", "Solvik", "/journal/login"),)),)
)


async def silent(request: Request):
    raise PeerSilent("nobody there")


async def broken(request: Request):
    raise RuntimeError("secret detail")


@pytest.fixture
async def client():
    app = Starlette(
        routes=[
            *start_routes(START),
            *asset_routes(),
            *language_routes(),
            Route("/silent", silent),
            Route("/broken", broken),
            Mount("/iga", routes=iga_routes()),
        ],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={AksonError: show_error, HTTPException: show_error, Exception: show_error},
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://akson.test") as found:
        yield found


async def test_a_page_is_in_bokmaal_until_another_language_is_chosen(client):
    page = await client.get("/")
    assert '<html lang="nb"' in page.text
    assert text("web.start_title", "nb") in page.text
    await client.post("/sprak", data={"language": "nn", "next": "/iga/?a=1"})
    assert '<html lang="nn"' in (await client.get("/")).text
    assert text("web.iga_lead", "nn") in (await client.get("/iga/")).text


async def test_the_browsers_language_is_used_where_nothing_is_chosen(client):
    assert '<html lang="en"' in (await client.get("/", headers={"accept-language": "se, en-GB;q=0.8"})).text
    assert '<html lang="nb"' in (await client.get("/", headers={"accept-language": "no, en;q=0.8"})).text


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", ""]
)
async def test_the_language_switch_never_leads_out(client, address):
    assert page_within(address) == "/"
    answer = await client.post("/sprak", data={"language": "en", "next": address})
    assert answer.headers["location"] == "/"


async def test_the_language_switch_comes_back_to_the_page(client):
    answer = await client.post("/sprak", data={"language": "en", "next": "/iga/?a=1"})
    assert answer.headers["location"] == "/iga/?a=1"


async def test_names_are_escaped(client):
    page = (await client.get("/")).text
    assert NAME not in page
    assert "&lt;b&gt;Hanne" in page


async def test_every_answer_carries_the_policy_and_stays_out_of_caches(client):
    for address in ("/", "/silent", "/nowhere"):
        headers = (await client.get(address)).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


async def test_no_page_holds_inline_script_or_style(client):
    page = (await client.get("/")).text
    assert " style=" not in page
    assert "<style" not in page
    assert "onclick" not in page
    assert "<script>" not in page


async def test_an_error_says_what_happened_and_what_to_do(client):
    answer = await client.get("/silent")
    assert answer.status_code == 504
    assert text("error.peer_silent") in answer.text
    assert text("error.peer_silent_do") in answer.text
    assert "nobody there" not in answer.text
    assert (await client.get("/nowhere")).status_code == 404


async def test_an_error_in_a_part_of_a_page_is_a_part_and_not_a_page(client):
    part = (await client.get("/silent", headers={"hx-request": "true"})).text
    assert text("error.peer_silent") in part
    assert "<main" not in part


async def test_an_unexpected_error_tells_nothing_of_the_program(client):
    answer = await client.get("/broken")
    assert answer.status_code == 500
    assert text("error.unexpected") in answer.text
    assert "secret detail" not in answer.text


def test_every_error_has_words_and_advice_in_three_languages():
    kinds = [AksonError]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        for language in ("nb", "nn", "en"):
            assert text(kind.text, language)
            assert text(f"{kind.text}_do", language)


async def test_static_files_are_kept_for_good_under_their_digest(client):
    for name in ("akson.css", "vendor/htmx/htmx.js", "vendor/inter/latin.woff2"):
        answer = await client.get(asset(name))
        assert answer.status_code == 200
        assert digest() in asset(name)
        assert "immutable" in answer.headers["cache-control"]
    with pytest.raises(KeyError):
        asset("nothing.css")


def test_a_name_that_a_template_lacks_is_an_error():
    request = Request(
        {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "state": {}}
    )
    with pytest.raises(UndefinedError):
        render(request, "start.html")


async def test_the_short_page_says_what_it_is(client):
    assert text("web.iga_now") in (await client.get("/iga/")).text

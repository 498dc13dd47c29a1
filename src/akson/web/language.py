"""Which language a person reads: what one chose, else what the browser asks for, else bokmål."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.kit.text import LANGUAGE_COOKIE as COOKIE
from akson.kit.text import LANGUAGES, language_asked

YEAR = 365 * 24 * 3600
NAMES = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}
"""Each language by its own name: the one text that is the same in every language."""


def language_of(request: HTTPConnection) -> str:
    """nb, nn or en."""
    return language_asked(request.headers.get("accept-language", ""), request.cookies.get(COOKIE, ""))


async def choose_language(request: Request) -> Response:
    """Remembers the choice and goes back to the page one came from."""
    form = await request.form()
    response = RedirectResponse(page_within(str(form.get("next", "/"))), status_code=303)
    chosen = form.get("language")
    if chosen in LANGUAGES:
        response.set_cookie(COOKIE, str(chosen), max_age=YEAR, samesite="lax", httponly=True, path="/")
    return response


def page_within(address: str) -> str:
    """The path of an address of this program; the start page for any other address."""
    parts = urlsplit(address)
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/") and "\\" not in address
    return parts.path + (f"?{parts.query}" if parts.query else "") if inside else "/"


def language_routes() -> list[BaseRoute]:
    """The route of the language switch, for the root of the program."""
    return [Route("/sprak", choose_language, methods=["POST"])]

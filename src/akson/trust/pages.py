"""The anchor's few pages: own templates, texts from the catalogues, a strict content policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from akson.kit.text import language_asked, text
from akson.trust.provider import Provider

_templates = Environment(
    loader=PackageLoader("akson.trust"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Page:
    """A template with its values. `target` is a foreign origin that its form may lead to."""

    template: str
    language: str
    values: Mapping[str, Any]
    target: str = ""
    status: int = 200


def render(provider: Provider, page: Page) -> Response:
    """HTML that runs no script, is framed by nobody and kept by nobody."""

    def t(key: str, **values: object) -> str:
        return text(key, page.language, **values)

    html = _templates.get_template(page.template).render(
        t=t, language=page.language, stylesheets=provider.stylesheets, **page.values
    )
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none';"
        f" frame-ancestors 'none'; form-action 'self' {page.target}".rstrip()
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(html, page.status, headers)


def language_of(request: Request, wished: str = "") -> str:
    """The first language we have of what the client wished and what the browser prefers."""
    return language_asked(request.headers.get("accept-language", ""), *wished.split())

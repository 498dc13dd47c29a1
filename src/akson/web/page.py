"""Makes a page of a template: who reads it, in which language, and what the templates may call."""

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from akson.kit.settings import Node
from akson.kit.text import LANGUAGES, SOURCE, catalogue, of_kept, text
from akson.security.actor import Actor
from akson.web import say, show
from akson.web.assets import asset
from akson.web.language import NAMES, language_of

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page knows of the request it answers."""

    language: str
    path: str
    """Path and query of this page, to come back to."""
    root: str
    """Prefix of the node, e.g. /journal; empty at the root of the program."""
    node: Node | None
    actor: Actor | None
    csrf: str
    """The token that every form of a signed-in person carries; empty when nobody is signed in."""
    fragment: bool
    """htmx asks for a part of the page."""


def frame_of(request: Request) -> Frame:
    """The frame, from what the middleware put into the request's state: node, actor, csrf."""
    query = request.url.query
    state = request.state
    return Frame(
        language=language_of(request),
        path=request.scope["path"] + (f"?{query}" if query else ""),
        root=request.scope.get("root_path", ""),
        node=getattr(state, "node", None),
        actor=getattr(state, "actor", None),
        csrf=getattr(getattr(state, "session", None), "csrf", ""),
        fragment=request.headers.get("hx-request") == "true",
    )


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The page of a template below akson/web, e.g. `ehr/chart.html`. Only the values named are in its reach."""
    frame = frame_of(request)
    if frame.actor and frame.actor.acts_for:
        values["t"] = partial(_speak_of, frame.actor.acts_for.name, frame.language)
    html = environment(frame.language).get_template(template).render(frame=frame, **values)
    return HTMLResponse(html, status_code=status, headers={"content-language": frame.language})


def _speak(language: str, key: str, **values: object) -> str:
    return text(key, language, **values)


ACTING = "_acting"
"""What ends the key of a text for who acts for another; `whose` is the name of that other."""


def _speak_of(whose: str, language: str, key: str, **values: object) -> str:
    """To one who acts for another a page speaks of that other, where it has words for it."""
    acting = key + ACTING
    if acting in catalogue(SOURCE):
        return text(acting, language, **values, whose=whose)
    return text(key, language, **values)


@lru_cache
def environment(language: str) -> Environment:
    """The template environment of one language: escaping on, an unknown name is an error and not an empty place."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    made.globals.update(
        asset=asset, languages=LANGUAGES, language_names=NAMES, t=partial(_speak, language), show=show
    )
    made.filters.update(
        {
            "day": partial(_filter, say.day, language),
            "when": partial(_filter, say.when, language),
            "age": partial(_filter, say.age, language),
            "since": partial(_filter, say.since, language),
            "number": partial(_filter, say.number, language),
            "said": partial(_filter, of_kept, language),
            "clock": say.clock,
        }
    )
    return made


def _filter(function: Any, language: str, value: Any) -> str:
    return str(function(value, language))

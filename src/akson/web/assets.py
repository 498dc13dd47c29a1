"""Static files under an address that holds the digest of them all, so that browsers may keep them for good."""

import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
STYLESHEETS = ("vendor/designsystemet/theme.css", "vendor/designsystemet/index.css", "akson.css", "parts.css")
TYPES = frozenset({".css", ".js", ".woff2", ".svg", ".png"})


@lru_cache
def digest() -> str:
    """A short digest of the names and bytes of all static files."""
    seen = hashlib.sha256()
    for file in sorted(FOLDER.rglob("*")):
        if file.suffix in TYPES:
            seen.update(file.relative_to(FOLDER).as_posix().encode() + b"\0" + file.read_bytes())
    return seen.hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a static file, e.g. /static/3f9a.../akson.css. KeyError when there is no such file."""
    if not (FOLDER / name).is_file():
        raise KeyError(f"no static file {name}; run tools/build_static.py")
    return f"/static/{digest()}/{name}"


def stylesheets() -> tuple[str, ...]:
    """The addresses of what every page is styled by."""
    return tuple(asset(name) for name in STYLESHEETS)


class Forever(StaticFiles):
    """Files whose address changes with their content: a browser need never ask again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def asset_routes() -> list[BaseRoute]:
    """The route of the static files, for the root of the program."""
    return [Mount(f"/static/{digest()}", app=Forever(directory=FOLDER), name="static")]

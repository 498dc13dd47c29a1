"""How OAuth endpoints are spoken to: forms without duplicates in, JSON or an OAuth error out."""

import json
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from akson.kit.errors import AksonError

FORM = "application/x-www-form-urlencoded"
FORM_LIMIT = 100_000

Form = Mapping[str, str]


class OAuthError(AksonError):
    """An error as RFC 6749 5.2 writes it. `error` is the code, the text is for developers."""

    status = 400

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


def answer(
    body: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """JSON that nobody keeps."""
    fixed = {"Cache-Control": "no-store"}
    return Response(json.dumps(body), status, {**fixed, **(headers or {})}, "application/json")


async def read_form(request: Request) -> Form:
    """The form of a request. OAuthError when it is not one, too long, or says a thing twice (RFC 6749 3.2)."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != FORM or int(request.headers.get("content-length") or 0) > FORM_LIMIT:
        raise OAuthError("invalid_request", f"send {FORM}, at most {FORM_LIMIT} bytes")
    async with request.form(max_files=0) as form:
        items = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    if len({name for name, _ in items}) != len(items):
        raise OAuthError("invalid_request", "a parameter stands twice")
    return dict(items)


def required(form: Form, name: str) -> str:
    """A parameter that must be there. OAuthError when it is not."""
    if not form.get(name):
        raise OAuthError("invalid_request", f"{name} is missing")
    return form[name]

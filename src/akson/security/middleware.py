"""Who is it? ASGI middleware of a node: a token or a session cookie becomes an Actor on the request's state.

Sets `state.caller`, `state.token` (to exchange it when calling on), `state.actor` (None when nobody has signed in, or the caller has no business here) and
`state.session`. A bad token is answered here; what an anonymous request may do is decided by the routes.
"""

import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from akson.fhir.model import Resource, outcome
from akson.kit.errors import AksonError, PeerFailed, PeerSilent
from akson.kit.log import Event, log
from akson.kit.norwegian import without_numbers
from akson.kit.settings import Node
from akson.security import dpop, sharing
from akson.security.caller import FindActor, FindApp
from akson.security.door_log import REFUSAL, TOLD, Doing, DoorLog, Happened
from akson.security.jose import BadToken
from akson.security.oidc import Surface
from akson.security.representation import HEADER, claimed
from akson.security.scopes import has_scope
from akson.security.sessions import Session, Sessions
from akson.security.tokens import Verifier, scheme

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORM = "application/x-www-form-urlencoded"
FORM_LIMIT = 2_000_000
FILES = "multipart/form-data"
FILES_LIMIT = 30_000_000
LIMITS = {FORM: FORM_LIMIT, FILES: FILES_LIMIT}
"""Bytes of a form by its media type."""
BOUNDARY = re.compile(r"boundary=\"?([\w'()+,./:=?-]{1,70})\"?")
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
CHALLENGE_ALGORITHMS = "ES256 PS256"


REFUSED = frozenset({401, 403})
ACTS_FOR = HEADER.lower().encode()
PARTNER = sharing.HEADER.encode()
Tell = Callable[[Scope, Resource], tuple[bytes, str]]
"""From a request and a resource to a body and its content type."""


def _as_json(_scope: Scope, resource: Resource) -> tuple[bytes, str]:
    return json.dumps(resource).encode(), "application/fhir+json"


@dataclass(frozen=True, slots=True)
class Door:
    """What the middleware of one node works with."""

    node: Node
    verifier: Verifier
    sessions: Sessions
    find_actor: FindActor
    door_log: DoorLog
    surfaces: tuple[Surface, ...] = ()
    token_paths: tuple[str, ...] = ()
    """Full paths of the API, e.g. /journal/fhir. Tokens count only there, where each route asks for a scope; cookies
    count for nothing there, since a stored file must not act for its reader."""
    tell: Tell = _as_json
    """Writes an OperationOutcome in the format that the request asks for."""
    find_app: FindApp | None = None
    """Knows the tokens that this node gave to apps; None where it gives none."""
    app_paths: tuple[str, ...] = ()
    """Full paths of the API that apps may use, e.g. /journal/fhir: Bearer tokens are good nowhere else."""


class Authentication:
    """Pure ASGI, so that streaming answers stay streaming."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door
        parts = urlsplit(door.node.base)
        self._origin = f"{parts.scheme}://{parts.netloc}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A dict of its own: what is known of one request must never be seen by the next.
        known = {"node": self._door.node, "actor": None, "caller": None, "session": None}
        scope["state"] = {**scope.get("state", {}), **known}
        send = self._noting(scope, send)
        try:
            at_api = _under(scope["path"], self._door.token_paths)
            shown = _said(scope, b"authorization")
            if shown or b"access_token" in scope.get("query_string", b""):
                await self._token(scope, shown, at_api)
            elif not at_api:
                receive = await self._cookie(scope, Headers(scope=scope), receive)
        except BadToken as error:
            log(Event.TOKEN_REFUSED, node=self._door.node.name, reason=error.diagnostics)
            await self._refused(scope, error)
            answer = refusal(error, scope, self._door.tell, bearer=self._takes_bearer(scope["path"]))
            await answer(scope, receive, send)
            return
        except (PeerSilent, PeerFailed) as error:
            await _answer(error.status, {}, self._door.tell(scope, _outcome(error)))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _noting(self, scope: Scope, send: Send) -> Send:
        """Sends on, and writes a row of the access log before an answer that nobody is let in leaves."""

        async def noting(message: Message) -> None:
            if message.get("status") in REFUSED and scope["state"].get(REFUSAL) != TOLD:
                state = scope["state"]
                reason = state.get(REFUSAL) or _usual_reason(state, message["status"])
                state[REFUSAL] = TOLD
                happened = Happened(Doing.ENTER, reason, asked=_asked(scope))
                await self._door.door_log.note(happened, state["actor"] or state["caller"])
            await send(message)

        return noting

    async def _refused(self, scope: Scope, error: BadToken) -> None:
        """The row of a token or a form that is no good."""
        scope["state"][REFUSAL] = TOLD
        forged = error.error == "csrf"
        reason = "reason.forged_form" if forged else "reason.bad_token"
        doing = Doing.ENTER if forged else Doing.TOKEN
        happened = Happened(doing, reason, detail=error.diagnostics, asked=_asked(scope))
        await self._door.door_log.note(happened, scope["state"]["caller"])

    async def _token(self, scope: Scope, shown: Sequence[str], at_api: bool) -> None:  # noqa: FBT001
        if b"access_token" in scope.get("query_string", b""):
            raise BadToken("a token in the address is refused", "invalid_request")
        if not at_api:
            # Pages ask for no scope, and only a cookie comes with the secret of a form.
            raise BadToken("tokens are for the API and pages for signed-in people", "invalid_request")
        find_app = self._door.find_app
        if find_app and _is_bearer(shown) and self._takes_bearer(scope["path"]):
            await self._app_token(scope, shown[0], find_app)
            return
        token = scheme(shown)
        path = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        request = dpop.Request(scope["method"], f"{self._origin}{path}", token)
        caller = await self._door.verifier.verify(token, _said(scope, b"dpop"), request)
        if claim := claimed(_said(scope, ACTS_FOR)):
            if not caller.pid or caller.attest is not None:
                raise BadToken("citizens alone act for others", "invalid_request")
            caller = replace(caller, acts_for=claim)
        if partner := sharing.claimed(_said(scope, PARTNER)):
            if caller.pid or not has_scope(caller, self._door.node, sharing.SCOPE):
                raise BadToken(
                    "systems with the right to do so ask for cooperating services", "invalid_request"
                )
            caller = replace(caller, partner=partner)
        scope["state"]["caller"] = caller
        scope["state"]["token"] = token
        scope["state"]["actor"] = await self._door.find_actor(caller)

    def _takes_bearer(self, path: str) -> bool:
        """Whether tokens of apps are good at a path."""
        return self._door.find_app is not None and _under(path, self._door.app_paths)

    async def _app_token(self, scope: Scope, shown: str, find_app: FindApp) -> None:
        """A token of an app: known by its digest alone, so that no signed token can pass here without its proof."""
        if _said(scope, b"dpop"):
            raise BadToken("a proof goes with DPoP tokens only", "invalid_request")
        caller = await find_app(shown.partition(" ")[2])
        scope["state"]["caller"] = caller
        scope["state"]["actor"] = await self._door.find_actor(caller)

    async def _cookie(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        session = await self._session(scope["path"], headers)
        if session is None:
            return receive
        scope["state"]["caller"] = session.caller
        if scope["method"] not in SAFE and scope["path"] != f"{session.caller.surface}/login":
            receive = await _same_origin(session, headers, receive, self._origin)
        scope["state"]["session"] = session
        if session.caller.assurance >= self._needed(session.caller.surface):
            scope["state"]["actor"] = await self._door.find_actor(session.caller)
        return receive

    def _needed(self, surface: str) -> int:
        """The level that the pages of a surface want: below it one is nobody there."""
        return max((each.needs for each in self._door.surfaces if each.path == surface), default=0)

    async def _session(self, path: str, headers: Headers) -> Session | None:
        fitting = [surface for surface in self._door.surfaces if _under(path, (surface.path,))]
        if not fitting:
            return None
        surface = max(fitting, key=lambda each: len(each.path))
        secret = _read_cookie(headers, surface.cookie)
        session = await self._door.sessions.find(secret) if secret else None
        return session if session and session.caller.surface == surface.path else None


def _usual_reason(state: Mapping[str, Any], status: int) -> str:
    """Why a request was turned away, where no route has said it."""
    if status == 401 and state["actor"] is None:
        return "reason.not_signed_in"
    return "reason.no_business"


def _asked(scope: Scope) -> str:
    return f"{scope['method']} {scope['path']}"


def refusal(error: BadToken, scope: Scope, tell: Tell, *, bearer: bool = False) -> Response:
    """The answer to a bad token (RFC 6750 3, RFC 9449 7.1), with an OperationOutcome as body.

    `bearer`: tokens of apps are good here too. What was wrong is told in the scheme of the token that was shown, and the
    other one is named beside it.
    """
    status = {"invalid_request": 400, "csrf": 403}.get(error.error, 401)
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = _challenge(error, scope, bearer=bearer)
    return _answer(status, headers, tell(scope, _outcome(error)))


def _challenge(error: BadToken, scope: Scope, *, bearer: bool) -> str:
    told, algorithms = (
        f'error="{error.error}", error_description="{error.diagnostics}"',
        f'algs="{CHALLENGE_ALGORITHMS}"',
    )
    if not bearer:
        return f"DPoP {told}, {algorithms}"
    if _is_bearer(_said(scope, b"authorization")):
        return f"Bearer {told}, DPoP {algorithms}"
    return f"DPoP {told}, {algorithms}, Bearer"


def _outcome(error: AksonError) -> Resource:
    return outcome(
        [{"severity": "error", "code": error.code, "diagnostics": without_numbers(error.diagnostics)}]
    )


def _answer(status: int, headers: dict[str, str], told: tuple[bytes, str]) -> Response:
    body, media = told
    return Response(body, status, headers, media)


async def _same_origin(session: Session, headers: Headers, receive: Receive, origin: str) -> Receive:
    """Let a change pass only with the session's CSRF token, from our own pages. Gives back a receive to read from."""
    if headers.get("origin", origin) not in (origin, "null"):
        raise BadToken("the request comes from another site", "csrf")
    given = headers.get(CSRF_HEADER, "")
    kind = headers.get("content-type", "")
    media = kind.split(";")[0].strip().lower()
    if not given and media in LIMITS:
        body = await _body(receive, LIMITS[media])
        given = _in_form(body) if media == FORM else _in_files(body, kind)
        receive = _replay(body, receive)
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise BadToken("the form's secret is missing or old", "csrf")
    return receive


def _in_form(body: bytes) -> str:
    """The secret that a form carries; empty when it carries none, or several."""
    values = parse_qs(body.decode("utf-8", "replace")).get(CSRF_FIELD, [])
    return values[0] if len(values) == 1 else ""


def _in_files(body: bytes, kind: str) -> str:
    """The same of a form with files (RFC 7578): its first part, so that nothing else is read before it is known whose it is."""
    found = BOUNDARY.search(kind)
    between = f"--{found[1]}".encode() if found else b""
    begins = between + f'\r\nContent-Disposition: form-data; name="{CSRF_FIELD}"\r\n\r\n'.encode()
    if not found or not body.startswith(begins):
        return ""
    value, end, _ = body[len(begins) : len(begins) + 300].partition(b"\r\n" + between)
    return value.decode("utf-8", "replace") if end else ""


async def _body(receive: Receive, limit: int) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise BadToken("the request ended early", "invalid_request")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise BadToken("the form is too large", "invalid_request")
        more = message.get("more_body", False)
    return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _read_cookie(headers: Headers, name: str) -> str:
    try:
        found = SimpleCookie("; ".join(headers.getlist("cookie"))).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def _said(scope: Scope, name: bytes) -> list[str]:
    """What all headers of a name say; read as they came, since every request passes here."""
    return [value.decode("latin-1") for each, value in scope["headers"] if each == name]


def _is_bearer(given: Sequence[str]) -> bool:
    return len(given) == 1 and given[0].partition(" ")[0].lower() == "bearer"


def _under(path: str, prefixes: tuple[str, ...]) -> bool:
    return f"{path}/".startswith(tuple([f"{prefix}/" for prefix in prefixes]))

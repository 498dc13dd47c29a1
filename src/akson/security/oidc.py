"""Sign-in of people to a node: authorization code with PAR, PKCE, private_key_jwt and DPoP (HelseID's profile).

`SignIn.routes()` serves /login, /callback, /logout and /role of one surface (a path of its own with its own session).
The pages themselves belong to the web layer and come in as hooks.
"""

import hmac
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from akson.kit.clock import now
from akson.kit.errors import NotAllowed, NotAuthenticated, PeerFailed, PeerSilent, Unavailable
from akson.kit.ids import new_secret
from akson.kit.text import LANGUAGE_COOKIE, language_asked
from akson.security.caller import Caller, FindRoles, RoleChoice
from akson.security.door_log import REFUSAL, TOLD, Doing, DoorLog, Happened
from akson.security.id_token import asked_level, challenge, identity
from akson.security.jose import Claims
from akson.security.leaving import sign_out_at
from akson.security.once import digest
from akson.security.sessions import Session, Sessions
from akson.security.system import AnchorRefused, System
from akson.security.tokens import HPR, LEVEL, PID
from akson.store.database.pool import Database
from akson.store.underway import keep

IDENTITY_SCOPES = (
    "openid profile offline_access helseid://scopes/identity/pid"
    " helseid://scopes/identity/security_level helseid://scopes/hpr/hpr_number"
)
LOGIN_LIFE = 900
"""Seconds a person has to identify at the e-ID."""

RenderRoles = Callable[[Request, Sequence[RoleChoice]], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Surface:
    """One path of a node with pages of its own, e.g. /journal or /innbygger."""

    path: str
    scopes: str = ""
    """API scopes that its pages will need at other nodes, e.g. `akson:samhandling/fhir`."""
    level: int = 3
    """Lowest security level one may sign in with."""
    needs: int = 0
    """Level that its pages want. Who signed in below it is nobody there, and identifies once more (step-up)."""

    @property
    def cookie(self) -> str:
        return "akson" + self.path.replace("/", "_")


@dataclass(frozen=True, slots=True)
class Desk:
    """What sign-in works with on one node."""

    system: System
    database: Database
    sessions: Sessions
    find_roles: FindRoles
    render_roles: RenderRoles
    door_log: DoorLog
    stylesheets: tuple[str, ...] = ()
    """Addresses, for the page between here and the anchor's sign-out."""


class SignInAway(Unavailable):
    """Nobody can sign in now, since the trust anchor does not answer, or not as it should."""

    text = "error.sign_in_away"


@contextmanager
def _sign_in_away() -> Iterator[None]:
    """Says so of an anchor that does not answer: to people it is no other system, but the sign-in."""
    try:
        yield
    except (PeerFailed, PeerSilent) as error:
        raise SignInAway(error.diagnostics) from error


class SignIn:
    """Sign-in routes of one surface."""

    def __init__(self, desk: Desk, surface: Surface) -> None:
        self._desk = desk
        self._surface = surface
        node = desk.system.node
        parts = urlsplit(node.base)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._secure = parts.scheme == "https"

    @property
    def redirect_uri(self) -> str:
        """Where the anchor sends people back to; register it with the client."""
        return f"{self._origin}{self._surface.path}/callback"

    @property
    def home(self) -> str:
        """Where a sign-out ends: the start page, since the surface itself would ask to sign in again.

        Register it with the client.
        """
        return f"{self._origin}/"

    def routes(self) -> list[Route]:
        """Routes relative to the surface's path."""
        return [
            Route("/login", self.login, methods=["GET", "POST"]),
            Route("/callback", self.callback, methods=["GET"]),
            Route("/logout", self.logout, methods=["POST"]),
            Route("/role", self.role, methods=["GET", "POST"]),
        ]

    async def login(self, request: Request) -> Response:
        """Start: `next` is where to go afterwards, `person` and `role` are hints from the start page.

        `level` asks for the level that the pages want, of the one who is signed in below it.
        """
        with _sign_in_away():
            return await self._begun(request)

    async def _begun(self, request: Request) -> Response:
        hints = {**request.query_params, **(await request.form() if request.method == "POST" else {})}
        stepping = self._stepping(request, str(hints.get("level", "")))
        level = self._surface.needs if stepping else self._surface.level
        state, nonce, verifier, binding = (new_secret() for _ in range(4))
        form = {
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "scope": self._scopes(),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            **asked_level(await self._desk.system.anchor.metadata(), level),
            **({"prompt": "login", "max_age": "0"} if stepping else {}),
        }
        if hints.get("person"):
            form["login_hint"] = str(hints["person"])
        pushed = await self._desk.system.push(form)
        value = {
            "nonce": nonce,
            "verifier": verifier,
            "binding": digest(binding),
            "next": self._local(str(hints.get("next", ""))),
            "role": stepping.role if stepping else str(hints.get("role", "")),
            "level": level,
            "person": digest(stepping.pid) if stepping else "",
        }
        async with self._desk.database.transaction() as tx:
            await keep.put(tx, self._kind, digest(state), value, now() + timedelta(seconds=LOGIN_LIFE))
        metadata = await self._desk.system.anchor.metadata()
        query = urlencode({"client_id": self._desk.system.node.client_id, "request_uri": pushed})
        answer = RedirectResponse(f"{metadata.authorize}?{query}", 303)
        self._cookie(answer, f"{self._surface.cookie}_login", binding, LOGIN_LIFE)
        return answer

    async def callback(self, request: Request) -> Response:
        """The person comes back: every value of the answer is checked before the code is used."""
        try:
            with _sign_in_away():
                return await self._signed_in(request)
        except (NotAuthenticated, NotAllowed) as error:
            # Of whom it would have been, nothing is proven.
            request.scope["state"][REFUSAL] = TOLD
            happened = Happened(Doing.LOGIN, "reason.sign_in_refused", detail=error.diagnostics)
            await self._desk.door_log.note(happened)
            raise

    async def _signed_in(self, request: Request) -> Response:
        started = await self._started(request)
        tokens = await self._exchange(request.query_params["code"], started["verifier"])
        claims = await identity(self._desk.system, str(tokens.get("id_token", "")), started["nonce"])
        caller = self._caller(claims)
        if caller.assurance < started["level"]:
            raise NotAllowed("the e-ID is not sure enough for this surface")
        if started["person"] not in ("", digest(caller.pid)):
            raise NotAuthenticated("another person identified than the one who was signed in")
        before = await self._desk.sessions.find(request.cookies.get(self._surface.cookie, ""))
        if before is not None:
            await self._desk.sessions.end(before)
        secret, session = await self._desk.sessions.start(
            caller, id_token=str(tokens["id_token"]), refresh=str(tokens.get("refresh_token", ""))
        )
        await self._desk.door_log.note(
            Happened(Doing.LOGIN, "reason.signed_in", granted=True), session.caller
        )
        where = await self._choose(session, started["role"], started["next"])
        answer = RedirectResponse(where, 303)
        self._cookie(answer, self._surface.cookie, secret, None)
        answer.delete_cookie(f"{self._surface.cookie}_login", path=self._surface.path)
        return answer

    def _scopes(self) -> str:
        """Who it is, and what the pages ask other nodes for; or what the settings say for an anchor of another kind."""
        usual = f"{IDENTITY_SCOPES} {self._surface.scopes}".strip()
        return self._desk.system.node.identity_scopes or usual

    def _stepping(self, request: Request, level: str) -> Caller | None:
        """Who is signed in below the level that the pages want, and asks to identify on it."""
        session: Session | None = request.scope.get("state", {}).get("session")
        below = session is not None and session.caller.assurance < self._surface.needs
        return session.caller if session and below and level == str(self._surface.needs) else None

    async def logout(self, request: Request) -> Response:
        """End the session here and at the anchor."""
        session: Session | None = request.scope.get("state", {}).get("session")
        answer: Response = RedirectResponse(self.home, 303)
        if session is not None:
            await self._desk.sessions.end(session)
            happened = Happened(Doing.LOGOUT, "reason.signed_out", granted=True)
            await self._desk.door_log.note(happened, session.caller)
            with suppress(PeerFailed, PeerSilent):  # here one is signed out, whatever the anchor does
                answer = await self._out_at_anchor(request, session)
        answer.delete_cookie(self._surface.cookie, path=self._surface.path)
        return answer

    async def _out_at_anchor(self, request: Request, session: Session) -> Response:
        endpoint = (await self._desk.system.anchor.metadata()).endsession
        form = {"id_token_hint": session.id_token, "post_logout_redirect_uri": self.home}
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        language = language_asked(request.headers.get("accept-language", ""), chosen)
        return sign_out_at(endpoint, form, language, self._desk.stylesheets)

    async def role(self, request: Request) -> Response:
        """Show the roles one may take (GET), take one (POST `role`, optional `next`)."""
        session: Session | None = request.scope.get("state", {}).get("session")
        if session is None:
            return RedirectResponse(f"{self._surface.path}/login", 303)
        roles = await self._desk.find_roles(session.caller)
        if request.method == "GET":
            return await self._desk.render_roles(request, roles)
        form = await request.form()
        chosen = str(form.get("role", ""))
        if chosen not in {role.key for role in roles}:
            request.scope["state"][REFUSAL] = "reason.not_your_role"
            raise NotAllowed("not a role of this person")
        await self._take(session, chosen, roles)
        return RedirectResponse(self._local(str(form.get("next", ""))), 303)

    @property
    def _kind(self) -> str:
        return f"login{self._surface.path}"

    async def _started(self, request: Request) -> Claims:
        """What `login` kept, when the answer belongs to it: state, browser and issuer (RFC 9207)."""
        query = request.query_params
        if len(query.multi_items()) != len(query.keys()):
            raise NotAuthenticated("the answer of the trust anchor says a thing twice")
        binding = request.cookies.get(f"{self._surface.cookie}_login", "")
        async with self._desk.database.transaction() as tx:
            started = await keep.take(tx, self._kind, digest(query.get("state", "")))
        if not started or not hmac.compare_digest(started["binding"], digest(binding)):
            raise NotAuthenticated("the answer belongs to no sign-in of this browser")
        if query.get("iss") != self._desk.system.anchor.issuer:
            raise NotAuthenticated("the answer comes from another issuer")
        if "error" in query or not query.get("code"):
            raise NotAuthenticated("the trust anchor did not sign the person in")
        return dict(started)

    async def _exchange(self, code: str, verifier: str) -> Claims:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        try:
            # A sign-in needs the ID token; ID-porten's access token is for itself and bound to no key.
            return await self._desk.system.tokens(form, bound=False)
        except AnchorRefused as error:
            raise NotAuthenticated(f"the trust anchor refused the code: {error.error}") from error

    def _caller(self, claims: Claims) -> Caller:
        node = self._desk.system.node
        return Caller(
            client_id=node.client_id,
            organization=node.organization,
            pid=claims[PID],
            hpr=str(claims.get(HPR, "")),
            name=str(claims.get("name", "")),
            assurance=int(claims[LEVEL]),
            surface=self._surface.path,
        )

    async def _choose(self, session: Session, wanted: str, where: str) -> str:
        """Take the role hinted at, or the only one; else the person chooses first."""
        roles = await self._desk.find_roles(session.caller)
        keys = [role.key for role in roles]
        if wanted in keys or len(keys) == 1:
            await self._take(session, wanted if wanted in keys else keys[0], roles)
            return where
        if not roles:
            return where
        await self._take(session, "", roles)
        return f"{self._surface.path}/role?{urlencode({'next': where})}"

    async def _take(self, session: Session, role: str, roles: Sequence[RoleChoice]) -> None:
        caller = replace(session.caller, role=role)
        await self._desk.sessions.change(replace(session, caller=caller, roles=tuple(roles)))
        if taken := next((each for each in roles if each.key == role), None):
            happened = Happened(Doing.ROLE, "reason.role_taken", granted=True, detail=taken.title)
            await self._desk.door_log.note(happened, caller)

    def _local(self, where: str) -> str:
        """An address inside the surface, or its home: never somebody else's site."""
        path = self._surface.path
        safe = where.isascii() and where.isprintable() and "\\" not in where and ".." not in where
        return where if safe and where.startswith((f"{path}/", f"{path}?")) else f"{path}/"

    def _cookie(self, answer: Response, name: str, value: str, life: int | None) -> None:
        answer.set_cookie(
            name,
            value,
            max_age=life,
            path=self._surface.path,
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

"""The apps that a node knows: whose they are, how they prove themselves, what they may at most, and who has said so.

An app that was added waits until it is approved by the organisation; one that was withdrawn is answered as one that nobody
knows, and what it was given ends at once.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from akson.kit.clock import instant, now
from akson.kit.errors import Unprocessable
from akson.kit.ids import new_id, new_secret
from akson.security import app_scopes
from akson.security.app_scopes import AppScope, Level
from akson.security.jose import BadToken, public_key
from akson.security.once import digest
from akson.store.database.pool import Tx
from akson.store.underway import keep

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
APP = "app"
KEYS = 10
"""Public keys of one app."""


class Kind(StrEnum):
    """How an app proves that it is itself."""

    PUBLIC = "public"
    """It cannot: it runs in a browser or on a telephone. PKCE and its registered addresses are what binds it."""
    SECRET = "secret"  # noqa: S105  a name, not a secret
    """A server with a secret (client_secret_basic)."""
    KEYS = "keys"
    """A server with keys of its own (private_key_jwt)."""
    SERVICE = "service"
    """A server with keys that acts for itself, without a user (backend service)."""


class State(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class App:
    """One app. Addresses are whole and compared letter by letter."""

    id: str
    name: str
    kind: Kind
    scope: str
    """What it may ask for at most, as scopes."""
    about: str = ""
    """What it is for, in the organisation's own words."""
    organization: str = ""
    """Organisation number of who answers for it."""
    redirect_uris: tuple[str, ...] = ()
    launch_uri: str = ""
    """Where it is opened from the chart; empty: it is not."""
    secret: str = ""
    """Digest of its secret."""
    jwks: Mapping[str, Any] = field(default_factory=dict)
    state: State = State.WAITING
    changed: str = ""
    """When the state was last set."""
    by: str = ""
    """Who set it."""

    @property
    def scopes(self) -> frozenset[AppScope]:
        return app_scopes.read(self.scope)[0]

    @property
    def plain(self) -> frozenset[str]:
        return app_scopes.read(self.scope)[1]

    @property
    def approved(self) -> bool:
        return self.state is State.APPROVED

    @property
    def origins(self) -> frozenset[str]:
        """Where it may run in a browser."""
        return frozenset(origin(each) for each in (*self.redirect_uris, self.launch_uri) if each)


def origin(address: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


async def add(tx: Tx, app: App) -> tuple[App, str]:
    """A new app that waits for approval, with its id, and its secret where it has one. Unprocessable says what is wrong."""
    _check(app)
    secret = new_secret() if app.kind is Kind.SECRET else ""
    made = replace(
        app, id=new_id(), state=State.WAITING, secret=digest(secret) if secret else "", changed=instant(now())
    )
    await _put(tx, made)
    return made, secret


async def decide(tx: Tx, app_id: str, state: State, by: str) -> App | None:
    """Approve or withdraw; None when there is no such app. What a withdrawn app was given is of no use from now on."""
    app = await find(tx, app_id)
    if app is None:
        return None
    made = replace(app, state=state, changed=instant(now()), by=by)
    await _put(tx, made)
    return made


async def find(tx: Tx, app_id: str) -> App | None:
    """The app with this id, whatever its state."""
    value = await keep.get(tx, APP, app_id)
    return _read(value) if value else None


async def approved(tx: Tx, app_id: str) -> App | None:
    """The app with this id, when it may act."""
    app = await find(tx, app_id)
    return app if app and app.approved else None


async def every(tx: Tx) -> list[App]:
    """All apps, by name."""
    return sorted(
        (_read(value) for value in (await keep.find(tx, APP)).values()), key=lambda app: (app.name, app.id)
    )


async def to_launch(tx: Tx) -> list[App]:
    """The apps that are opened from a chart."""
    return [
        app for app in await every(tx) if app.approved and app.launch_uri and app.kind is not Kind.SERVICE
    ]


async def is_origin(tx: Tx, asked: str) -> bool:
    """Whether an approved app runs at this origin."""
    return any(asked in app.origins for app in await every(tx) if app.approved)


def _check(app: App) -> None:
    """An app that could not work, or would be a danger, is refused before anyone can approve it."""
    addresses = (*app.redirect_uris, *((app.launch_uri,) if app.launch_uri else ()))
    if not app.name.strip() or len(app.name) > 100 or len(app.about) > 1000:
        raise Unprocessable("an app has a name of at most 100 characters", expression=("name",))
    if any(not _safe(address) for address in addresses):
        raise Unprocessable(
            "addresses are https, or http at this machine, without a fragment", expression=("redirect_uris",)
        )
    if app.kind is not Kind.SERVICE and not app.redirect_uris:
        raise Unprocessable(
            "an app that people use has an address to come back to", expression=("redirect_uris",)
        )
    if app.kind is Kind.SERVICE and (addresses or not app.organization):
        raise Unprocessable(
            "a service has an organisation that answers for it, and no addresses",
            expression=("organization",),
        )
    words = set(app.scope.split())
    if not words or {*map(str, app.scopes), *app.plain} != {_same(word) for word in words}:
        raise Unprocessable("a scope is missing or not one that this server can keep", expression=("scope",))
    levels = {scope.level for scope in app.scopes}
    if app.kind is Kind.SERVICE:
        fits = (
            levels == {Level.SYSTEM}
            and not app.plain
            and all(set(s.letters) <= set("rs") for s in app.scopes)
        )
    else:
        fits = Level.SYSTEM not in levels
    if not fits:
        raise Unprocessable(
            "system scopes, to read and search, are for services, and for these alone", expression=("scope",)
        )
    _check_keys(app)


def _check_keys(app: App) -> None:
    keys = app.jwks.get("keys", [])
    if (app.kind in {Kind.KEYS, Kind.SERVICE}) != bool(keys):
        raise Unprocessable(
            "an app has public keys when it proves itself by them, and only then", expression=("jwks",)
        )
    try:
        for key in keys if isinstance(keys, list) and len(keys) <= KEYS else [None]:
            public_key(key)
    except BadToken as error:
        raise Unprocessable(error.diagnostics, expression=("jwks",)) from error


def _same(word: str) -> str:
    scope = app_scopes.parse(word)
    return str(scope) if scope else word


def _safe(address: str) -> bool:
    parts = urlsplit(address)
    host = parts.netloc.rpartition(":")[0] if parts.netloc.rpartition(":")[2].isdecimal() else parts.netloc
    plain = address.isascii() and address.isprintable() and not set(address) & set(" \\\"'<>;,*")
    if not plain or not host or "@" in host or "#" in address or ".." in parts.path:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOCAL)


async def _put(tx: Tx, app: App) -> None:
    await keep.put(tx, APP, app.id, asdict(app), FOREVER)


def _read(value: Mapping[str, Any]) -> App:
    kept = {
        **value,
        "kind": Kind(value["kind"]),
        "state": State(value["state"]),
        "redirect_uris": tuple(value["redirect_uris"]),
    }
    return App(**kept)

"""Sessions of people in front of pages: kept in the node's database, the browser holds one random key.

The database holds a digest of the key only. The refresh token of the session stands beside it and is changed under
a row lock, because the trust anchor takes each of them once.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from akson.kit.clock import now
from akson.kit.errors import NotAuthenticated
from akson.kit.ids import new_secret
from akson.security.caller import Caller, RoleChoice
from akson.security.once import digest
from akson.store.database.pool import Database
from akson.store.underway import keep

IDLE = timedelta(minutes=30)
"""A session that nobody uses for this long is over."""
LIFE = timedelta(hours=10)
"""A session is over after this long whatever happens: one long shift."""
TOUCH = timedelta(minutes=1)

NAME = 32
"""Characters of the name of a session."""

_SESSION, _REFRESH = "session", "session-refresh"


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. `csrf` goes into every form of its pages."""

    key: str
    caller: Caller
    csrf: str
    started: datetime
    seen: datetime
    id_token: str = ""
    roles: tuple[RoleChoice, ...] = ()


@dataclass(slots=True)
class Refresh:
    """The refresh token of a session while it is held under lock; set it to what the anchor gave instead."""

    token: str


class Sessions:
    """The sessions of one node."""

    def __init__(self, database: Database, *, idle: timedelta = IDLE, life: timedelta = LIFE) -> None:
        self._database = database
        self._idle = idle
        self._life = life

    async def start(self, caller: Caller, *, id_token: str, refresh: str) -> tuple[str, Session]:
        """A new session and the secret for the cookie."""
        secret, moment = new_secret(), now()
        caller = replace(caller, token=digest(digest(secret))[:NAME])
        session = Session(digest(secret), caller, new_secret(), moment, moment, id_token)
        async with self._database.transaction() as tx:
            await keep.put(tx, _SESSION, session.key, _write(session), moment + self._idle)
            if refresh:
                await keep.put(tx, _REFRESH, session.key, {"token": refresh}, moment + self._life)
        return secret, session

    async def find(self, secret: str) -> Session | None:
        """The session of a cookie, None when there is none or it is over."""
        key, moment = digest(secret), now()
        async with self._database.transaction() as tx:
            value = await keep.get(tx, _SESSION, key)
            session = _read(key, value) if value else None
            if session is None or moment >= min(session.seen + self._idle, session.started + self._life):
                return None
            if moment - session.seen > TOUCH:
                # Of the session this alone, and only while it is there: another request may have ended it by now, or
                # taken another role.
                session = replace(session, seen=moment)
                seen = {"seen": moment.isoformat()}
                await keep.note(tx, _SESSION, key, seen, moment + self._idle)
        return session

    async def again(self, session: Session) -> Session | None:
        """The session as it is by now, None when it is over. Unlike `find` it does not make it last."""
        async with self._database.transaction(read_only=True) as tx:
            value = await keep.get(tx, _SESSION, session.key)
        return _read(session.key, value) if value and now() < session.started + self._life else None

    async def change(self, session: Session) -> None:
        """Keep another role of a session, and the roles there are; one that has ended meanwhile stays so."""
        made = _write(session)
        changed = {name: made[name] for name in ("caller", "roles")}
        async with self._database.transaction() as tx:
            await keep.note(tx, _SESSION, session.key, changed, session.seen + self._idle)

    async def end(self, session: Session) -> None:
        async with self._database.transaction() as tx:
            await keep.delete(tx, _SESSION, session.key)
            await keep.delete(tx, _REFRESH, session.key)

    @asynccontextmanager
    async def refreshing(self, session: Session) -> AsyncIterator[Refresh]:
        """Hold the session's refresh token alone. NotAuthenticated when there is none any more."""
        async with self._database.transaction() as tx:
            value = await keep.lock(tx, _REFRESH, session.key)
            if not value:
                raise NotAuthenticated("the session has no refresh token")
            refresh = Refresh(value["token"])
            yield refresh
            await keep.put(tx, _REFRESH, session.key, {"token": refresh.token}, session.started + self._life)


def _write(session: Session) -> dict[str, Any]:
    caller = asdict(session.caller) | {"scopes": sorted(session.caller.scopes)}
    return {
        "caller": caller,
        "csrf": session.csrf,
        "started": session.started.isoformat(),
        "seen": session.seen.isoformat(),
        "id_token": session.id_token,
        "roles": [asdict(role) for role in session.roles],
    }


def _read(key: str, value: Mapping[str, Any]) -> Session:
    # Named after its key, so that the log can tell sessions apart; the name finds no session.
    own = {"scopes": frozenset(value["caller"]["scopes"]), "token": digest(key)[:NAME]}
    caller = value["caller"] | own
    return Session(
        key,
        Caller(**caller),
        value["csrf"],
        datetime.fromisoformat(value["started"]),
        datetime.fromisoformat(value["seen"]),
        value["id_token"],
        tuple(RoleChoice(**role) for role in value["roles"]),
    )

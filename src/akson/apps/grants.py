"""What apps were given: launches, codes, grants with their tokens, and consents. Only digests of secrets are stored.

A grant is what one user allowed one app, or an app has for itself. Every token hangs on one and ends with it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from akson.kit.clock import instant, now
from akson.kit.ids import new_id, new_secret
from akson.security.caller import Caller
from akson.security.once import digest
from akson.store.database.pool import Tx
from akson.store.underway import keep

LAUNCH_LIFE = timedelta(minutes=5)
ASKED_LIFE = timedelta(minutes=10)
CODE_LIFE = timedelta(seconds=60)
TOKEN_LIFE = timedelta(minutes=5)
ONLINE_LIFE = timedelta(hours=10)
"""As long as a session lives at most: `online_access` ends with the session in any case."""
OFFLINE_LIFE = timedelta(days=30)
CONSENT_LIFE = timedelta(days=90)
"""How long a user is not asked again for what the user has allowed before."""
NOTED = timedelta(minutes=1)
"""How exactly it is known when a grant was last used: each request would be a write otherwise."""

LAUNCH, ASKED, CODE, GRANT = "app-launch", "app-asked", "app-code", keep.APP_GRANT
ACCESS, REFRESH, SPENT, CONSENT = "app-access", "app-refresh", "app-spent", "app-consent"
SESSION = "session"
AGAIN = "again"
"""On what was used: it was used once more."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What an app may, for whom, and about whom."""

    sid: str
    app: str
    """Id of the app."""
    caller: Mapping[str, Any]
    """The Caller of the session in which it was allowed, as JSON; of a service only which system it is."""
    scope: str
    patient: str = ""
    """Id of the Patient in context."""
    fhir_user: str = ""
    """Reference of who uses the app, on this node."""
    session: str = ""
    """Key of the session that it ends with (online_access); empty when it goes on."""
    started: str = ""
    used: str = ""
    """When it was last used, to the minute; empty before that."""

    @property
    def words(self) -> frozenset[str]:
        return frozenset(self.scope.split())

    @property
    def life(self) -> timedelta:
        """How long it is good for; without leave to go on, as long as one token."""
        if "offline_access" in self.words:
            return OFFLINE_LIFE
        return ONLINE_LIFE if "online_access" in self.words else TOKEN_LIFE

    @property
    def goes_on(self) -> bool:
        """Whether it has refresh tokens."""
        return self.life > TOKEN_LIFE


def plain(caller: Caller) -> dict[str, Any]:
    """A caller as JSON, to be kept."""
    return asdict(caller) | {"scopes": []}


def caller_of(kept: Mapping[str, Any]) -> Caller:
    """What `plain` made."""
    return Caller(**(dict(kept) | {"scopes": frozenset()}))


def who(caller: Caller) -> str:
    """A name of a user in one role that tells nobody who it is."""
    return digest(f"{caller.pid} {caller.surface} {caller.role}")


# --- launches ---------------------------------------------------------------------------------------------------


async def launch(tx: Tx, app: str, caller: Caller, patient: str) -> str:
    """A launch of an app from a patient's chart: good once, for this user and this app."""
    secret = new_secret()
    kept = {"app": app, "who": who(caller), "patient": patient}
    await keep.put(tx, LAUNCH, digest(secret), kept, now() + LAUNCH_LIFE)
    return secret


async def launched(tx: Tx, secret: str, app: str, caller: Caller) -> str | None:
    """The patient of a launch, once; None when it is unknown, over, used, another app's or another user's."""
    kept = await keep.take(tx, LAUNCH, digest(secret))
    if kept is None or kept["app"] != app or kept["who"] != who(caller):
        return None
    return str(kept["patient"])


# --- codes and tokens -------------------------------------------------------------------------------------------


async def code(tx: Tx, grant: Grant, request: Mapping[str, str]) -> str:
    """A code for a grant that begins when it is redeemed. `request`: redirect_uri, challenge and nonce."""
    secret = new_secret()
    await keep.put(tx, CODE, digest(secret), {"grant": asdict(grant), **request}, now() + CODE_LIFE)
    return secret


async def redeemed(tx: Tx, secret: str) -> tuple[Grant, Mapping[str, str]] | None:
    """The grant of a code and what it was asked with, once. Used again, what it gave has ended."""
    key = digest(secret)
    kept = await keep.take(tx, CODE, key)
    if kept is None:
        await end_spent(tx, key)
        return None
    grant = Grant(**kept.pop("grant"))
    await keep.put(tx, SPENT, key, {"sid": grant.sid}, now() + max(grant.life, TOKEN_LIFE))
    return grant, kept


async def begin(tx: Tx, grant: Grant, code_: str = "") -> bool:
    """From now on the grant is good; False when its code was used again while this was under way."""
    spent = await keep.lock(tx, SPENT, digest(code_)) if code_ else {}
    if spent is None or AGAIN in spent:
        return False
    await keep.put(tx, GRANT, grant.sid, asdict(grant), now() + grant.life)
    return True


async def access(tx: Tx, grant: Grant, scope: str) -> str:
    """An access token for all of a grant or a part of it."""
    secret = new_secret()
    kept = {"sid": grant.sid, "scope": scope, "until": instant(now() + TOKEN_LIFE)}
    await keep.put(tx, ACCESS, digest(secret), kept, now() + TOKEN_LIFE)
    return secret


async def refresh(tx: Tx, grant: Grant) -> str:
    """A refresh token, good once and as long as its grant."""
    secret = new_secret()
    await keep.put(tx, REFRESH, digest(secret), {"sid": grant.sid}, now() + grant.life)
    return secret


async def refreshed(tx: Tx, secret: str, app: str) -> Grant | None:
    """The grant of a refresh token of this app, once. A used one that is shown again ends its grant (RFC 9700 4.14.2)."""
    key = digest(secret)
    kept = await keep.take(tx, REFRESH, key)
    if kept is None:
        await end_spent(tx, key)
        return None
    grant = await find(tx, kept["sid"])
    if grant is None or grant.app != app:
        await keep.delete(tx, GRANT, kept["sid"])
        return None
    await keep.put(tx, SPENT, key, {"sid": grant.sid}, now() + grant.life)
    return grant


async def end_spent(tx: Tx, key: str) -> None:
    """Somebody shows what was used before: end what it gave."""
    spent = await keep.lock(tx, SPENT, key)
    if spent:
        await keep.note(tx, SPENT, key, {AGAIN: True})
        await keep.delete(tx, GRANT, spent["sid"])


async def find(tx: Tx, sid: str) -> Grant | None:
    """A grant that is good now: not ended, and its session not over where it hangs on one."""
    kept = await keep.get(tx, GRANT, sid)
    if kept is None:
        return None
    grant = Grant(**kept)
    if grant.session and await keep.get(tx, SESSION, grant.session) is None:
        return None
    return grant


async def shown(tx: Tx, token: str) -> tuple[Grant, Mapping[str, str]] | None:
    """The grant of an access token that is good now, with the token's `scope` and `until`."""
    kept = await keep.get(tx, ACCESS, digest(token))
    grant = await find(tx, kept["sid"]) if kept else None
    return (grant, kept) if kept and grant else None


async def use(tx: Tx, grant: Grant) -> None:
    """The grant is used now."""
    moment = now()
    if not grant.used or moment - datetime.fromisoformat(grant.used) >= NOTED:
        await keep.note(tx, GRANT, grant.sid, {"used": instant(moment)})


async def revoke(tx: Tx, token: str, app: str) -> None:
    """End the grant that a token of this app hangs on; nothing happens for a token that is none or another's."""
    key = digest(token)
    for kind in (ACCESS, REFRESH):
        kept = await keep.get(tx, kind, key)
        grant = await keep.get(tx, GRANT, kept["sid"]) if kept else None
        if grant and grant["app"] == app:
            await keep.delete(tx, GRANT, grant["sid"])


# --- what stands ------------------------------------------------------------------------------------------------


async def of_app(tx: Tx, app: str) -> list[Grant]:
    """The grants of an app that are good now, the newest first."""
    found = [Grant(**value) for value in (await keep.find(tx, GRANT)).values() if value["app"] == app]
    return sorted(found, key=lambda grant: grant.started, reverse=True)


async def of_person(tx: Tx, caller: Caller) -> list[Grant]:
    """What somebody has allowed apps on a surface in a role, as far as it is good now, the newest first."""
    found = [Grant(**value) for value in (await keep.app_grants(tx, caller.pid)).values()]
    mine = [each for each in found if who(caller_of(each.caller)) == who(caller)]
    good = [each for each in mine if await find(tx, each.sid)]
    return sorted(good, key=lambda grant: grant.started, reverse=True)


async def end_mine(tx: Tx, app: str, caller: Caller) -> int:
    """End all that somebody allowed an app, and ask anew next time; how many grants there were."""
    mine = [each for each in await of_person(tx, caller) if each.app == app]
    for grant in mine:
        await keep.delete(tx, GRANT, grant.sid)
    await keep.delete(tx, CONSENT, f"{app} {who(caller)}")
    return len(mine)


async def end_all(tx: Tx, app: str) -> int:
    """End every grant of an app, and forget who has consented to it; how many grants there were."""
    grants = await of_app(tx, app)
    for grant in grants:
        await keep.delete(tx, GRANT, grant.sid)
    for key, value in (await keep.find(tx, CONSENT)).items():
        if value["app"] == app:
            await keep.delete(tx, CONSENT, key)
    return len(grants)


async def consent(tx: Tx, app: str, caller: Caller, scope: str) -> None:
    """The user has allowed an app this much."""
    value = {"app": app, "scope": scope}
    await keep.put(tx, CONSENT, f"{app} {who(caller)}", value, now() + CONSENT_LIFE)


async def consented(tx: Tx, app: str, caller: Caller) -> frozenset[str]:
    """The scopes that the user has allowed the app before."""
    value = await keep.get(tx, CONSENT, f"{app} {who(caller)}")
    return frozenset(value["scope"].split()) if value else frozenset()


def new(app: str, caller: Caller, scope: str, **rest: str) -> Grant:
    """A grant that has not begun."""
    return Grant(new_id(), app, plain(caller), scope, started=instant(now()), **rest)

"""A node as the authorization server of its apps: its addresses, its signing key, and who calls with a token it gave."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from akson.apps import grants, registry
from akson.apps.grants import Grant
from akson.apps.registry import App, Kind
from akson.kit.settings import Node
from akson.security import app_scopes, keys
from akson.security.actor import AppRights
from akson.security.caller import Caller
from akson.security.door_log import DoorLog
from akson.security.jose import BadToken, sign
from akson.security.once import Once, digest
from akson.store.database.pool import Database

PATH = "/oauth"
"""Where the endpoints for programs stand below the node's base."""
ID_TOKEN_LIFE = 300


@dataclass(slots=True)
class Issuer:
    """The authorization server of one node. `surface`: path of the pages where its users sign in, e.g. /journal."""

    node: Node
    database: Database
    data: Path
    surface: str
    door_log: DoorLog
    once: Once = field(init=False)
    ring: keys.KeyRing = field(init=False)

    def __post_init__(self) -> None:
        self.once = Once(self.database)
        self.ring = keys.load(self.data, f"{self.node.name}-apps")

    @property
    def issuer(self) -> str:
        return f"{self.node.base}{PATH}"

    @property
    def authorize(self) -> str:
        """Where users allow an app what it asks for."""
        parts = urlsplit(self.node.base)
        return f"{parts.scheme}://{parts.netloc}{self.surface}/app/tillat"

    def url(self, name: str) -> str:
        return f"{self.issuer}/{name}"

    async def find_app(self, token: str) -> Caller:
        """Who calls with a Bearer token. BadToken when this node gave it to no app, or it is not good any more."""
        async with self.database.transaction() as tx:
            shown = await grants.shown(tx, token) if 20 <= len(token) <= 200 else None
            app = await registry.approved(tx, shown[0].app) if shown else None
            if shown and app:
                await grants.use(tx, shown[0])
        if shown is None or app is None:
            raise BadToken("the token is none of this node's, or not good any more")
        grant, kept = shown
        return caller(app, grant, kept["scope"])

    def id_token(self, app: App, grant: Grant, nonce: str) -> str:
        """Who uses the app (OpenID Connect Core 2), signed."""
        moment = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": app.id,
            "sub": subject(app, grant),
            "iat": moment,
            "exp": moment + ID_TOKEN_LIFE,
            **({"nonce": nonce} if nonce else {}),
        }
        if grant.words & {"fhirUser", "profile"} and grant.fhir_user:
            claims["fhirUser"] = f"{self.node.fhir}/{grant.fhir_user}"
        return sign(claims, self.ring.current, "JWT")


def subject(app: App, grant: Grant) -> str:
    """A name of the user that is another one for each app; of a service its own."""
    return digest(f"{app.id} {grant.caller['pid']}")[:32] if grant.caller["pid"] else app.id


def caller(app: App, grant: Grant, scope: str) -> Caller:
    """The user with the app between. What the organisation allows the app less since then counts at once."""
    asked, _ = app_scopes.read(scope)
    rights = AppRights(app.id, app.name, app_scopes.common(asked, app.scopes), grant.patient)
    if app.kind is Kind.SERVICE:
        return Caller(app.id, app.organization, app.name, app=rights, token=grant.sid)
    return replace(grants.caller_of(grant.caller), app=rights, token=grant.sid)

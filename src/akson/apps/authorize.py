"""What an app asks its user for: the authorization request checked, and what the answer to the app's address is.

Nothing is sent to an address before it is known to be the app's own (RFC 9700 4.1).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from urllib.parse import urlencode

from akson.apps import grants, registry
from akson.apps.grants import ASKED, ASKED_LIFE, Grant
from akson.apps.registry import App, Kind
from akson.kit.clock import now
from akson.kit.errors import AksonError
from akson.kit.ids import new_secret
from akson.security import app_scopes
from akson.security.app_scopes import Level
from akson.security.caller import Caller
from akson.security.once import digest
from akson.security.sessions import Session
from akson.store.database.pool import Tx
from akson.store.underway import keep

LONGEST = 512
"""Characters of a value that is only handed back."""
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class Stray(AksonError):
    """A request that belongs to no address of an approved app: told to the user, and to nobody else."""

    status, code, text = 400, "invalid", "app.stray"


class Declined(AksonError):
    """A request that is refused, which its app is told at its address. `error` is the OAuth error code."""

    status, code, text = 400, "invalid", "app.stray"

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


@dataclass(frozen=True, slots=True)
class Asked:
    """What an app asks for, as far as it may be given."""

    app: str
    """Id of the app."""
    redirect_uri: str
    state: str
    challenge: str
    scope: str
    nonce: str = ""
    patient: str = ""
    """Id of the Patient in context, once it is known."""
    needs_patient: bool = False
    launched: bool = False
    """Opened from a chart, which has named the patient."""
    session: str = ""
    """Key of the session that it was asked in."""


async def at_address(tx: Tx, given: Mapping[str, str]) -> App:
    """The app, when the address to answer at is its own. Stray when it is not."""
    app = await registry.approved(tx, given.get("client_id", ""))
    if app is None or app.kind is Kind.SERVICE:
        raise Stray("no approved app has this client_id")
    if given.get("redirect_uri") not in app.redirect_uris:
        raise Stray("redirect_uri is not one of the app's")
    return app


def check(app: App, given: Mapping[str, str], audience: str) -> Asked:
    """The request, each part of it checked. Declined says what is wrong. `audience`: the FHIR base."""
    _sound(given, audience)
    asked, plain = app_scopes.read(given.get("scope", ""))
    scopes, plain = app_scopes.common(asked, app.scopes), plain & app.plain
    if not scopes and "openid" not in plain:
        raise Declined("invalid_scope", "nothing that is asked for is allowed to the app")
    of_patient = any(scope.level is Level.PATIENT for scope in scopes)
    if ("launch" in given) != ("launch" in plain) and not ("launch" in plain and "launch/patient" in plain):
        raise Declined("invalid_request", "the scope launch goes with the parameter launch")
    return Asked(
        app.id,
        given["redirect_uri"],
        given["state"],
        given["code_challenge"],
        app_scopes.write(scopes, plain),
        given.get("nonce", ""),
        needs_patient=of_patient or "launch/patient" in plain,
        launched="launch" in given,
    )


def _sound(given: Mapping[str, str], audience: str) -> None:
    if any(len(given.get(name, "")) > LONGEST for name in ("state", "nonce")):
        raise Declined("invalid_request", f"state and nonce have at most {LONGEST} characters")
    if given.get("response_type") != "code":
        raise Declined("unsupported_response_type", "only code")
    if not given.get("state"):
        raise Declined("invalid_request", "state is missing")
    if given.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(
        given.get("code_challenge", "")
    ):
        raise Declined("invalid_request", "PKCE with S256 is needed")
    if given.get("aud", "").rstrip("/") != audience:
        raise Declined("invalid_request", "aud is not the FHIR base of this node")
    if "request" in given or "request_uri" in given:
        raise Declined("request_not_supported", "send the parameters themselves")


async def opened(tx: Tx, asked: Asked, given: Mapping[str, str], session: Session) -> Asked:
    """The request with the patient of its launch. Declined when the launch is over, or another's."""
    asked = replace(asked, session=session.key)
    if not asked.launched:
        return asked
    patient = await grants.launched(tx, given["launch"], asked.app, session.caller)
    if patient is None:
        raise Declined(
            "invalid_request", "the launch is unknown, over, used before, or another user's or app's"
        )
    return replace(asked, patient=patient)


async def remember(tx: Tx, asked: Asked) -> str:
    """Keep a request while its user thinks; the key to it."""
    secret = new_secret()
    await put(tx, secret, asked)
    return secret


async def put(tx: Tx, key: str, asked: Asked) -> None:
    """Keep a request that has changed."""
    await keep.put(tx, ASKED, digest(key), asdict(asked), now() + ASKED_LIFE)


async def recalled(tx: Tx, key: str, session: Session, *, once: bool = False) -> Asked:
    """The request of this session. Stray when it is over or another session's. `once`: it is answered now."""
    kept = await (keep.take if once else keep.get)(tx, ASKED, digest(key))
    if kept is None or kept["session"] != session.key:
        raise Stray("this request is over, or belongs to another session")
    return Asked(**kept)


async def known(tx: Tx, asked: Asked, caller: Caller) -> bool:
    """Whether the user need not be asked: opened from a chart, and allowed as much before."""
    return asked.launched and frozenset(asked.scope.split()) <= await grants.consented(tx, asked.app, caller)


async def allow(tx: Tx, asked: Asked, session: Session, fhir_user: str) -> str:
    """The user has allowed it: the code for the app. Stray when the app was withdrawn meanwhile."""
    app = await registry.approved(tx, asked.app)
    if app is None or asked.redirect_uri not in app.redirect_uris:
        raise Stray("the app is not approved any more")
    words = asked.scope.split()
    grant: Grant = grants.new(
        app.id,
        session.caller,
        asked.scope,
        patient=asked.patient,
        fhir_user=fhir_user,
        session="" if "offline_access" in words else session.key,
    )
    await grants.consent(tx, app.id, session.caller, asked.scope)
    request = {"redirect_uri": asked.redirect_uri, "challenge": asked.challenge, "nonce": asked.nonce}
    return await grants.code(tx, grant, request)


def back(redirect_uri: str, state: str, issuer: str, values: Mapping[str, str]) -> str:
    """The app's address with the answer, the state it sent and who we are (RFC 9207)."""
    query = {**values, **({"state": state} if state else {}), "iss": issuer}
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(query)}"


def said_once(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The parameters by name. Stray when one stands twice."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise Stray("a parameter stands twice")
    return dict(pairs)

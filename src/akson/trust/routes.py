"""The routes of a trust anchor node: an OpenID provider with HelseID's profile, and the demo e-ID."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from akson.kit.log import Event, log
from akson.kit.settings import Node
from akson.security.anchor import REVOCATIONS
from akson.security.door_log import Doing
from akson.security.jose import ALGORITHMS, BadToken
from akson.store.database.pool import Database
from akson.trust import authorize, eid, issued, par, revoked, signout, token
from akson.trust.acting import TYPES
from akson.trust.claims import CLIENT_CLAIMS, IDENTITY_SCOPES, SCOPED_CLAIMS
from akson.trust.exchange import GRANT_TYPE
from akson.trust.oauth import OAuthError, answer, endpoint, turned_away
from akson.trust.pages import Page, language_of, render
from akson.trust.provider import Provider

View = Callable[[Provider, Request], Awaitable[Response]]


def routes(
    node: Node,
    database: Database,
    data: Path,
    stylesheets: tuple[str, ...] = (),
    behind: eid.EId | None = None,
) -> list[Route]:
    """Routes relative to the node's base. `data` is the data folder with the keys, `stylesheets` addresses to link.

    `behind` is the e-ID of somebody else; without one, the demo's page is where people identify.
    """
    provider = Provider(node, database, data, stylesheets, behind)
    return [
        Route("/.well-known/openid-configuration", _json(provider, discovery)),
        Route("/.well-known/openid-configuration/jwks", _json(provider, jwks)),
        Route("/connect/par", endpoint(provider, par.push, 201), methods=["POST"]),
        Route("/connect/authorize", _page(provider, authorize.authorize), methods=["GET"]),
        Route("/connect/token", endpoint(provider, token.give), methods=["POST"]),
        Route("/connect/userinfo", partial(issued.userinfo, provider), methods=["GET", "POST"]),
        Route("/connect/introspect", endpoint(provider, issued.introspect), methods=["POST"]),
        Route("/connect/revocation", endpoint(provider, signout.revoke), methods=["POST"]),
        Route(revoked.PATH, partial(revoked.told, provider)),
        Route("/connect/endsession", _page(provider, signout.endsession), methods=["GET", "POST"]),
        *(_of_others(provider) if behind else _own(provider)),
    ]


def _own(provider: Provider) -> list[Route]:
    """The demo's e-ID."""
    return [
        Route("/eid/{interaction}", _page(provider, authorize.show), methods=["GET"]),
        Route("/eid/{interaction}", _page(provider, authorize.choose), methods=["POST"]),
    ]


def _of_others(provider: Provider) -> list[Route]:
    """The way to the e-ID of somebody else and back. Nobody picks a person here then."""
    return [
        Route(eid.BACK, _page(provider, eid.back), methods=["GET"]),
        Route(eid.OUT, _page(provider, eid.out), methods=["GET"]),
        Route("/eid/{interaction}", _page(provider, eid.begin), methods=["GET"]),
    ]


def discovery(provider: Provider) -> dict[str, Any]:
    """Metadata (OpenID Connect Discovery 1.0, RFC 8414, 9126, 9207, 9449): what is allowed, and nothing more."""
    algorithms = list(ALGORITHMS)
    return {
        "issuer": provider.issuer,
        "jwks_uri": provider.url("/.well-known/openid-configuration/jwks"),
        "authorization_endpoint": provider.url("/connect/authorize"),
        "token_endpoint": provider.url("/connect/token"),
        "pushed_authorization_request_endpoint": provider.url("/connect/par"),
        "require_pushed_authorization_requests": True,
        "userinfo_endpoint": provider.url("/connect/userinfo"),
        "introspection_endpoint": provider.url("/connect/introspect"),
        "revocation_endpoint": provider.url("/connect/revocation"),
        REVOCATIONS: provider.url(revoked.PATH),
        "end_session_endpoint": provider.url("/connect/endsession"),
        "scopes_supported": sorted(IDENTITY_SCOPES),
        "claims_supported": sorted(
            {name for names in (*SCOPED_CLAIMS.values(), *CLIENT_CLAIMS.values()) for name in names}
        ),
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token", GRANT_TYPE],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": [*algorithms, "RS256"],
        "id_token_signing_alg_values_supported": [str(provider.key.alg)],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": ["Level3", "Level4"],
        "ui_locales_supported": ["nb", "nn", "en"],
        "dpop_signing_alg_values_supported": [*algorithms, "RS256"],
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": algorithms,
        "authorization_details_types_supported": sorted(TYPES),
        "request_uri_parameter_supported": False,
    }


def jwks(provider: Provider) -> dict[str, Any]:
    """The signing keys in use and those whose tokens may still be about."""
    return provider.ring.public()


def _json(
    provider: Provider, make: Callable[[Provider], dict[str, Any]]
) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_: Request) -> Response:
        return answer(make(provider), 200, {"Cache-Control": "public, max-age=300"})

    return serve


def _page(provider: Provider, view: View) -> Callable[[Request], Awaitable[Response]]:
    """A page; what goes wrong before it is safe to send people back to the client is told to them here."""

    async def serve(request: Request) -> Response:
        try:
            return await view(provider, request)
        except (OAuthError, BadToken) as error:
            log(Event.TOKEN_REFUSED, node=provider.node.name, error=error.error, reason=error.diagnostics)
            await turned_away(provider, request, error, Doing.LOGIN)
            values = {"heading": "trust.failed", "message": "trust.failed_text"}
            return render(provider, Page("message.html", language_of(request), values, status=400))

    return serve

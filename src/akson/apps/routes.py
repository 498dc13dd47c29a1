"""The endpoints for programs: metadata, tokens, introspection (RFC 7662), revocation (RFC 7009), keys."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from akson.apps import grants, token
from akson.apps.client import SIGNED, authenticate
from akson.apps.issuer import Issuer, subject
from akson.apps.registry import Kind
from akson.fhir.model import Resource, coding
from akson.kit.log import Event, log
from akson.security.app_scopes import PLAIN
from akson.security.door_log import Doing, Happened
from akson.security.oauth import Form, OAuthError, answer, read_form, required

CAPABILITIES = (
    "launch-ehr", "launch-standalone", "client-public", "client-confidential-symmetric",
    "client-confidential-asymmetric", "context-banner", "context-ehr-patient", "context-standalone-patient",
    "permission-offline", "permission-online", "permission-patient", "permission-user", "permission-v1", "permission-v2",
    "sso-openid-connect",
)  # fmt: skip
SERVICE = "http://terminology.hl7.org/CodeSystem/restful-security-service"
Handler = Callable[[Issuer, Request, Form], Awaitable[dict[str, Any] | None]]


def routes(issuer: Issuer) -> list[Route]:
    """Routes relative to /oauth."""
    return [
        Route("/.well-known/openid-configuration", _json(lambda: openid(issuer))),
        Route("/keys", _json(issuer.ring.public)),
        Route("/token", _endpoint(issuer, token.give), methods=["POST"]),
        Route("/introspect", _endpoint(issuer, introspect), methods=["POST"]),
        Route("/revoke", _endpoint(issuer, revoke), methods=["POST"]),
    ]


def well_known(issuer: Issuer) -> Route:
    """Where apps look first, below the FHIR base."""
    return Route("/fhir/.well-known/smart-configuration", _json(lambda: smart(issuer)))


def smart(issuer: Issuer) -> dict[str, Any]:
    """http://hl7.org/fhir/smart-app-launch/conformance.html: what is supported, and nothing more."""
    return {
        "issuer": issuer.issuer,
        "jwks_uri": issuer.url("keys"),
        "authorization_endpoint": issuer.authorize,
        "token_endpoint": issuer.url("token"),
        "introspection_endpoint": issuer.url("introspect"),
        "revocation_endpoint": issuer.url("revoke"),
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(SIGNED),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": [*sorted(PLAIN), "patient/*.cruds", "user/*.cruds", "system/*.rs"],
        "capabilities": list(CAPABILITIES),
    }


def capability(issuer: Issuer) -> Resource:
    """`security` of the CapabilityStatement, as SMART has it (http://hl7.org/fhir/smart-app-launch/conformance.html)."""
    addresses = {
        "authorize": issuer.authorize,
        "token": issuer.url("token"),
        "introspect": issuer.url("introspect"),
        "revoke": issuer.url("revoke"),
    }
    return {
        "extension": [
            {
                "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                "extension": [{"url": name, "valueUri": uri} for name, uri in addresses.items()],
            }
        ],
        "cors": True,
        "service": [{"coding": [coding(SERVICE, "SMART-on-FHIR")]}],
    }


def openid(issuer: Issuer) -> dict[str, Any]:
    """OpenID Connect Discovery 1.0, of the ID tokens that apps are given."""
    return {
        "issuer": issuer.issuer,
        "jwks_uri": issuer.url("keys"),
        "authorization_endpoint": issuer.authorize,
        "token_endpoint": issuer.url("token"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [str(issuer.ring.current.alg)],
        "claims_supported": ["sub", "fhirUser"],
        "authorization_response_iss_parameter_supported": True,
    }


async def introspect(issuer: Issuer, request: Request, form: Form) -> dict[str, Any]:
    """What a token is good for now; told to the app that it was given to, which must prove that it is itself."""
    app = await authenticate(issuer, request, form)
    if app.kind is Kind.PUBLIC:
        raise OAuthError("invalid_client", "an app that cannot prove who it is learns nothing here")
    async with issuer.database.transaction() as tx:
        found = await grants.shown(tx, required(form, "token"))
    if found is None or found[0].app != app.id:
        return {"active": False}
    grant, kept = found
    told = {
        "active": True,
        "scope": kept["scope"],
        "client_id": app.id,
        "token_type": "Bearer",
        "iss": issuer.issuer,
        "sub": subject(app, grant),
        "exp": int(datetime.fromisoformat(kept["until"]).timestamp()),
        "patient": grant.patient,
        "fhirUser": f"{issuer.node.fhir}/{grant.fhir_user}"
        if grant.fhir_user and "fhirUser" in grant.words
        else "",
    }
    return {name: value for name, value in told.items() if value != ""}


async def revoke(issuer: Issuer, request: Request, form: Form) -> None:
    """End all that hangs together with a token of this app. Told as done whether or not there was something to end."""
    app = await authenticate(issuer, request, form)
    async with issuer.database.transaction() as tx:
        await grants.revoke(tx, required(form, "token"), app.id)


def _endpoint(issuer: Issuer, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        try:
            return answer(await handler(issuer, request, await read_form(request)) or {})
        except OAuthError as error:
            log(Event.TOKEN_REFUSED, node=issuer.node.name, error=error.error, reason=error.diagnostics)
            detail = f"{error.error}: {error.diagnostics}"
            asked = f"{request.method} {request.url.path}"
            await issuer.door_log.note(Happened(Doing.TOKEN, "reason.no_token", detail=detail, asked=asked))
            told = {"error": error.error, "error_description": error.diagnostics}
            if error.error != "invalid_client":
                return answer(told, 400)
            return answer(told, 401, {"WWW-Authenticate": "Basic"})

    return serve


def _json(make: Callable[[], dict[str, Any]]) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_: Request) -> Response:
        return answer(make(), 200, {"Cache-Control": "public, max-age=300"})

    return serve

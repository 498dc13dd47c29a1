"""What a cooperating service's own system writes in the citizen's plan and answers to meetings, at the platform:

    POST /samarbeid/plan                 a Goal or ServiceRequest of the service becomes part of the plan
    PUT  /samarbeid/plan/{type}/{id}     change one of its own; If-Match names the version it was made from
    POST /samarbeid/mote/{id}            an AppointmentResponse (participantStatus) to a meeting that the service is called to

They answer with the resource as it stands. Read is over FHIR, as far as the citizen agrees: `CareTeam`, `Appointment`, `CarePlan`, `Goal`,
`ServiceRequest`. The token is that of `POST /samarbeid` (`rest/platform/cooperating.py`), whose header names the case worker.
"""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.exchange.hub import taking_part as hub
from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.kit.errors import Malformed, Unprocessable
from akson.rest.platform.cooperating import Opens, answered, as_json
from akson.rest.platform.serving import body

ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')


def taking_part_routes(opens: Opens) -> list[BaseRoute]:
    """The routes, for the platform node: before those of requests."""

    async def create(request: Request) -> Response:
        sent = await _sent(request)
        async with opens(request) as ctx:
            return as_json(await hub.save_resource(ctx, sent, None), 201)

    async def update(request: Request) -> Response:
        sent, version = await _sent(request), _version(request)
        kind, wanted = request.path_params["type"], request.path_params["id"]
        if (sent.get("resourceType"), sent.get("id")) != (kind, wanted):
            raise Malformed("The body is another resource than the address names", expression=("id",))
        async with opens(request) as ctx:
            return as_json(await hub.save_resource(ctx, sent, version, wanted))

    async def answer(request: Request) -> Response:
        told = await _sent(request)
        if told.get("resourceType") != "AppointmentResponse":
            raise Malformed("An AppointmentResponse is needed", expression=("resourceType",))
        async with opens(request) as ctx:
            return as_json(
                await hub.answer(ctx, request.path_params["meeting"], str(told.get("participantStatus", "")))
            )

    return [
        Route("/samarbeid/plan", answered(create), methods=["POST"]),
        Route("/samarbeid/plan/{type}/{id}", answered(update), methods=["PUT"]),
        Route("/samarbeid/mote/{meeting}", answered(answer), methods=["POST"]),
    ]


async def _sent(request: Request) -> Resource:
    found = loads(await body(request))
    if "subject" in found and not isinstance(found["subject"], dict):
        raise Malformed("subject is a Reference", expression=("subject",))
    return found


def _version(request: Request) -> int:
    """The version that a change was made from. Unprocessable without: somebody else's change would be lost."""
    found = ETAG.fullmatch(request.headers.get("if-match", "").strip())
    if found is None:
        raise Unprocessable(
            'If-Match names the version the change was made from, as W/"3"', expression=("If-Match",)
        )
    return int(found[1])

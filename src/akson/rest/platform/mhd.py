"""IHE MHD on the platform: Find Document References (ITI-67) and Retrieve Document (ITI-68) across all sources.

The identity number comes in the body of a POST, never in an address.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.documents import mhd
from akson.exchange.hub.look import Look, Search
from akson.fhir.strict_json import dumps
from akson.kit.errors import Malformed
from akson.record.identity import SYSTEMS
from akson.rest.platform.look import FHIR_JSON, ForAsker, Opens, answered


def mhd_routes(look: Look, base: str, asker: ForAsker, opens: Opens) -> list[BaseRoute]:
    """Routes to mount at /mhd; `base` is where that is."""

    async def find(request: Request) -> Response:
        form = await request.form()
        system, _, pid = str(form.get("patient.identifier", "")).partition("|")
        if system not in SYSTEMS or not pid:
            raise Malformed(
                "patient.identifier must be a national identity number", expression=("patient.identifier",)
            )
        search = Search("DocumentReference", mhd.criteria(str(form.get("_content", ""))))
        async with opens(request, pid) as (ctx, patient):
            (found,) = await look.find(ctx, asker(request), patient, pid, [search])
        return Response(dumps(mhd.addressed(found, base)), media_type=FHIR_JSON)

    async def fetch(request: Request) -> Response:
        source, binary = request.path_params["source"], request.path_params["binary"]
        answer = await look.fetch(asker(request), source, f"Binary/{binary}")
        return Response(answer.content, media_type=FHIR_JSON)

    return [
        Route("/DocumentReference/_search", answered(find), methods=["POST"]),
        Route("/Binary/{source}/{binary}", answered(fetch), methods=["GET"]),
    ]

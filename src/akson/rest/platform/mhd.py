"""Document sharing on the platform across all sources: IHE MHD Find Document References (ITI-67) and Retrieve Document (ITI-68), and
for registers that speak XDS its Registry Stored Query (ITI-18).

The identity number comes in the body of a POST, never in an address.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.documents import mhd
from akson.documents.xds import query
from akson.documents.xds.mapping import to_entry
from akson.exchange.hub.look import Look, Search
from akson.exchange.merging import missing
from akson.fhir.strict_json import dumps
from akson.kit.errors import Malformed
from akson.record.identity import SYSTEMS
from akson.rest.platform.look import FHIR_JSON, ForAsker, Opens, answered
from akson.rest.platform.serving import body

LARGEST = 200_000
"""Bytes of a query."""


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

    async def registry(request: Request) -> Response:
        try:
            asked = query.read(await body(request, limit=LARGEST))
            pid = asked.patient.value
            search = Search("DocumentReference", mhd.registered())
            async with opens(request, pid) as (ctx, patient):
                (found,) = await look.find(ctx, asker(request), patient, pid, [search], whole=True)
            entries = [
                to_entry(each["resource"], patient, each["fullUrl"])
                for each in mhd.addressed(found, base)["entry"]
                if each["resource"]["resourceType"] == "DocumentReference" and each["resource"].get("content")
            ]
            silent = [each.title for each in missing(found)]
            told = query.answer([each for each in entries if asked.takes(each)], asked, silent)
        except query.Refused as refused:
            told = query.refusal(refused)
        return Response(told, media_type=query.MEDIA, headers={"cache-control": "no-store"})

    return [
        Route("/registry", answered(registry), methods=["POST"]),
        Route("/DocumentReference/_search", answered(find), methods=["POST"]),
        Route("/Binary/{source}/{binary}", answered(fetch), methods=["GET"]),
    ]

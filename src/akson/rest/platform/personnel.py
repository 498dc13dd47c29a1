"""The register of health personnel (Helsepersonellregisteret): authorisations, their periods and ends, specialities.

The HPR number is public and may stand in an address. No open description of the national interface gives its fields; these
carry what its SOAP answers carry: categories of V9060, kinds of V7704, specialities of V7426.
"""

from starlette.requests import Request
from starlette.routing import BaseRoute

from akson.kit.errors import NotFound
from akson.record import registers
from akson.record.context import Context, Place
from akson.record.registers import Register
from akson.rest.platform.serving import feed, listed, served

SCOPE = "nhn:hpr/extended"


def personnel_routes(place: Place) -> list[BaseRoute]:
    """Routes relative to the base of the register."""
    return [
        served(place, "/api/v1/personnel/bulk", SCOPE, _several, "POST"),
        served(place, "/api/v1/personnel/{number}", SCOPE, _one),
        *feed(place, "/api/v1/event", SCOPE, Register.PERSONNEL, "hprNumber"),
    ]


async def _one(request: Request, ctx: Context) -> object:
    found = await registers.by_ids(ctx, Register.PERSONNEL, [request.path_params["number"]])
    if not found:
        raise NotFound("The register has no such number")
    return found[0].body


async def _several(request: Request, ctx: Context) -> object:
    found = await registers.by_ids(ctx, Register.PERSONNEL, await listed(request, "hprNumbers"))
    return [entry.body for entry in found]

"""The register of regular general practitioners (Fastlegeregisteret): whose list a person stands on, from when to when.

The national register speaks SOAP; these fields carry what its answers carry, as JSON. A person is asked for by identity
number in the body, or by the id that the register of persons uses.
"""

from starlette.requests import Request
from starlette.routing import BaseRoute

from akson.kit.errors import NotFound
from akson.record import registers
from akson.record.context import Context, Place
from akson.record.registers import Register
from akson.rest.platform.serving import feed, form, served

SCOPE = "nhn:flr/read"


def doctor_routes(place: Place) -> list[BaseRoute]:
    """Routes relative to the base of the register."""
    return [
        served(place, "/api/v1/patient-gp/get-by-nin", SCOPE, _one, "POST"),
        served(place, "/api/v1/patient-gp/bulk-by-id", SCOPE, _several, "POST"),
        *feed(place, "/api/v1/event", SCOPE, Register.DOCTOR, "personId"),
    ]


async def _one(request: Request, ctx: Context) -> object:
    found = await registers.by_keys(ctx, Register.DOCTOR, await form(request, "nin", most=1))
    if not found:
        raise NotFound("Nobody of this number is on a list")
    return found[0].body


async def _several(request: Request, ctx: Context) -> object:
    found = await registers.by_ids(ctx, Register.DOCTOR, await form(request, "personIds"))
    return [entry.body for entry in found]

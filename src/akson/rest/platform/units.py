"""Legal entities and their units by organisation number, in the shape of Enhetsregisteret (data.brreg.no).

The units themselves are Organizations of the platform, which records and messages refer to.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from akson.fhir.model import Resource
from akson.kit.errors import NotFound
from akson.kit.norwegian import ORGANIZATION
from akson.record.context import Context, Place
from akson.rest.platform.serving import served

Search = Callable[[str, Sequence[tuple[str, str]]], Awaitable[Sequence[Resource]]]


def unit_routes(place: Place, search: Search) -> list[BaseRoute]:
    """Routes relative to the base of the register."""
    scope = f"akson:{place.node.name}/fhir"

    def of(kind: str) -> Callable[[Request, Context], Awaitable[object]]:
        async def one(request: Request, _ctx: Context) -> object:
            number = request.path_params["number"]
            found = await search("Organization", [("identifier", f"{ORGANIZATION}|{number}")])
            if not found or ("partOf" in found[0]) != (kind == "underenhet"):
                raise NotFound("The register has no such unit")
            return await _unit(found[0], search)

        return one

    return [
        served(place, "/api/enheter/{number}", scope, of("enhet")),
        served(place, "/api/underenheter/{number}", scope, of("underenhet")),
    ]


async def _unit(unit: Resource, search: Search) -> dict[str, Any]:
    made: dict[str, Any] = {"organisasjonsnummer": _number(unit), "navn": unit.get("name", "")}
    if above := unit.get("partOf", {}).get("reference", "").partition("/")[2]:
        found = await search("Organization", [("_id", above)])
        made["overordnetEnhet"] = _number(found[0]) if found else None
    for address in unit.get("address", [])[:1]:
        made["forretningsadresse"] = {
            "adresse": address.get("line", []),
            "postnummer": address.get("postalCode"),
            "poststed": address.get("city"),
            "kommune": address.get("district"),
        }
    return made | ({"slettedato": None} if unit.get("active", True) else {"erInaktiv": True})


def _number(unit: Resource) -> str | None:
    found = [each["value"] for each in unit.get("identifier", []) if each.get("system") == ORGANIZATION]
    return found[0] if found else None

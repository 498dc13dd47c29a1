"""The register of persons in the shape of Persontjenesten, which gives what the population register has.

With a legal basis all parts are given, but for the address of somebody who lives at a strictly confidential one; without
it neither relatives, guardians, identity numbers nor any protected address. People are asked for by identity number in
the body of a POST, by an id that means nothing in an address.
"""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from akson.kit.errors import Malformed, NotFound
from akson.record import registers
from akson.record.context import Context, Place
from akson.record.registers import Register
from akson.rest.platform.serving import feed, form, served
from akson.store.access.registers import Entry

WITH_BASIS = "nhn:hgd-persontjenesten-api/read-with-legal-basis"
WITHOUT_BASIS = "nhn:hgd-persontjenesten-api/read-no-legal-basis"
OPEN, STRICT = "Unclassified", "StrictlyConfidential"
PARTS = (
    "NorwegianIdentificationNumber", "Name", "Gender", "Birth", "Status", "Death", "AddressProtection",
    "ResidentialAddress", "FamilyRelation", "ParentalResponsibility", "GuardianshipOrFuturePowerOfAttorney",
)  # fmt: skip
UNBASED = frozenset({"Name", "Gender", "Birth", "Status", "Death", "AddressProtection", "ResidentialAddress"})
"""What is given without a legal basis."""


def person_routes(place: Place) -> list[BaseRoute]:
    """Routes relative to the base of the register."""
    found: list[BaseRoute] = []
    for path, scope, based in (
        ("/api/legal-basis", WITH_BASIS, True),
        ("/api/no-legal-basis", WITHOUT_BASIS, False),
    ):
        ways = _Ways(based=based)
        found += [
            served(place, f"{path}/person/get-by-nin", scope, ways.by_number, "POST"),
            served(place, f"{path}/person/bulk-by-nin", scope, ways.by_numbers, "POST"),
            served(place, f"{path}/person/bulk-by-id", scope, ways.by_ids, "POST"),
            served(place, f"{path}/person/{{id}}", scope, ways.by_id),
            *feed(place, f"{path}/event", scope, Register.PERSON, "personId"),
        ]
    return found


class _Ways:
    """The ways to ask, with a legal basis or without."""

    def __init__(self, *, based: bool) -> None:
        self._based = based

    async def by_number(self, request: Request, ctx: Context) -> object:
        numbers = await form(request, "nin", most=1)
        return self._only(request, await registers.by_keys(ctx, Register.PERSON, numbers))

    async def by_numbers(self, request: Request, ctx: Context) -> object:
        found = await registers.by_keys(ctx, Register.PERSON, await form(request, "nins"))
        return self._shown(request, found)

    async def by_id(self, request: Request, ctx: Context) -> object:
        return self._only(request, await registers.by_ids(ctx, Register.PERSON, [request.path_params["id"]]))

    async def by_ids(self, request: Request, ctx: Context) -> object:
        return self._shown(
            request, await registers.by_ids(ctx, Register.PERSON, await form(request, "personIds"))
        )

    def _only(self, request: Request, found: Sequence[Entry]) -> object:
        shown = self._shown(request, found)
        if not shown:
            raise NotFound("The register has no such person")
        return shown[0]

    def _shown(self, request: Request, found: Sequence[Entry]) -> list[dict[str, Any]]:
        parts = request.query_params.getlist("informationParts") or list(PARTS)
        if unknown := set(parts) - set(PARTS):
            raise Malformed(
                f"informationParts has {len(unknown)} unknown; known are {', '.join(PARTS)}",
                expression=("informationParts",),
            )
        given = [part for part in PARTS if part in parts and (self._based or part in UNBASED)]
        return [_person(entry, given, based=self._based) for entry in found]


def _person(entry: Entry, parts: Sequence[str], *, based: bool) -> dict[str, Any]:
    """The parts asked for, without an address that is protected from the asker."""
    names = {f"{part[0].lower()}{part[1:]}" for part in parts}
    shown = {"id": entry.id} | {name: value for name, value in entry.body.items() if name in names}
    level = protection(entry.body)
    if "residentialAddress" in shown and (level == STRICT or (level != OPEN and not based)):
        shown["residentialAddress"] = [{"addressConfidentiality": level}]
    return shown


def protection(person: dict[str, Any]) -> str:
    """How somebody's address is protected: Unclassified, ClientAddress, Confidential or StrictlyConfidential."""
    return str(next((each["level"] for each in person.get("addressProtection", [])), OPEN))

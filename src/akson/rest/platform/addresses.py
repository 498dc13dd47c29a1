"""The address register (Adresseregisteret) in the shape of its API for communication parties, and its feed of changes.

The addresses themselves are Organizations and Endpoints of the platform (`messaging/addresses.py`).
"""

import base64
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from starlette.requests import Request
from starlette.routing import BaseRoute

from akson.kit.errors import NotFound
from akson.kit.norwegian import HER, ORGANIZATION
from akson.messaging.addresses import AddressBook, Entry
from akson.record.context import Context, Place
from akson.record.registers import Register
from akson.rest.platform.serving import feed, served

SCOPE = "nhn:cp-api/access-v2-dpop"
QUEUES = ("E_SB_SYNC", "E_SB_ASYNC", "E_SB_ERROR")
"""Kinds of electronic addresses (V9044) that messages go to."""


def address_routes(place: Place, book: AddressBook) -> list[BaseRoute]:
    """Routes relative to the base of the register."""

    async def party(request: Request, _ctx: Context) -> object:
        found = await book.entry(str(request.path_params["her_id"]))
        if found is None:
            raise NotFound("The register has no such address")
        return {"herId": int(found.her_id), "communicationParty": _party(found)}

    return [
        served(place, "/CommunicationParties/{her_id:int}", SCOPE, party),
        *feed(place, "/Events", SCOPE, Register.ADDRESS, "herId"),
    ]


def _party(entry: Entry) -> dict[str, Any]:
    above = entry.above[0] if entry.above else {}
    owner = entry.above[-1] if entry.above else {}
    queue = f"urn:her:{entry.her_id}"
    return {
        "Name": entry.name,
        "Type": "Service" if entry.above else "Organization",
        "Active": entry.organization.get("active", True),
        "IsValidCommunicationParty": bool(entry.takes),
        "ParentHerId": _whole(above, HER),
        "ParentName": above.get("name"),
        "ParentOrganizationNumber": _whole(owner, ORGANIZATION),
        "ServiceType": {"Code": entry.service.code, "Name": entry.service.label}
        if entry.service.code
        else None,
        "ElectronicAddresses": [{"TypeCodeValue": kind, "Address": queue} for kind in QUEUES if entry.takes],
        "MessageTypes": sorted(entry.takes),
        "Certificates": [
            base64.b64encode(each.public_bytes(Encoding.DER)).decode() for each in entry.certificates
        ],
    }


def _whole(unit: dict[str, Any], system: str) -> int | None:
    found = [each["value"] for each in unit.get("identifier", []) if each.get("system") == system]
    return int(found[0]) if found else None

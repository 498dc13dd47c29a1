"""For whom a system acts: `helseid_authorization` in its details, held against its owner, units and delegations.

Details come in the client assertion (`assertion_details`, which HelseID recommends) or with a pushed request
(`authorization_details`, RFC 9396). Each kind of structure counts once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from akson.kit.norwegian import ORGANIZATION as ORGNR
from akson.security.attested import ATTEST
from akson.trust.oauth import OAuthError
from akson.trust.registry import Client

HELSEID = "helseid_authorization"
OLD_ORGNR = "urn:oid:2.16.578.1.12.4.1.2.101"
TENANTS = "urn:oid:1.0.6523"
TYPES = frozenset({HELSEID, ATTEST})

Details = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Acting:
    """The organisation that a system acts for in one request."""

    organization: str
    """orgnr_parent: the legal entity."""
    unit: str = ""
    """orgnr_child: the sub-unit, where one is named."""
    supplier: str = ""
    """orgnr_supplier: the system's owner, where that is another than the one it acts for."""
    units: frozenset[str] = frozenset()
    """All sub-units of the organisation that the system may act for."""


def read_details(found: object) -> Details:
    """One structure or a list of them, as JSON text or decoded. OAuthError when the shape is wrong or one comes twice."""
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError as error:
            raise OAuthError("invalid_authorization_details", "details are not JSON") from error
    items: list[Any] = found if isinstance(found, list) else [found]
    for item in items:
        if not isinstance(item, dict) or item.get("type") not in TYPES:
            raise OAuthError("invalid_authorization_details", "details have an unknown type or a wrong shape")
    return joined((), tuple(items))


def joined(first: Details, second: Details) -> Details:
    """Details from two places. OAuthError (`access_denied`, HelseID's HID-DOUBLE-STRUCTURE) when one comes twice."""
    both = (*first, *second)
    if len({item["type"] for item in both}) != len(both):
        raise OAuthError("access_denied", "HID-DOUBLE-STRUCTURE: a structure may be sent once")
    return both


def acting(details: Details, client: Client) -> Acting:
    """For whom the system acts. OAuthError `access_denied` when it may not, `invalid_request` when it says so badly."""
    own = Acting(client.organization, units=client.units)
    found = next((item for item in details if item["type"] == HELSEID), None)
    if found is None:
        return own
    parent, child = _named(found, client)
    places = [own] + [
        Acting(each.organization, supplier=client.organization, units=each.units)
        for each in client.delegations
    ]
    place = next((each for each in places if each.organization == parent), None)
    if place is None or child not in {"", place.organization, *place.units}:
        raise OAuthError("access_denied", "the client may not act for that organisation")
    return Acting(place.organization, child, place.supplier, place.units)


def _named(found: Mapping[str, Any], client: Client) -> tuple[str, str]:
    """Legal entity and sub-unit: both in the multi-tenant form, the sub-unit alone in the single-tenant one."""
    try:
        identifier = found["practitioner_role"]["organization"]["identifier"]
        system, value = identifier["system"], str(identifier["value"])
    except (KeyError, TypeError) as error:
        raise OAuthError("invalid_request", f"{HELSEID} has the wrong shape") from error
    if system == TENANTS:
        parent, _, child = value.removeprefix("NO:ORGNR:").partition(":")
        return parent, child
    if system not in (ORGNR, OLD_ORGNR):
        raise OAuthError("invalid_request", f"{HELSEID} has an unknown system")
    return client.organization, value

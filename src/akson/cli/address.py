"""`akson register address`: where messages to a system go that is no node of Akson, in the platform's address register."""

import argparse
import base64
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from akson.fhir.model import Resource, coding, concept, reference
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.errors import Malformed
from akson.kit.norwegian import HER, ORGANIZATION, volven
from akson.messaging.addresses import CERTIFICATE
from akson.record import gate

if TYPE_CHECKING:
    from akson.record.context import Context

RECEIPT = "APPREC"
"""Who takes messages takes receipts (V8279)."""


async def register(ctx: "Context", chosen: argparse.Namespace) -> int:
    """Write the owner and the address. 1. Malformed for a certificate that is none, or a number that is not digits."""
    if not (chosen.number.isdecimal() and chosen.organization.isdecimal()):
        raise Malformed("HER-id and organisation number are digits")
    owner = {"system": ORGANIZATION, "value": chosen.organization}
    here = {"system": HER, "value": chosen.number}
    unit: Resource = {
        "resourceType": "Organization",
        "identifier": [here],
        "active": True,
        "name": chosen.name,
    }
    entity = await _one(ctx, "Organization", owner)
    entity = entity or await _put(ctx, unit | {"identifier": [owner]}, None)
    unit["partOf"] = {"reference": reference(entity)}
    placed = await _put(ctx, unit, await _one(ctx, "Organization", here))
    await _put(ctx, _endpoint(chosen, here, reference(placed)), await _one(ctx, "Endpoint", here))
    return 1


async def _one(ctx: "Context", type_: str, number: Resource) -> Resource | None:
    """The one of a type that has a number; None when there is none."""
    query = parse(type_, [("identifier", f"{number['system']}|{number['value']}")], base="")
    found = (await gate.search(ctx, query)).matches
    return loads(found[0].body) if found else None


async def _put(ctx: "Context", resource: Resource, known: Resource | None) -> Resource:
    """Written, in place of what is known."""
    written = await (
        gate.update(ctx, resource | {"id": known["id"]}) if known else gate.create(ctx, resource)
    )
    return loads(written.stored.body)


def _endpoint(chosen: argparse.Namespace, here: Resource, unit: str) -> Resource:
    found: Resource = {
        "resourceType": "Endpoint",
        "identifier": [here],
        "status": "active",
        "connectionType": coding("http://hl7.no/fhir/CodeSystem/no-basis-connection-type", "no-amqp"),
        "name": chosen.name,
        "managingOrganization": {"reference": unit},
        "payloadType": [
            concept(volven(8279), code, code) for code in dict.fromkeys([*chosen.takes, RECEIPT])
        ],
        "payloadMimeType": ["application/xml"],
        "address": f"urn:her:{chosen.number}",
    }
    if chosen.certificate:
        found["extension"] = [
            {"url": CERTIFICATE, "valueBase64Binary": _der(chosen.certificate.read_bytes())}
        ]
    return found


def _der(pem: bytes) -> str:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise Malformed("the file is no X.509 certificate in PEM") from error
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()

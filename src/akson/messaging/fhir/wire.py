"""The bytes of a FHIR message: read as strictly as any message of a stranger, and put together."""

from typing import Any

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.profiles.catalogue import Catalogue
from akson.fhir.validate.full import validate
from akson.kit.errors import Malformed, TooLarge
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.kith.xml import SIZE_LIMIT, NotWellFormed

TYPE = "application/fhir+json"
EVENTS = "https://akson.example/fhir/CodeSystem/meldingshendelse"
"""What happened: the events (MessageHeader.eventCoding) that are sent and read."""


def is_fhir(raw: bytes) -> bool:
    """Whether the bytes are JSON, and no XML."""
    return raw[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def parse(raw: bytes) -> Resource:
    """The Bundle. NotWellFormed for what is no JSON, NotOfSchema for what is no message, naming the elements, TooLarge."""
    if len(raw) > SIZE_LIMIT:
        raise TooLarge("the message is too large")
    try:
        bundle = strict_json.loads(raw)
        strict_json.check_depth(raw, strict_json.DEEPEST)
    except Malformed as error:
        raise NotWellFormed(error.diagnostics) from error
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "message":
        raise NotOfSchema("Bundle.type: must be message")
    wrong = [
        each for each in validate(bundle, Catalogue(), declared=False).issues if each.severity == "error"
    ]
    if wrong:
        raise NotOfSchema("; ".join(each.diagnostics or "" for each in wrong[:3]))
    if resource_of(bundle, "MessageHeader") is None:
        raise NotOfSchema("Bundle.entry[0].resource: must be a MessageHeader")
    return bundle


def resource_of(bundle: Resource, kind: str) -> Resource | None:
    """The first resource of a type in a message."""
    entries = (each.get("resource", {}) for each in bundle.get("entry", ()))
    return next((each for each in entries if each.get("resourceType") == kind), None)


def referred(bundle: Resource, reference: Any) -> Resource | None:
    """The resource of a message that a Reference leads to, by the address of its entry."""
    wanted = reference.get("reference") if isinstance(reference, dict) else None
    found = (each.get("resource") for each in bundle.get("entry", ()) if each.get("fullUrl") == wanted)
    return next(found, None) if wanted else None


def bundle(number: str, moment: str, *resources: tuple[str, Resource]) -> Resource:
    """A message of (uuid, resource), the MessageHeader first."""
    return {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{number}"},
        "type": "message",
        "timestamp": moment,
        "entry": [{"fullUrl": f"urn:uuid:{name}", "resource": each} for name, each in resources],
    }

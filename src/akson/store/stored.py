"""A stored version of a resource, and the bytes it is stored as."""

from dataclasses import dataclass
from datetime import datetime

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.kit.clock import instant


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of one resource. `body` is the JSON exactly as it is served, empty when deleted."""

    type: str
    id: str
    version: int
    updated: datetime
    body: bytes
    deleted: bool = False
    pat: int = 0
    """Number of the patient in whose compartment it is (`hashing.patient_number`); 0 for nobody's."""
    changed: bool = True
    """False for a write that found just this content there already, and made no version."""

    @property
    def reference(self) -> str:
        return f"{self.type}/{self.id}"


def serve(resource: Resource, identity: str, version: int, updated: datetime) -> bytes:
    """The body of a version: the resource with the id and the meta that the server sets."""
    meta = (resource.get("meta") or {}) | {"versionId": str(version), "lastUpdated": instant(updated)}
    head = {"resourceType": resource["resourceType"], "id": identity, "meta": meta}
    rest = {name: value for name, value in resource.items() if name not in head}
    return strict_json.dumps(head | rest)

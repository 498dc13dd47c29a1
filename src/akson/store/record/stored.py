"""A stored version of a resource, and the bytes it is stored as."""

from datetime import datetime

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.kit.clock import instant
from akson.kit.value import value


@value
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


Pieces = tuple[bytes, bytes, bytes]
"""A body in three: before the version, between version and time, after the time."""


def pieces(resource: Resource, identity: str) -> Pieces:
    """The body of a resource with the id that the server sets, without version and time, which are set when it is written."""
    meta = {name: value for name, value in (resource.get("meta") or {}).items() if name not in _SET}
    rest = {name: value for name, value in resource.items() if name not in _HEAD}
    head = b'{"resourceType":"%s","id":"%s","meta":{"versionId":"'
    tail = b'",' + strict_json.dumps(meta)[1:] if meta else b'"}'
    return (
        head % (resource["resourceType"].encode(), identity.encode()),
        b'","lastUpdated":"',
        tail + (b"," + strict_json.dumps(rest)[1:] if rest else b"}"),
    )


_SET = frozenset({"versionId", "lastUpdated"})
_HEAD = frozenset({"resourceType", "id", "meta"})


def joined(parts: Pieces, version: int, updated: datetime) -> bytes:
    """The body of a version."""
    head, middle, tail = parts
    return b"".join((head, str(version).encode(), middle, instant(updated).encode(), tail))


def serve(resource: Resource, identity: str, version: int, updated: datetime) -> bytes:
    """The body of a version: the resource with the id and the meta that the server sets."""
    return joined(pieces(resource, identity), version, updated)

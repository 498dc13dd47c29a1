"""The rule that makes an import repeatable: every resource goes to an id that follows from where it came from.

A PUT to such an id makes the resource the first time and changes nothing the second time, also when the first import
was cut off in the middle. docs/howto/import-data.md says the rule in words.
"""

import re
import uuid

from akson.fhir import strict_json
from akson.fhir.model import Resource

_UUID = re.compile(r"urn:uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
_NAMES = uuid.UUID("6f0c7a52-5d9e-5f0b-9a61-3f1c7e0d2b44")
"""Namespace of the ids made here (RFC 9562 5.5)."""


def repeatable_entry(entry: Resource) -> Resource:
    """The entry of a transaction or batch, a plain POST turned into a PUT to a fixed id; anything else as it is."""
    request, resource = entry.get("request"), entry.get("resource")
    if not isinstance(request, dict) or not isinstance(resource, dict):
        return entry
    if request.get("method") != "POST" or "ifNoneExist" in request or "resourceType" not in resource:
        return entry
    return put(resource, entry_id(entry.get("fullUrl"), resource), entry.get("fullUrl"))


def repeatable(resource: Resource) -> Resource:
    """A single resource as an entry: a PUT to its own id, or to one made from its content."""
    own = resource.get("id")
    return put(resource, own if isinstance(own, str) and own else content_id(resource))


def put(resource: Resource, resource_id: str, full_url: str | None = None) -> Resource:
    """The entry that puts a resource to an id."""
    entry: Resource = {"fullUrl": full_url} if full_url else {}
    entry["resource"] = resource | {"id": resource_id}
    entry["request"] = {"method": "PUT", "url": f"{resource['resourceType']}/{resource_id}"}
    return entry


def entry_id(full_url: object, resource: Resource) -> str:
    """The id of an entry: the uuid of its fullUrl; else made from the fullUrl; else from the content."""
    if not isinstance(full_url, str) or not full_url:
        return content_id(resource)
    found = _UUID.fullmatch(full_url)
    return found[1].lower() if found else str(uuid.uuid5(_NAMES, full_url))


def content_id(resource: Resource) -> str:
    """An id made from what the resource says, whatever the order of its members."""
    said = {name: value for name, value in resource.items() if name not in {"id", "meta"}}
    return str(uuid.uuid5(_NAMES, strict_json.dumps(_ordered(said)).decode()))


def _ordered(value: object) -> object:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value

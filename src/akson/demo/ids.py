"""Ids of demo resources: the same for the same thing every time, and different on every node."""

import uuid

NAMESPACE = uuid.UUID("6f2b0c7e-3d0a-5d6c-9a57-8f0a4c1e7b11")


def demo_id(node: str, kind: str, key: str) -> str:
    """FHIR id of the resource of type `kind` that the demo calls `key` on a node."""
    return str(uuid.uuid5(NAMESPACE, f"{node}/{kind}/{key}"))


def demo_reference(node: str, kind: str, key: str) -> str:
    """The same as a relative reference, e.g. Patient/<id>."""
    return f"{kind}/{demo_id(node, kind, key)}"

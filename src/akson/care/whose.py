"""Whose record it was, for lists of those who follow up: they have no care relation, and the list is the node's own."""

from typing import Any

from akson.fhir.strict_json import loads
from akson.kit.errors import AksonError
from akson.record import gate
from akson.record.context import NODE_ITSELF, Context


async def name_of(ctx: Context, patient: str) -> str:
    """Name of a Patient (id); empty where there is none any more."""
    try:
        found = loads((await gate.read(ctx.by(NODE_ITSELF), "Patient", patient)).body)
    except AksonError:
        return ""
    name: dict[str, Any] = next(iter(found.get("name", [])), {})
    return " ".join([*name.get("given", []), name.get("family", "")]).strip()

"""What the index of a resource lacks until its neighbours are asked.

A Provenance belongs to the patient of what it is about, a Binary to that of its securityContext; a document can be
found by the words of the Binary it points to. The neighbours are in the same transaction or in the store.
"""

import base64
import binascii
from collections.abc import Mapping

from akson.fhir.extract import extract
from akson.fhir.index import Index
from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.record.context import Context
from akson.store.index.hashing import patient_number
from akson.store.record import resources
from akson.store.scope import NODE

Siblings = Mapping[str, tuple[Resource, Index]]
"""The other resources of the same transaction by their references."""

TEXT_LIMIT = 200_000
"""Characters of a document that are indexed for full-text search."""


async def complete(ctx: Context, resource: Resource, index: Index, siblings: Siblings) -> None:
    """Add to the index what only the neighbours know. Changes `index`."""
    resource_type = resource["resourceType"]
    if resource_type == "Provenance" and index.patient is None:
        index.patient = await _patient_behind(ctx, [t.get("reference") for t in resource["target"]], siblings)
    elif resource_type == "Binary" and index.patient is None:
        context = resource.get("securityContext", {}).get("reference")
        index.patient = await _patient_behind(ctx, [context], siblings)
    elif resource_type == "DocumentReference":
        for content in resource.get("content", []):
            index.content += await _words(ctx, content["attachment"], siblings, patient_number(index.patient))


async def _patient_behind(ctx: Context, references: list[str | None], siblings: Siblings) -> str | None:
    for named in references:
        reference = (named or "").partition("/_history/")[0]
        if reference.startswith("Patient/"):
            return reference.split("/")[1]
        if reference in siblings:
            return siblings[reference][1].patient
        if reference and (stored := await _stored(ctx, reference)):
            return extract(loads(stored.body)).patient
    return None


async def _words(ctx: Context, attachment: Resource, siblings: Siblings, pat: int) -> str:
    """The plain text that an attachment points to; empty for what is no text, lies elsewhere, or is another patient's.

    Who may write of one patient must not find out, by searching for words, what is written of another.
    """
    url = attachment.get("url", "")
    if not (attachment.get("contentType") or "").startswith("text/") or not url.startswith("Binary/"):
        return ""
    binary = siblings[url][0] if url in siblings else None
    stored = await _stored(ctx, url) if binary is None else None
    if stored is not None and stored.pat in {0, pat}:
        binary = loads(stored.body)
    try:
        return "\n" + base64.b64decode((binary or {}).get("data", "")).decode()[:TEXT_LIMIT]
    except (binascii.Error, UnicodeDecodeError):
        return ""


async def _stored(ctx: Context, reference: str) -> resources.Stored | None:
    parts = reference.split("/")
    return await resources.read(ctx.tx.as_node, NODE, parts[0], parts[1]) if len(parts) >= 2 else None

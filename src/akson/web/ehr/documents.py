"""Documents: those of this record first, those of other systems through the platform, and what did not answer."""

import base64
from dataclasses import dataclass

from starlette.responses import Response

from akson.fhir.model import Resource
from akson.kit.settings import Node
from akson.record.context import Context
from akson.web.context import of_type, one, permitted
from akson.web.ehr import rows
from akson.web.ehr.rows import Row

NOTES = ("type", "urn:oid:2.16.578.1.12.4.1.1.9602|B02-2,urn:oid:2.16.578.1.12.4.1.1.9602|B03-2")
"""Journal notes and notes of out-patient clinics (V9602)."""

ENDINGS = {
    "application/pdf": "pdf",
    "text/plain": "txt",
    "text/html": "html",
    "text/xml": "xml",
    "image/png": "png",
}


@dataclass(frozen=True, slots=True)
class Content:
    """One attachment as a page shows it: words, or the media type of what it cannot show."""

    words: str
    media_type: str
    data: bytes = b""

    @property
    def download(self) -> Response:
        """The bytes as a file to keep: a browser must not open what others wrote as a page of ours, nor run it in one.

        The media type is the sender's word: one that is not known here is told as bytes.
        """
        kind = self.media_type.partition(";")[0].strip().lower()
        ending = ENDINGS.get(kind, "bin")
        return Response(
            self.data,
            media_type=kind if kind in ENDINGS else "application/octet-stream",
            headers={"content-disposition": f'attachment; filename="dokument.{ending}"'},
        )


def lines(found: list[Resource], node: Node) -> list[Row]:
    """The documents of a searchset, newest first."""
    made = [rows.document(each, node) for each in of_type(found, "DocumentReference")]
    return sorted(made, key=lambda row: row.source.when, reverse=True)


async def notes(ctx: Context, patient: str, count: str) -> list[Row]:
    """The newest journal notes of a patient, with how each begins."""
    who = ("patient", f"Patient/{patient}")
    current = ("status", "current")
    found = await permitted(
        ctx, "DocumentReference", who, NOTES, current, ("_sort", "-date"), ("_count", count)
    )
    papers = of_type(found, "DocumentReference")
    return [rows.note(each, ctx.node, (await fetch(ctx, each)).words) for each in papers]


async def fetch(ctx: Context, document: Resource) -> Content:
    """The content of a document of this record."""
    url = str(attachment(document).get("url", ""))
    if not url.startswith("Binary/"):
        return Content("", str(attachment(document).get("contentType", "")))
    return content(await one(ctx, "Binary", url.removeprefix("Binary/")))


def content(binary: Resource) -> Content:
    """What a Binary holds."""
    return made(str(binary.get("contentType", "")), base64.b64decode(str(binary.get("data", ""))))


def made(media_type: str, data: bytes) -> Content:
    """Content of a media type. Text is shown as text; markup in it is never run."""
    words = data.decode("utf-8", "replace") if media_type.startswith("text/") else ""
    return Content(words, media_type, data)


def attachment(document: Resource) -> Resource:
    """The first attachment of a DocumentReference; empty when it has none."""
    found: list[Resource] = [each.get("attachment", {}) for each in document.get("content", [])]
    return found[0] if found else {}

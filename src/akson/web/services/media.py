"""Photos and films of a record (Media): where their content is, and how it is shown without being opened as a page. Pure."""

from starlette.responses import Response

from akson.exchange.merging import SOURCE
from akson.fhir.model import Resource

PHOTOS = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
FILMS = frozenset({"video/mp4", "video/webm"})
"""What browsers show by themselves, and what holds no program."""


def place(resource: Resource, here: str) -> str:
    """`source/binary` of what a browser can show; empty for all else. `here`: the system whose resources have no other source."""
    content = resource.get("content")
    if resource["resourceType"] != "Media" or not isinstance(content, dict):
        return ""
    _, found, binary = str(content.get("url", "")).rpartition("Binary/")
    if not found or kind(content.get("contentType", "")) not in PHOTOS | FILMS:
        return ""
    tags = resource.get("meta", {}).get("tag", [])
    return f"{next((str(tag['code']) for tag in tags if tag.get('system') == SOURCE), here)}/{binary}"


def is_film(resource: Resource) -> bool:
    """A film rather than a photo."""
    return kind(resource["content"].get("contentType", "")) in FILMS


def kind(media_type: str) -> str:
    """The media type without parameters."""
    return media_type.partition(";")[0].strip().lower()


def shown(media_type: str, data: bytes) -> Response:
    """The content as a picture of a page; what is no picture as a file of bytes. It runs nothing, whatever it holds."""
    told = kind(media_type)
    headers = {"content-security-policy": "default-src 'none'; sandbox", "cache-control": "no-store"}
    if told in PHOTOS | FILMS:
        return Response(data, media_type=told, headers=headers)
    headers |= {"content-disposition": 'attachment; filename="bilde.bin"'}
    return Response(data, media_type="application/octet-stream", headers=headers)

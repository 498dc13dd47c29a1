"""The pictures of one study as a page shows them: of the own record, or of another record system on behalf of the reader.

Both are asked for the same: the study, what a picture says of itself, the picture drawn, and its file.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from akson.documents.dicom import as_json, drawing, held
from akson.documents.dicom.as_json import Json
from akson.documents.dicom.drawing import Drawn, Window, Wish
from akson.documents.dicom.part10 import Dicom
from akson.documents.dicom.study import MEDIA, Instance, instances
from akson.exchange.edge.platform import Answer
from akson.exchange.merging import SOURCE
from akson.fhir.model import Resource
from akson.fhir.strict_json import loads_any
from akson.kit.errors import Conflict, NotAcceptable, NotFound, PeerFailed, PeerSilent
from akson.record.context import Context

Fetch = Callable[[str, str], Awaitable[Answer]]
"""From the path below a source's DICOMweb and an Accept header to what the source answers."""


@dataclass(frozen=True, slots=True)
class Found:
    """A study, and its pictures in their order."""

    resource: Resource
    pictures: Sequence[Instance]


class Gallery(Protocol):
    """Where the pictures of a study are."""

    async def study(self, uid: str) -> Found:
        """The study. NotFound when it is absent or hidden, or holds no pictures."""
        ...

    async def metadata(self, uid: str, picture: Instance) -> Json:
        """What a picture says of itself."""
        ...

    async def drawn(self, uid: str, picture: Instance, wish: Wish) -> Drawn:
        """The picture. NotAcceptable when it cannot be drawn."""
        ...

    async def file(self, uid: str, picture: Instance) -> bytes:
        """The DICOM file."""
        ...


@dataclass(frozen=True, slots=True)
class Own:
    """The own record, of one patient."""

    ctx: Context
    patient: str

    async def study(self, uid: str) -> Found:
        of = await self._held(uid)
        return Found(of.resource, of.instances())

    async def metadata(self, uid: str, picture: Instance) -> Json:
        return as_json.metadata(await self._read(uid, picture), "")

    async def drawn(self, uid: str, picture: Instance, wish: Wish) -> Drawn:
        return await asyncio.to_thread(drawing.draw, await self._read(uid, picture), wish)

    async def file(self, uid: str, picture: Instance) -> bytes:
        return (await self._read(uid, picture)).data

    async def _held(self, uid: str) -> held.Study:
        return await held.study(self.ctx, uid, ("patient", f"Patient/{self.patient}"))

    async def _read(self, uid: str, picture: Instance) -> Dicom:
        of = await self._held(uid)
        return await held.read(self.ctx, of, of.instances(picture.series, picture.uid)[0])


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another record system, which decides what the reader sees of it."""

    source: str
    find: Callable[[str], Awaitable[Sequence[Resource]]]
    """Studies of all sources by the UID."""
    fetch: Fetch

    async def study(self, uid: str) -> Found:
        for each in await self.find(uid):
            tags = each.get("meta", {}).get("tag", [])
            pictures = [one for one in instances(each) if one.binary]
            if pictures and any((t.get("system"), t.get("code")) == (SOURCE, self.source) for t in tags):
                return Found(each, pictures)
        raise NotFound("No such study")

    async def metadata(self, uid: str, picture: Instance) -> Json:
        answer = await self._asked(f"{_path(uid, picture)}/metadata", "application/dicom+json")
        found = loads_any(answer.content)
        if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
            raise PeerFailed("The source answered with something else than metadata")
        return found[0]

    async def drawn(self, uid: str, picture: Instance, wish: Wish) -> Drawn:
        answer = await self._asked(f"{_path(uid, picture)}{_wished(wish)}", f"{drawing.PNG}, {drawing.JPEG}")
        media = answer.headers.get("content-type", "")
        if media not in {drawing.PNG, drawing.JPEG}:
            raise PeerFailed("The source answered with something else than a picture")
        return Drawn(media, answer.content)

    async def file(self, uid: str, picture: Instance) -> bytes:
        return (await self._asked(_path(uid, picture), f"{MEDIA}; transfer-syntax=*")).content

    async def _asked(self, path: str, accept: str) -> Answer:
        answer = await self.fetch(path, accept)
        if answer.status_code == 406:
            raise NotAcceptable("The source cannot draw the picture")
        if answer.status_code == 409:
            raise Conflict("The picture does not belong to the record it lies in")
        if answer.status_code in {204, 404}:
            raise NotFound("No such picture")
        if answer.status_code == 504:
            raise PeerSilent("The source does not answer")
        if answer.status_code != 200:
            raise PeerFailed(f"The source answered {answer.status_code}")
        return answer


def _path(uid: str, picture: Instance) -> str:
    return f"studies/{uid}/series/{picture.series}/instances/{picture.uid}"


def _wished(wish: Wish) -> str:
    asked = {}
    if wish.window:
        shape = next(name for name, told in drawing.SHAPES.items() if told == wish.window.shape)
        asked["window"] = f"{_plain(wish.window.center)},{_plain(wish.window.width)},{shape}"
    if wish.viewport:
        asked["viewport"] = ",".join(map(str, wish.viewport))
    query = f"?{urlencode(asked, safe=',')}" if asked else ""
    return f"/frames/{wish.frame}/rendered{query}"


def _plain(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def window_told(window: Window) -> str:
    """As an address has it."""
    return f"{_plain(window.center)},{_plain(window.width)}"

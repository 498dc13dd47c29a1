"""Retrieve transaction (WADO-RS, PS3.18 10.4): files of a study, a series or an instance, their metadata and frames, and pictures of them."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import orjson
import pydicom

from akson.documents.dicom import as_json, drawing, held
from akson.documents.dicom.drawing import JPEG, Wish
from akson.documents.dicom.held import Study
from akson.documents.dicom.part10 import EXPLICIT, IMPLICIT, JPEG_BASELINE, NATIVE, Dicom
from akson.documents.dicom.study import Instance
from akson.kit.errors import Malformed, NotAcceptable, UnsupportedParameter
from akson.record.context import Context, opened
from akson.rest.dicomweb import parts
from akson.rest.dicomweb.accept import DICOM, JSON, OCTETS, RELATED, Taken, forms, require
from akson.rest.wire.attempt import Door, attempt
from akson.rest.wire.http import Answer, Request

_SAFE = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
}
_DRAWN_BY = frozenset({"window", "viewport", "accept"})


@dataclass(frozen=True, slots=True)
class Place:
    """What an address names."""

    study: str
    series: str = ""
    instance: str = ""
    frame: str = ""


async def files(ctx: Context, request: Request, place: Place) -> Answer:
    """200 with the files; one instance also by itself where the client asks for no parts."""
    form = require(request, DICOM)
    study = await held.study(ctx, place.study)
    found = study.instances(place.series, place.instance)
    first = _written(await held.read(ctx, study, found[0]), form)
    if place.instance and form.media in {DICOM, "application/*"}:
        saved = {"content-disposition": 'attachment; filename="bilde.dcm"'}
        return Answer(200, first[1], _SAFE | saved, media=first[0])
    boundary = parts.new_boundary()
    stream = parts.joined(_files(ctx, study, found, first, form), boundary)
    return Answer(200, headers=dict(_SAFE), stream=stream, media=parts.media(DICOM, boundary))


async def _files(
    ctx: Context, study: Study, found: Sequence[Instance], first: tuple[str, bytes], form: Taken
) -> AsyncIterator[tuple[str, bytes]]:
    """One file after the other, each read in a transaction of its own: a slow client holds no connection to the database."""
    yield first
    for each in found[1:]:
        async with opened(ctx.place, ctx.actor, ctx.purpose) as later:
            same = replace(later, request_id=ctx.request_id, client_request=ctx.client_request)
            file = await held.read(same, study, each)
        yield _written(file, form)


def _written(dicom: Dicom, form: Taken) -> tuple[str, bytes]:
    """The file in a transfer syntax that the client takes, with its content type. Nothing is said: Explicit VR Little Endian.

    What is compressed stays so: to unpack it takes a codec.
    """
    if form.syntax not in {"", "*", dicom.syntax, EXPLICIT} or (
        form.syntax == EXPLICIT and dicom.syntax not in NATIVE
    ):
        raise NotAcceptable(
            "The instance is not to be had in this transfer syntax: ask for transfer-syntax=*"
        )
    if dicom.syntax == IMPLICIT and form.syntax in {"", EXPLICIT}:
        return f"{DICOM}; transfer-syntax={EXPLICIT}", _explicit(dicom)
    return f"{DICOM}; transfer-syntax={dicom.syntax}", dicom.data


def _explicit(dicom: Dicom) -> bytes:
    out = io.BytesIO()
    found = pydicom.dcmread(io.BytesIO(dicom.data))
    found.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    try:
        pydicom.dcmwrite(out, found, implicit_vr=False, little_endian=True)
    except Exception as error:  # what is not as its kind says cannot be written
        raise NotAcceptable("The instance is to be had as it is stored: ask for transfer-syntax=*") from error
    return out.getvalue()


async def metadata(ctx: Context, request: Request, place: Place) -> Answer:
    """200 with all elements of each instance but the pictures."""
    require(request, JSON)
    study = await held.study(ctx, place.study)
    made = []
    for each in study.instances(place.series, place.instance):
        address = f"{request.base}/studies/{place.study}/series/{each.series}/instances/{each.uid}"
        made.append(as_json.metadata(await held.read(ctx, study, each), address))
    return Answer(200, orjson.dumps(made), dict(_SAFE), media=JSON)


async def frames(ctx: Context, request: Request, place: Place) -> Answer:
    """200 with frames as they are stored: points of native pictures, JPEG of those that are JPEG."""
    numbers = [_number(each) for each in place.frame.split(",")]
    dicom = await _dicom(ctx, place)
    kind = OCTETS if dicom.syntax in NATIVE else JPEG if dicom.syntax == JPEG_BASELINE else ""
    if not kind or not any(
        each.media in {RELATED, "*/*", "multipart/*"} and each.takes(kind) for each in forms(request)
    ):
        raise NotAcceptable(f"Frames of this instance come as {RELATED}; type={kind or 'nothing'}")
    found = [(f"{kind}; transfer-syntax={dicom.syntax}", drawing.frame(dicom, each)) for each in numbers]

    async def each_frame() -> AsyncIterator[tuple[str, bytes]]:
        for one in found:
            yield one

    boundary = parts.new_boundary()
    stream = parts.joined(each_frame(), boundary)
    return Answer(200, headers=dict(_SAFE), stream=stream, media=parts.media(kind, boundary))


async def rendered(request: Request, door: Door, place: Place) -> Answer:
    """200 with a picture. It is drawn when the transaction is over, beside other requests."""
    wish = _wish(request, place)
    ranges = forms(request)
    kept: list[Dicom] = []

    async def look(ctx: Context, _request: Request) -> Answer:
        kept[:] = [await _dicom(ctx, place)]
        return Answer(200)

    await attempt(request, door, look)
    drawn = await asyncio.to_thread(
        drawing.draw, kept[0], wish, lambda media: any(each.takes(media) for each in ranges)
    )
    return Answer(200, drawn.data, dict(_SAFE), media=drawn.media)


async def _dicom(ctx: Context, place: Place) -> Dicom:
    study = await held.study(ctx, place.study)
    return await held.read(ctx, study, study.instances(place.series, place.instance)[0])


def _wish(request: Request, place: Place) -> Wish:
    for name, _ in request.pairs:
        if name not in _DRAWN_BY:
            raise UnsupportedParameter(f"A picture is not drawn by {name[:64]}", expression=(name[:64],))
    window, viewport = request.parameter("window"), request.parameter("viewport")
    return Wish(
        _number(place.frame or "1"),
        drawing.window_of(window) if window else None,
        drawing.viewport_of(viewport) if viewport else None,
    )


def _number(told: str) -> int:
    if not (told.isascii() and told.isdigit() and len(told) < 6):
        raise Malformed("Frames are numbered from one", expression=("frames",))
    return int(told)

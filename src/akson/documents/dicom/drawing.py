"""A frame as a picture that a browser shows: the window of grey values, the size, and what cannot be drawn here (PS3.18 8.3.5).

Drawn are pictures in shades of grey and in RGB, native or run-length encoded; baseline JPEG is given as it is. All else takes a codec
that is not here, and is said so.
"""

import math
import re
import sys
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import RLELossless

from akson.documents.dicom.part10 import JPEG_BASELINE, NATIVE, RLE, Dicom, frame_size, number, text
from akson.documents.dicom.png import png
from akson.kit.errors import Malformed, NotAcceptable, NotFound

PNG, JPEG = "image/png", "image/jpeg"
SHAPES = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}
"""How the window is written in a request, and in a data set (PS3.3 C.11.2.1.2)."""
_NUMBER = re.compile(r"-?[0-9]{1,7}(\.[0-9]{1,6})?")
Tone = Callable[[float], int]


@dataclass(frozen=True, slots=True)
class Window:
    """Which values are shown from black to white."""

    center: float
    width: float
    shape: str = "LINEAR"


@dataclass(frozen=True, slots=True)
class Wish:
    """How a frame is wanted."""

    frame: int = 1
    window: Window | None = None
    viewport: tuple[int, int] | None = None
    """Width and height that the picture must fit in; it is never made larger."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture for a browser."""

    media: str
    data: bytes


def window_of(told: str) -> Window:
    """The parameter `window`: center, width, shape. Malformed for what is none."""
    parts = told.split(",")
    shape = SHAPES.get((parts[2] if len(parts) == 3 else "linear").lower().replace("_", "-"))
    if shape is None or len(parts) not in {2, 3} or not all(map(_NUMBER.fullmatch, parts[:2])):
        raise Malformed("window is center,width,shape, e.g. window=40,400,linear", expression=("window",))
    center, width = float(parts[0]), float(parts[1])
    if width <= 0 or (shape == "LINEAR" and width < 1):
        raise Malformed("The width of a window is at least 1", expression=("window",))
    return Window(center, width, shape)


def viewport_of(told: str) -> tuple[int, int]:
    """The parameter `viewport`: width, height. Malformed for what is none; parts of a picture are not cut out."""
    parts = told.split(",")
    if len(parts) != 2 or not all(
        each.isascii() and each.isdigit() and 0 < int(each) <= 10_000 for each in parts
    ):
        raise Malformed("viewport is width,height, e.g. viewport=800,600", expression=("viewport",))
    return int(parts[0]), int(parts[1])


def window_in(dicom: Dicom) -> Window | None:
    """The first window that the picture itself has."""
    center, width = (_first(dicom, name) for name in ("WindowCenter", "WindowWidth"))
    if center is None or width is None or width < 1:
        return None
    shape = text(dicom.dataset, "VOILUTFunction").upper() or "LINEAR"
    return Window(center, width, shape if shape in SHAPES.values() else "LINEAR")


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides whether a picture can be drawn."""

    syntax: str
    kind: str
    """Photometric interpretation."""
    bits: int
    samples: int
    has_table: bool
    """Shades of grey that take a table of their own (Modality LUT)."""


def facts(dicom: Dicom) -> Facts:
    """Those of a file."""
    dataset = dicom.dataset
    return Facts(
        dicom.syntax,
        text(dataset, "PhotometricInterpretation"),
        number(dataset, "BitsAllocated") or 0,
        number(dataset, "SamplesPerPixel") or 1,
        "ModalityLUTSequence" in dataset,
    )


def why_not(of: Facts) -> str:
    """Why it cannot be drawn here, in English and without what it shows; empty where it can."""
    if of.syntax == JPEG_BASELINE:
        return ""
    if of.syntax not in NATIVE | {RLE}:
        return "The picture is compressed in a way that this server has no codec for"
    if of.kind == "RGB":
        return "" if (of.bits, of.samples) == (8, 3) and of.syntax in NATIVE else "The colours cannot be read"
    if of.kind not in {"MONOCHROME1", "MONOCHROME2"}:
        return "Pictures in shades of grey and in RGB are drawn, and no others"
    is_plain = of.bits in {8, 16} and of.samples == 1 and not of.has_table
    return "" if is_plain else "The shades of grey cannot be read"


def frame(dicom: Dicom, at: int) -> bytes:
    """One frame as it is stored, without its frame around it; numbered from one. NotFound for one that is not there."""
    if not 1 <= at <= dicom.frames:
        raise NotFound("No such frame")
    if dicom.syntax in NATIVE:
        size = frame_size(dicom.dataset)
        return bytes(dicom.dataset.PixelData[size * (at - 1) : size * at])
    try:
        return bytes(get_frame(dicom.dataset.PixelData, at - 1, number_of_frames=dicom.frames))
    except Exception as error:  # the parser's errors are of many kinds
        raise NotAcceptable("The frame cannot be read") from error


def draw(dicom: Dicom, wish: Wish, taken: Callable[[str], bool] = lambda _: True) -> Drawn:
    """The picture of a frame. NotAcceptable where it cannot be drawn, or not in a media type that is `taken`."""
    if reason := why_not(facts(dicom)):
        raise NotAcceptable(f"{reason}: retrieve the instance instead")
    if dicom.syntax == JPEG_BASELINE:
        data = frame(dicom, wish.frame)
        if wish.window or not data.startswith(b"\xff\xd8\xff") or not taken(JPEG):
            raise NotAcceptable("The picture is a JPEG, which is given as it is")
        return Drawn(JPEG, data)
    if not taken(PNG):
        raise NotAcceptable(f"The picture is drawn as {PNG}")
    if text(dicom.dataset, "PhotometricInterpretation") == "RGB":
        return _coloured(dicom, wish)
    return _grey(dicom, wish)


def _grey(dicom: Dicom, wish: Wish) -> Drawn:
    values = _values(dicom, wish.frame)
    window = wish.window or window_in(dicom) or _whole(dicom, [_stored(dicom, each) for each in set(values)])
    fitted, wide, high = _fitted(values, dicom, wish)
    used = {each: _stored(dicom, each) for each in set(fitted)}
    tone = _tone(window)
    turned = text(dicom.dataset, "PhotometricInterpretation") == "MONOCHROME1"
    table = {raw: 255 - tone(value) if turned else tone(value) for raw, value in used.items()}
    return Drawn(PNG, png(wide, high, bytes(map(table.__getitem__, fitted)), effort=1))


def _values(dicom: Dicom, at: int) -> Sequence[int]:
    """The points of a frame as they are stored, with all bits of theirs."""
    data = frame(dicom, at) if dicom.syntax in NATIVE else _unpacked(dicom, at)
    if number(dicom.dataset, "BitsAllocated") == 8:
        return data
    found = array("H")
    found.frombytes(data[: len(data) // 2 * 2])
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _unpacked(dicom: Dicom, at: int) -> bytes:
    frame(dicom, at)
    try:
        data, _ = get_decoder(RLELossless).as_buffer(dicom.dataset, index=at - 1)
    except Exception as error:  # the decoder's errors are of many kinds
        raise NotAcceptable("The picture cannot be unpacked: retrieve the instance instead") from error
    if len(data) < frame_size(dicom.dataset):
        raise NotAcceptable("The picture ends before its last point")
    return bytes(data)


def _fitted(values: Sequence[int], dicom: Dicom, wish: Wish) -> tuple[Sequence[int], int, int]:
    """The points of what fits the viewport, of each place the nearest."""
    columns, rows = int(dicom.dataset.Columns), int(dicom.dataset.Rows)
    wide, high = _size(columns, rows, wish.viewport)
    if (wide, high) == (columns, rows):
        return values[: columns * rows], wide, high
    places = [x * columns // wide for x in range(wide)]
    pick = itemgetter(*places) if wide > 1 else lambda row: (row[0],)
    made: list[int] = []
    for y in range(high):
        start = (y * rows // high) * columns
        made.extend(pick(values[start : start + columns]))
    return made, wide, high


def _size(columns: int, rows: int, viewport: tuple[int, int] | None) -> tuple[int, int]:
    scale = min(1.0, viewport[0] / columns, viewport[1] / rows) if viewport else 1.0
    return max(1, round(columns * scale)), max(1, round(rows * scale))


def _stored(dicom: Dicom, raw: int) -> float:
    """The value of a point in the unit of its modality: bits cut out, sign, slope and intercept (PS3.3 C.7.6.3, C.11.1)."""
    dataset = dicom.dataset
    bits = number(dataset, "BitsStored") or number(dataset, "BitsAllocated") or 8
    high = number(dataset, "HighBit")
    shift = max(0, (bits - 1 if high is None else high) - bits + 1)
    value = (raw >> shift) & ((1 << bits) - 1)
    if number(dataset, "PixelRepresentation") and value >> (bits - 1):
        value -= 1 << bits
    slope, intercept = _first(dicom, "RescaleSlope"), _first(dicom, "RescaleIntercept")
    return value * (1.0 if slope is None else slope) + (intercept or 0.0)


def _whole(dicom: Dicom, values: list[float]) -> Window:
    """All values, but not what stands for no value at all (Pixel Padding Value)."""
    padding = number(dicom.dataset, "PixelPaddingValue")
    shown = (
        values if padding is None else [each for each in values if each != _stored(dicom, padding)] or values
    )
    low, high = min(shown), max(shown)
    return Window((low + high) / 2, max(high - low, 1.0), "LINEAR_EXACT")


def _tone(window: Window) -> Tone:
    """From a value to black (0) to white (255), after PS3.3 C.11.2.1.2 and C.11.2.1.3."""
    center, width = window.center, window.width
    if window.shape == "SIGMOID":
        return lambda x: round(255 / (1 + math.exp(min(700.0, max(-700.0, -4 * (x - center) / width)))))
    if window.shape == "LINEAR":
        center, width = center - 0.5, width - 1
    if width <= 0:
        return lambda x: 0 if x <= center else 255

    def tone(x: float) -> int:
        return round(255 * min(1.0, max(0.0, (x - center) / width + 0.5)))

    return tone


def _coloured(dicom: Dicom, wish: Wish) -> Drawn:
    data = frame(dicom, wish.frame)
    columns, rows = int(dicom.dataset.Columns), int(dicom.dataset.Rows)
    points = columns * rows
    if number(dicom.dataset, "PlanarConfiguration") == 1:
        lanes = [data[points * lane : points * (lane + 1)] for lane in range(3)]
    else:
        lanes = [data[lane : points * 3 : 3] for lane in range(3)]
    fitted = [_fitted(lane, dicom, wish) for lane in lanes]
    wide, high = fitted[0][1], fitted[0][2]
    woven = bytearray(wide * high * 3)
    for lane, (values, _, _) in enumerate(fitted):
        woven[lane::3] = bytes(values)
    return Drawn(PNG, png(wide, high, bytes(woven), colour=True, effort=1))


def _first(dicom: Dicom, name: str) -> float | None:
    """A number of the data set, or the first of several."""
    value = dicom.dataset.get(name)
    if value is None or isinstance(value, str):
        return None
    try:
        found = float(value if isinstance(value, int | float) or not hasattr(value, "__iter__") else value[0])
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return found if math.isfinite(found) else None

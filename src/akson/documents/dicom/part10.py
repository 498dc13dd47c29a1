"""DICOM files (PS3.10): read with suspicion. What is no picture, is broken, or could run somewhere is refused with the reason.

What a file says of itself in its first bytes is looked at before the whole is parsed: one that would have to be inflated is never
inflated, and what stands before the mark DICM is empty, since a program could be hidden there.
"""

import io
import struct
import warnings
from dataclasses import dataclass
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID

from akson.kit.errors import Issue, Unprocessable

PREAMBLE, MAGIC = 128, b"DICM"
TIFF = (b"II*\0", b"MM\0*")
"""What PS3.10 7.1 lets stand in the preamble: nothing, or what makes the file readable as TIFF."""
LARGEST_SIDE = 16_384
MOST_PIXELS = 32_000_000
"""Of one frame. The largest mammograms have some 24 millions."""
MOST_FRAMES = 10_000
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
RLE, JPEG_BASELINE = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50"
NATIVE = frozenset({IMPLICIT, EXPLICIT})
COMPRESSED = "1.2.840.10008.1.2.4."
"""JPEG, JPEG-LS, JPEG 2000 and video (PS3.5, annex A)."""
DOCUMENTS = "1.2.840.10008.5.1.4.1.1.104."
"""SOP classes of PDF, CDA and models inside DICOM: they are documents, which have a place of their own."""
UIDS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
UID_LENGTH = 64

pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


@dataclass(frozen=True, slots=True)
class Dicom:
    """One file that was looked through: its data set, its transfer syntax, and its bytes as they came."""

    data: bytes
    dataset: Dataset
    syntax: str

    @property
    def uid(self) -> str:
        """SOP Instance UID."""
        return str(self.dataset.SOPInstanceUID)

    @property
    def study(self) -> str:
        return str(self.dataset.StudyInstanceUID)

    @property
    def series(self) -> str:
        return str(self.dataset.SeriesInstanceUID)

    @property
    def frames(self) -> int:
        """How many pictures it holds."""
        return number(self.dataset, "NumberOfFrames") or 1


def read(data: bytes) -> Dicom:
    """The file. Unprocessable with the code `not-dicom`, `active`, `syntax`, `broken`, `not-picture`, `too-large` or `truncated`."""
    if len(data) < PREAMBLE + len(MAGIC) or data[PREAMBLE : PREAMBLE + len(MAGIC)] != MAGIC:
        raise refused("not-dicom", "This is no DICOM file: the mark DICM is missing")
    if any(data[:PREAMBLE]) and not data.startswith(TIFF):
        raise refused("active", "The first 128 bytes of a DICOM file must be empty")
    syntax = _syntax(data)
    if syntax not in NATIVE | {RLE} and not syntax.startswith(COMPRESSED):
        raise refused("syntax", "The transfer syntax is not taken")
    found = Dicom(data, _parsed(data), syntax)
    _check(found)
    return found


def _syntax(data: bytes) -> str:
    """Transfer Syntax UID (0002,0010) of the file meta information, which is always in Explicit VR Little Endian (PS3.10 7.1)."""
    at = PREAMBLE + len(MAGIC)
    while at + 12 <= len(data):
        group, element = struct.unpack_from("<HH", data, at)
        if group != 2:
            break
        is_long = data[at + 4 : at + 6] in {
            b"OB",
            b"OW",
            b"UN",
            b"SQ",
            b"UT",
            b"OF",
            b"OD",
            b"OL",
            b"UC",
            b"UR",
        }
        length = struct.unpack_from("<I" if is_long else "<H", data, at + (8 if is_long else 6))[0]
        at += 12 if is_long else 8
        if element == 0x10:
            return data[at : at + min(length, UID_LENGTH)].rstrip(b"\0 ").decode("ascii", "replace")
        at += length
    raise refused("broken", "The file does not say in which transfer syntax it is")


def _parsed(data: bytes) -> Dataset:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pydicom.dcmread(io.BytesIO(data))
            for each in found.iterall():
                _ = each.value
    except Exception as error:  # whatever the parser says of hostile bytes, they are no DICOM
        raise refused("broken", "The DICOM file cannot be read to its end") from error
    return found


def _check(found: Dicom) -> None:
    dataset = found.dataset
    if any(not _is_uid(text(dataset, name)) for name in UIDS):
        raise refused("broken", "SOP class, instance, series or study has no UID")
    if text(dataset, "SOPClassUID").startswith(DOCUMENTS) or "EncapsulatedDocument" in dataset:
        raise refused("not-picture", "Documents inside DICOM are not taken: they are kept as documents")
    if "PixelData" not in dataset:
        raise refused("not-picture", "The DICOM file holds no picture")
    rows, columns, frames = (number(dataset, name) for name in ("Rows", "Columns", "NumberOfFrames"))
    frames = 1 if frames is None else frames
    if not rows or not columns or rows < 0 or columns < 0 or frames < 1:
        raise refused("broken", "The picture has no size")
    if max(rows, columns) > LARGEST_SIDE or rows * columns > MOST_PIXELS or frames > MOST_FRAMES:
        raise refused(
            "too-large",
            f"A picture has at most {MOST_PIXELS} points, {LARGEST_SIDE} a side, and {MOST_FRAMES} frames",
        )
    if found.syntax in NATIVE and len(dataset.PixelData) < frame_size(dataset) * frames:
        raise refused("truncated", "The picture ends before its last point")


def frame_size(dataset: Dataset) -> int:
    """Bytes of one frame that is not compressed (PS3.5 8.1.1)."""
    samples, bits = number(dataset, "SamplesPerPixel") or 1, number(dataset, "BitsAllocated") or 0
    if bits not in {1, 8, 16, 32, 64} or samples not in {1, 3, 4}:
        raise refused("broken", "The picture does not say how many bits a point has")
    points = int(dataset.Rows) * int(dataset.Columns) * samples
    return -(-points * bits // 8)


def number(dataset: Dataset, name: str) -> int | None:
    """A whole number of the data set; None where it is missing or none."""
    try:
        return int(dataset.get(name))
    except (TypeError, ValueError, OverflowError):
        return None


def text(dataset: Dataset, name: str) -> str:
    """An element in words; empty where it is missing."""
    value: Any = dataset.get(name)
    return "" if value is None else str(value).strip()


def _is_uid(value: str) -> bool:
    return 0 < len(value) <= UID_LENGTH and UID(value).is_valid


def refused(code: str, why: str) -> Unprocessable:
    """What is told of a file that is not taken; the code stands in the issue, for pages."""
    return Unprocessable(why, issues=(Issue("business-rule", why, (code,)),))

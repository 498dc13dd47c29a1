"""Pictures after DICOM of nobody: phantoms of ellipses, calculated. A chest as of X-rays, and slices of a head as of CT."""

import base64
import io
import random
import uuid
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from akson.demo.book import Book
from akson.demo.ids import NAMESPACE
from akson.documents.dicom import part10, study
from akson.fhir.model import Resource

CT, DX = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.1.1"
Ellipse = tuple[float, float, float, float, float]
"""Value that is added, and half axes and middle as parts of half the picture's side."""
HEAD: tuple[Ellipse, ...] = (
    (2000, 0.70, 0.92, 0, 0),
    (-960, 0.65, 0.87, 0, 0),
    (-26, 0.07, 0.26, -0.12, -0.1),
    (-26, 0.07, 0.26, 0.12, -0.1),
    (14, 0.12, 0.1, 0.36, 0.3),
)
"""Bone, what is inside, two chambers with fluid, and a spot somewhat denser."""
CHEST: tuple[Ellipse, ...] = (
    (1300, 0.95, 1.6, 0, 0.7),
    (-800, 0.30, 0.66, -0.42, 0.05),
    (-800, 0.30, 0.66, 0.42, 0.05),
    (500, 0.09, 3, 0, 0),
    (420, 0.28, 0.26, 0.14, 0.36),
)
"""The body, two lungs, the spine and the heart."""
SLICES = 6


@dataclass(frozen=True, slots=True)
class Kind:
    """What a picture is of."""

    title: str
    modality: str
    sop_class: str
    window: tuple[int, int]
    intercept: int = 0


SKULL = Kind("CT hode", "CT", CT, (40, 80), -1024)
THORAX = Kind("Røntgen thorax", "DX", DX, (1100, 2200))


def chest(b: Book, moment: str) -> Resource:
    """One picture as of X-rays."""
    points = _points(240, 300, CHEST, 100)
    return _study(b, THORAX, moment, [_dataset(b, THORAX, moment, 1, (240, 300), points)])


def head(b: Book, moment: str) -> Resource:
    """A series of slices: from the middle upwards everything becomes smaller."""
    made = []
    for at in range(SLICES):
        scale = 1 - 0.12 * at
        shrunk = [(value, a * scale, c * scale, x * scale, y * scale) for value, a, c, x, y in HEAD]
        points = _points(128, 128, shrunk, 24)
        made.append(_dataset(b, SKULL, moment, at + 1, (128, 128), points))
    return _study(b, SKULL, moment, made)


def _points(wide: int, high: int, ellipses: Iterable[Ellipse], ground: int) -> bytes:
    drawn = list(ellipses)
    values, grain = array("H"), random.Random(wide)  # the same every time
    for row in range(high):
        y = 2 * row / high - 1
        for column in range(wide):
            x = 2 * column / wide - 1
            value = ground + sum(
                v for v, a, c, mx, my in drawn if ((x - mx) / a) ** 2 + ((y - my) / c) ** 2 <= 1
            )
            values.append(max(0, round(value + grain.gauss(0, 4))))
    return values.tobytes()


def _dataset(b: Book, kind: Kind, moment: str, at: int, size: tuple[int, int], points: bytes) -> bytes:
    """One DICOM file."""
    when = datetime.fromisoformat(moment)
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID, made.SOPInstanceUID = kind.sop_class, uid(b, f"{kind.title}/{at}")
    made.StudyInstanceUID, made.SeriesInstanceUID = uid(b, kind.title), uid(b, f"{kind.title}/serie")
    made.StudyDate = made.SeriesDate = f"{when:%Y%m%d}"
    made.StudyTime = made.SeriesTime = f"{when:%H%M%S}"
    made.Modality, made.StudyDescription, made.SeriesDescription = kind.modality, kind.title, kind.title
    made.AccessionNumber, made.StudyID, made.ReferringPhysicianName = "", "1", ""
    made.PatientID, made.PatientName = b.citizen.pid, f"{b.citizen.family}^{b.citizen.given}"
    made.PatientBirthDate, made.PatientSex = f"{b.citizen.born:%Y%m%d}", ""
    made.SeriesNumber, made.InstanceNumber = 1, at
    made.Columns, made.Rows = size
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 12, 11, 0
    made.RescaleIntercept, made.RescaleSlope = kind.intercept, 1
    made.WindowCenter, made.WindowWidth = kind.window
    made.PixelData = points
    made["PixelData"].VR = "OW"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = io.BytesIO()
    pydicom.dcmwrite(out, made, enforce_file_format=True)
    return out.getvalue()


def uid(b: Book, key: str) -> str:
    """A UID made of a UUID (PS3.5 annex B.2), the same on whatever day the demo starts."""
    return f"2.25.{uuid.uuid5(NAMESPACE, f'{b.node}/dicom/{b.citizen.key}/{key}').int}"


def _study(b: Book, kind: Kind, moment: str, files: Iterable[bytes]) -> Resource:
    """The files as Binary resources, and the study of them."""
    made = []
    for at, data in enumerate(files):
        content = {
            "contentType": study.MEDIA,
            "securityContext": {"reference": b.patient["reference"]},
            "data": base64.b64encode(data).decode(),
        }
        binary = b.add("Binary", f"dicom/{kind.title}/{at}", content)["reference"].partition("/")[2]
        made.append((part10.read(data), study.file_of(data, binary)))
    content = study.with_instances(
        {"resourceType": study.TYPE, "subject": b.patient, "started": moment}, made
    )
    return b.add(
        study.TYPE,
        f"dicom/{kind.title}",
        {name: each for name, each in content.items() if name != "resourceType"},
    )

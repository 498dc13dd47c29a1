"""DICOM files for tests: small, synthetic, and broken in the ways that a test asks for."""

import io
import struct

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

SIZE = (6, 4)
"""Columns and rows."""
VALUES = tuple(100 * at for at in range(24))


def dataset(values=VALUES, size=SIZE, **more):
    made = Dataset()
    made.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    made.StudyInstanceUID, made.SeriesInstanceUID, made.SOPInstanceUID = "1.2.3", "1.2.3.4", "1.2.3.4.5"
    made.PatientID, made.PatientName, made.PatientBirthDate = "number", "Prøve^Per", "19400203"
    made.StudyDate, made.StudyTime, made.StudyDescription = "20261103", "101500", "CT hode"
    made.Modality, made.SeriesNumber, made.InstanceNumber = "CT", 2, 7
    made.Columns, made.Rows = size
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 12, 11, 0
    made.PixelData = struct.pack(f"<{len(values)}H", *values)
    made["PixelData"].VR = "OW"
    for name, value in more.items():
        if value is None:
            delattr(made, name)
        else:
            setattr(made, name, value)
    return made


def written(made, syntax=ExplicitVRLittleEndian):
    if not hasattr(made, "file_meta"):
        made.file_meta = FileMetaDataset()
        made.file_meta.TransferSyntaxUID = syntax
    out = io.BytesIO()
    pydicom.dcmwrite(out, made, enforce_file_format=True)
    return out.getvalue()


def file(values=VALUES, size=SIZE, syntax=ExplicitVRLittleEndian, **more):
    return written(dataset(values, size, **more), syntax)


def encapsulated(data, syntax, **more):
    """A file whose pictures are compressed already."""
    from pydicom.encaps import encapsulate

    made = dataset(**more)
    made.PixelData = encapsulate([data])
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    return written(made, syntax)


def drawn(picture, samples=1):
    """Rows of the points of a PNG that this project wrote."""
    import zlib

    wide, high = struct.unpack(">II", picture[16:24])
    at, found = 8, b""
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        if picture[at + 4 : at + 8] == b"IDAT":
            found += picture[at + 8 : at + 8 + length]
        at += 12 + length
    raw, width = zlib.decompress(found), wide * samples
    return [list(raw[row * (width + 1) + 1 : (row + 1) * (width + 1)]) for row in range(high)]

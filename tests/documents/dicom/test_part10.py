"""What is taken as a DICOM file, and the reason for all that is not."""

import pytest
from pydicom.uid import UID, ImplicitVRLittleEndian
from tests.documents.dicom.files import dataset, encapsulated, file, written

from akson.documents.dicom import identity
from akson.documents.dicom.part10 import MAGIC, PREAMBLE, read
from akson.kit.errors import Unprocessable

WHOLE = file()


def why(data):
    with pytest.raises(Unprocessable) as refused:
        read(data)
    return refused.value.issues[0].expression[0]


def test_a_picture_is_read():
    found = read(WHOLE)
    assert (found.study, found.series, found.uid, found.frames) == ("1.2.3", "1.2.3.4", "1.2.3.4.5", 1)
    assert read(file(syntax=ImplicitVRLittleEndian)).dataset.Rows == 4


@pytest.mark.parametrize(
    "data", [b"", b"DICM", b"%PDF-1.7", WHOLE[PREAMBLE:], b"\0" * 128 + b"DICN" + WHOLE[132:]]
)
def test_what_is_not_dicom(data):
    assert why(data) == "not-dicom"


@pytest.mark.parametrize("hidden", [b"MZ\x90\0", b"\x7fELF", b"<script>alert(1)</script>", b"#!/bin/sh\n"])
def test_nothing_hides_before_the_mark(hidden):
    assert why(hidden.ljust(PREAMBLE, b"\0") + WHOLE[PREAMBLE:]) == "active"
    assert read(b"II*\0".ljust(PREAMBLE, b"\0") + WHOLE[PREAMBLE:]).uid


def test_what_would_have_to_be_inflated_is_not():
    deflated = file(syntax=UID("1.2.840.10008.1.2.1.99"))
    assert why(deflated) == "syntax"
    assert why(b"\0" * PREAMBLE + MAGIC) == "broken"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"PixelData": None}, "not-picture"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1"}, "not-picture"),
        ({"StudyInstanceUID": None}, "broken"),
        ({"SOPInstanceUID": "../../etc"}, "broken"),
        ({"Rows": None}, "broken"),
        ({"Rows": 0}, "broken"),
        ({"BitsAllocated": 7}, "broken"),
        ({"Rows": 65000, "Columns": 65000}, "too-large"),
        ({"Rows": 16000, "Columns": 16000}, "too-large"),
        ({"NumberOfFrames": 2_000_000}, "too-large"),
        ({"Rows": 5}, "truncated"),
        ({"NumberOfFrames": 2}, "truncated"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(more, code):
    assert why(file(**more)) == code


def test_a_file_that_is_cut_anywhere_is_refused_and_nothing_else_happens():
    for end in range(len(WHOLE) - 1):
        assert why(WHOLE[:end]) in {"not-dicom", "broken", "truncated", "not-picture", "syntax"}, end


def test_a_sequence_in_itself_without_end_is_refused():
    nested = b""
    for _ in range(3000):
        item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + nested
        nested = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + item if len(nested) < 200_000 else nested
    at = WHOLE.index(b"\x10\x00\x10\x00PN")
    assert why(WHOLE[:at] + nested) == "broken"


def test_a_patient_is_known_by_number_and_day_of_birth():
    patient = {"identifier": [{"value": "other"}, {"value": "number"}], "birthDate": "1940-02-03"}
    assert identity.is_of(read(WHOLE), patient)
    assert identity.is_of(read(file(PatientBirthDate="")), patient)
    assert identity.is_of(read(file()), patient | {"birthDate": "1940"})
    for other in (
        {"PatientID": "nobody"},
        {"PatientID": ""},
        {"PatientID": None},
        {"PatientBirthDate": "19400204"},
    ):
        assert not identity.is_of(read(file(**other)), patient), other
    assert not identity.is_of(read(WHOLE), {})


def test_compressed_pictures_are_taken_though_not_all_are_drawn():
    assert read(encapsulated(b"\xff\xd8\xff\xe0", UID("1.2.840.10008.1.2.4.50"))).frames == 1
    assert read(written(dataset())).syntax == "1.2.840.10008.1.2.1"

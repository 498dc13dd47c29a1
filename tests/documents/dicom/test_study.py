"""ImagingStudy and DICOM JSON of files: what they say of them, and nothing of the picture itself."""

from tests.documents.dicom.files import file

from akson.documents.dicom import as_json, study
from akson.documents.dicom.part10 import read
from akson.fhir.validate import structure

BASE = {"resourceType": "ImagingStudy", "subject": {"reference": "Patient/p"}}


def held(*files):
    return [(read(each), study.file_of(each, f"b{at}")) for at, each in enumerate(files)]


def test_a_study_of_two_series():
    one, two, three = (
        file(),
        file(SOPInstanceUID="1.2.3.4.6", InstanceNumber=3, AccessionNumber="A17"),
        file(SOPInstanceUID="1.2.3.9.1", SeriesInstanceUID="1.2.3.9", SeriesNumber=1, Modality="SR"),
    )
    made = study.with_instances(BASE, held(one, two, three))
    assert made["description"] == "CT hode"
    assert made["started"] == "2026-11-03T10:15:00+01:00"
    assert (made["numberOfSeries"], made["numberOfInstances"]) == (2, 3)
    assert [each["code"] for each in made["modality"]] == ["CT", "SR"]
    assert [(each.uid, each.binary) for each in study.instances(made)] == [
        ("1.2.3.9.1", "b2"),
        ("1.2.3.4.6", "b1"),
        ("1.2.3.4.5", "b0"),
    ]
    assert study.uid_of(made) == "1.2.3"
    assert study.identifier("1.2.3") == "urn:dicom:uid|urn:oid:1.2.3"
    assert structure.check(made) == []


def test_a_study_grows_and_keeps_what_was_said_of_it():
    before = study.with_instances(BASE, held(file())) | {"description": "Rettet", "id": "s"}
    after = study.with_instances(before, held(file(SOPInstanceUID="1.2.3.4.6")))
    assert (after["description"], after["id"], after["numberOfInstances"]) == ("Rettet", "s", 2)


def test_times_that_are_none_are_left_out():
    for more, expected in (
        ({"StudyDate": "", "StudyTime": ""}, None),
        ({"StudyDate": "20261399"}, None),
        ({"StudyTime": "99"}, "2026-11-03"),
        ({"StudyTime": ""}, "2026-11-03"),
        ({"StudyTime": "1015"}, "2026-11-03T10:15:00+01:00"),
        ({"TimezoneOffsetFromUTC": "+0500"}, "2026-11-03T10:15:00+05:00"),
    ):
        assert study.with_instances(BASE, held(file(**more))).get("started") == expected, more


def test_metadata_has_all_but_the_picture():
    found = as_json.metadata(
        read(file(WindowCenter=40, WindowWidth=400, SpecificCharacterSet="ISO_IR 192")), "http://here/x"
    )
    assert "7FE00010" not in found
    assert found["00100010"]["Value"] == [{"Alphabetic": "Prøve^Per"}]
    assert found["00281050"]["Value"] == [40]
    assert found["00083002"]["Value"] == ["1.2.840.10008.1.2.1"]
    assert found["00081190"]["Value"] == ["http://here/x"]
    assert list(found) == sorted(found)


def test_long_binary_values_stay_behind():
    made = read(file(RedPaletteColorLookupTableData=bytes(5000)))
    assert "00281201" not in as_json.metadata(made, "")
    short = read(file(RedPaletteColorLookupTableData=bytes(50)))
    assert as_json.metadata(short, "")["00281201"]["InlineBinary"]

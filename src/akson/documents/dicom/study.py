"""ImagingStudy of DICOM files: what it says of them (PS3.3 C.7, FHIR R4 ImagingStudy), and where each file lies. Pure.

R4 has no element for the file of an instance: it is an extension with an attachment, so that marks on the study close its files as well.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from akson.documents.dicom.part10 import Dicom, number, text
from akson.fhir.model import Resource, coding
from akson.kit.clock import NORWAY

TYPE = "ImagingStudy"
FILE = "https://akson.example/fhir/StructureDefinition/bilde-fil"
"""Extension of an instance: its DICOM file, a Binary."""
MEDIA = "application/dicom"
UID_SYSTEM, OID = "urn:dicom:uid", "urn:oid:"
MODALITIES = "http://dicom.nema.org/resources/ontology/DCM"
CLASSES = "urn:ietf:rfc:3986"


@dataclass(frozen=True, slots=True)
class File:
    """The file of an instance: its Binary, and the SHA-1 of its bytes (Attachment.hash)."""

    binary: str
    hash: str


@dataclass(frozen=True, slots=True)
class Instance:
    """One picture of a study, and where it lies; `binary` is empty where this record holds no file of it."""

    series: str
    uid: str
    binary: str


def uid_of(study: Resource) -> str:
    """Study Instance UID; empty where the study has none."""
    values = (
        str(each.get("value", "")) for each in study.get("identifier", []) if each.get("system") == UID_SYSTEM
    )
    return next(values, "").removeprefix(OID)


def identifier(uid: str) -> str:
    """The token by which a study is searched."""
    return f"{UID_SYSTEM}|{OID}{uid}"


def instances(study: Resource) -> Iterator[Instance]:
    """All pictures, series by series, as they are numbered."""
    for series in sorted(study.get("series", []), key=_place):
        for each in sorted(series.get("instance", []), key=_place):
            yield Instance(str(series.get("uid", "")), str(each.get("uid", "")), _binary(each))


def attachment(instance: Resource) -> Resource:
    """Where the file of an instance lies; empty where there is none."""
    found = (each.get("valueAttachment") for each in instance.get("extension", []) if each.get("url") == FILE)
    return next((each for each in found if isinstance(each, dict)), {})


def file_of(data: bytes, binary: str) -> File:
    """The file that lies in a Binary."""
    return File(binary, base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode())


def with_instances(before: Resource, made: Sequence[tuple[Dicom, File]]) -> Resource:
    """The study with these files added; `before` has at least subject and resourceType."""
    first = made[0][0]
    study = _of_study(first) | before
    every = {str(each["uid"]): dict(each) for each in before.get("series", [])}
    for dicom, file in made:
        series = every.setdefault(dicom.series, _of_series(dicom))
        others = [each for each in series.get("instance", []) if each.get("uid") != dicom.uid]
        series["instance"] = [*others, _of_instance(dicom, file)]
        series["numberOfInstances"] = len(series["instance"])
    study["series"] = sorted(every.values(), key=_place)
    kinds = {each["modality"]["code"]: each["modality"] for each in study["series"] if "modality" in each}
    study["modality"] = [kinds[code] for code in sorted(kinds)]
    study["numberOfSeries"] = len(study["series"])
    study["numberOfInstances"] = sum(len(each.get("instance", [])) for each in study["series"])
    return study


def _of_study(dicom: Dicom) -> Resource:
    dataset = dicom.dataset
    named: list[Resource] = [{"system": UID_SYSTEM, "value": f"{OID}{dicom.study}"}]
    if accession := text(dataset, "AccessionNumber"):
        kind = {"coding": [coding("http://terminology.hl7.org/CodeSystem/v2-0203", "ACSN")]}
        named.append({"type": kind, "value": accession})
    study: Resource = {"resourceType": TYPE, "status": "available", "identifier": named}
    if words := text(dataset, "StudyDescription"):
        study["description"] = words
    if started := _moment(dicom, "Study"):
        study["started"] = started
    return study


def _of_series(dicom: Dicom) -> Resource:
    dataset = dicom.dataset
    # OT is the code of DICOM for "other".
    modality = text(dataset, "Modality") or "OT"
    series: Resource = {"uid": dicom.series, "modality": coding(MODALITIES, modality)}
    at = number(dataset, "SeriesNumber")
    if at is not None and at >= 0:
        series["number"] = at
    if words := text(dataset, "SeriesDescription"):
        series["description"] = words
    if started := _moment(dicom, "Series"):
        series["started"] = started
    return series


def _of_instance(dicom: Dicom, file: File) -> Resource:
    attached = {
        "contentType": MEDIA,
        "url": f"Binary/{file.binary}",
        "size": len(dicom.data),
        "hash": file.hash,
    }
    made: Resource = {
        "extension": [{"url": FILE, "valueAttachment": attached}],
        "uid": dicom.uid,
        "sopClass": coding(CLASSES, f"{OID}{text(dicom.dataset, 'SOPClassUID')}"),
    }
    at = number(dicom.dataset, "InstanceNumber")
    if at is not None and at >= 0:
        made["number"] = at
    return made


def _moment(dicom: Dicom, of: str) -> str:
    """Date and time of a study or series, by the clock in Norway where the file has no offset (0008,0201)."""
    date, clock = text(dicom.dataset, f"{of}Date"), text(dicom.dataset, f"{of}Time").partition(".")[0]
    try:
        day = datetime.strptime(date, "%Y%m%d").replace(tzinfo=NORWAY)
    except ValueError:
        return ""
    if not clock:
        return day.date().isoformat()
    try:
        offset = text(dicom.dataset, "TimezoneOffsetFromUTC")
        at = datetime.strptime(f"{date}{clock.ljust(6, '0')}{offset or '+0000'}", "%Y%m%d%H%M%S%z")
    except ValueError:
        return day.date().isoformat()
    return (at if offset else at.replace(tzinfo=NORWAY)).isoformat()


def _binary(instance: Resource) -> str:
    # In copies and in answers of others the address is a whole one.
    _, found, binary = str(attachment(instance).get("url", "")).rpartition("Binary/")
    return binary if found else ""


def _place(each: Any) -> tuple[int, str]:
    return (int(each.get("number", 0)), str(each.get("uid", "")))

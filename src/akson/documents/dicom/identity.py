"""Whose picture is it? What a DICOM file says of the patient, held against the patient of the record. Pure."""

from collections.abc import Iterator

from akson.documents.dicom.part10 import Dicom, text
from akson.fhir.model import Resource


def is_of(dicom: Dicom, patient: Resource) -> bool:
    """Whether the file names this patient: by an identifier that the record knows, and by no other day of birth.

    Names are not compared: they are spelt in many ways, and change.
    """
    born, known = text(dicom.dataset, "PatientBirthDate"), str(patient.get("birthDate", "")).replace("-", "")
    if born and known and not (born.startswith(known) or known.startswith(born)):
        return False
    return patient_id(dicom) in set(_identifiers(patient))


def patient_id(dicom: Dicom) -> str:
    """Patient ID (0010,0020); empty where the file names nobody."""
    return text(dicom.dataset, "PatientID")


def _identifiers(patient: Resource) -> Iterator[str]:
    for each in patient.get("identifier", []):
        if value := str(each.get("value", "")).strip():
            yield value

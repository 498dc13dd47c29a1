"""Metadata as DICOM JSON (PS3.18 annex F): of a file without its pictures, and of studies, series and instances as search results. Pure."""

from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset

from akson.documents.dicom import study as studies
from akson.documents.dicom.drawing import Facts
from akson.documents.dicom.part10 import Dicom
from akson.fhir.model import Resource

LONGEST = 1024
"""Bytes of a binary value that comes along; longer ones, and the pictures, come with the instance."""
Json = dict[str, Any]
PIXELS = frozenset({"7FE00008", "7FE00009", "7FE00010"})


def metadata(dicom: Dicom, address: str) -> Json:
    """All elements but large binary ones, and where the instance is retrieved."""
    made: Json = {}
    for element in dicom.dataset:
        value = element.value
        if f"{element.tag:08X}" in PIXELS or (isinstance(value, bytes) and len(value) > LONGEST):
            continue
        alone = Dataset()
        alone.add(element)
        # What is not as its kind says cannot be written: it is left out, and the rest is told.
        made |= alone.to_json_dict(
            bulk_data_threshold=LONGEST, bulk_data_element_handler=_left, suppress_invalid_tags=True
        )
    made |= _element("00081190", "UR", address) | _element("00083002", "UI", dicom.syntax)
    return dict(sorted(made.items()))


def _left(_: Any) -> str:
    return ""


def facts(found: Json) -> Facts:
    """What decides whether the picture of some metadata can be drawn."""
    return Facts(
        str(first(found, "00083002") or ""),
        str(first(found, "00280004") or ""),
        whole(found, "00280100") or 0,
        whole(found, "00280002") or 1,
        "00283000" in found,
    )


def first(found: Json, tag: str) -> Any:
    """The first value of an element; None where there is none."""
    values = (found.get(tag) or {}).get("Value") or [None]
    return values[0]


def whole(found: Json, tag: str) -> int | None:
    """A whole number of some metadata; None where there is none."""
    try:
        return int(first(found, tag))
    except (TypeError, ValueError, OverflowError):
        return None


def of_study(study: Resource, patient: Resource, base: str) -> Json:
    """The attributes of a study in the answer to a search (PS3.18 10.6.3.3.1)."""
    day, clock = _when(study.get("started", ""))
    uid = studies.uid_of(study)
    numbers = [each for each in study.get("identifier", []) if each.get("system") != studies.UID_SYSTEM]
    modalities = [str(each.get("code", "")) for each in study.get("modality", [])]
    return dict(
        sorted(
            (
                _element("00080020", "DA", day)
                | _element("00080030", "TM", clock)
                | _element("00080050", "SH", *(each.get("value", "") for each in numbers[:1]))
                | _element("00080056", "CS", "ONLINE")
                | _element("00080061", "CS", *modalities)
                | _element("00080090", "PN")
                | _element("00081030", "LO", study.get("description", ""))
                | _element("00081190", "UR", f"{base}/studies/{uid}")
                | _patient(patient)
                | _element("0020000D", "UI", uid)
                | _element("00200010", "SH")
                | _element("00201206", "IS", len(study.get("series", [])))
                | _element("00201208", "IS", sum(1 for _ in studies.instances(study)))
            ).items()
        )
    )


def of_series(study: Resource, series: Resource, base: str) -> Json:
    """The attributes of a series (PS3.18 10.6.3.3.2)."""
    day, clock = _when(series.get("started", ""))
    uid = studies.uid_of(study)
    return (
        _element("00080060", "CS", series.get("modality", {}).get("code", ""))
        | _element("0008103E", "LO", series.get("description", ""))
        | _element("00081190", "UR", f"{base}/studies/{uid}/series/{series.get('uid')}")
        | _element("0020000D", "UI", uid)
        | _element("0020000E", "UI", str(series.get("uid", "")))
        | _element("00200011", "IS", *([series["number"]] if "number" in series else []))
        | _element("00201209", "IS", len(series.get("instance", [])))
        | _element("00400244", "DA", day)
        | _element("00400245", "TM", clock)
    )


def of_instance(study: Resource, series: Resource, instance: Resource, base: str) -> Json:
    """The attributes of an instance (PS3.18 10.6.3.3.3)."""
    uid, inner = studies.uid_of(study), f"series/{series.get('uid')}/instances/{instance.get('uid')}"
    kind = str(instance.get("sopClass", {}).get("code", "")).removeprefix(studies.OID)
    return (
        _element("00080016", "UI", kind)
        | _element("00080018", "UI", str(instance.get("uid", "")))
        | _element("00080056", "CS", "ONLINE" if studies.attachment(instance) else "UNAVAILABLE")
        | _element("00081190", "UR", f"{base}/studies/{uid}/{inner}")
        | _element("0020000D", "UI", uid)
        | _element("0020000E", "UI", str(series.get("uid", "")))
        | _element("00200013", "IS", *([instance["number"]] if "number" in instance else []))
    )


def stored(done: Sequence[tuple[Dicom, str]], failed: Sequence[tuple[str, str, int]], base: str) -> Json:
    """The Store Instances Response (PS3.18 10.5.3): what was taken, and what was not with its reason."""
    made: Json = {}
    if done:
        made["00081199"] = {
            "vr": "SQ",
            "Value": [_reference(d.dataset.SOPClassUID, d.uid, d_at) for d, d_at in done],
        }
    if failed:
        made["00081198"] = {"vr": "SQ", "Value": [_failure(*each) for each in failed]}
    return made | (_element("00081190", "UR", f"{base}/studies/{done[0][0].study}") if done else {})


def _reference(kind: Any, uid: str, address: str) -> Json:
    return (
        _element("00081150", "UI", str(kind))
        | _element("00081155", "UI", uid)
        | _element("00081190", "UR", address)
    )


def _failure(kind: str, uid: str, reason: int) -> Json:
    return (
        _element("00081150", "UI", kind)
        | _element("00081155", "UI", uid)
        | _element("00081197", "US", reason)
    )


def _patient(patient: Resource) -> Json:
    names = [
        f"{each.get('family', '')}^{' '.join(each.get('given', []))}".strip("^")
        for each in patient.get("name", [])
    ]
    numbers = [each.get("value", "") for each in patient.get("identifier", [])]
    sex = {"male": "M", "female": "F", "other": "O"}.get(patient.get("gender", ""), "")
    return (
        _element("00100010", "PN", *({"Alphabetic": each} for each in names[:1] if each))
        | _element("00100020", "LO", *numbers[:1])
        | _element("00100030", "DA", str(patient.get("birthDate", "")).replace("-", ""))
        | _element("00100040", "CS", sex)
    )


def _when(started: str) -> tuple[str, str]:
    day, _, clock = started.partition("T")
    return day.replace("-", ""), clock[:8].replace(":", "")


def _element(tag: str, kind: str, *values: Any) -> Json:
    filled = [each for each in values if each != ""]
    return {str(tag): {"vr": kind, "Value": filled} if filled else {"vr": kind}}

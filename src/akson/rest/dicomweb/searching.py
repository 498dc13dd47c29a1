"""Search transaction (QIDO-RS, PS3.18 10.6): studies of the patients whom the asker may see, and the series and instances of one."""

import re
from collections.abc import Callable, Sequence

import orjson

from akson.documents.dicom import as_json, held
from akson.documents.dicom.study import identifier
from akson.kit.errors import Malformed, UnsupportedParameter
from akson.record.context import Context
from akson.rest.dicomweb.accept import JSON, require
from akson.rest.wire.http import Answer, Request

MOST = 200
"""Studies of one answer."""
DEEPEST = 1000
_TAGS = {
    "00100020": "PatientID",
    "0020000D": "StudyInstanceUID",
    "00080020": "StudyDate",
    "00080061": "ModalitiesInStudy",
    "00080050": "AccessionNumber",
    "00080060": "Modality",
    "0020000E": "SeriesInstanceUID",
    "00080018": "SOPInstanceUID",
}
_DATE = re.compile(r"[0-9]{8}")
_UID = re.compile(r"[0-9.]{1,64}")
_PLAIN = re.compile(r"[\w .:/-]{1,64}")


async def studies(ctx: Context, request: Request) -> Answer:
    """200 with the studies that match; 204 when none does."""
    require(request, JSON)
    criteria, limit, offset = _asked(request)
    pairs: list[tuple[str, str]] = []
    for name, value in criteria.items():
        if name not in _STUDY:
            raise UnsupportedParameter(f"Studies are not searched by {name[:64]}", expression=(name[:64],))
        pairs += _STUDY[name](value)
    found = await held.find(ctx, *pairs, ("_count", str(offset + limit)))
    return _listed([as_json.of_study(each.resource, each.patient, request.base) for each in found[offset:]])


async def series(ctx: Context, request: Request, uid: str) -> Answer:
    """200 with the series of a study that match. NotFound where the study is absent or hidden."""
    require(request, JSON)
    criteria, limit, offset = _asked(request)
    _only(criteria, {"Modality", "SeriesInstanceUID"})
    study = (await held.study(ctx, uid)).resource
    found = [
        as_json.of_series(study, each, request.base)
        for each in study.get("series", [])
        if criteria.get("Modality", each["modality"].get("code")) == each["modality"].get("code")
        and criteria.get("SeriesInstanceUID", each["uid"]) == each["uid"]
    ]
    return _listed(found[offset : offset + limit])


async def instances(ctx: Context, request: Request, uid: str, within: str = "") -> Answer:
    """200 with the instances of a study, or of a series of it, that match. NotFound where it is absent or hidden."""
    require(request, JSON)
    criteria, limit, offset = _asked(request)
    _only(criteria, {"SOPInstanceUID", "SeriesInstanceUID"})
    study = (await held.study(ctx, uid)).resource
    within = within or criteria.get("SeriesInstanceUID", "")
    found = [
        as_json.of_instance(study, each, one, request.base)
        for each in study.get("series", [])
        if within in {"", each["uid"]}
        for one in each.get("instance", [])
        if criteria.get("SOPInstanceUID", one["uid"]) == one["uid"]
    ]
    return _listed(found[offset : offset + limit])


def _listed(found: Sequence[as_json.Json]) -> Answer:
    if not found:
        return Answer(204)
    return Answer(200, orjson.dumps(found), {"cache-control": "no-store"}, media=JSON)


def _asked(request: Request) -> tuple[dict[str, str], int, int]:
    """The criteria by keyword, how many are wanted, and from which on."""
    criteria: dict[str, str] = {}
    limit, offset = MOST, 0
    for name, value in request.pairs:
        if name == "limit":
            limit = min(MOST, _whole(name, value))
        elif name == "offset":
            offset = _whole(name, value)
        elif name not in {"includefield", "accept"} and (name, value) != ("fuzzymatching", "false"):
            criteria[_TAGS.get(name.upper(), name)] = value
    if offset + limit > DEEPEST:
        raise Malformed(f"A search leads to the first {DEEPEST} studies: narrow it", expression=("offset",))
    return criteria, max(1, limit), offset


def _whole(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise Malformed(f"{name} is a whole number", expression=(name,))
    return int(value)


def _only(criteria: dict[str, str], known: set[str]) -> None:
    for name in criteria:
        if name not in known:
            raise UnsupportedParameter(f"Here is not searched by {name[:64]}", expression=(name[:64],))


def _dates(value: str) -> list[tuple[str, str]]:
    """One day, or a range with one end or both (PS3.4 C.2.2.2.5)."""
    start, dash, end = value.partition("-")
    if not any((start, end)) or any(each and not _DATE.fullmatch(each) for each in (start, end)):
        raise Malformed("StudyDate is YYYYMMDD or a range of two", expression=("StudyDate",))
    if not dash:
        return [("started", _iso(start))]
    return [("started", f"{sign}{_iso(day)}") for sign, day in (("ge", start), ("le", end)) if day]


def _iso(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def _uids(value: str) -> list[tuple[str, str]]:
    found = value.replace("\\", ",").split(",")
    if not all(map(_UID.fullmatch, found)):
        raise Malformed("A UID has digits and dots", expression=("StudyInstanceUID",))
    return [("identifier", ",".join(identifier(each) for each in found))]


def _plain(parameter: str) -> Callable[[str], list[tuple[str, str]]]:
    def pair(value: str) -> list[tuple[str, str]]:
        if not _PLAIN.fullmatch(value):
            raise Malformed("The value has letters, digits and . : / - only; nothing matches by a pattern")
        return [(parameter, value)]

    return pair


_STUDY: dict[str, Callable[[str], list[tuple[str, str]]]] = {
    "PatientID": _plain("patient.identifier"),
    "StudyInstanceUID": _uids,
    "StudyDate": _dates,
    "ModalitiesInStudy": _plain("modality"),
    "AccessionNumber": _plain("identifier"),
}
"""What studies are searched by, as search parameters of ImagingStudy."""

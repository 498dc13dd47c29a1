"""$export: everything, what is about patients, or what is about the members of a group, as NDJSON files.

HL7 FHIR Bulk Data Access 2.0.0, http://hl7.org/fhir/uv/bulkdata/STU2/export.html
"""

import re
from contextlib import suppress
from datetime import UTC, datetime

from akson.fhir.model import split_reference
from akson.fhir.spec import spec
from akson.kit.errors import Malformed, UnsupportedParameter
from akson.record.bulk import export
from akson.record.bulk.export import Wanted
from akson.record.bulk.exporter import patient_types
from akson.record.context import Context
from akson.rest.bulk.started import asked, check_asynchronous, started
from akson.rest.operations.operation import Operation, Target
from akson.rest.operations.parameters import Given, given
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_id, given_type

_URL = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"
_KNOWN = ("_outputFormat", "_since", "_until", "_type", "_typeFilter", "_elements", "patient", "includeAssociatedData")  # fmt: skip
_FORMATS = frozenset({"application/fhir+ndjson", "application/ndjson", "ndjson"})
_NEXT_FILTER = re.compile(r",(?=[A-Z][A-Za-z]+\?)")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


async def run(ctx: Context, request: Request, target: Target) -> Answer:
    """202: the export is in the queue, and Content-Location says where to ask for it."""
    check_asynchronous(request)
    values = await given(request, _KNOWN)
    wanted = _wanted(request, values, is_patients=bool(target.type))
    group = check_id(target.id) if target.type == "Group" else ""
    return started(request, await export.begin(ctx, asked(request), wanted, group))


def _wanted(request: Request, values: Given, *, is_patients: bool) -> Wanted:
    lenient = request.prefer.get("handling") == "lenient"
    if values.all("includeAssociatedData") and not lenient:
        raise UnsupportedParameter("includeAssociatedData is not supported: name the types in _type")
    _check_format(values.text("_outputFormat"))
    return Wanted(
        types=_types(values, is_patients=is_patients, lenient=lenient),
        since=_moment(values, "_since"),
        until=_moment(values, "_until"),
        filters=tuple(each for text in values.all("_typeFilter") for each in _NEXT_FILTER.split(str(text))),
        elements=_elements(values),
        is_patients=is_patients,
        patients=_patients(request, values, is_patients=is_patients),
    )


def _check_format(wanted: str | None) -> None:
    # A plus sign that was not escaped arrives as a blank.
    if wanted is not None and wanted.replace(" ", "+") not in _FORMATS:
        raise UnsupportedParameter("_outputFormat is application/fhir+ndjson", expression=("_outputFormat",))


def _types(values: Given, *, is_patients: bool, lenient: bool) -> tuple[str, ...]:
    named = [each.strip() for text in values.all("_type") for each in str(text).split(",") if each.strip()]
    if lenient:
        named = [each for each in named if each in spec().types]
    types = tuple(dict.fromkeys(given_type(each, "_type") for each in named))
    if not is_patients or not types:
        return types
    inside = tuple(each for each in types if each in patient_types())
    if not inside or (len(inside) < len(types) and not lenient):
        outside = next(each for each in types if each not in inside)
        raise UnsupportedParameter(
            f"{outside} is about no patient: export it from the system", expression=("_type",)
        )
    return inside


def _moment(values: Given, name: str) -> datetime | None:
    """A FHIR instant; a plus sign that was not escaped arrives as a blank."""
    said = values.text(name)
    if said is None:
        return None
    found = None
    if _INSTANT.fullmatch(text := said.replace(" ", "+")):
        with suppress(ValueError, OverflowError):
            found = datetime.fromisoformat(text).astimezone(UTC)
    if found is None:
        raise Malformed(f"{name} is an instant, e.g. 2026-11-23T08:05:00Z", expression=(name,))
    return found


def _elements(values: Given) -> tuple[str, ...]:
    found = tuple(
        each.strip() for text in values.all("_elements") for each in str(text).split(",") if each.strip()
    )
    for each in found:
        kind, dot, name = each.rpartition(".")
        if "." in kind or not name.isalpha() or (dot and kind not in spec().types):
            raise Malformed(
                "_elements are names of top-level elements, e.g. Patient.name", expression=("_elements",)
            )
    return found


def _patients(request: Request, values: Given, *, is_patients: bool) -> tuple[str, ...] | None:
    named = values.all("patient")
    if not named:
        return None
    if request.method != "POST" or not is_patients:
        raise UnsupportedParameter(
            "patient is for a POST to Patient/$export or Group/[id]/$export", expression=("patient",)
        )
    ids = []
    for each in named:
        kind, key = split_reference(str(each.get("reference", "")) if isinstance(each, dict) else str(each))
        if kind != "Patient":
            raise Malformed("patient is a reference to a Patient, e.g. Patient/1", expression=("patient",))
        ids.append(check_id(key))
    return tuple(dict.fromkeys(ids))


OPERATIONS = (
    Operation("export", f"{_URL}/export", run, system=True),
    Operation("export", f"{_URL}/patient-export", run, types=frozenset({"Patient"})),
    Operation("export", f"{_URL}/group-export", run, instances=frozenset({"Group"})),
)

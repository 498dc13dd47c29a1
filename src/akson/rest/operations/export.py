"""$export: everything, what is about patients, or what is about the members of a group, as NDJSON files.

HL7 FHIR Bulk Data Access 2.0.0, http://hl7.org/fhir/uv/bulkdata/STU2/export.html
"""

import re
from contextlib import suppress
from datetime import UTC, datetime

from akson.fhir.model import reference_here
from akson.fhir.spec import spec
from akson.kit.errors import Malformed, UnsupportedParameter
from akson.record.bulk import export
from akson.record.bulk.export import Wanted
from akson.record.bulk.exporter import patient_types
from akson.record.context import Context
from akson.rest.bulk.started import asked, check_asynchronous, started
from akson.rest.operations.operation import Operation, Target
from akson.rest.operations.parameters import Given, given
from akson.rest.wire import subset
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_id

_URL = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"
_ASSOCIATED = "includeAssociatedData"
_KNOWN = ("_outputFormat", "_since", "_until", "_type", "_typeFilter", "_elements", "patient", _ASSOCIATED)
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
    ignored = [f"There is no parameter {name[:64]!r}" for name in values.ignored]
    if values.all(_ASSOCIATED):
        said = f"{_ASSOCIATED} is not supported: name the types in _type"
        if not lenient:
            raise UnsupportedParameter(said, expression=(f"Parameters.{_ASSOCIATED}",))
        ignored.append(said)
    _check_format(values.text("_outputFormat"))
    return Wanted(
        types=_types(values, ignored if lenient else None, is_patients=is_patients),
        since=_moment(values, "_since"),
        until=_moment(values, "_until"),
        filters=tuple(each for text in values.all("_typeFilter") for each in _NEXT_FILTER.split(str(text))),
        elements=_elements(values),
        is_patients=is_patients,
        patients=_patients(request, values, is_patients=is_patients),
        ignored=tuple(ignored),
    )


def _check_format(wanted: str | None) -> None:
    # A plus sign that was not escaped arrives as a blank.
    if wanted is not None and wanted.replace(" ", "+") not in _FORMATS:
        raise UnsupportedParameter(
            "_outputFormat is application/fhir+ndjson", expression=("Parameters._outputFormat",)
        )


def _types(values: Given, ignored: list[str] | None, *, is_patients: bool) -> tuple[str, ...]:
    """The types of `_type`. What cannot be exported is `ignored` where that is a list, else UnsupportedParameter."""
    named = dict.fromkeys(_listed(values, "_type"))
    found = []
    for kind in named:
        if kind not in spec().types:
            fault = f"R4 has no resource type {kind[:64]!r}"
        elif is_patients and kind not in patient_types():
            fault = f"{kind} is about no patient: export it from the system"
        else:
            found.append(kind)
            continue
        if ignored is None:
            raise UnsupportedParameter(fault, expression=("Parameters._type",))
        ignored.append(fault)
    if named and not found:
        raise UnsupportedParameter(
            "_type names no type that can be exported here", expression=("Parameters._type",)
        )
    return tuple(found)


def _listed(values: Given, name: str) -> list[str]:
    """The values of a parameter that may be given several times, or several with commas between."""
    return [each.strip() for text in values.all(name) for each in str(text).split(",") if each.strip()]


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
        raise Malformed(
            f"{name} is an instant, e.g. 2026-11-23T08:05:00Z", expression=(f"Parameters.{name}",)
        )
    return found


def _elements(values: Given) -> tuple[str, ...]:
    found = tuple(_listed(values, "_elements"))
    for each in found:
        kind, dot, name = each.rpartition(".")
        if (dot and kind not in spec().types) or name in spec().types:
            raise Malformed(
                "_elements are names of top-level elements, e.g. Patient.name",
                expression=("Parameters._elements",),
            )
    subset.shape(found, None)
    return found


def _patients(request: Request, values: Given, *, is_patients: bool) -> tuple[str, ...] | None:
    named = values.all("patient")
    if not named:
        return None
    if request.method != "POST" or not is_patients:
        raise UnsupportedParameter(
            "patient is for a POST to Patient/$export or Group/[id]/$export",
            expression=("Parameters.patient",),
        )
    ids = []
    for each in named:
        said = str(each.get("reference", "")) if isinstance(each, dict) else str(each)
        kind, key = reference_here(said, request.base)
        if kind != "Patient":
            raise Malformed(
                "patient is a reference to a Patient of this server, e.g. Patient/1",
                expression=("Parameters.patient",),
            )
        ids.append(check_id(key))
    return tuple(dict.fromkeys(ids))


OPERATIONS = (
    Operation("export", f"{_URL}/export", run, system=True),
    Operation("export", f"{_URL}/patient-export", run, types=frozenset({"Patient"})),
    Operation("export", f"{_URL}/group-export", run, instances=frozenset({"Group"})),
)

"""$reported: what registers were told about a patient, and where that stands, as Tasks that are made for the answer.

A search whose rows follow the visibility of what each report is about (`care/reported`); none of them can be read by its id.
"""

from akson.care import reported as care
from akson.exchange.finding import find
from akson.fhir import strict_json
from akson.kit.errors import Malformed, UnsupportedParameter
from akson.record.casework import KIND
from akson.record.context import Context
from akson.record.identity import SYSTEMS
from akson.rest.operations.operation import Operation, Target
from akson.rest.operations.parameters import Given, given
from akson.rest.wire import bundle
from akson.rest.wire.http import Answer, Request

PATIENT, NUMBER = "patient", "patient.identifier"
KNOWN = (PATIENT, NUMBER, "code", "_sort", "_count")
ORDER = "-modified"
MOST = 100


async def reported(ctx: Context, request: Request, _target: Target) -> Answer:
    """200 with a searchset, the newest first; empty for a patient whom the asker does not see."""
    values = await given(request, KNOWN)
    if values.text("_sort") not in (None, ORDER):
        raise UnsupportedParameter(f"The order is _sort={ORDER}", expression=("Parameters._sort",))
    kinds = _kinds(values.text("code") or "")
    most = min(values.whole("_count") or MOST, MOST)
    found = await find(ctx, "Patient", _whose(values))
    shown = await care.tasks(ctx, found[0]["id"], *kinds) if found else []
    entries = [
        strict_json.dumps(
            {
                "fullUrl": f"urn:uuid:{each['id']}",
                "resource": each,
                "search": {"mode": "match"},
            }
        )
        for each in shown[:most]
    ]
    return Answer(200, bundle.assemble("searchset", entries, total=len(shown)))


def _whose(values: Given) -> tuple[str, str]:
    """The patient as a criterion of a search for Patients."""
    by_id, by_number = values.text(PATIENT), values.text(NUMBER)
    if (by_id is None) == (by_number is None):
        raise Malformed(f"Say whose reports: {PATIENT} or {NUMBER}", expression=(f"Parameters.{PATIENT}",))
    if by_id is not None:
        return "_id", by_id.removeprefix("Patient/")
    system, _, number = str(by_number).partition("|")
    if system not in SYSTEMS or not number:
        raise Malformed(
            f"{NUMBER} is a national identity number, system|value", expression=(f"Parameters.{NUMBER}",)
        )
    return "identifier", str(by_number)


def _kinds(code: str) -> tuple[str, ...]:
    """The kinds of registers that are asked for; all without a code."""
    system, _, kind = code.rpartition("|")
    if not code:
        return tuple(care.SERVICES)
    if system not in ("", KIND) or kind not in care.SERVICES:
        raise Malformed(
            f"code is one of {', '.join(care.SERVICES)} of {KIND}", expression=("Parameters.code",)
        )
    return (kind,)


OPERATIONS = (
    Operation(
        "reported",
        "https://akson.example/fhir/OperationDefinition/Task-reported",
        reported,
        types=frozenset({care.TYPE}),
    ),
)

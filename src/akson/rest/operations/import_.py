"""$import: resources from NDJSON files elsewhere, or in the body (rest/bulk/upload.py), taken in beside the requests.

After the import that the SMART and HL7 bulk data projects propose: https://github.com/smart-on-fhir/bulk-import
"""

from typing import Any

from akson.kit.errors import Malformed, UnsupportedParameter
from akson.kit.settings import Settings
from akson.record import gate
from akson.record.bulk import imports
from akson.record.context import Context
from akson.rest.bulk import sources
from akson.rest.bulk.started import asked, check_asynchronous, started
from akson.rest.bulk.upload import NDJSON
from akson.rest.operations.operation import Operation, Target
from akson.rest.operations.parameters import given, value_of
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import given_type
from akson.security.actor import Action

_URL = "https://akson.example/fhir/OperationDefinition/import"
_KNOWN = ("inputFormat", "inputSource", "input")
_PARTS = frozenset({"type", "url"})
MOST = 10_000
"""Sources of one import."""


async def run(ctx: Context, request: Request, _target: Target) -> Answer:
    """202: the import is in the queue, and Content-Location says where to ask for it."""
    check_asynchronous(request)
    # First of all: what may be read from is for those to find out who may import.
    gate.granted(ctx, Action.ADMINISTER, "")
    values = await given(request, _KNOWN)
    wanted = values.text("inputFormat")
    if wanted is not None and wanted not in NDJSON:
        raise UnsupportedParameter(
            "inputFormat is application/fhir+ndjson", expression=("Parameters.inputFormat",)
        )
    values.text("inputSource")
    inputs = [_input(each, _place(number)) for number, each in enumerate(values.all("input"))]
    if not 0 < len(inputs) <= MOST:
        raise Malformed(
            f"From 1 to {MOST} parameters `input` say what to take in, each with `url` and perhaps `type`;"
            " or send NDJSON itself as application/fhir+ndjson",
            expression=("Parameters.input",),
        )
    settings = Settings.load()
    allowed = settings.import_from.split(",")
    for number, each in enumerate(inputs):
        sources.check(ctx.node, each["url"], allowed, f"{_place(number)}.url")
    return started(request, await imports.begin(ctx, asked(request), inputs))


def _place(number: int) -> str:
    return f"Parameters.input[{number}]"


def _input(value: Any, place: str) -> dict[str, str]:
    parts = {str(part.get("name")): value_of(part) for part in value} if isinstance(value, list) else {}
    if set(parts) - _PARTS or not isinstance(parts.get("url"), str):
        raise Malformed("input has the parts `url` and perhaps `type`", expression=(place,))
    kind = parts.get("type", "")
    if kind:
        given_type(str(kind), f"{place}.type")
    return {"type": str(kind), "url": parts["url"]}


OPERATIONS: tuple[Operation, ...] = (Operation("import", _URL, run, system=True, get=False),)

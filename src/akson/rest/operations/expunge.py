"""$expunge: erasure for good, which delete is not. POST with the parameter `what`; it has no default.

Type/id   instance      the resource with all its versions
          versions      its versions before the present one
          compartment   of a Patient: the whole record
Type      deleted       what was deleted of the type
          versions      the versions before the present one of all of the type
the base  deleted, versions
"""

from akson.kit.errors import Malformed
from akson.record.context import Context
from akson.record.erasing import What, erase
from akson.rest.operations.operation import ANY, Operation, Target
from akson.rest.operations.parameters import answer, given, part
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_id

URL = "https://akson.example/fhir/OperationDefinition/expunge"
_COUNTS = ("resources", "versions", "drafts", "messages", "events", "transfers")


async def expunge(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with a Parameters resource that says how much is gone."""
    what = _what((await given(request, ("what",))).text("what"), target)
    if target.id:
        check_id(target.id)
    erased = await erase(ctx, what, target.type, target.id)
    return answer(part(name, "Integer", getattr(erased, name)) for name in _COUNTS)


def _what(raw: str | None, target: Target) -> What:
    if target.id:
        possible = [What.INSTANCE, What.VERSIONS]
        possible += [What.COMPARTMENT] if target.type == "Patient" else []
    else:
        possible = [What.DELETED, What.VERSIONS]
    if raw not in possible:
        raise Malformed(
            f"The parameter what says what to erase here: {' or '.join(possible)}",
            expression=("Parameters.what",),
        )
    return What(raw)


OPERATIONS = (Operation("expunge", URL, expunge, system=True, types=ANY, instances=ANY, get=False),)

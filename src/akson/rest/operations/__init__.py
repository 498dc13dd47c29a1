"""Operations (`$name`) of the FHIR API: one a module, each declared as data and found by its name.

http://hl7.org/fhir/R4/operations.html. A new operation is one module and one line in OPERATIONS; routes and the
CapabilityStatement follow.
"""

from collections.abc import Iterator

from akson.rest.operations import (
    document,
    everything,
    export,
    expunge,
    import_,
    lastn,
    meta,
    reindex,
    reported,
    subscription,
    validate,
)
from akson.rest.operations.operation import Operation, Target
from akson.rest.operations.terms import closure, code_system, expand, translate, validate_code

__all__ = ["OPERATIONS", "Operation", "Target", "named", "of_level"]

OPERATIONS: tuple[Operation, ...] = (
    *export.OPERATIONS,
    *import_.OPERATIONS,
    *meta.OPERATIONS,
    *reindex.OPERATIONS,
    *everything.OPERATIONS,
    *validate.OPERATIONS,
    *subscription.OPERATIONS,
    *expunge.OPERATIONS,
    *closure.OPERATIONS,
    *code_system.OPERATIONS,
    *expand.OPERATIONS,
    *translate.OPERATIONS,
    *validate_code.OPERATIONS,
    *lastn.OPERATIONS,
    *document.OPERATIONS,
    *reported.OPERATIONS,
)  # fmt: skip


def named(code: str, target: Target) -> Operation | None:
    """The operation of this name (without `$`) where it can be invoked on this; None otherwise."""
    return next((each for each in OPERATIONS if each.code == code and each.applies(target)), None)


def of_level(kind: str | None) -> Iterator[Operation]:
    """The operations of the system (None), or of a resource type and its instances."""
    for each in OPERATIONS:
        if each.system if kind is None else each.on_type(kind) or each.on_instance(kind):
            yield each

"""Which types a reference parameter can point to on one resource type.

R4 declares one `patient` for many types at once, with the targets of them all; what its expression says of the
type at hand is narrower, and makes `patient=1` and `patient.name` mean one thing.
"""

import re
from collections.abc import Callable, Iterable

from akson.fhir.spec.types import TypeTable

_RESOLVE = re.compile(r"where\(resolve\(\) is (?:FHIR\.)?(\w+)\)")
_PATH = re.compile(r"\w+(?:\.\w+)+")


def narrowed(
    kind: str, expression: str, declared: Iterable[str], table: Callable[[str], TypeTable | None]
) -> tuple[str, ...]:
    """The declared targets that the expression allows on `kind`."""
    allowed: set[str] = set()
    for part in expression.split("|"):
        text = part.strip().lstrip("(")
        if text.startswith(kind + "."):
            found = _of_part(text, table)
            if not found:
                return tuple(declared)
            allowed |= found
    return tuple(target for target in declared if target in allowed) or tuple(declared)


def _of_part(text: str, table: Callable[[str], TypeTable | None]) -> set[str]:
    tested = _RESOLVE.search(text)
    if tested:
        return {tested.group(1)}
    if not _PATH.fullmatch(text):
        return set()
    kind, *names = text.split(".")
    targets: tuple[str, ...] = ()
    for name in names:
        here = table(kind)
        if here is None or name not in here.elements:
            return set()
        targets, kind = here.elements[name].targets, here.elements[name].types[0]
    return set(targets)

"""Which value set an element is bound to: by a definition's own words, or by the type of R4 that it stands on.

An element is named by its path or the id that a definition gives it: Observation.status, Observation.category:lab.
"""

from collections.abc import Mapping
from typing import Any

from akson.fhir.spec import spec


def of_definition(definition: Mapping[str, Any], element: str) -> str | None:
    """The value set that the definition itself binds an element to; None where it says nothing of that."""
    for view in ("differential", "snapshot"):
        rows = definition.get(view, {}).get("element", ())
        for row in sorted(rows, key=lambda row: row.get("id") != element):  # the id goes before the path
            if element in {row.get("id"), row.get("path")} and "valueSet" in row.get("binding", {}):
                return str(row["binding"]["valueSet"])
    return None


def of_type(element: str) -> str | None:
    """The value set by which R4 obliges an element (required, extensible); "" for none, None for no such element."""
    kind, *names = element.split(".")
    found = ""
    if not names or spec().table(kind) is None:
        return None
    for step in names:
        name = step.partition(":")[0].removesuffix("[x]")
        table = spec().table(kind)
        if table is None:
            return None
        row = table.elements.get(name)
        kinds = row.types if row is not None else ()
        if row is None:
            if name not in table.keys:
                return None
            row, narrowed = table.keys[name]  # valueCodeableConcept
            kinds = (narrowed,)
        bindings = spec().rules["bindings"]
        paths = [f"{each}.{row.name}" for each in spec().ancestors(kind)]
        found = next((bindings[path][1] for path in paths if path in bindings), "")
        kind = kinds[0] if len(kinds) == 1 else ""
    return found

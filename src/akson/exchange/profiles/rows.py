"""The rows of a differential (ElementDefinition), gathered in any order and told in that of the specification.

Source: http://hl7.org/fhir/R4/elementdefinition.html. Paths are names of elements, without `[x]`; a name that holds the type
(valueString) leaves that type alone.
"""

from collections.abc import Iterable
from typing import Any

from akson.fhir.spec import spec

Row = dict[str, Any]


class NoSuchElement(Exception):
    """A path names an element that the type does not have."""


class Rows:
    """What a profile of one type demands."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._rows: dict[str, tuple[tuple[int, ...], Row]] = {kind: ((), {"id": kind, "path": kind})}

    @property
    def root(self) -> Row:
        """The row of the resource itself."""
        return self._rows[self.kind][1]

    def at(self, *names: str) -> Row:
        """The row of an element, and with it those of the elements above it."""
        return self._down(names)[-1]

    def supported(self, *names: str) -> Row:
        """An element that whoever reads or writes must be able to: mustSupport, on the way there too."""
        for row in (found := self._down(names)):
            row["mustSupport"] = True
        return found[-1]

    def required(self, *names: str) -> Row:
        """An element that must be there, with those above it."""
        for row in (found := self._down(names)):
            row["min"], row["mustSupport"] = 1, True
        return found[-1]

    def sliced(self, names: tuple[str, ...], slices: Iterable[Row], *discriminators: tuple[str, str]) -> None:
        """Slices of a repeated element, each a row with its sliceName; `$this` of a pattern is the usual discriminator."""
        above = self.at(*names)
        tellers = discriminators or (("pattern", "$this"),)
        above["slicing"] = {
            "discriminator": [{"type": kind, "path": path} for kind, path in tellers],
            "rules": "open",
        }
        order = self._rows[above["id"]][0]
        for number, each in enumerate(slices):
            self._add_slice(above, (*order, -1, number), each)

    def _add_slice(self, above: Row, order: tuple[int, ...], row: Row) -> None:
        below = row.pop("below", {})
        identity = f"{above['id']}:{row['sliceName']}"
        self._rows[identity] = order, {"id": identity, "path": above["path"]} | row
        for number, (name, said) in enumerate(below.items()):
            inner = {"id": f"{identity}.{name}", "path": f"{above['path']}.{name}"}
            self._rows[inner["id"]] = (*order, number), inner | said

    def told(self) -> list[Row]:
        """All rows in their order."""
        return [row for _, row in sorted(self._rows.values(), key=lambda each: each[0])]

    def _down(self, names: Iterable[str]) -> list[Row]:
        kind = path = self.kind
        order: tuple[int, ...] = ()
        found: list[Row] = []
        for name in names:
            table = spec().table(kind)
            element, narrowed = (table.elements.get(name), "") if table else (None, "")
            if element is None and table and name in table.keys:
                element, narrowed = table.keys[name]
            if table is None or element is None:
                raise NoSuchElement(f"{kind} has no element {name}")
            path = f"{path}.{element.name}{'[x]' if element.choice else ''}"
            order = (*order, list(table.elements).index(element.name))
            row = self._rows.setdefault(path, (order, {"id": path, "path": path}))[1]
            if narrowed and len(element.types) > 1:
                row["type"] = [{"code": narrowed}]
            kinds = [each["code"] for each in row.get("type", ())] or element.types
            kind = narrowed or (kinds[0] if len(kinds) == 1 else "")
            found.append(row)
        return found

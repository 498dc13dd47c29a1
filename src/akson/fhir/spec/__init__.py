"""The definitions of FHIR R4 that Akson works from: types, elements, search parameters, compartments.

Compiled by `tools/build_spec.py` from the official package into the folder `r4` beside this file, which git
ignores and the wheel carries. Read once, each part when first asked for.
"""

from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from akson.fhir.search import SearchParam
from akson.fhir.spec.folder import FOLDER, check
from akson.fhir.spec.targets import narrowed
from akson.fhir.spec.types import CodeSet, Element, TypeTable

__all__ = ["CodeSet", "Element", "Spec", "TypeTable", "spec"]

_EVERY = ("Resource", "DomainResource")


class Spec:
    """The definitions, from a folder that `tools/build_spec.py` wrote."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._params: dict[str, Mapping[str, SearchParam]] = {}
        self._tables: dict[str, TypeTable] = {}

    def _read(self, name: str) -> Any:
        path = self._folder / name
        if not path.exists():
            check(self._folder)  # says what is missing, and what to do
        return orjson.loads(path.read_bytes())

    @cached_property
    def _raw_types(self) -> dict[str, dict[str, Any]]:
        return self._read("types.json")  # type: ignore[no-any-return]

    @cached_property
    def types(self) -> frozenset[str]:
        """Names of all concrete resource types of R4."""
        return frozenset(
            name
            for name, row in self._raw_types.items()
            if row["kind"] == "resource" and not row.get("abstract")
        )

    @cached_property
    def codes(self) -> Mapping[str, CodeSet]:
        """By value set url: the codes, of those sets that a required binding names."""
        return {
            url: CodeSet(row["system"], frozenset(row["codes"]))
            for url, row in self._read("codes.json").items()
        }

    @cached_property
    def rules(self) -> Mapping[str, Any]:
        """`invariants` and `bindings` of the base types by path, as `tools/spec_rules.py` writes them."""
        return self._read("rules.json")  # type: ignore[no-any-return]

    @cached_property
    def profiles(self) -> Mapping[str, dict[str, Any]]:
        """The profiles and extension definitions of R4 by canonical url, without what validation does not need."""
        return self._read("profiles.json")  # type: ignore[no-any-return]

    @cached_property
    def _compartments(self) -> dict[str, dict[str, list[str]]]:
        return self._read("compartments.json")  # type: ignore[no-any-return]

    @property
    def compartments(self) -> frozenset[str]:
        """The types that compartments are named for: Patient, Encounter and so on."""
        return frozenset(self._compartments)

    def compartment(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """By resource type: the reference parameters that put a resource into the compartment, e.g. of Patient."""
        return {kind: tuple(codes) for kind, codes in self._compartments[name].items()}

    def table(self, name: str) -> TypeTable | None:
        """The elements of a type: a resource, a data type, or a part in place such as Patient.contact."""
        found = self._tables.get(name)
        if found is None and name in self._raw_types:
            found = self._tables[name] = TypeTable.read(name, self._raw_types[name])
        return found

    def ancestors(self, name: str) -> tuple[str, ...]:
        """The type and what it is derived from, nearest first: Patient, DomainResource, Resource."""
        found = []
        while name in self._raw_types:
            found.append(name)
            name = self._raw_types[name]["base"]
        return tuple(found)

    @cached_property
    def _rows(self) -> tuple[dict[str, list[dict[str, Any]]], dict[str, dict[str, Any]]]:
        by_base: dict[str, list[dict[str, Any]]] = {}
        by_url = {}
        for row in self._read("params.json"):
            by_url[row["url"]] = row
            for base in row["base"]:
                by_base.setdefault(base, []).append(row)
        return by_base, by_url

    def params(self, type: str) -> Mapping[str, SearchParam]:  # noqa: A002 - FHIR's word
        """All search parameters of a type by code, those of every resource included; "" for all types."""
        found = self._params.get(type)
        if found is None:
            found = self._params[type] = MappingProxyType(self._compile_params(type))
        return found

    def param(self, type: str, code: str) -> SearchParam | None:  # noqa: A002
        return self.params(type).get(code)

    def _compile_params(self, kind: str) -> dict[str, SearchParam]:
        by_base, _ = self._rows
        bases = _EVERY[:1] if kind == "" else tuple(reversed(self.ancestors(kind)))
        rows = {row["code"]: row for base in bases for row in by_base.get(base, ())}
        return {code: self._param(row, kind) for code, row in sorted(rows.items())}

    def _param(self, row: dict[str, Any], kind: str) -> SearchParam:
        _, by_url = self._rows
        parts = tuple(
            SearchParam(
                code=by_url[part["url"]]["code"],
                type=by_url[part["url"]]["type"],
                base=kind,
                expression=part["expression"],
                targets=tuple(by_url[part["url"]].get("targets", ())),
                url=part["url"],
            )
            for part in row.get("components", ())
        )
        return SearchParam(
            code=row["code"],
            type=row["type"],
            base=kind,
            expression=row["expression"],
            targets=narrowed(kind, row["expression"], row.get("targets", ()), self.table),
            components=parts,
            url=row["url"],
        )


@cache
def spec() -> Spec:
    """The R4 definitions that came with the program."""
    return Spec()

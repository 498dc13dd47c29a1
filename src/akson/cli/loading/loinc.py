"""LOINC as its release has it: Loinc.csv, with the hierarchy of parts and the answer lists where they are there.

https://loinc.org/kb/users-guide/loinc-database-structure/
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath

from akson.cli.loading.release import Release, Rows
from akson.cli.loading.shelf import Shelf
from akson.fhir.terminology.concept import Concept, Designation, Property, System
from akson.fhir.terminology.implicit import LOINC
from akson.kit.errors import Malformed

FOLDER = "loinctable"
TABLE, NEEDED = "loinc.csv", ("LOINC_NUM", "COMPONENT", "LONG_COMMON_NAME")
HIERARCHIES = ("componenthierarchybysystem.csv", "multiaxialhierarchy.csv")
PARTS, ANSWERS = "part.csv", "answerlist.csv"
PROPERTIES = (
    "COMPONENT", "PROPERTY", "TIME_ASPCT", "SYSTEM", "SCALE_TYP", "METHOD_TYP", "CLASS", "CLASSTYPE", "STATUS",
    "ORDER_OBS", "EXAMPLE_UCUM_UNITS", "VersionLastChanged",
)  # fmt: skip
NAMES = {"SHORTNAME": "SHORTNAME", "DisplayName": "DisplayName", "CONSUMER_NAME": "ConsumerName"}
"""Columns that name a term besides its long common name."""


def table(shelf: Shelf) -> str | None:
    """The name of Loinc.csv on a shelf, known by its columns; None when there is none.

    A release has another of that name, of the terms in panels alone: the table's own folder goes first.
    """
    found = [name for name in shelf.names if PurePath(name).name.lower() == TABLE]
    found.sort(key=lambda name: (PurePath(name).parent.name.lower() != FOLDER, len(PurePath(name).parts)))
    for name in found:
        columns = next(csv.reader([shelf.first_line(name)]), [])
        if all(column in columns for column in NEEDED):
            return name
    return None


def release(shelf: Shelf) -> Release:
    """The release on a shelf. Its version is the newest that a term of it was changed in."""
    found = _Loinc(shelf)
    found.read()
    return Release(shelf.where(), found.system, found.hierarchy, found.concepts)


@dataclass(slots=True)
class _Row:
    display: str
    parents: list[str] = field(default_factory=list[str])
    designations: tuple[Designation, ...] = ()
    properties: list[Property] = field(default_factory=list[Property])
    inactive: bool = False


class _Loinc:
    """One release, read into memory once: terms, parts, answers."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._rows: dict[str, _Row] = {}
        self._version = (0, 0)

    def read(self) -> None:
        name = table(self._shelf)
        if name is None:
            raise Malformed(f"{self._shelf.where()}: no Loinc.csv")
        for row in self._lines(name):
            self._term(row)
        for row in self._named(PARTS):
            inactive = row.get("Status", "") == "DEPRECATED"
            display = row.get("PartDisplayName") or row.get("PartName", "")
            self._rows[row["PartNumber"]] = _Row(display, inactive=inactive)
        for row in self._named(*HIERARCHIES):
            found = self._rows.setdefault(row["CODE"], _Row(row.get("CODE_TEXT", "")))
            if row["IMMEDIATE_PARENT"] and row["IMMEDIATE_PARENT"] not in found.parents:
                found.parents.append(row["IMMEDIATE_PARENT"])
        for row in self._named(ANSWERS):
            if code := row.get("AnswerStringId") or row.get("AnswerStringID"):
                found = self._rows.setdefault(code, _Row(row.get("DisplayText", "")))
                found.properties.append(Property("answers-for", "string", row["AnswerListId"]))

    @property
    def system(self) -> System:
        version = ".".join(map(str, self._version)) if self._version[0] else ""
        header = {
            "resourceType": "CodeSystem",
            "url": LOINC,
            "version": version,
            "name": "LOINC",
            "status": "active",
            "content": "complete",
            "caseSensitive": False,
        }
        return System(LOINC, version, "LOINC", case_sensitive=False, value_set=f"{LOINC}/vs", header=header)

    def hierarchy(self) -> Rows:
        for code, row in self._rows.items():
            yield code, tuple(row.parents)

    def concepts(self) -> Iterator[Concept]:
        for code, row in self._rows.items():
            yield Concept(
                code,
                row.display,
                parents=tuple(row.parents),
                designations=row.designations,
                properties=tuple(row.properties),
                inactive=row.inactive,
            )

    def _named(self, *wanted: str) -> Iterator[dict[str, str]]:
        """The rows of the first file of one of these names; none where there is no such file."""
        for name in self._shelf.names:
            if PurePath(name).name.lower() in wanted:
                yield from self._lines(name)
                return

    def _lines(self, name: str) -> Iterator[dict[str, str]]:
        with self._shelf.text(name) as lines:
            try:
                for row in csv.DictReader(lines):
                    if None in row or None in row.values():
                        raise Malformed(f"{self._shelf.where(name)}: a row has another number of columns")
                    yield row
            except csv.Error as error:
                raise Malformed(f"{self._shelf.where(name)}: {error}") from error

    def _term(self, row: dict[str, str]) -> None:
        names = [(NAMES[column], row.get(column, "")) for column in NAMES]
        self._rows[row["LOINC_NUM"]] = _Row(
            row["LONG_COMMON_NAME"] or row["COMPONENT"],
            designations=tuple(
                Designation(value, "en", {"system": LOINC, "code": use}) for use, value in names if value
            ),
            properties=[Property(name, "string", row[name]) for name in PROPERTIES if row.get(name)],
            inactive=row.get("STATUS") == "DEPRECATED",
        )
        major, _, minor = row.get("VersionLastChanged", "").partition(".")
        if major.isdecimal() and minor.isdecimal():
            self._version = max(self._version, (int(major), int(minor)))

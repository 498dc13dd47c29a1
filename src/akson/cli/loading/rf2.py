"""SNOMED CT in Release Format 2: the snapshot of an edition, as a zip archive or a folder.

Active concepts with their active descriptions, the is-a hierarchy and the other relationships as properties. What is
preferred in a language is what the language reference sets say.
https://confluence.ihtsdotools.org/display/DOCRELFMT (Release File Specification)
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from akson.cli.loading.release import Release, Rows
from akson.cli.loading.shelf import Shelf
from akson.fhir.terminology.concept import Concept, Designation, Property, System
from akson.fhir.terminology.implicit import SNOMED
from akson.fhir.terminology.languages import FULL_NAME, meets
from akson.kit.errors import Malformed

IS_A = "116680003"
STATED = "900000000000010007"
SYNONYM = "900000000000013009"
PREFERRED = "900000000000548007"
DEFINED = "900000000000073002"
CORE, MODEL = "900000000000207008", "900000000000012004"
USES = {FULL_NAME: "Fully specified name", SYNONYM: "Synonym"}
LANGUAGES = {
    "61000202103": "nb",
    "91000202106": "nn",
    "900000000000509007": "en-US",
    "900000000000508004": "en-GB",
}
"""Language reference sets that say more of the language than the description does."""
HEADERS = {
    "concept": "id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId",
    "description": "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId",
    "relationship": "id\teffectiveTime\tactive\tmoduleId\tsourceId\tdestinationId\trelationshipGroup\ttypeId"
    "\tcharacteristicTypeId\tmodifierId",
    "language": "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tacceptabilityId",
}
_OTHER_TYPES = re.compile(
    r"(Full|Delta)[_\-./]|_StatedRelationship|_TextDefinition|/(Full|Delta)/", re.IGNORECASE
)


def files(shelf: Shelf) -> dict[str, list[str]]:
    """The snapshot files of a release by what they are, known by their headers; empty when it is none."""
    found: dict[str, list[str]] = {}
    for name in shelf.names:
        if not name.endswith(".txt") or _OTHER_TYPES.search(name):
            continue
        line = shelf.first_line(name)
        for kind, header in HEADERS.items():
            if line == header:
                found.setdefault(kind, []).append(name)
    return found if "concept" in found else {}


def release(shelf: Shelf, languages: Sequence[str]) -> Release:
    """The edition on a shelf. Displays are in the first of the languages that a concept has a preferred term in."""
    edition = _Edition(shelf, files(shelf), tuple(languages))
    edition.read()
    return Release(shelf.where(), edition.system, edition.hierarchy, edition.concepts)


@dataclass(slots=True)
class _Row:
    """One active concept; its texts and relationships are packed, since there are hundreds of thousands."""

    defined: bool
    parents: list[str] = field(default_factory=list[str])
    others: bytearray = field(default_factory=bytearray)
    texts: bytearray = field(default_factory=bytearray)


class _Edition:
    """One release, read into memory once."""

    def __init__(self, shelf: Shelf, found: dict[str, list[str]], languages: tuple[str, ...]) -> None:
        self._shelf = shelf
        self._files = found
        self._languages = languages
        self._rows: dict[str, _Row] = {}
        self._newest = ""
        self._modules: Counter[str] = Counter()

    def read(self) -> None:
        self._read_concepts()
        self._read_relationships()
        self._read_descriptions(self._preferred())

    @property
    def system(self) -> System:
        others = [(n, module) for module, n in self._modules.items() if module not in {CORE, MODEL}]
        module = max(others)[1] if others else CORE
        version = f"{SNOMED}/{module}/version/{self._newest}"
        header = {
            "resourceType": "CodeSystem",
            "url": SNOMED,
            "version": version,
            "name": "SNOMED_CT",
            "title": "SNOMED CT",
            "status": "active",
            "content": "complete",
            "caseSensitive": True,
            "hierarchyMeaning": "is-a",
        }
        return System(SNOMED, version, "SNOMED CT", value_set=f"{SNOMED}?fhir_vs", header=header)

    def hierarchy(self) -> Rows:
        for code, row in self._rows.items():
            yield code, tuple(row.parents)

    def concepts(self) -> Iterator[Concept]:
        for code, row in self._rows.items():
            yield self._concept(code, row)

    def _lines(self, kind: str) -> Iterator[list[str]]:
        """The active rows of all files of a kind."""
        for name in self._files.get(kind, ()):
            with self._shelf.text(name) as lines:
                rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
                width = len(next(rows))
                for place, row in enumerate(rows, 2):
                    if len(row) != width:
                        raise Malformed(
                            f"{self._shelf.where(name)}, line {place}: {len(row)} columns, not {width}"
                        )
                    if row[2] == "1":
                        yield row

    def _read_concepts(self) -> None:
        for row in self._lines("concept"):
            self._rows[row[0]] = _Row(row[4] == DEFINED)
            self._modules[row[3]] += 1
            self._newest = max(self._newest, row[1])
        if not self._rows:
            raise Malformed(f"{self._shelf.where()}: no active concept")

    def _read_relationships(self) -> None:
        for row in self._lines("relationship"):
            source = self._rows.get(row[4])
            if source is None or row[8] == STATED or row[5] not in self._rows:
                continue
            if row[7] == IS_A:
                source.parents.append(row[5])
            else:
                source.others += f"{row[7]}\t{row[5]}\n".encode()

    def _preferred(self) -> dict[str, str]:
        """By description: the languages that it is the preferred term of."""
        found: dict[str, str] = {}
        for row in self._lines("language"):
            if row[6] == PREFERRED:
                language = LANGUAGES.get(row[4], "*")
                found[row[5]] = f"{found[row[5]]} {language}" if row[5] in found else language
        return found

    def _read_descriptions(self, preferred: dict[str, str]) -> None:
        for row in self._lines("description"):
            concept = self._rows.get(row[4])
            if concept is not None:
                concept.texts += f"{row[6]}\t{row[5]}\t{preferred.get(row[0], '')}\t{row[7]}\n".encode()

    def _concept(self, code: str, row: _Row) -> Concept:
        texts = [tuple(line.split("\t", 3)) for line in row.texts.decode().splitlines()]
        found = list(_designations(texts))
        found.sort(key=lambda pair: not pair[0])
        names = [each for _, each in found]
        properties = [Property("sufficientlyDefined", "boolean", row.defined)]
        properties += [
            Property(kind, "code", value)
            for kind, value in dict.fromkeys(
                (line.split("\t")[0], line.split("\t")[1]) for line in row.others.decode().splitlines()
            )
        ]
        return Concept(
            code,
            self._display(found) or code,
            parents=tuple(row.parents),
            designations=tuple(names),
            properties=tuple(properties),
        )

    def _display(self, found: Iterable[tuple[bool, Designation]]) -> str:
        """The preferred synonym in the first language that has one, then any synonym, then the full name."""
        known = list(found)
        synonyms = [(best, each) for best, each in known if each.use.get("code") == SYNONYM]
        for wish in self._languages:
            for best, each in synonyms:
                if best and meets(each.language, wish):
                    return each.value
        chosen = next((each for best, each in synonyms if best), None)
        chosen = (
            chosen or next((each for _, each in synonyms), None) or next((each for _, each in known), None)
        )
        return chosen.value if chosen else ""


def _designations(texts: Iterable[tuple[str, ...]]) -> Iterator[tuple[bool, Designation]]:
    """(whether it is preferred, designation): one for each language that a description is preferred in."""
    for kind, language, preferred, term in texts:
        tags = [tag if tag != "*" else language for tag in preferred.split()] or [language]
        use = {"system": SNOMED, "code": kind, "display": USES.get(kind, kind)}
        for tag in dict.fromkeys(tags):
            yield bool(preferred), Designation(term, tag, use)

"""Norwegian sources: code lists as Volven had them (JSON: OID, code, name), and medicines as FEST has them (M30, XML).

https://www.dmp.no/fest (M30). ATC is what FEST says of it; its upper levels follow from the form of the codes.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

from lxml import etree

from akson.cli.loading.release import Release, of_concepts
from akson.fhir.terminology.concept import Concept, Property, System
from akson.kit.errors import Malformed

OIDS = "2.16.578.1.12.4.1.1."
ATC = "http://www.whocc.no/atc"
FEST = "http://dmp.no/fhir/NamingSystem/fest"
ATC_LIST = f"{OIDS}7180"
LEVELS = (1, 3, 4, 5, 7)
"""Lengths of an ATC code, level by level."""
KINDS = {
    "LegemiddelMerkevare": "NavnFormStyrke",
    "Legemiddelpakning": "NavnFormStyrke",
    "LegemiddelVirkestoff": "NavnFormStyrke",
    "LegemiddelDose": "NavnFormStyrke",
    "Virkestoff": "Navn",
}
"""Entries of FEST that have codes of their own, and the element that names them."""
SYSTEMS = {"Legemiddelpakning": "LegemiddelPakning"}
"""Where FHIR calls a kind otherwise than FEST does."""
ACTIVE = "A"


def is_volven(value: object) -> bool:
    """Whether a JSON value is code lists by OID."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(
            key.replace(".", "").isdecimal()
            and isinstance(rows, dict)
            and all(isinstance(name, str) for name in rows.values())
            for key, rows in value.items()
        )
    )


def volven(source: str, lists: Mapping[str, Mapping[str, str]]) -> Iterator[Release]:
    """A code system for each list."""
    for oid, rows in lists.items():
        above = ABOVE.get(oid, _nothing)
        concepts = [Concept(code, name, parents=above(code, rows)) for code, name in rows.items()]
        yield of_concepts(source, _system(f"urn:oid:{oid}", f"Volven {oid.rpartition('.')[2]}"), concepts)


def _nothing(_code: str, _rows: Mapping[str, str]) -> tuple[str, ...]:
    return ()


def _by_prefix(code: str, rows: Mapping[str, str]) -> tuple[str, ...]:
    """The longest shorter code that a code begins with: A00.1 is below A00."""
    for length in range(len(code) - 1, 0, -1):
        if (shorter := code[:length].rstrip(".")) in rows and shorter != code:
            return (shorter,)
    return ()


ABOVE: dict[str, Callable[[str, Mapping[str, str]], tuple[str, ...]]] = {
    f"{OIDS}7110": _by_prefix,
    f"{OIDS}7170": _by_prefix,
    ATC_LIST: _by_prefix,
}
"""Lists whose codes show the hierarchy: ICD-10, ICPC-2, ATC."""


def is_fest(content: IO[bytes]) -> bool:
    """Whether an XML file is FEST."""
    try:
        for _, element in etree.iterparse(content, events=("start",), **_SAFE):
            return _name(element) == "FEST"
    except etree.XMLSyntaxError:
        return False
    return False


_SAFE: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False}


def fest(source: str, content: IO[bytes]) -> list[Release]:
    """ATC and the medicines of a FEST file, each kind a code system of its own. Malformed when it cannot be read."""
    reader = _Fest()
    try:
        reader.read(content)
    except etree.XMLSyntaxError as error:
        raise Malformed(f"{source} is no XML that can be read: {error.msg}") from error
    return [of_concepts(source, system, concepts) for system, concepts in reader.systems() if concepts]


class _Fest:
    """What was read of a FEST file."""

    def __init__(self) -> None:
        self._version = ""
        self._atc: dict[str, str] = {}
        self._entries: dict[str, dict[str, Concept]] = {kind: {} for kind in KINDS}

    def read(self, content: IO[bytes]) -> None:
        """Entry by entry, each forgotten when it is read: the file is some hundred megabytes."""
        for _, element in etree.iterparse(content, events=("end",), **_SAFE):
            if element.getroottree().docinfo.doctype:
                raise Malformed("a FEST file has no DOCTYPE")
            name = _name(element)
            if name == "HentetDato":
                self._version = (element.text or "").strip()[:10]
            elif name.startswith("Oppf"):
                self._entry(name.removeprefix("Oppf"), element)
                element.clear(keep_tail=True)
                while element.getprevious() is not None:
                    del element.getparent()[0]

    def _entry(self, kind: str, entry: "etree._Element") -> None:
        for element in entry.iter():
            if _name(element) == "Atc" and element.get("V"):
                self._atc.setdefault(element.get("V", ""), element.get("DN", ""))
        body = next((child for child in entry if _name(child) == kind), None)
        if kind in KINDS and body is not None:
            self._medicine(kind, entry, body)
        elif kind == "Kodeverk":
            self._code_list(entry)

    def _medicine(self, kind: str, entry: "etree._Element", body: "etree._Element") -> None:
        code, display = _text(body, "Id"), _text(body, KINDS[kind])
        if not code:
            return
        status = next((child.get("V") for child in entry if _name(child) == "Status"), ACTIVE)
        atc = next((child.get("V", "") for child in body if _name(child) == "Atc"), "")
        properties = (Property("atc", "code", atc),) if atc else ()
        self._entries[kind][code] = Concept(
            code, display or code, properties=properties, inactive=status != ACTIVE
        )

    def _code_list(self, entry: "etree._Element") -> None:
        """FEST brings the code list of ATC, with the names of all levels."""
        info = next((child for child in entry if _name(child) == "Info"), None)
        if info is None or ATC_LIST not in {(child.text or "").strip() for child in info.iter()}:
            return
        for element in entry:
            if _name(element) == "Element" and (code := _text(element, "Kode")):
                self._atc[code] = _text(element, "Term") or self._atc.get(code, "")

    def systems(self) -> Iterator[tuple[System, list[Concept]]]:
        names = dict(self._atc)
        for code in self._atc:
            for length in LEVELS:
                names.setdefault(code[:length], code[:length])
        atc = [Concept(code, names[code], parents=_level_above(code)) for code in sorted(names)]
        yield _system(ATC, "ATC", self._version), atc
        for kind, entries in self._entries.items():
            name = SYSTEMS.get(kind, kind)
            yield _system(f"{FEST}{name}", f"FEST {name}", self._version), list(entries.values())


def _level_above(code: str) -> tuple[str, ...]:
    shorter = [length for length in LEVELS if length < len(code)]
    return (code[: shorter[-1]],) if shorter else ()


def _system(url: str, name: str, version: str = "") -> System:
    header: dict[str, Any] = {
        "resourceType": "CodeSystem",
        "url": url,
        "name": name,
        "status": "active",
        "content": "complete",
    }
    return System(url, version, name, header=header | ({"version": version} if version else {}))


def _name(element: "etree._Element") -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _text(parent: "etree._Element", name: str) -> str:
    return next((" ".join((child.text or "").split()) for child in parent if _name(child) == name), "")

"""What the schemas define and what the classes declare is the same, element by element, also where no example has it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from lxml import etree

from akson.messaging.kith import common, dialog, plo
from akson.messaging.kith.binding import Binding, slots
from tests.shared import shared

XS = "{http://www.w3.org/2001/XMLSchema}"
KITH = "http://www.kith.no/xmlstds"
VALUES = {"TS": "value", "URL": "value"}
BINDINGS = [
    *(pytest.param(b, id=f"dialog-{version}") for version, b in dialog.VERSIONS.items()),
    *(pytest.param(b, id=f"{b.name}-{version}") for (_, version), b in plo.VERSIONS.items()),
]
CHECKED = {
    "Ident": "demanded of personnel and organisations of care messages, not of the header's",
    "MuntligInformasjon": "demanded in 1.5 alone",
    "Hoveddiagnose": "demanded in 1.5 alone",
    "OpplysningerTilSoknad": "demanded in 1.5 alone",
    "TypeInnholdIMelding": "demanded in 1.6 alone",
    "OpplysningOpphold": "demanded in 1.6 alone",
}
"""Elements that a schema demands and a class does not, because a check of the binding does."""
ONCE = {"TypeJournalinfo": "once in 1.0, any number in 1.1"}


@dataclass(frozen=True)
class Defined:
    name: str
    namespace: str
    many: bool
    required: bool
    kind: str
    node: etree._Element | None
    """The type, for a node."""
    inside: str
    """Namespace of what stands inside."""


@cache
def documents() -> dict[str, etree._Element]:
    found = {}
    for folder in ("dialogmelding", "plo", "felleskomponenter"):
        for path in sorted(shared(f"kith/xsd/{folder}").rglob("*.xsd")):
            root = etree.parse(path).getroot()
            found[root.get("targetNamespace")] = root
    return found


def top(name: str, namespace: str) -> etree._Element:
    return next(e for e in documents()[namespace] if e.get("name") == name)


def split(element: etree._Element, name: str) -> tuple[str, str]:
    prefix, _, local = name.rpartition(":")
    return local, element.nsmap.get(prefix or None, "")


def children(
    node: etree._Element, namespace: str, *, chosen: bool = False, many: bool = False
) -> Iterator[Defined]:
    for child in node:
        occurs = many or child.get("maxOccurs", "1") != "1"
        if child.tag in (f"{XS}complexType", f"{XS}sequence"):
            yield from children(child, namespace, chosen=chosen, many=many)
        elif child.tag == f"{XS}choice":
            yield from children(child, namespace, chosen=True, many=occurs)
        elif child.tag == f"{XS}element":
            required = not chosen and child.get("minOccurs", "1") != "0"
            yield defined(child, namespace, many=occurs, required=required)


def defined(child: etree._Element, namespace: str, *, many: bool, required: bool) -> Defined:
    if ref := child.get("ref"):
        name, space = split(child, ref)
        return Defined(name, space, many, required, "node", top(name, space), space)
    name = child.get("name")
    type_, space = split(child, child.get("type"))
    if space == KITH:
        kind = VALUES.get(type_, "text" if type_ == "ST" else "node")
        return Defined(name, namespace, many, required, kind, None, space)
    if space.startswith(KITH):
        return Defined(name, namespace, many, required, "node", top(type_, space), space)
    return Defined(name, namespace, many, required, "markup" if type_ == "anyType" else "text", None, "")


def differences(
    kind: type, node: etree._Element, namespace: str, binding: Binding, seen: set
) -> Iterator[str]:
    if (kind, namespace) in seen:
        return
    seen.add((kind, namespace))
    declared = [s for s in slots(kind) if s.kind != "attribute" and s.element not in binding.without]
    wanted = list(children(node, namespace))
    if [s.element for s in declared] != [d.name for d in wanted]:
        yield f"{kind.__name__}: {[s.element for s in declared]} is not {[d.name for d in wanted]}"
        return
    for slot, want in zip(declared, wanted, strict=True):
        where = f"{kind.__name__}.{slot.field}"
        space = binding.prefixes[slot.prefix] if slot.prefix else namespace
        if space != want.namespace:
            yield f"{where}: {space} is not {want.namespace}"
        if slot.many != want.many and slot.element not in ONCE:
            yield f"{where}: many"
        if slot.required != want.required and slot.element not in CHECKED:
            yield f"{where}: required"
        if slot.kind != want.kind and (slot.kind, want.kind) != ("markup", "text"):
            yield f"{where}: {slot.kind} is not {want.kind}"
        if want.node is not None:
            if binding.prefixes.get(slot.children, space) != want.inside:
                yield f"{where}: what stands inside is of {want.inside}"
            yield from differences(slot.inner, want.node, want.inside, binding, seen)
        elif want.kind == "node" and slot.inner not in (common.CV, common.PQ):
            yield f"{where}: {slot.inner}"


@pytest.mark.shared
@pytest.mark.parametrize("binding", BINDINGS)
def test_the_classes_declare_what_the_schema_defines(binding):
    root = top(binding.name, binding.namespace)
    assert list(differences(binding.root, root, binding.namespace, binding, set())) == []


@pytest.mark.shared
def test_a_difference_is_seen():
    binding = plo.VERSIONS[plo.DischargeReport, "1.6"]
    root = top(binding.name, binding.namespace)
    found = list(differences(plo.AdmissionReport, root, binding.namespace, binding, set()))
    assert any("AdmissionReport" in each for each in found)

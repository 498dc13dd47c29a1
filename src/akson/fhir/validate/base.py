"""What R4 itself demands beyond structure: invariants, bindings, targets of references, narrative, extensions.

Works on a resource whose structure is valid. One walk; a place becomes text only where something is found.
"""

from typing import Any

from akson.fhir.fhirpath.values import Node, root
from akson.fhir.model import Resource
from akson.fhir.profiles.elements import type_named
from akson.fhir.spec import spec
from akson.fhir.validate import bundle, coded, narrative
from akson.fhir.validate.extensions import Extensions, Holder
from akson.fhir.validate.fields import Field, Plan, plan
from akson.fhir.validate.invariants import Within, hold
from akson.fhir.validate.report import Place, Report, start


class Base:
    """One check of one resource. Without `extensions`, these are not looked at."""

    def __init__(self, report: Report, extensions: Extensions | None = None) -> None:
        self.report = report
        self.extensions = extensions

    def resource(self, value: Resource, place: Place | None = None, within: Node | None = None) -> None:
        """A resource; `within` is the one that contains it."""
        made = plan(value["resourceType"])
        if made is not None:
            node = root(value)
            self.object(value, made, place or start(made.name), (Within(node, within or node), made.name))
            if made.name == "Bundle":
                bundle.check(value, place or start("Bundle"), self.report)

    def object(self, value: Resource, made: Plan, place: Place, inside: "Inside") -> None:
        if made.invariants:
            node = Node(value, made.name)
            for each in made.invariants:
                hold(self.report, each, node, inside[0], place)
        fields = made.fields
        for key, found in value.items():
            field = fields.get(key)
            if field is None:
                continue
            if field.label in _EXTENSIONS and self.extensions is not None:
                self.extensions.check(found, Holder(field.label, made, inside[1], value), place)
            if type(found) is list:
                for number, item in enumerate(found):
                    if item is not None:
                        self.value(item, field, (place, field.label, number), inside)
            else:
                self.value(found, field, (place, field.label, -1), inside)

    def value(self, value: Any, field: Field, place: Place, inside: "Inside") -> None:
        if field.beside:
            self.beside(value, field, place, inside)
            return
        for each in field.invariants:
            hold(self.report, each, Node(value, field.kind), inside[0], place)
        if field.binding is not None:
            coded.check(self.report, field.binding, value, place)
        if field.primitive:
            if field.kind == "xhtml":
                for said in narrative.faults(value):
                    self.report.error("invalid", place, said)
            return
        if field.kind == "Resource":
            contained = field.label == "contained"
            self.resource(value, place, inside[0].root if contained else None)
            return
        if field.targets:
            self.target(value, field, place, inside)
        made = plan(field.kind)
        if made is not None:
            self.object(value, made, place, (inside[0], field.path))

    def beside(self, value: Resource, field: Field, place: Place, inside: "Inside") -> None:
        made = plan("Element")
        if made is not None:
            if "extension" in value and self.extensions is not None:
                kinds = plan(field.kind)
                self.extensions.check(
                    value["extension"], Holder("extension", kinds or made, field.path, value), place
                )
            for number, each in enumerate(value.get("extension", ())):
                self.value(each, made.fields["extension"], (place, "extension", number), inside)

    def target(self, value: Resource, field: Field, place: Place, inside: "Inside") -> None:
        """That a reference names a resource of an allowed type, where its type can be told."""
        kind = type_named(value, inside[0].root.value)
        if kind and kind in spec().types and kind not in field.targets:
            wanted = ", ".join(sorted(field.targets))
            self.report.error("structure", place, f"refers to a {kind}; possible here: {wanted}")


Inside = tuple[Within, str]
"""The resources that the element at hand is in, and where it is defined (Patient.name)."""
_EXTENSIONS = frozenset({"extension", "modifierExtension"})

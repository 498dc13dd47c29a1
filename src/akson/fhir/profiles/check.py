"""Holds a resource against profiles: cardinality, types, values, bindings, invariants, slices, targets of references."""

from collections.abc import Callable
from typing import Any

from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.operators import compare
from akson.fhir.fhirpath.values import Node, root
from akson.fhir.model import Resource
from akson.fhir.profiles.catalogue import Catalogue, base_type
from akson.fhir.profiles.elements import At, Surroundings, below, type_named
from akson.fhir.profiles.rule import Rule, Slicing
from akson.fhir.profiles.slicing import Slicer, Unclear, extension_url
from akson.fhir.profiles.values import equals, matches
from akson.fhir.spec import spec
from akson.fhir.validate import coded
from akson.fhir.validate.invariants import Within, hold
from akson.fhir.validate.report import Place, Report


class Checker:
    """Checks one resource, `whole`; `resource` is the one at hand inside it (an entry, a contained one)."""

    def __init__(self, catalogue: Catalogue, report: Report, whole: Resource) -> None:
        self.catalogue = catalogue
        self.report = report
        self.around = Surroundings(whole)
        self.resource = root(whole)
        self._slicer = Slicer(self)
        self._known: dict[tuple[int, str], bool] = {}

    def conform(self, node: Node, canonical: str, place: Place) -> None:
        """Report where an element or resource does not conform to a profile, or that the profile is not known."""
        if kind := base_type(canonical):
            if kind not in spec().ancestors(node.type):
                self.report.error("structure", place, f"must be a {kind}")
            return
        profile = self.catalogue.profile(canonical)
        if profile is None:
            why = self.catalogue.broken.get(canonical)
            if why is None:
                self.report.missing(canonical, place, "profile")
            else:
                self.report.warning("not-supported", place, f"{canonical} was not checked: it {why}")
            return
        if profile.kind not in spec().ancestors(node.type):
            self.report.error("structure", place, f"must be a {profile.kind} to conform to {canonical}")
            return
        if isinstance(node.value, dict):
            key = (id(node.value), canonical)
            if key in self.report.told:
                return
            self.report.told.add(key)
        before = self.resource
        if isinstance(node.value, dict) and "resourceType" in node.value:
            self.resource = node
        self.check(At(node, place), profile.rule)
        self.resource = before

    def conforms(self, at: At, canonical: str) -> bool:
        """Whether it conforms, without a word. Asked again on the way to its own answer, it is said to."""
        key = (id(at.node.value), canonical)
        if key not in self._known:
            self._known[key] = True
            quiet = self._quietly(lambda: self.conform(at.node, canonical, at.place))
            self._known[key] = not quiet.failed and not quiet.unknown
        return self._known[key]

    def fits(self, at: At, rule: Rule) -> bool:
        """Whether an element meets a rule, without a word."""
        return not self._quietly(lambda: self.check(at, rule)).failed

    def _quietly(self, run: Callable[[], None]) -> Report:
        report, self.report = self.report, Report(self.report.budget)
        try:
            run()
            return self.report
        finally:
            report.unknown.update(self.report.unknown)
            self.report = report

    def resolve(self, reference: Any) -> Node | None:
        return self.around.resolve(reference, self.resource.value)

    def _container(self) -> Resource:
        return self.around.container(self.resource.value)

    def led_to(self, reference: Any) -> Node | None:
        """The resource that a reference names; of one that is not here the type alone."""
        found = self.resolve(reference)
        kind = (
            type_named(reference, self._container()) if found is None and isinstance(reference, dict) else ""
        )
        return Node({"resourceType": kind}, kind) if kind in spec().types else found

    def check(self, at: At, rule: Rule) -> None:
        """One element against all that its rule says of it and of what is below."""
        if rule.types:
            self.types(at, rule)
        if rule.value or rule.length is not None:
            self.values(at, rule)
        if rule.binding is not None and at.node.type in coded.BINDABLE and at.node.value is not None:
            coded.check(self.report, rule.binding, at.node.value, at.place)
        for each in rule.invariants:
            hold(self.report, each, at.node, Within(self.resource, root(self._container())), at.place)
        for name, child in rule.children.items():
            items = below(at, name)
            self.count(len(items), child, name, at.place)
            for item in items:
                self.check(item, child)
            if child.slices:
                self.slices(items, child, at.place)

    def count(self, number: int, rule: Rule, name: str, place: Place) -> None:
        here: Place = (place, name, -1)
        if number < rule.min:
            self.report.error(
                "required", here, f"must be there {rule.min} times or more, is there {number} times"
            )
        if rule.max is not None and number > rule.max:
            self.report.error("structure", here, f"may be there {rule.max} times, is there {number} times")

    # --- types ---------------------------------------------------------------------------------------------

    def types(self, at: At, rule: Rule) -> None:
        kinds = set(spec().ancestors(at.node.type))
        fitting = [each for each in rule.types if each.code in kinds or each.code.startswith("http:")]
        if not fitting:
            if not _in_place(at.node.type):
                wanted = ", ".join(each.code for each in rule.types)
                self.report.error("structure", at.place, f"is a {at.node.type}; possible here: {wanted}")
            return
        profiles = [url for each in fitting for url in each.profiles]
        if profiles and all(each.profiles for each in fitting) and not _told_elsewhere(at, profiles):
            self.any_of(at, profiles)
        targets = [url for each in fitting for url in each.targets]
        if targets and at.node.type == "Reference":
            self.target(at, targets)

    def any_of(self, at: At, profiles: list[str]) -> None:
        """That one of several profiles fits; of a single one it is told why it does not."""
        if len(profiles) == 1:
            self.conform(at.node, profiles[0], at.place)
        elif not any(self.conforms(at, url) for url in profiles):
            unknown = [url for url in profiles if not base_type(url) and self.catalogue.profile(url) is None]
            for url in unknown:
                self.report.missing(url, at.place, "profile")
            if not unknown:
                self.report.error("structure", at.place, f"conforms to none of {', '.join(profiles)}")

    def target(self, at: At, targets: list[str]) -> None:
        """What a reference leads to: its type, and where it is here its profile."""
        found = self.resolve(at.node.value)
        kind = found.type if found is not None else type_named(at.node.value, self._container())
        if not kind:
            return
        possible = [url for url in targets if self._about(url) in ("", *spec().ancestors(kind))]
        if not possible:
            self.report.error(
                "structure", at.place, f"refers to a {kind}; possible here: {', '.join(targets)}"
            )
        elif found is not None and not any(base_type(url) for url in possible):
            self.any_of(At(found, at.place), possible)

    def _about(self, url: str) -> str:
        """The type that a definition is about; empty where it is not known."""
        if kind := base_type(url):
            return kind
        definition = self.catalogue.find(url)
        return str(definition.get("type", "")) if definition else ""

    # --- values --------------------------------------------------------------------------------------------

    def values(self, at: At, rule: Rule) -> None:
        value = at.node.value
        if "fixed" in rule.value and not equals(value, rule.value["fixed"][1]):
            self.report.error("value", at.place, f"must be exactly {_shown(rule.value['fixed'][1])}")
        if "pattern" in rule.value and not matches(value, rule.value["pattern"][1]):
            self.report.error("value", at.place, f"must match {_shown(rule.value['pattern'][1])}")
        if rule.length is not None and isinstance(value, str) and len(value) > rule.length:
            self.report.error("too-long", at.place, f"may have {rule.length} characters")
        self.bound(at, rule, "minValue", -1)
        self.bound(at, rule, "maxValue", 1)

    def bound(self, at: At, rule: Rule, name: str, wrong: int) -> None:
        if name not in rule.value:
            return
        kind, limit = rule.value[name]
        try:
            order = compare(at.node, Node(limit, kind))
        except FHIRPathError:
            order = None
        if order == wrong:
            least = "at least" if wrong < 0 else "at most"
            self.report.error("value", at.place, f"must be {least} {_shown(limit)}")

    # --- slices --------------------------------------------------------------------------------------------

    def slices(self, items: list[At], rule: Rule, place: Place) -> None:
        """Deal the items out to the slices, and check each slice.

        Where a profile does not say what tells a slice, the slice is not counted: that is told once.
        """
        names = list(rule.slices)
        unclear: set[str] = set()
        dealt = [self.slice_of(item, rule, unclear) for item in items]
        for name in sorted(unclear):
            here: Place = (place, f"{rule.name}:{name}", -1)
            self.report.warning(
                "not-supported", here, "was not checked: nothing here tells which items belong to it"
            )
        for name, part in rule.slices.items():
            found = [item for item, own in zip(items, dealt, strict=True) if own == name]
            if name not in unclear:
                self.count(len(found), part, f"{rule.name}:{name}", place)
            for item in found:
                self.check(item, part)
            if part.slices:
                self.slices(found, part, place)
        if rule.slicing is not None and not unclear:
            order = [-1 if name is None else names.index(name) for name in dealt]
            self.arranged(items, order, rule, place)

    def slice_of(self, item: At, rule: Rule, unclear: set[str]) -> str | None:
        """The slice of an item; adds to `unclear` those that could not be told."""
        discriminators = rule.slicing.discriminators if rule.slicing else ()
        for name, part in rule.slices.items():
            if item.node.type == "Extension" and discriminators == (("value", "url"),):
                if item.node.value.get("url") == extension_url(part):
                    return name
                continue
            try:
                if self._slicer.belongs(item, part, discriminators):
                    return name
            except Unclear:
                unclear.add(name)
        return None

    def arranged(self, items: list[At], order: list[int], rule: Rule, place: Place) -> None:
        slicing = rule.slicing or Slicing(())
        rest = [item for item, number in zip(items, order, strict=True) if number < 0]
        if slicing.rules == "closed":
            for item in rest:
                self.report.error("structure", item.place, "belongs to no slice, and no others are allowed")
        known = [number for number in order if number >= 0]
        if slicing.rules == "openAtEnd" and rest and order[-len(rest) :] != [-1] * len(rest):
            self.report.error("structure", (place, rule.name, -1), "what belongs to no slice must come last")
        if slicing.ordered and known != sorted(known):
            self.report.error(
                "structure", (place, rule.name, -1), f"must come in the order {', '.join(rule.slices)}"
            )


def _in_place(kind: str) -> bool:
    """Whether a type is the part of a type that is defined in place: a profile calls it BackboneElement."""
    return "." in kind


def _told_elsewhere(at: At, profiles: list[str]) -> bool:
    """An extension is checked against its definition wherever it stands."""
    return at.node.type == "Extension" and at.node.value.get("url") in {url.split("|")[0] for url in profiles}


def _shown(value: Any) -> str:
    from akson.fhir.strict_json import dumps

    return dumps(value).decode()[:300]

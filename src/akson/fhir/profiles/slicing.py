"""Which slice an item belongs to. Source: http://hl7.org/fhir/R4/profiling.html#discriminator.

Instead of asking what a slice fixes at the path of a discriminator, all that the slice says along the path and below
its end is held against the item: a fixed or pattern value may stand at any of these.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from akson.fhir.profiles.catalogue import base_type
from akson.fhir.profiles.elements import At, below
from akson.fhir.profiles.rule import Rule
from akson.fhir.profiles.values import equals, matches
from akson.fhir.spec import spec
from akson.fhir.validate import coded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from akson.fhir.profiles.check import Checker

LONGEST = 500
"""Characters of the path of a discriminator."""
_STEP = re.compile(r"""\w+\((?:'[^']*'|"[^"]*"|\w*)\)|\$this|\w+""")
_CALL = re.compile(r"""(\w+)\(['"]?([^'")]*)['"]?\)""")


class Unclear(Exception):
    """A slice says nothing by which its items could be told."""


class Slicer:
    """Tells for the items of one element whether they belong to a slice."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker

    def belongs(self, at: At, rule: Rule, discriminators: tuple[tuple[str, str], ...]) -> bool:
        """Raises Unclear."""
        if not discriminators:
            return self.checker.fits(at, rule)
        return all(self._test(kind, path, at, rule) for kind, path in discriminators)

    def _test(self, kind: str, path: str, at: At, rule: Rule) -> bool:
        if len(path) > LONGEST:
            raise Unclear
        steps = [step for step in _STEP.findall(path) if step != "$this"]
        found, ends, held = self._along(steps, at, rule)
        if kind == "exists":
            return self._exists(found, ends)
        if kind == "type":
            return self._of_type(found, ends)
        if kind == "profile":
            profiles = [url for end in ends for each in end.types for url in (*each.profiles, *each.targets)]
            if not profiles:
                raise Unclear
            return any(self.checker.conforms(each, url) for each in found for url in profiles)
        return self._same(found, ends, held)

    def _along(self, steps: list[str], at: At, rule: Rule) -> tuple[list[At], list[Rule], list[bool]]:
        """The elements at the end of the path, the rules there, and what values said on the way there."""
        found, ends = [at], [rule]
        held: list[bool] = []
        for step in steps:
            held += [told for end in ends for told in self._told(found, end)]
            called = _CALL.fullmatch(step)
            found = [each for one in found for each in self._items(one, step, called)]
            ends = [each for end in ends for each in self._rules(end, step, called)]
        return found, ends, held

    def _items(self, at: At, step: str, called: re.Match[str] | None) -> Iterator[At]:
        if called is None:
            yield from below(at, step)
        elif called.group(1) == "resolve":
            node = self.checker.led_to(at.node.value)
            if node is not None:
                yield At(node, at.place)
        elif called.group(1) == "extension":
            yield from (x for x in below(at, "extension") if x.node.value.get("url") == called.group(2))
        elif called.group(1) == "ofType" and at.node.type == called.group(2):
            yield at

    def _rules(self, rule: Rule, step: str, called: re.Match[str] | None) -> Iterator[Rule]:
        if called is not None and called.group(1) == "ofType":
            yield rule
            return
        if called is not None and called.group(1) == "resolve":
            for each in rule.types:
                yield from self._profiles(each.targets)
            return
        name = called.group(1) if called is not None else step
        child = rule.children.get(name)
        if child is not None:
            yield child
            yield from (each for each in child.slices.values() if called is not None or each.min)
        for each in rule.types:
            for profile in self._profiles(each.profiles):
                yield from self._rules(profile, step, called)

    def _profiles(self, urls: tuple[str, ...]) -> Iterator[Rule]:
        for url in urls:
            if kind := base_type(url):
                yield Rule(kind)
            profile = None if kind else self.checker.catalogue.profile(url)
            if profile is not None:
                yield profile.rule

    def _told(self, found: list[At], rule: Rule) -> Iterator[bool]:
        """Whether the items say what the rule itself fixes, if it fixes something."""
        if "fixed" in rule.value:
            yield any(equals(each.node.value, rule.value["fixed"][1]) for each in found)
        if "pattern" in rule.value:
            yield any(matches(each.node.value, rule.value["pattern"][1]) for each in found)

    def _below(self, found: list[At], rule: Rule) -> Iterator[bool]:
        """What the rule fixes, it or an element below."""
        yield from self._told(found, rule)
        for name, child in rule.children.items():
            yield from self._below([each for one in found for each in below(one, name)], child)

    def _same(self, found: list[At], ends: list[Rule], held: list[bool]) -> bool:
        told = held + [each for end in ends for each in self._below(found, end)]
        if told:
            return all(told)
        bound = [end.binding[1] for end in ends if end.binding]
        if bound:
            return self._bound(found, bound)
        raise Unclear

    def _bound(self, found: list[At], value_sets: list[str]) -> bool:
        """Whether the codes are of the value sets by which the slice is told."""
        told = [
            self.checker.catalogue.member(value_set, system, code)
            for each in found
            for system, code in coded.codings(each.node.value)
            for value_set in value_sets
        ]
        if True in told:
            return True
        if None in told:
            raise Unclear
        return False

    def _exists(self, found: list[At], ends: list[Rule]) -> bool:
        if any(end.max == 0 for end in ends):
            return not found
        if any(end.min > 0 for end in ends):
            return bool(found)
        raise Unclear

    def _of_type(self, found: list[At], ends: list[Rule]) -> bool:
        kinds = {each.code for end in ends for each in end.types} | {
            end.name for end in ends if end.name[:1].isupper()
        }
        if not kinds:
            raise Unclear
        return any(kinds & set(spec().ancestors(each.node.type)) for each in found)


def extension_url(rule: Rule) -> str:
    """The url that a slice of extensions stands for: the one it fixes, else that of the definition which is its type."""
    child = rule.children.get("url")
    if child is not None and "fixed" in child.value:
        return str(child.value["fixed"][1])
    found = [url for each in rule.types for url in each.profiles if not base_type(url)]
    return found[0].partition("|")[0] if found else ""

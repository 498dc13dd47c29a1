"""References inside a transaction: from the Bundle's own names to where the resources come to stand.

http://hl7.org/fhir/R4/http.html#trules: fullUrls (urn:uuid and others), conditional references, links in narratives.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from akson.fhir.model import Resource

_LINKS = frozenset({"reference", "url", "uri", "valueUri", "valueUrl", "valueUuid", "valueOid"})
_NARRATIVE = re.compile(r"""(?<=["'])urn:(?:uuid|oid):[^"']+""")
_LITERAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?(?:#.*)?")
_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]+)\?(.+)")
_ENDS = re.compile(r"(?=/_history/|#)")

Trail = tuple[object, "Trail | None"]


@dataclass(frozen=True, slots=True)
class Link:
    """A Reference.reference or a uri in a resource."""

    holder: Resource
    key: str
    trail: Trail | None
    """The steps that lead to the holder, the innermost first: (step, the rest)."""

    @property
    def target(self) -> str:
        value: str = self.holder[self.key]
        return value

    @property
    def is_reference(self) -> bool:
        return self.key == "reference"

    def path(self, root: str) -> str:
        """The element as a FHIRPath location below `root`."""
        steps: list[str] = [f".{self.key}"]
        trail = self.trail
        while trail is not None:
            step, trail = trail
            steps.append(f"[{step}]" if isinstance(step, int) else f".{step}")
        return root + "".join(reversed(steps))


def links(resource: Resource) -> Iterator[Link]:
    """Every literal reference and every uri, contained resources included."""
    stack: list[tuple[object, Trail | None]] = [(resource, None)]
    while stack:
        node, trail = stack.pop()
        steps: Iterable[tuple[object, object]]
        steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for step, value in steps:
            if isinstance(value, dict | list):
                stack.append((value, (step, trail)))
            elif step in _LINKS and isinstance(value, str) and isinstance(node, dict):
                yield Link(node, str(step), trail)


def literal(reference: str, base: str) -> tuple[str, str] | None:
    """(type, id) of a reference to this server; None for anything else."""
    found = _LITERAL.fullmatch(reference.removeprefix(f"{base}/"))
    return (found[1], found[2]) if found else None


def conditional(reference: str) -> tuple[str, str] | None:
    """(type, criteria) of a conditional reference, e.g. Practitioner?identifier=http://x|1."""
    found = _CONDITIONAL.fullmatch(reference)
    return (found[1], found[2]) if found else None


def rename(link: Link, names: Mapping[str, str]) -> None:
    """Put the new name into a link, its version and fragment kept."""
    if link.target in names:
        link.holder[link.key] = names[link.target]
    elif link.is_reference:
        name, *rest = _ENDS.split(link.target, maxsplit=1)
        if name in names:
            link.holder[link.key] = names[name] + "".join(rest)


def rename_narrative(resource: Resource, names: Mapping[str, str]) -> None:
    """Put the new names into the links of the narrative."""
    text = resource.get("text")
    if isinstance(text, dict) and "urn:" in text.get("div", ""):
        text["div"] = _NARRATIVE.sub(lambda match: names.get(match[0], match[0]), text["div"])

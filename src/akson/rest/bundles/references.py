"""References inside a transaction: from the Bundle's own names to where the resources come to stand.

http://hl7.org/fhir/R4/http.html#trules: fullUrls (urn:uuid and others), conditional references, links in narratives.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from akson.fhir.model import Resource

_LINKS = frozenset(
    [
        "reference", "url", "uri", "valueUri", "valueUrl", "valueUuid", "valueOid", "definitionUri",
        "derivedFromUri", "eventUri", "instantiatesUri", "moduleUri", "sourceUri", "targetUri", "policy", "detail",
        "definition", "source", "target", "system", "address", "authority", "endpoint", "location",
    ]
)  # fmt: skip
"""Elements of type Reference, uri, url, uuid and oid, which a transaction renames; a canonical is no such link."""
_NARRATIVE = re.compile(r"""(?<=["'])urn:(?:uuid|oid):[^"']+""")
_LITERAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?(?:#.*)?")
_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]+)\?(.+)")
_ENDS = re.compile(r"(?=/_history/|#)")


@dataclass(frozen=True, slots=True)
class Link:
    """A Reference.reference or a uri in a resource. A uri that repeats stands in a list, `key` is then its place."""

    holder: Any
    key: Any

    @property
    def target(self) -> str:
        value: str = self.holder[self.key]
        return value

    @property
    def is_reference(self) -> bool:
        return bool(self.key == "reference")

    def path(self, resource: Resource, root: str) -> str:
        """The element as a FHIRPath location below `root`, where the resource stands."""
        return f"{root}{_path(resource, self.holder) or ''}.{self.key}"


def links(resource: Resource) -> list[Link]:
    """Every literal reference and every uri, contained resources included."""
    found = []
    stack: list[Any] = [resource]
    while stack:
        node = stack.pop()
        if type(node) is dict:
            for key, value in node.items():
                kind = type(value)
                if kind is dict or kind is list:
                    stack.append(value)
                    if kind is list and key in _LINKS:
                        found += [Link(value, i) for i, item in enumerate(value) if type(item) is str]
                elif kind is str and key in _LINKS:
                    found.append(Link(node, key))
        else:
            stack.extend([value for value in node if type(value) is dict or type(value) is list])
    return found


def _path(node: Any, wanted: Resource) -> str | None:
    """The way down from a node to one of its descendants; looked for only when there is something to tell."""
    if node is wanted:
        return ""
    steps = node.items() if type(node) is dict else enumerate(node) if type(node) is list else ()
    for step, value in steps:
        rest = _path(value, wanted)
        if rest is not None:
            return (f"[{step}]" if isinstance(step, int) else f".{step}") + rest
    return None


def literal(reference: str, base: str) -> tuple[str, str] | None:
    """(type, id) of a reference to this server; None for anything else."""
    found = _LITERAL.fullmatch(reference.removeprefix(f"{base}/"))
    return (found[1], found[2]) if found else None


def conditional(reference: str) -> tuple[str, str] | None:
    """(type, criteria) of a conditional reference, e.g. Practitioner?identifier=http://x|1."""
    found = _CONDITIONAL.fullmatch(reference)
    return (found[1], found[2]) if found else None


def rename(link: Link, names: Mapping[str, str]) -> bool:
    """Put the new name into a link, its version and fragment kept; whether there was one."""
    target = link.target
    new = names.get(target)
    if new is None and link.is_reference and ("#" in target or "/_history/" in target):
        name, *rest = _ENDS.split(target, maxsplit=1)
        new = names[name] + "".join(rest) if name in names else None
    if new is not None:
        link.holder[link.key] = new
    return new is not None


def rename_narrative(resource: Resource, names: Mapping[str, str]) -> None:
    """Put the new names into the links of the narrative."""
    text = resource.get("text")
    if isinstance(text, dict) and "urn:" in text.get("div", ""):
        text["div"] = _NARRATIVE.sub(lambda match: names.get(match[0], match[0]), text["div"])

"""The official XML schemas, from a folder that the operator names: none of them comes with Akson.

Imports between schemas mix relative names and addresses; they are resolved by base name inside the folder, never over
a network. The header demands that its payload is declared (`processContents="strict"`), so a message is checked by one
schema that imports the namespaces of header, payload and signature together.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

XS = "http://www.w3.org/2001/XMLSchema"
_TARGET = re.compile(rb"""<(?:\w+:)?schema[^>]*?targetNamespace\s*=\s*["']([^"']+)["']""", re.DOTALL)


class Schemas:
    """Schemas of a folder, found by the namespace that they declare."""

    def __init__(self, folder: Path) -> None:
        self._by_name: dict[str, Path] = {}
        self._by_namespace: dict[str, Path] = {}
        for path in sorted(folder.rglob("*.xsd")):
            self._by_name.setdefault(path.name, path)
            found = _TARGET.search(path.read_bytes())
            if found:
                # Sorted by name, so that the newest version of a namespace wins.
                self._by_namespace[found[1].decode("latin-1")] = path
        self._compiled = lru_cache(maxsize=64)(self._compile)

    def errors(self, root: etree._Element) -> list[str] | None:
        """What does not validate, as schema rule and line; None when the folder lacks the root's schema.

        The messages of the library quote content, so only rule, element and line are repeated.
        """
        used = {etree.QName(e).namespace or "" for e in root.iter(etree.Element)}
        known = frozenset(used & self._by_namespace.keys())
        if etree.QName(root).namespace not in known:
            return None
        schema = self._compiled(known)
        # Lines are those of the text, so the check is on a tree of its own.
        schema.validate(etree.fromstring(etree.tostring(root, encoding="UTF-8")))
        return [f"{e.type_name} line {e.line}" for e in schema.error_log]

    def _compile(self, namespaces: frozenset[str]) -> etree.XMLSchema:
        root = etree.Element(f"{{{XS}}}schema", nsmap={"xs": XS})
        for namespace in sorted(namespaces):
            location = self._by_namespace[namespace].name
            etree.SubElement(root, f"{{{XS}}}import", namespace=namespace, schemaLocation=location)
        parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
        parser.resolvers.add(_ByName(self._by_name))
        return etree.XMLSchema(etree.fromstring(etree.tostring(root), parser, base_url="akson:/all.xsd"))


class _ByName(etree.Resolver):
    def __init__(self, files: dict[str, Path]) -> None:
        self._files = files

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:
        del public_id
        name = (system_url or "").rsplit("/", 1)[-1]
        if name in self._files:
            return self.resolve_string(self._files[name].read_bytes(), context, base_url=f"akson:/{name}")
        return self.resolve_empty(context)

"""The shared examples, by message; tests skip where the data does not stand beside the project."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from akson.messaging.kith import xml
from akson.messaging.schemas import Schemas
from tests.shared import ROOT, shared

_NEAR = next(
    (
        p / "shared" / "data" / "kith"
        for p in (ROOT.parent, ROOT.parent.parent)
        if (p / "shared" / "data").exists()
    ),
    None,
)


def every(pattern: str) -> list:
    """One test parameter a file, or a single skipped one."""
    files = sorted(_NEAR.glob(pattern)) if _NEAR else []
    if not files:
        return [
            pytest.param(
                None, marks=pytest.mark.skip(reason="the example data does not stand beside the project")
            )
        ]
    return [pytest.param(path, id=path.stem) for path in files]


@cache
def _schemas(folder: Path) -> Schemas:
    return Schemas(folder)


def schema_errors(raw: bytes) -> list[str] | None:
    """What the official schema says of a message."""
    return _schemas(shared("kith/xsd")).errors(xml.parse(raw))


def canonical(element: etree._Element) -> str:
    """An element as text that is equal when the documents say the same: no comments, no space between elements."""
    copy = etree.fromstring(etree.tostring(element, encoding="UTF-8"))
    for each in copy.iter():
        for name in [n for n in each.attrib if "schemaLocation" in str(n)]:
            del each.attrib[name]
        if len(each) and not (each.text or "").strip():
            each.text = None
        if not (each.tail or "").strip():
            each.tail = None
    return etree.tostring(copy, method="c14n", exclusive=True, with_comments=False).decode()


def leaves(element: etree._Element) -> Counter[tuple[str, str]]:
    """Every text and attribute with the path of its element, names only."""
    found: Counter[tuple[str, str]] = Counter()

    def walk(node: etree._Element, path: str) -> None:
        where = f"{path}/{etree.QName(node).localname}"
        found.update((f"{where}/@{etree.QName(n).localname}", v) for n, v in node.attrib.items())
        words = " ".join((node.text or "").split())
        if words:
            found[(where, words)] += 1
        if not (words or len(node) or node.attrib):
            found[(where, "")] += 1
        for child in node:
            walk(child, where)

    walk(element, "")
    return found

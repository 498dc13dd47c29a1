"""The narrative: XHTML with what R4 allows of it. Source: http://hl7.org/fhir/R4/narrative.html#xhtml (txt-1, txt-2)."""

import html.entities
import re
from typing import Any

from lxml import etree

XHTML = "{http://www.w3.org/1999/xhtml}"
_ELEMENTS = frozenset(
    re.findall(
        r"\w+",
        "a abbr acronym address b big bdo blockquote br caption cite code col colgroup dd del dfn div dl dt em h1 h2 h3 h4"
        " h5 h6 hr i img ins kbd li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul u var"
        " strike s center",
    )
)
_ATTRIBUTES = frozenset(
    re.findall(
        r"\w+",
        "abbr accesskey align alt axis bgcolor border cellpadding cellspacing cellhalign char charoff charset cite class"
        " colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev rowspan"
        " rules scope shape span src start style summary tabindex title type valign value vspace width",
    )
)
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SCHEMES = ("http:", "https:", "mailto:", "tel:", "data:image/", "cid:", "urn:", "ftp:")


def faults(div: Any) -> list[str]:
    """What is wrong with the text of a `div`, in words; none: it is allowed."""
    if not isinstance(div, str):
        return []
    if "<!DOCTYPE" in div[:200].upper():
        return ["has a DOCTYPE"]
    parser = etree.XMLParser(no_network=True, resolve_entities=False, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(_plain(div).encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return ["is not well-formed XML"]
    found: list[str] = []
    if root.tag != XHTML + "div":
        found.append("must be one div element of the namespace http://www.w3.org/1999/xhtml")
    for element in root.iter():
        found.extend(_of_element(element))
    if not found and not "".join(root.itertext()).strip() and root.find(f".//{XHTML}img") is None:
        found.append("must have some content other than white space (txt-2)")
    return list(dict.fromkeys(found))


def _plain(div: str) -> str:
    """HTML's names of characters, which XML does not know, as the characters themselves."""

    def named(match: re.Match[str]) -> str:
        name = match.group(1)
        code = html.entities.name2codepoint.get(name)
        return match.group(0) if code is None or name in {"lt", "gt", "amp", "quot"} else chr(code)

    return re.sub(r"&(\w+);", named, div)


def _of_element(element: Any) -> list[str]:
    if not isinstance(element.tag, str):
        return [] if element.tag is etree.Comment else ["has a processing instruction or an entity"]
    space, _, name = element.tag.rpartition("}")
    if space + "}" != XHTML or name not in _ELEMENTS:
        return [f"has the element {name[:40]}, which a narrative may not have (txt-1)"]
    found = []
    for attribute, value in element.attrib.items():
        if attribute not in _ATTRIBUTES and attribute != _XML_LANG:
            found.append(
                f"has the attribute {attribute[:40]} of {name}, which a narrative may not have (txt-1)"
            )
        elif attribute in {"href", "src"} and not _safe(value):
            found.append(f"has an address in {attribute} of {name} that a narrative may not have (txt-1)")
    return found


def _safe(address: str) -> bool:
    head = address.strip().lower()
    scheme, colon, _ = head.partition(":")
    if not colon or not scheme.replace("+", "").replace("-", "").replace(".", "").isalnum():
        return True
    return head.replace(" ", "").startswith(_SCHEMES)

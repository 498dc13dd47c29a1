"""FHIR elements as people read them: names, concepts, references. Pure; a missing element is an empty text."""

import html
import re
from typing import Any

import nh3

from akson.fhir.model import Resource
from akson.kit.norwegian import DNR, FNR

BREAK = re.compile(r"</p>|</li>|</tr>|</h[1-6]>|<br ?/?>", re.IGNORECASE)


def name(resource: Resource | None) -> str:
    """The name of a Patient, Practitioner, RelatedPerson (HumanName) or Organization (string)."""
    found = (resource or {}).get("name")
    if isinstance(found, str):
        return found
    names = found or []
    best = next((n for n in names if n.get("use") in {"official", "usual"}), names[0] if names else {})
    return best.get("text") or " ".join([*best.get("given", []), best.get("family", "")]).strip()


def initials(full: str) -> str:
    """Two letters for a round picture: the first of the first and of the last name."""
    words = full.split()
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper() if words else ""


def concept(value: dict[str, Any] | None) -> str:
    """The words of a CodeableConcept: its text, else the display of its first coding."""
    value = value or {}
    displays = [c["display"] for c in value.get("coding", []) if c.get("display")]
    return str(value.get("text") or (displays[0] if displays else ""))


def code(value: dict[str, Any] | None, system: str = "") -> str:
    """The code of a CodeableConcept, of one system or of the first coding."""
    for coding in (value or {}).get("coding", []):
        if not system or coding.get("system") == system:
            return str(coding.get("code", ""))
    return ""


def display(reference: dict[str, Any] | None) -> str:
    """The words of a Reference."""
    return str((reference or {}).get("display", ""))


def national_id(patient: Resource) -> str:
    """The national identity number (fødselsnummer or D-number), eleven digits; empty when there is none."""
    for identifier in patient.get("identifier", []):
        if identifier.get("system") in {FNR, DNR}:
            return str(identifier.get("value", ""))
    return ""


def spaced(number: str) -> str:
    """An identity number in two groups, as people read it."""
    return f"{number[:6]} {number[6:]}".strip()


def text_of_div(div: str) -> str:
    """The words of a FHIR narrative: a paragraph or line break becomes a new line, all markup goes."""
    if not div:
        return ""
    spaced = BREAK.sub("\n", div)
    return html.unescape(nh3.clean(spaced, tags=set())).strip()

"""Results as lines of a table: the value, what is usual, what deviates, and what it was before."""

from collections.abc import Mapping
from dataclasses import dataclass

from akson.fhir.model import Resource
from akson.web import say, show
from akson.web.services.cells import quantity

STATES = {
    "registered": ("result.state_registered", ""),
    "partial": ("result.state_preliminary", "warning"),
    "preliminary": ("result.state_preliminary", "warning"),
    "amended": ("result.state_changed", "warning"),
    "corrected": ("result.state_changed", "warning"),
    "appended": ("result.state_appended", "info"),
    "cancelled": ("result.state_withdrawn", "danger"),
    "entered-in-error": ("result.state_withdrawn", "danger"),
}
"""States that people must be told of: a final one is as it should be."""
_ABNORMAL = {
    "H": "result.high", "HH": "result.high", "L": "result.low", "LL": "result.low", "A": "result.abnormal",
    "AA": "result.abnormal", "R": "result.resistant", "I": "result.intermediate",
}  # fmt: skip
WITHDRAWN = frozenset({"entered-in-error", "cancelled"})


@dataclass(frozen=True, slots=True)
class Value:
    """One result. `flag`, `state` are keys of the catalogues, empty where there is nothing to say."""

    name: str
    value: str
    range: str
    flag: str
    state: str
    tone: str
    before: str
    """What it was before the laboratory changed it."""
    earlier: str
    """The last result of the same examination before this one, with its day."""
    note: str
    level: int
    is_withdrawn: bool


def tokens(observation: Resource) -> set[str]:
    """The codes of what was examined, each as `system|code`."""
    codings = observation.get("code", {}).get("coding", ())
    return {f"{c['system']}|{c['code']}" for c in codings if c.get("system") and c.get("code")}


def values(
    key: str,
    there: Mapping[str, Resource],
    others: tuple[Mapping[str, Resource], Mapping[str, Resource]],
    language: str,
    level: int,
) -> list[Value]:
    """A result and those below it, each once."""
    found = there.get(key)
    if found is None or level > 4:
        return []
    before, earlier = (each.get(key, {}) for each in others)
    state, tone = STATES.get(str(found.get("status")), ("", ""))
    flags = [c.get("code", "") for i in found.get("interpretation", ()) for c in i.get("coding", ())]
    was = words(before, language) if before else ""
    last = (
        f"{words(earlier, language)} ({say.day(earlier['effectiveDateTime'], language)})" if earlier else ""
    )
    made = Value(
        name=show.concept(found.get("code")),
        value=words(found, language),
        range=", ".join(str(r["text"]) for r in found.get("referenceRange", ()) if r.get("text")),
        flag=next((_ABNORMAL[each] for each in flags if each in _ABNORMAL), ""),
        state=state,
        tone=tone,
        before=was if was != words(found, language) else "",
        earlier=last,
        note="\n".join(str(note["text"]) for note in found.get("note", ()) if note.get("text")),
        level=level,
        is_withdrawn=found.get("status") in WITHDRAWN,
    )
    parts = [
        Value(
            show.concept(c.get("code")),
            words(c, language),
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            level + 1,
            made.is_withdrawn,
        )
        for c in found.get("component", ())
    ]
    members = [r["reference"].partition("/")[2] for r in found.get("hasMember", ())]
    return [made, *parts, *(v for m in members for v in values(m, there, others, language, level + 1))]


def words(found: Resource, language: str) -> str:
    """The value of an Observation or of a part of one."""
    if "valueQuantity" in found:
        return quantity(found["valueQuantity"], language)
    if "valueRange" in found:
        ends = (found["valueRange"].get(end) for end in ("low", "high"))
        return " – ".join(quantity(end, language) for end in ends if end)
    if "valueCodeableConcept" in found:
        return show.concept(found["valueCodeableConcept"])
    if "valueDateTime" in found:
        return say.when(str(found["valueDateTime"]), language)
    return str(found.get("valueString", ""))

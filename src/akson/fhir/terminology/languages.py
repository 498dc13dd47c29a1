"""Which of a concept's designations a reader of some language wants to see.

Language tags after BCP 47: a wish for nb is met by nb-NO, and one for no by nb or nn.
"""

from collections.abc import Iterable

from akson.fhir.terminology.concept import Concept, Designation

FULL_NAME = "900000000000003001"
"""SNOMED CT's fully specified name: exact, and not what people say."""
_MACRO = {"no": ("no", "nb", "nn")}


def wishes(header: str | None) -> tuple[str, ...]:
    """The tags of an Accept-Language value in its order; empty where any language will do."""
    tags = [part.partition(";")[0].strip() for part in (header or "").split(",")]
    return tuple(tag for tag in tags if tag and tag != "*")


def meets(language: str, wish: str) -> bool:
    """Whether a text in a language meets a wish."""
    have, wanted = language.casefold(), wish.casefold()
    return any(have == each or have.startswith(f"{each}-") for each in _MACRO.get(wanted, (wanted,)))


def display(concept: Concept, wanted: Iterable[str]) -> str:
    """The concept's name in the first language that there is one in; its display otherwise."""
    for wish in wanted:
        for each in concept.designations:
            if each.value and meets(each.language, wish) and each.use.get("code") != FULL_NAME:
                return each.value
    return concept.display


def in_languages(concept: Concept, wanted: tuple[str, ...]) -> list[Designation]:
    """The designations in some languages; all when none is named."""
    return [
        each
        for each in concept.designations
        if not wanted or any(meets(each.language, wish) for wish in wanted)
    ]

"""Text search in terms: whole words and their beginnings, without case and accents, the best match first."""

import re
from collections.abc import Iterable

from akson.kit.letters import normal

_WORD = re.compile(r"[^\W_]+")
EXACT, PREFIX, WORD, SCATTERED = range(4)
"""How well a term matches: it is the text, begins with it, has a word that does, has its words somewhere."""


def words(text: str) -> list[str]:
    """The words of a text in normal form. A hyphen or a full stop parts words, as a space does."""
    return _WORD.findall(normal(text))


def line(text: str) -> str:
    """A term in the form that `rank` compares."""
    return " ".join(words(text))


def lines(terms: Iterable[str]) -> str:
    """All terms of a concept, each on a line of its own, lines before and after included."""
    found = dict.fromkeys(line(term) for term in terms)
    return "\n" + "".join(f"{each}\n" for each in found if each)


def matches(terms: str, wanted: list[str]) -> bool:
    """Whether each wanted word begins a word of the terms (as `lines` gives them)."""
    spaced = terms.replace("\n", " ")
    return all(f" {word}" in spaced for word in wanted)


def rank(terms: str, wanted: list[str]) -> int:
    """How well the best term matches; 0 is best."""
    text = " ".join(wanted)
    if f"\n{text}\n" in terms:
        return EXACT
    if f"\n{text}" in terms:
        return PREFIX
    return WORD if f" {text}" in terms else SCATTERED

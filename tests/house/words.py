"""Rules of words: where Norwegian may stand, and that people read catalogues, not code."""

import ast
import re
from collections.abc import Iterator
from functools import cache, lru_cache

import simplemma

from tests.house.source import ROOT, Source

LETTERS = re.compile(r"[æøåÆØÅ]")
SAMENAMES = {"Bokmål"}  # a language is named in its own words
STOPWORDS = {
    "og",
    "ikke",
    "er",
    "det",
    "som",
    "til",
    "har",
    "ble",
    "kan",
    "med",
    "fra",
    "eller",
    "ingen",
    "den",
    "av",
    "du",
    "deg",
    "hva",
}
ENGLISH = set((ROOT / "tests" / "house" / "english.txt").read_text("utf-8").split())


@lru_cache(maxsize=1)
def ordliste() -> frozenset[str]:
    """The Norwegian words that identifiers may use, in small letters, as code writes them."""
    page = ROOT / "docs" / "reference" / "ordliste.md"
    rows = re.findall(r"^\| *`([a-z_]+)` *\|", page.read_text("utf-8"), re.MULTILINE)
    return frozenset(word for row in rows for word in row.split("_"))


def _known(word: str, language: str) -> bool:
    return simplemma.is_known(word, lang=language) or simplemma.is_known(word.capitalize(), lang=language)


@cache
def norwegian(word: str) -> bool:
    """Whether a word in small ASCII letters is Norwegian and not English: by dictionary, whole or as a compound."""
    if len(word) < 4 or word in ENGLISH or _known(word, "en"):
        return False
    spellings = {word, word.replace("aa", "å"), word.replace("oe", "ø"), word.replace("ae", "æ")}
    spellings.add(word.replace("aa", "å").replace("oe", "ø").replace("ae", "æ"))
    if any(_known(spelling, "nb") for spelling in spellings):
        return True
    return any(_compound(spelling) for spelling in spellings)


def _compound(word: str) -> bool:
    for cut in range(4, len(word) - 3):
        first, second = word[:cut], word[cut:]
        if simplemma.is_known(second, lang="nb"):
            least = 7 if _plain(second) else 4
            stems = {first, first.removesuffix("s"), first.removesuffix("e")}
            if any(len(s) >= least and simplemma.is_known(s, lang="nb") and not _plain(s) for s in stems):
                return True
    return False


def _plain(word: str) -> bool:
    """Norwegian words that are also English would make Norwegian compounds out of English ones."""
    return word in ENGLISH or simplemma.is_known(word, lang="en")


def _split(identifier: str) -> list[str]:
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)
    return [part.lower() for part in parts]


def _defined(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """The names that this file gives: functions, classes, arguments, variables and fields."""
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node, node.name
        elif isinstance(node, ast.arg):
            yield node, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node, node.id


def norwegian_names_are_in_the_word_list(source: Source) -> Iterator[str]:
    """English, or a noun that docs/reference/ordliste.md explains."""
    if not (source.python and source.product):
        return
    parts = source.path.removesuffix(".py").split("/")[2:]
    names = [(source.tree, part) for part in parts] + list(_defined(source))
    seen = set()
    for node, name in names:
        for word in _split(name):
            if word not in seen and word not in ordliste() and norwegian(word):
                seen.add(word)
                yield source.at(
                    node,
                    f"{word!r} in {name} looks Norwegian: use English, or explain it in docs/reference/ordliste.md"
                    " (an English word that the dictionary lacks goes into tests/house/english.txt)",
                )


def norwegian_letters_only_in_text(source: Source) -> Iterator[str]:
    """Names of files, functions and variables are ASCII."""
    if LETTERS.search(source.path) or not source.path.isascii():
        yield f"{source.path}: a file name that is not ASCII"
    if source.python:
        for node, name in _defined(source):
            if not name.isascii():
                yield source.at(node, f"{name} is not ASCII")


def _sentence(value: str) -> bool:
    words = re.findall(r"[a-zæøå]+", value.lower())
    return len(words) > 2 and sum(word in STOPWORDS for word in words) > 1


def _text_is_data(source: Source) -> bool:
    return any(part in source.path for part in ("/demo/", "/kit/texts/", "/codes/"))


def people_read_catalogues(source: Source) -> Iterator[str]:
    """Norwegian text stands in the catalogues. A standard's own words may stand where a comment says `standard:`."""
    if not (source.python and source.product) or _text_is_data(source):
        return
    lines = source.text.splitlines()
    for node in source.strings():
        value = str(node.value)
        shown = len(value) > 1 and LETTERS.search(value) and value not in SAMENAMES
        if (shown or _sentence(value)) and "standard:" not in lines[node.lineno - 1]:
            yield source.at(node, f"text for people outside the catalogues: {value[:60]!r}")

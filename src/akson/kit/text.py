"""Text for people comes from catalogues: bokmaal first, nynorsk and English beside it.

A key is `domain.name`; the domain names the file: `texts/<language>/<domain>.po`. A language that lacks a key
falls back to bokmaal. A key that bokmaal lacks is a fault in the program and is raised, never shown.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from babel.messages.pofile import read_po

LANGUAGES = ("nb", "nn", "en")
SOURCE = "nb"

LANGUAGE_COOKIE = "akson_language"
"""Holds the language that somebody chose on a page."""

Catalogue = dict[str, str | tuple[str, ...]]


def language_asked(accepted: str, *wished: str) -> str:
    """The first language there is of those wished and of what a browser accepts (the header Accept-Language)."""
    for tag in (*wished, *accepted.replace(";", ",").split(",")):
        language = {"no": SOURCE}.get(primary := tag.strip().lower().partition("-")[0], primary)
        if language in LANGUAGES:
            return language
    return SOURCE


@lru_cache
def catalogue(language: str) -> Catalogue:
    """All texts of one language, key to text; a plural text is a tuple (one, many)."""
    texts: Catalogue = {}
    folder = files("akson.kit") / "texts" / language
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".po"):
            with entry.open("rb") as stream:
                for message in read_po(stream, locale=language):
                    if message.id and message.string and not isinstance(message.id, tuple | list):
                        texts[message.id] = str(message.string)
                    elif message.id and message.string:
                        texts[message.id[0]] = tuple(message.string)
    return texts


def text(key: str, language: str = SOURCE, /, **values: object) -> str:
    """The text of a key. `n` among the values picks the plural form. KeyError when bokmaal lacks the key."""
    found = catalogue(language).get(key) if language in LANGUAGES else None
    if not found or found == ("", ""):
        found = catalogue(SOURCE)[key]
    if isinstance(found, tuple):
        found = found[0] if values.get("n") == 1 else found[1]
    return found.format(**values) if values else found


KEPT = "akson:"
"""What begins so is kept texts, and not the words of somebody."""


def kept(said: Mapping[str, Mapping[str, object]]) -> str:
    """Texts as they are kept until it is known who reads them: their keys, each with its values."""
    return KEPT + json.dumps(said, sort_keys=True, separators=(",", ":"))


def of_kept(words: str, language: str = SOURCE) -> str:
    """Kept texts as sentences in the language of the reader; what somebody has written as it stands."""
    if not words.startswith(KEPT):
        return words
    try:
        said = json.loads(words.removeprefix(KEPT))
        return ". ".join(text(key, language, **values) for key, values in said.items())
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return words  # somebody wrote it who keeps no texts

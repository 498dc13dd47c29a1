"""Rules of pages and catalogues: no literal text in templates, every key in every language."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from babel.messages.pofile import read_po

from tests.house.source import ROOT, Source

BRAND = {"Akson"}
SHOWN = ("title", "alt", "placeholder", "aria-label", "aria-description", "label", "summary")
CATALOGUES = "src/akson/kit/texts"
LANGUAGES = ("nb", "nn", "en")


def _blank(match: re.Match[str]) -> str:
    """What is taken out of a template leaves its lines behind, so that line numbers stay true."""
    return re.sub(r"[^\n]", " ", match.group())


def templates_hold_no_text(source: Source) -> Iterator[str]:
    """What people read in a page comes from t('domain.name')."""
    if not (source.product and source.path.endswith((".html", ".jinja"))):
        return
    page = re.sub(r"\{% block \w+_class %\}.*?\{% endblock %\}", _blank, source.text, flags=re.DOTALL)
    page = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->", _blank, page, flags=re.DOTALL)
    page = re.sub(r"<(script|style)\b.*?</\1>", _blank, page, flags=re.DOTALL)
    for match in re.finditer(rf"\s({'|'.join(SHOWN)})=\"([^\"]*)\"", page):
        if re.search(r"[^\W\d_]{2,}", match.group(2)):
            line = page.count("\n", 0, match.start()) + 1
            yield f"{source.path}:{line}: {match.group(1)}={match.group(2)!r} is text outside the catalogues"
    bare = re.sub(r"<[^>]*>", _blank, page)
    bare = re.sub(r"&\w+;", _blank, bare)
    for number, line in enumerate(bare.splitlines(), 1):
        for word in re.findall(r"[^\W\d_]{2,}", line):
            if word not in BRAND:
                yield f"{source.path}:{number}: {word!r} is text outside the catalogues"
                break


def _entries(source: Source) -> dict[str, tuple[str, ...]]:
    """Key to its texts: one, or one for each plural form."""
    found = {}
    for message in read_po(iter(source.text.encode().splitlines(keepends=True))):
        if message.id:
            key = message.id[0] if isinstance(message.id, tuple | list) else message.id
            texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
            found[key] = tuple(str(text or "") for text in texts)
    return found


def _holes(texts: tuple[str, ...]) -> set[str]:
    return {hole for text in texts for hole in re.findall(r"\{(\w*)", text)}


def languages_have_the_same_keys(sources: tuple[Source, ...]) -> Iterator[str]:
    """A key stands in every language, with text, and with the same holes to fill."""
    pages = {s.path: _entries(s) for s in sources if s.path.startswith(CATALOGUES) and s.path.endswith(".po")}
    for domain in sorted({path.rsplit("/", 1)[1] for path in pages}):
        found = {language: pages.get(f"{CATALOGUES}/{language}/{domain}", {}) for language in LANGUAGES}
        for language, entries in found.items():
            for key in sorted(set().union(*found.values()) - entries.keys()):
                yield f"{CATALOGUES}/{language}/{domain}: lacks {key}"
            for key, texts in entries.items():
                if not all(texts):
                    yield f"{CATALOGUES}/{language}/{domain}: {key} has no text"
                if not key.startswith(domain.removesuffix(".po") + "."):
                    yield f"{CATALOGUES}/{language}/{domain}: {key} belongs to another domain"
                if key in found["nb"] and not _holes(texts) <= _holes(found["nb"][key]):
                    yield f"{CATALOGUES}/{language}/{domain}: {key} asks for values that nb does not have"


@lru_cache(maxsize=1)
def _keys() -> frozenset[str]:
    found: set[str] = set()
    for file in sorted((ROOT / CATALOGUES / "nb").glob("*.po")):
        found |= _entries(Source(file.name, file.read_text("utf-8"))).keys()
    return frozenset(found)


def asked_for_keys_exist(source: Source) -> Iterator[str]:
    """text("...") and t('...') ask only for keys that bokmål has."""
    if source.product and source.path.endswith((".html", ".jinja")):
        for match in re.finditer(r"\bt\(\s*(['\"])([a-z_]+\.[\w.]+)\1\s*[,)]", source.text):
            if match.group(2) not in _keys():
                line = source.text.count("\n", 0, match.start()) + 1
                yield f"{source.path}:{line}: no text {match.group(2)}"
    if not (source.python and source.product):
        return
    for node in source.nodes:
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "text"
            and node.args
        ):
            key = node.args[0]
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value not in _keys():
                yield source.at(node, f"no text {key.value}")

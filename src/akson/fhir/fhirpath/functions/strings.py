"""Functions on text. Source: http://hl7.org/fhirpath/N1/#string-manipulation and later additions."""

import base64
import binascii
import html
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import re2

from akson.fhir.fhirpath.budget import FREE, PATTERN, TooCostly, hold_text
from akson.fhir.fhirpath.functions.registry import function
from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.runtime import Env, single
from akson.fhir.fhirpath.values import Collection


def _on_text(
    name: str, fewest: int = 0, most: int | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A function of one text and text arguments: empty in, empty out."""

    def add(body: Callable[..., Any]) -> Callable[..., Any]:
        def run(env: Env, focus: Collection, *arguments: Collection) -> Collection:
            text = single(focus, str)
            values = [single(argument, str) for argument in arguments]
            if text is None or None in values:
                return []
            if len(text) > FREE:
                env.budget.text(len(text))
            found = body(text, *values)
            if type(found) is str and len(found) > FREE:
                env.budget.text(len(found))
            return [] if found is None else [found]

        function(name, fewest, most)(run)
        return body

    return add


_on_text("length")(len)
_on_text("upper")(str.upper)
_on_text("lower")(str.lower)
_on_text("trim")(str.strip)
_on_text("startsWith", 1)(str.startswith)
_on_text("endsWith", 1)(str.endswith)
_on_text("contains", 1)(lambda text, part: part in text)
_on_text("indexOf", 1)(str.find)
_on_text("lastIndexOf", 1)(str.rfind)


@_on_text("replace", 2)
def replace(text: str, part: str, by: str) -> str:
    if len(by) > len(part):
        hold_text(len(text) + text.count(part) * (len(by) - len(part)))
    return text.replace(part, by)


@function("substring", 1, 2)
def substring(
    _env: Env, focus: Collection, start: Collection, length: Collection | None = None
) -> Collection:
    text, first = single(focus, str), single(start, int)
    if text is None or first is None or not 0 <= first < len(text):
        return []
    size = single(length, int) if length else None
    return [text[first:] if size is None else text[first : first + max(size, 0)]]


_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


@lru_cache(maxsize=256)
def _pattern(text: str, flags: str) -> Any:
    if len(text) > PATTERN:
        raise TooCostly(f"a regular expression may have at most {PATTERN} characters")
    try:
        return re2.compile(f"(?{flags}){text}" if flags else text, _OPTIONS)
    except re2.error as error:
        raise FHIRPathError("not a regular expression that can be used") from error


_GROUP = re.compile(r"\$(\d+)|\$\{?(\w+)\}?")


@_on_text("matches", 1, 2)
def matches(text: str, pattern: str, flags: str = "") -> bool:
    return _pattern(pattern, "s" + flags).search(text) is not None


@_on_text("matchesFull", 1, 2)
def matches_full(text: str, pattern: str, flags: str = "") -> bool:
    return _pattern(pattern, "s" + flags).fullmatch(text) is not None


@_on_text("replaceMatches", 2, 3)
def replace_matches(text: str, pattern: str, by: str, flags: str = "") -> str:
    if not pattern:
        return text
    template, groups = _GROUP.subn(r"\\g<\1\2>", by.replace("\\", "\\\\"))
    length = 0

    def expanded(match: Any) -> str:
        nonlocal length
        length += len(by) + groups * (match.end() - match.start())
        hold_text(length)
        return str(match.expand(template))

    try:
        return str(_pattern(pattern, flags).sub(expanded, text))
    except (IndexError, re2.error) as error:
        raise FHIRPathError("the replacement names a group that the expression does not have") from error


@function("toChars")
def to_chars(env: Env, focus: Collection) -> Collection:
    text = single(focus, str) or ""
    env.budget.hold(len(text))
    return list(text)


@function("split", 1)
def split(env: Env, focus: Collection, mark: Collection) -> Collection:
    text, wanted = single(focus, str), single(mark, str)
    if text is None:
        return []
    env.budget.hold(text.count(wanted) if wanted else len(text))
    return text.split(wanted) if wanted else list(text)


@function("join", 0, 1)
def join(env: Env, focus: Collection, mark: Collection | None = None) -> Collection:
    if not focus:
        return []
    between = single(mark, str) if mark else ""
    texts = [str(single([item], str)) for item in focus]
    env.budget.text(sum(map(len, texts)) + len(between) * len(texts))
    return [between.join(texts)]


def _urlbase64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii")


_ENCODE: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda data: base64.b64encode(data).decode("ascii"),
    "urlbase64": _urlbase64,
}
_DECODE: dict[str, Callable[[str], bytes]] = {
    "hex": bytes.fromhex,
    "base64": lambda text: base64.b64decode(text, validate=True),
    "urlbase64": base64.urlsafe_b64decode,
}


@_on_text("encode", 1)
def encode(text: str, how: str) -> str | None:
    return _ENCODE[how](text.encode()) if how in _ENCODE else None


@_on_text("decode", 1)
def decode(text: str, how: str) -> str | None:
    try:
        return _DECODE[how](text).decode() if how in _DECODE else None
    except (binascii.Error, ValueError):
        return None


@_on_text("escape", 1)
def escape(text: str, how: str) -> str | None:
    if how == "html":
        return html.escape(text)
    return json.dumps(text, ensure_ascii=False)[1:-1] if how == "json" else None


@_on_text("unescape", 1)
def unescape(text: str, how: str) -> str | None:
    if how == "html":
        return html.unescape(text)
    quoted = text.replace('\\"', '"').replace('"', '\\"')
    try:
        made = str(json.loads(f'"{quoted}"')) if how == "json" else None
    except ValueError:
        return None
    return None if made is None or _HALF.search(made) else made


_HALF = re.compile("[\ud800-\udfff]")
"""Half a character, which is no text."""

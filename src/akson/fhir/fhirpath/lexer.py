"""FHIRPath text to tokens."""

import re
from typing import NamedTuple


class FHIRPathError(ValueError):
    """The expression is not FHIRPath, or asks for what it cannot mean."""


class Token(NamedTuple):
    kind: str
    text: str
    position: int


_PATTERN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<datetime>@\d{4}(?:-\d\d(?:-\d\d)?)?T(?:\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:\d\d)?)?)
  | (?P<date>@\d{4}(?:-\d\d(?:-\d\d)?)?)
  | (?P<time>@T\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?)
  | (?P<number>\d+(?:\.\d+)?)
  | (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<delimited>`(?:[^`\\]|\\.)*`)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<variable>\$(?:this|index|total)|%(?:[A-Za-z_][A-Za-z0-9_-]*|`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'))
  | (?P<symbol><=|>=|!=|!~|[-+*/&|<>=~.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"r": "\r", "n": "\n", "t": "\t", "f": "\f", "'": "'", '"': '"', "`": "`", "\\": "\\", "/": "/"}


def tokens(text: str) -> list[Token]:
    """All tokens of the text, an `end` token last. Raises FHIRPathError naming the place, not the text."""
    found = []
    position = 0
    while position < len(text):
        match = _PATTERN.match(text, position)
        if match is None:
            raise FHIRPathError(f"unexpected {text[position]!r} at {position}")
        kind = str(match.lastgroup)
        if kind != "space":
            found.append(Token(kind, match.group(), position))
        position = match.end()
    found.append(Token("end", "", position))
    return found


def unquote(text: str) -> str:
    """The value of a quoted string or delimited name."""
    return _ESCAPE.sub(_unescape, text[1:-1])


def _unescape(match: re.Match[str]) -> str:
    found = match.group(1)
    if found[0] == "u" and len(found) == 5:
        code = int(found[1:], 16)
        if 0xD800 <= code < 0xE000:
            raise FHIRPathError("half a character is no text")
        return chr(code)
    if found not in _ESCAPED:
        raise FHIRPathError(f"unknown escape \\{found}")
    return _ESCAPED[found]

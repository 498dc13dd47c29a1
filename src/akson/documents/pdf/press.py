"""Makes a PDF of a template of ours and content that is data: tagged, for screen readers too (PDF/UA-1, ISO 14289-1).

Content goes to the template as JSON and is printed as text whatever it holds: it is never evaluated, so nothing in it can
read a file, fetch an address or change the paper. The templates are read from their own folder and import nothing else.
A new kind of paper is one template beside the others, and one line of `Paper`.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import typst

from akson.kit.errors import Unavailable

STANDARD: Final = "ua-1"
MISSING = "�"
"""Stands for a letter that no font of ours has; a paper with unknown letters would be no PDF/UA."""
TRIES = 60
"""Different letters without a font that are found one by one; after that all but the Latin ones are replaced."""
AT_ONCE = 2
"""Papers that a process makes at once: each takes a processor for itself."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_UNUSUAL = re.compile(r"[^\n\t -⏿\ufffd]")
_NOT_LATIN = re.compile(r"[^\n\t -~\u00a0-\u017f\u2013\u2014\u2018-\u201d\u2022\u2026\ufffd]")
_UNSHOWN = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')

Value = str | int | bool | None | Sequence["Value"] | Mapping[str, "Value"]


class Paper(StrEnum):
    """The kinds of papers: the name of each one's template. `frame.typ` says what all of them take.

    `title`, `subject` (whom it is about, in the running head), `sender`, `language` (nb, nn, en), `lead` (lines below the
    title), `foot` (when and where it was made); the rest is the template's own.
    """

    ACCESS_LOG = "access_log"
    SUMMARY = "summary"


def press(paper: Paper, content: Mapping[str, Value]) -> bytes:
    """The paper. Takes from 0.05 seconds up, about half a second for a thousand items: see `pressed`."""
    said = _each(content, lambda text: _UNUSUAL.sub(MISSING, _CONTROL.sub(" ", text)))
    with as_file(files("akson.documents.pdf") / "templates") as folder:
        for _ in range(TRIES):
            made, unshown = _compiled(folder, paper, said)
            if made is not None:
                return made
            said = _each(said, lambda text, gone=unshown: text.replace(gone, MISSING))  # type: ignore[misc]
        made, _ = _compiled(folder, paper, _each(said, lambda text: _NOT_LATIN.sub(MISSING, text)))
    if made is None:
        raise Unavailable("the paper cannot be made of what it should hold")
    return made


_turn = asyncio.Semaphore(AT_ONCE)


async def pressed(paper: Paper, content: Mapping[str, Value]) -> bytes:
    """The same beside the event loop, a few at once."""
    async with _turn:
        return await asyncio.to_thread(partial(press, paper, content))


def _each(value: Value, change: Callable[[str], str]) -> Value:
    """The content with each text of it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {name: _each(each, change) for name, each in value.items()}
    return [_each(each, change) for each in value] if isinstance(value, Sequence) else value


def _compiled(folder: Path, paper: Paper, content: Value) -> tuple[bytes | None, str]:
    """The paper; or None and a text that no font has."""
    try:
        made: bytes = typst.compile(
            folder / f"{paper}.typ",
            root=folder,
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
            pdf_standards=STANDARD,
        )
    except typst.TypstError as error:
        unshown = _UNSHOWN.search(str(error))
        if unshown is None:
            raise
        return None, json.loads(f'"{unshown[1]}"') if "\\u{" not in unshown[1] else _escaped(unshown[1])
    return made, ""


def _escaped(text: str) -> str:
    r"""A text that the message writes as \u{e000}."""
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), text)

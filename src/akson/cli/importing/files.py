"""Finds JSON and FHIR XML documents in files, folders and archives, one at a time, without unpacking anything to disk."""

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

OPENERS: dict[str, Callable[[BinaryIO], Any]] = {
    ".gz": lambda handle: gzip.GzipFile(fileobj=handle),
    ".xz": lzma.LZMAFile,
    ".bz2": bz2.BZ2File,
}
ARCHIVES = (".tar", ".tgz", ".tar.gz", ".tar.xz", ".txz", ".tar.bz2")
LINES = (".ndjson", ".jsonl")
LARGEST = 500_000_000
"""Bytes of one document, unpacked: more is refused, so that a small archive cannot fill the memory."""


@dataclass(frozen=True, slots=True)
class Document:
    """One text and where it came from; `problem` says why it cannot be read."""

    source: str
    raw: bytes = b""
    problem: str = ""
    xml: bool = False
    """Whether the text is FHIR XML; JSON otherwise."""


class Files:
    """The documents of some paths, in the order of their names; `done` of `size` bytes on disk are read."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._found = [file for path in paths for file in _walk(path)]
        self.size = sum(file.stat().st_size for file in self._found if file.exists())
        self._before = 0
        self._current: BinaryIO | None = None

    @property
    def done(self) -> int:
        return self._before + (self._current.tell() if self._current else 0)

    def __iter__(self) -> Iterator[Document]:
        for file in self._found:
            if not file.exists():
                yield Document(str(file), problem="no such file")
                continue
            with file.open("rb") as handle:
                self._current = handle
                yield from _documents(file, handle)
                self._current = None
            self._before += file.stat().st_size


def _walk(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        if file.is_file() and _wanted(file.name):
            yield file


def _wanted(name: str) -> bool:
    """Whether a file of a folder or archive is looked into; others are passed over."""
    lower = name.lower()
    for packed in OPENERS:
        lower = lower.removesuffix(packed)
    return lower.endswith((".json", ".xml", *LINES, *ARCHIVES)) and not name.startswith(".")


def _documents(file: Path, handle: BinaryIO) -> Iterator[Document]:
    try:
        if file.name.lower().endswith(ARCHIVES):
            yield from _members(str(file), handle)
        else:
            opener = OPENERS.get(file.suffix.lower())
            content = opener(handle) if opener else handle
            name = file.name.removesuffix(file.suffix) if opener else file.name
            yield from _content(str(file), name, content)
    except (OSError, EOFError, lzma.LZMAError, tarfile.TarError) as error:
        yield Document(str(file), problem=f"cannot be read: {error}")


def _members(source: str, handle: BinaryIO) -> Iterator[Document]:
    with tarfile.open(fileobj=handle, mode="r|*") as archive:
        for member in archive:
            name = Path(member.name).name
            content = archive.extractfile(member) if member.isfile() and _wanted(name) else None
            if content is not None:
                yield from _content(f"{source}:{member.name}", name, content)


def _content(source: str, name: str, content: "IO[bytes]") -> Iterator[Document]:
    lower = name.lower()
    if lower.endswith(LINES):
        number = 0
        while line := content.readline(LARGEST + 1):
            number += 1
            if line.strip():
                yield _document(f"{source}:{number}", line)
    else:
        yield _document(source, content.read(LARGEST + 1), xml=lower.endswith(".xml"))


def _document(source: str, raw: bytes, *, xml: bool = False) -> Document:
    if len(raw) > LARGEST:
        return Document(source, problem=f"larger than {LARGEST} bytes")
    return Document(source, raw.removeprefix(b"\xef\xbb\xbf"), xml=xml)

"""A file, a folder or a zip archive as a shelf of named files, opened one at a time and never unpacked to disk."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

LARGEST = 8_000_000_000
"""Bytes of one file, unpacked."""


class Shelf:
    """The files at a path by their names, in order. A zip archive counts as the folder that it holds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.zipped = path.is_file() and zipfile.is_zipfile(path)

    @property
    def names(self) -> list[str]:
        """Paths below this one; hidden files are left out."""
        if self.zipped:
            with zipfile.ZipFile(self.path) as archive:
                found = [each.filename for each in archive.infolist() if not each.is_dir()]
        elif self.path.is_dir():
            found = [str(each.relative_to(self.path)) for each in self.path.rglob("*") if each.is_file()]
        else:
            found = [self.path.name]
        return sorted(name for name in found if not Path(name).name.startswith("."))

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """One of the files, to read."""
        if self.zipped:
            with zipfile.ZipFile(self.path) as archive:
                if archive.getinfo(name).file_size > LARGEST:
                    raise OSError(f"{name} is larger than {LARGEST} bytes")
                with archive.open(name) as content:
                    yield content
        else:
            with (self.path / name if self.path.is_dir() else self.path).open("rb") as content:
                yield content

    @contextmanager
    def text(self, name: str) -> Iterator[IO[str]]:
        """One of the files as text in UTF-8."""
        with self.open(name) as content:
            yield io.TextIOWrapper(content, "utf-8-sig", newline="")

    def first_line(self, name: str) -> str:
        """The first line of a file, to see what it is; empty where it is no text."""
        with self.open(name) as content:
            line = content.readline(10_000)
        try:
            return line.decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError:
            return ""

    def where(self, name: str = "") -> str:
        """How to call one of the files, or all, to people."""
        return f"{self.path.name}:{name}" if name and name != self.path.name else self.path.name

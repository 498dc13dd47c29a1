"""The members of a package archive, each refused that a careful reader would not unpack.

A package comes from outside. Its names, its links and its size are not believed: nothing is written to disk, and
reading ends where a limit is passed, before what lies behind it is unpacked.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from akson.kit.errors import Malformed, TooLarge

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a package may be."""

    files: int = 50_000
    file: int = 100_000_000
    """Bytes of one file, unpacked."""
    whole: int = 500_000_000
    """Bytes of all, unpacked."""
    ratio: int = 200
    """How many times larger than packed; counted beyond the first ten megabytes."""


LIMITS = Limits()
_FREE = 10_000_000
_HEADERS = 1_000_000


class _Meter(io.RawIOBase):
    """The unpacked bytes of a .gz, as far as they are allowed: `allow` before each header and each body.

    Headers are read whole before anybody can look at them, so they must not be larger than headers are.
    """

    def __init__(self, packed: BinaryIO, limits: Limits) -> None:
        self._packed = _Counted(packed)
        self._source = gzip.GzipFile(fileobj=self._packed)
        self._limits = limits
        self._count = 0
        self._allowed = 0

    def readable(self) -> bool:
        return True

    def allow(self, size: int) -> None:
        self._allowed = self._count + size + _HEADERS

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        found = self._source.read(len(view))
        view[: len(found)] = found
        self._count += len(found)
        if self._count > self._allowed:
            raise TooLarge("the headers of the package are larger than headers are")
        if self._count > self._limits.whole:
            raise TooLarge(f"the package unpacks to more than {self._limits.whole} bytes")
        if self._count > _FREE and self._count > self._limits.ratio * self._packed.count:
            raise TooLarge(f"the package unpacks to more than {self._limits.ratio} times its size")
        return len(found)


class _Counted(io.RawIOBase):
    """Counts what is read of the packed file."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        found = self._source.read(len(view))
        view[: len(found)] = found
        self.count += len(found)
        return len(found)


def members(source: BinaryIO, limits: Limits = LIMITS) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of each file of a .tgz, in its order. Malformed or TooLarge, naming the member and the reason."""
    try:
        yield from _members(_Meter(source, limits), limits)
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError) as error:
        raise Malformed(f"the package is not a whole .tgz: {str(error)[:120]}") from error


def _members(meter: _Meter, limits: Limits) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    meter.allow(0)
    with tarfile.open(fileobj=meter, mode="r|") as archive:
        while (member := archive.next()) is not None:
            _check_name(member)
            if len(seen) >= limits.files:
                raise TooLarge(f"the package has more than {limits.files} files")
            if member.name in seen:
                raise Malformed(f"the package has {_shown(member.name)} twice")
            seen.add(member.name)
            if member.size > limits.file:
                raise TooLarge(f"{_shown(member.name)} of the package has more than {limits.file} bytes")
            meter.allow(member.size)
            handle = archive.extractfile(member)
            body = handle.read() if handle is not None else b""
            if handle is not None and len(body) != member.size:
                raise Malformed(f"the package ends inside the file {_shown(member.name)}")
            meter.allow(0)
            if member.isfile():
                yield member.name.removeprefix("./"), body


def _check_name(member: tarfile.TarInfo) -> None:
    name = member.name
    if not member.isfile() and not member.isdir():
        raise Malformed(f"{_shown(name)} of the package is neither file nor folder (a link or a device)")
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in name:
        raise Malformed(f"{_shown(name)} of the package leads out of it")


def _shown(name: str) -> str:
    return repr(name[:120])

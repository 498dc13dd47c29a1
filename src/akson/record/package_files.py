"""FHIR packages as they lie on disk: a .tgz, a folder of them, or a folder that holds one unpacked."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from akson.fhir.packages.package import Package, of_files, read
from akson.kit.errors import AksonError, Malformed, NotFound
from akson.record.context import NODE_ITSELF, Place, opened
from akson.record.packages import take

ENDINGS = (".tgz", ".tar.gz")


def found(paths: Iterable[Path]) -> Iterator[tuple[Path, Package]]:
    """(where it lies, the package) of everything under some paths.

    NotFound for a path that is not there or holds no package; an error of a package begins with its path.
    """
    for path in paths:
        places = [path] if not path.is_dir() or _unpacked(path) else sorted(_archives(path))
        if not places or not path.exists():
            raise NotFound(f"{path}: no FHIR package is here (.tgz)")
        for place in places:
            yield place, _read(place)


def _archives(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if each.is_file() and each.name.endswith(ENDINGS)]


def _unpacked(folder: Path) -> Path | None:
    """Where the package.json of an unpacked package lies."""
    return next((each for each in (folder / "package", folder) if (each / "package.json").is_file()), None)


def _read(place: Path) -> Package:
    try:
        folder = _unpacked(place) if place.is_dir() else None
        if folder is not None:
            return of_files(_files(folder))
        with place.open("rb") as source:
            return read(source)
    except AksonError as error:
        raise type(error)(f"{place}: {error.diagnostics}") from error
    except OSError as error:
        raise Malformed(f"{place}: {error.strerror}") from error


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for each in sorted(folder.glob("*.json")):
        if each.is_file() and not each.is_symlink():
            yield f"package/{each.name}", each.read_bytes()


async def load_folder(place: Place, folder: str) -> list[str]:
    """Load the packages of the folder that is set up for a node, those that are not here yet; their labels.

    A package whose content changed under the same version takes the place of the one that is here.
    """
    if not folder:
        return []
    packages = [package for _, package in found([Path(folder)])]
    async with opened(place, NODE_ITSELF) as ctx:
        taken = [await take(ctx, each, replace=True) for each in packages]
    return [each.package.label for each in taken if each.new]

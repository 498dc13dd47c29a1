"""Loading, listing and removing packages, on a database that is named or one that is started for it."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

from akson.cli import hosting
from akson.cli.database import Where, opened
from akson.exchange.own_package import file_name, installable, own, take_own
from akson.fhir.packages.package import Package
from akson.kit.errors import NotFound
from akson.record.context import NODE_ITSELF, Place
from akson.record.context import opened as inside
from akson.record.package_files import found
from akson.record.packages import Taken, take, take_out
from akson.store.database.pool import Database
from akson.store.terms import definitions
from akson.store.terms.definitions import Loaded


def add(where: Where, paths: Sequence[Path]) -> int:
    """Load packages in one transaction: all or none."""
    packages = [
        each for path in paths for each in _named(path)
    ]  # what is broken stops before anything starts

    async def load(database: Database) -> int:
        async with inside(_place(database), NODE_ITSELF) as ctx:
            taken = [(path, await (take(ctx, each) if path else take_own(ctx))) for path, each in packages]
            here = await definitions.packages(ctx.tx)
        for path, each in taken:
            _tell(path, each, here)
        return 0

    return _in(where, load)


def _named(path: Path) -> Iterator[tuple[Path | None, Package]]:
    """(where it lies, the package) of a path; the name of Akson's own package stands for it, which lies nowhere else."""
    if str(path) == own().name and not path.exists():
        yield None, own()
    else:
        yield from found([path])


def show(where: Where) -> int:
    """List what is loaded."""

    async def listing(database: Database) -> int:
        async with database.transaction(read_only=True) as tx:
            here = await definitions.packages(tx)
        for each in here:
            print(f"{each.name}#{each.version}  {each.title}".rstrip())
            print(f"    {_counts(each.counts)}")
            _tell_missing(each.needs, here)
        if not here:
            print("No packages are loaded.")
        return 0

    return _in(where, listing)


def remove(where: Where, names: Sequence[str]) -> int:
    """Take packages out, all of those named or none."""

    async def out(database: Database) -> int:
        async with inside(_place(database), NODE_ITSELF) as ctx:
            gone = {name: await take_out(ctx, *name.partition("#")[::2]) for name in names}
        for name, versions in gone.items():
            for version in versions:
                print(f"removed {name.partition('#')[0]}#{version}")
        return 0

    return _in(where, out)


def export(path: Path) -> int:
    """Write Akson's own package to a file, or into a folder under its own name."""
    target = path / file_name() if path.is_dir() else path
    try:
        target.write_bytes(installable())
    except OSError as error:
        raise NotFound(f"{target}: {error.strerror}") from error
    print(f"{own().label}  {target}")
    print(f"    {_counts(own().counts)}; {own().left} examples")
    return 0


def _place(database: Database) -> Place:
    """The node whose database it is, as far as packages ask for it."""
    from akson.rest.open import open_place

    return open_place(database, "http://127.0.0.1")


def _tell(path: Path | None, taken: Taken, here: Sequence[Loaded]) -> None:
    package = taken.package
    state = "" if taken.new else "  is here already"
    print(f"{package.label}{state}  ({path or 'came with Akson'})")
    print(f"    {_counts(package.counts)}" + (f"; {package.left} other files" if package.left else ""))
    for each in taken.refused:
        print(f"    cannot be searched by: {each}")
    _tell_missing(package.dependencies, here)


def _counts(counts: dict[str, int]) -> str:
    return (
        ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
        or "nothing that defines something"
    )


def _tell_missing(needs: "dict[str, str] | Any", here: Sequence[Loaded]) -> None:
    for each in definitions.missing(needs.items(), here):
        print(f"    needs {each}, which is not here")


def _in(where: Where, do: Callable[[Database], Coroutine[Any, Any, int]]) -> int:
    async def run() -> int:
        async with opened(where) as database:
            return await do(database)

    return hosting.run(run())

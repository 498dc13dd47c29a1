"""Akson's own FHIR package (`package/` beside this file): made whole from the source, loaded into each node at start."""

from functools import lru_cache
from importlib.resources import files

from akson.fhir.packages.package import Package, of_files
from akson.store import definitions
from akson.store.pool import Database

FOLDER = "package"


@lru_cache
def own() -> Package:
    """The package, read as strictly as one from outside."""
    folder = files("akson.exchange") / FOLDER
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return of_files((f"{FOLDER}/{name}", (folder / name).read_bytes()) for name in names)


async def load_own(database: Database) -> bool:
    """Load the package where it is not here yet, or is of another version of the program; whether it was needed."""
    async with database.transaction() as tx:
        for each in await definitions.packages(tx):
            if each.name == own().name and each.version != own().version:
                await definitions.remove(tx, each.name, each.version)
        return await definitions.add(tx, own(), replace=True)

"""Akson's own FHIR package (`package/` beside this file): made whole from the source, loaded into each node at start.

The plain FHIR server knows it when it is asked for by its name: `akson package add no.akson.base`.
"""

from functools import lru_cache
from importlib.resources import files

from akson.fhir.packages.package import Package, of_files
from akson.record.context import NODE_ITSELF, Context, Place, opened
from akson.record.packages import Taken, take, take_out
from akson.store.terms import definitions

FOLDER = "package"


@lru_cache
def own() -> Package:
    """The package, read as strictly as one from outside."""
    folder = files("akson.exchange") / FOLDER
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return of_files((f"{FOLDER}/{name}", (folder / name).read_bytes()) for name in names)


async def load_own(place: Place) -> bool:
    """Load the package where it is not here yet, or is of another version of the program; whether it was needed."""
    async with opened(place, NODE_ITSELF) as ctx:
        return (await take_own(ctx)).new


async def take_own(ctx: Context) -> Taken:
    """Take the package in, in the place of the one of another version of the program."""
    for each in await definitions.packages(ctx.tx):
        if each.name == own().name and each.version != own().version:
            await take_out(ctx, each.name, each.version)
    return await take(ctx, own(), replace=True)

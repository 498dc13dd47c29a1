"""Akson's own FHIR package (`package/` beside this file): made whole from the source, loaded into each node at start.

The plain FHIR server knows it when it is asked for by its name: `akson package add no.akson.base`.
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

import orjson

from akson.fhir.model import Resource
from akson.fhir.packages.package import Package, of_files
from akson.fhir.packages.writing import archive
from akson.record.context import NODE_ITSELF, Context, Place, opened
from akson.record.packages import Taken, take, take_out
from akson.store.terms import definitions

FOLDER = "package"
EXAMPLES = "example"
"""Where a package has its examples, which define nothing."""


@lru_cache
def own() -> Package:
    """The package, read as strictly as one from outside."""
    return of_files(_files())


@lru_cache
def examples() -> dict[str, Resource]:
    """An example of each part of each service, by the name of its profile, and whom these speak of."""
    found = [orjson.loads(raw) for name, raw in _files() if name.startswith(f"{FOLDER}/{EXAMPLES}/")]
    return {
        each["id"] if each["id"] != "eksempel" else f"{each['resourceType']}/eksempel": each for each in found
    }


@lru_cache
def installable() -> bytes:
    """The package as the .tgz that others install, to hold their resources against its profiles."""
    return archive(_files())


def file_name() -> str:
    """What the .tgz is called."""
    return f"{own().name}-{own().version}.tgz"


def _files() -> Iterator[tuple[str, bytes]]:
    folder = files("akson.exchange") / FOLDER
    for inside, prefix in ((folder, FOLDER), (folder / EXAMPLES, f"{FOLDER}/{EXAMPLES}")):
        for entry in sorted(inside.iterdir(), key=lambda each: each.name):
            if entry.name.endswith(".json"):
                yield f"{prefix}/{entry.name}", entry.read_bytes()


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

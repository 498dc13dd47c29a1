"""Taking in a FHIR package and taking it out again: its definitions, its codes, and its search parameters."""

from dataclasses import dataclass

from akson.fhir.packages.package import Package
from akson.kit.errors import Unprocessable
from akson.record import search_parameters
from akson.record.context import Context
from akson.store.terms import definitions

KIND = search_parameters.KIND


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a package."""

    package: Package
    new: bool
    """False when just this one is here already."""
    refused: tuple[str, ...] = ()
    """Search parameters that nobody can search by, each with the reason."""


async def take(ctx: Context, package: Package, *, replace: bool = False) -> Taken:
    """Take a package in. Its search parameters can be searched by when what is stored is indexed by them.

    Conflict when another content is here under its name and version, unless that is to be replaced. A search parameter
    that cannot be one here does not keep the rest out.
    """
    before = await _urls(ctx)
    if not await definitions.add(ctx.tx, package, replace=replace):
        return Taken(package, new=False)
    await _forget(ctx, before)
    refused = []
    for each in package.resources:
        if each["resourceType"] == KIND:
            try:
                await search_parameters.follow(ctx, _identity(each["url"]), each)
            except Unprocessable as error:
                refused.append(f"{each['url']}: {error.diagnostics or error.issues[0].diagnostics}")
    return Taken(package, new=True, refused=tuple(refused))


async def take_out(ctx: Context, name: str, version: str = "") -> list[str]:
    """Take a package out, one version or all; which versions. NotFound when it is not here."""
    before = await _urls(ctx)
    gone = await definitions.remove(ctx.tx, name, version)
    await _forget(ctx, before)
    return gone


async def _urls(ctx: Context) -> set[str]:
    return {each["url"] for each in await definitions.of_packages(ctx.tx, KIND)}


async def _forget(ctx: Context, before: set[str]) -> None:
    """Take away the search parameters that no package brings any more."""
    for url in sorted(before - await _urls(ctx)):
        await search_parameters.follow(ctx, _identity(url), None)


def _identity(url: str) -> str:
    """What the search parameter of a package is kept under: no id of a resource can be that."""
    return f"package:{url}"

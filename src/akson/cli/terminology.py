"""`akson terminology`: load code systems, see which versions a node has, take one out of use."""

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from akson.cli import database

if TYPE_CHECKING:
    from akson.cli.main import Commands

LANGUAGES = "nb,no,nn,en"


def add(commands: "Commands") -> None:
    """Add `terminology` with its commands."""
    group = commands.add_parser("terminology", help="load code systems and see which versions are there")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_load(inner)
    listing = inner.add_parser(
        "list",
        help="the code systems, value sets and concept maps that were loaded or stored, with their versions",
    )
    database.arguments(listing)
    listing.set_defaults(run=_list)
    remove = inner.add_parser("remove", help="take a loaded version out of use")
    database.arguments(remove)
    remove.add_argument("canonical", metavar="URL|VERSION", help="what to remove, as `list` shows it")
    remove.set_defaults(run=_remove)


def _add_load(commands: "Commands") -> None:
    load = commands.add_parser(
        "load",
        help="load SNOMED CT, LOINC, FEST, Volven lists or FHIR packages, also while the server runs",
        description="Load terminology; what each file is is seen from its content. SNOMED CT RF2 snapshot (zip or folder),"
        " LOINC (zip or folder), FEST M30 (XML or zip), code lists by OID (JSON), FHIR CodeSystem, ValueSet and"
        " ConceptMap (JSON, NDJSON, packages). A new version is put into use at once when it is whole; the old one stays"
        " reachable as URL|VERSION.",
    )
    database.arguments(load)
    load.add_argument("--version", default="", help="what to call the version of what names none itself")
    load.add_argument(
        "--languages",
        default=LANGUAGES,
        help=f"languages of SNOMED CT's displays, the most wanted first (default {LANGUAGES})",
    )
    load.add_argument("--quiet", action="store_true", help="no progress bar")
    load.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files and folders")
    load.set_defaults(run=_load)


def _load(chosen: argparse.Namespace) -> int:
    from akson.cli.loading.run import Options, load

    languages = tuple(each for each in chosen.languages.split(",") if each)
    return load(chosen.paths, database.where(chosen), Options(chosen.version, languages, chosen.quiet))


def _list(chosen: argparse.Namespace) -> int:
    return asyncio.run(_listed(database.where(chosen)))


async def _listed(place: database.Where) -> int:
    from akson.store.terms import sources

    async with database.opened(place) as found, found.transaction(read_only=True) as tx:
        for each in await sources.active(tx):
            print(f"{each.kind:<10}  {each.concepts or '':>8}  {each.canonical}  {each.name}".rstrip())
    return 0


def _remove(chosen: argparse.Namespace) -> int:
    return asyncio.run(_removed(database.where(chosen), chosen.canonical))


async def _removed(place: database.Where, canonical: str) -> int:
    from akson.fhir.terminology.rules import Canonical
    from akson.store.terms import sources

    async with database.opened(place) as found, found.transaction() as tx:
        count = await sources.remove(tx, Canonical.read(canonical))
    print(f"{count} taken out of use" if count else "Nothing that was loaded has this url and version")
    return 0 if count else 1

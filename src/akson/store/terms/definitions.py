"""Definitions by canonical url: of FHIR packages, and of StructureDefinitions stored on the node; versions side by side.

Definitions are open on a node and about nobody: these statements take no Scope.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import orjson
from psycopg.types.json import Jsonb

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.packages.package import Package
from akson.kit.errors import AksonError, Conflict, NotFound, Unprocessable
from akson.store.database.pool import Tx
from akson.store.record.stored import Stored
from akson.store.terms import sources, write

KEPT = frozenset({"StructureDefinition"})
"""Types whose stored resources define something here."""
TERMS = sources.KINDS

ADD_PACKAGE = """
insert into package (name, version, title, digest, needs) values (%s, %s, %s, %s, %s) returning id"""
ADD = """
insert into definition (package, resource, kind, url, version, rank, body) values (%s, %s, %s, %s, %s, %s, %s)
returning id"""
FIND = """
select url, version, body from definition where url = any(%s::text[]) and kind = %s and body is not null
order by resource <> '' desc, rank desc, id desc"""
OF_KIND = """
select body from definition where kind = %s and resource = '' and body is not null order by url, rank desc, id desc"""
STAMP = "select count(*), coalesce(sum(mark), 0)::text from definition"
PACKAGES = """
select p.name, p.version, p.title, p.needs, p.loaded,
    (select coalesce(jsonb_object_agg(c.kind, c.number), '{}') from
        (select kind, count(*) as number from definition d where d.package = p.id group by kind) c)
from package p order by p.name, p.version"""
TERMS_OF = "select id, kind from definition where package = %s and kind = any(%s::text[])"

Stamp = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A package that is here."""

    name: str
    version: str
    title: str
    needs: dict[str, str]
    loaded: datetime
    counts: dict[str, int]


async def stamp(tx: Tx) -> Stamp:
    """Differs whenever the definitions of this database are others: what caches are keyed by."""
    row = await tx.one(STAMP)
    return (row[0], row[1]) if row else (0, "0")


async def find(tx: Tx, canonicals: Iterable[str], kind: str = "StructureDefinition") -> dict[str, Resource]:
    """The definitions that some canonicals mean; those that are not here are left out.

    One stored on the node goes before those of packages, and a newer version before an older.
    """
    wanted = set(canonicals)
    rows = await tx.fetch(FIND, [sorted({each.partition("|")[0] for each in wanted}), kind])
    found: dict[str, Resource] = {}
    for canonical in wanted:
        url, _, version = canonical.partition("|")
        for row in rows:
            if row[0] == url and version in {"", row[1]}:
                found[canonical] = strict_json.loads(bytes(row[2]))
                break
    return found


async def of_packages(tx: Tx, kind: str) -> list[Resource]:
    """All resources of one type that packages brought, the newest version of each url first."""
    return [strict_json.loads(bytes(row[0])) for row in await tx.fetch(OF_KIND, [kind])]


async def follow(tx: Tx, stored: Stored, resource: Resource | None) -> None:
    """Keep the definitions in step with a resource that was written (None: deleted)."""
    if stored.type not in KEPT:
        return
    await tx.execute("delete from definition where resource = %s", [stored.reference])
    if resource is not None and resource.get("url"):
        await _add(tx, resource, None, stored.reference)


async def _add(tx: Tx, resource: Resource, package: int | None, reference: str = "") -> int:
    kind, version = resource["resourceType"], resource.get("version", "")
    body = None if kind in TERMS else strict_json.dumps(resource)
    row = await tx.one(ADD, [package, reference, kind, resource["url"], version, sources.rank(version), body])
    return int(row[0]) if row else 0


# --- packages -----------------------------------------------------------------------------------------------


def digest(package: Package) -> bytes:
    """What tells two contents of one package version apart."""
    made = sha256(orjson.dumps(dict(package.dependencies), option=orjson.OPT_SORT_KEYS))
    for each in package.resources:
        made.update(strict_json.dumps(each))
    return made.digest()


async def add(tx: Tx, package: Package, *, replace: bool = False) -> bool:
    """Take a package in; False when just this one is here already.

    Conflict when another content is here under its name and version, unless that is to be replaced.
    """
    await tx.fetch("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"package {package.name}"])
    row = await tx.one(
        "select digest from package where name = %s and version = %s", [package.name, package.version]
    )
    own = digest(package)
    if row is not None:
        if bytes(row[0]) == own:
            return False
        if not replace:
            raise Conflict(f"another package {package.label} is here; remove it first")
        await remove(tx, package.name, package.version)
    made = await tx.one(
        ADD_PACKAGE, [package.name, package.version, package.title, own, Jsonb(dict(package.dependencies))]
    )
    number = int(made[0]) if made else 0
    for each in package.resources:
        await _take(tx, each, number)
    return True


async def _take(tx: Tx, resource: Resource, package: int) -> None:
    kind = resource["resourceType"]
    number = await _add(tx, resource, package)
    if kind in TERMS:
        try:
            await write.add_resource(tx, resource, _term(number))
        except AksonError as error:
            raise Unprocessable(f"{kind} {resource['url'][:200]}: {error.diagnostics}") from error


def _term(number: int) -> str:
    """What terminology knows a definition of a package by."""
    return f"definition {number}"


async def remove(tx: Tx, name: str, version: str = "") -> list[str]:
    """Take a package out, one version or all; which versions. NotFound when it is not here."""
    rows = await tx.fetch(
        "select id, version from package where name = %s and (%s = '' or version = %s) order by version",
        [name, version, version],
    )
    if not rows:
        raise NotFound(f"no package {name[:128]}{'#' + version[:64] if version else ''} is here")
    for number, _ in rows:
        for row in await tx.fetch(TERMS_OF, [number, sorted(TERMS)]):
            await sources.end(tx, row[1], _term(row[0]))
        await tx.execute("delete from package where id = %s", [number])
    await sources.sweep(tx)
    return [row[1] for row in rows]


async def packages(tx: Tx) -> list[Loaded]:
    """All packages that are here, by name and version."""
    return [Loaded(*row) for row in await tx.fetch(PACKAGES)]


def missing(needs: Iterable[tuple[str, str]], here: Sequence[Loaded]) -> list[str]:
    """The packages that are needed and not here, as name#version. R4's own is always here; patches may differ."""
    have = {(each.name, each.version) for each in here}
    return [f"{name}#{version}" for name, version in needs if not _met(name, version, have)]


def _met(name: str, version: str, have: set[tuple[str, str]]) -> bool:
    if (
        name == "hl7.fhir.r4.core"
        or (name, version) in have
        or version in {"", "*", "current", "dev", "latest"}
    ):
        return name == "hl7.fhir.r4.core" or any(own == name for own, _ in have)
    head = version.removesuffix("x").rstrip(".")
    return version.endswith("x") and any(own == name and found.startswith(head) for own, found in have)

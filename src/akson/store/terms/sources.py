"""Code systems, value sets and concept maps on this node, version beside version: which one a canonical means.

The newest version is what a url without a version means. What R4 defines itself is known besides and stands behind
what is stored here.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.terminology.rules import Canonical
from akson.store.database.pool import Tx

Kind = Literal["CodeSystem", "ValueSet", "ConceptMap"]
KINDS = frozenset({"CodeSystem", "ValueSet", "ConceptMap"})
WITH_CODES = frozenset({"complete", "fragment"})
"""Contents of a CodeSystem that can be asked for codes."""

NO_CANONICAL = Canonical("")
COLUMNS = "id, kind, url, version, content, case_sensitive, name, concepts"
ADD = """
insert into term_source
    (kind, url, version, rank, state, resource, name, content, case_sensitive, value_set, definition)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id"""
FIND = f"""
select {COLUMNS} from term_source where kind = %s and url = any(%s::text[]) and state = 'active'
order by rank desc, id desc"""  # noqa: S608
OF_SYSTEM = f"""
select {COLUMNS} from term_source where value_set = %s and kind = 'CodeSystem' and state = 'active'
order by rank desc, id desc"""  # noqa: S608
ALL = f"select {COLUMNS} from term_source where state = 'active' order by kind, url, rank desc, id desc"  # noqa: S608
STAMP = "select count(*), coalesce(bit_xor(mark), 0) from term_source where state = 'active'"
END = """
update term_source set state = 'ended', moment = now()
where state = 'active' and resource = %s and kind = %s and (resource <> '' or (url = %s and version = %s))"""
SWEEP = """
delete from term_source where id in (
    select id from term_source where concepts <= %s and
        ((state = 'ended' and moment < now() - interval '1 minute')
        or (state = 'staging' and moment < now() - interval '1 day'))
    order by moment limit 50)
returning id"""
_NUMBER = re.compile(r"\d+")

Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Source:
    """One version of one code system, value set or concept map in the database."""

    id: int
    kind: str
    url: str
    version: str
    content: str
    case_sensitive: bool
    name: str
    concepts: int

    def key(self, code: str) -> str:
        """What a code is compared by."""
        return code if self.case_sensitive else code.casefold()

    @property
    def canonical(self) -> Canonical:
        return Canonical(self.url, self.version)


@dataclass(frozen=True, slots=True)
class New:
    """A source to add. `resource` is Type/id of the stored resource that it is, empty for one that is loaded."""

    kind: Kind
    url: str
    version: str
    definition: Resource
    resource: str = ""
    name: str = ""
    content: str = "complete"
    case_sensitive: bool = True
    value_set: str = ""


def rank(version: str) -> str:
    """A version so written that text order is the order of versions: 2.9 before 2.10, dates by date."""
    return _NUMBER.sub(lambda found: found[0].lstrip("0").rjust(20, "0"), version)


async def add(tx: Tx, new: New, state: str = "active") -> int:
    """Write the row of a source; its number."""
    row = await tx.one(
        ADD,
        [
            new.kind, new.url, new.version, rank(new.version), state, new.resource, new.name, new.content,
            new.case_sensitive, new.value_set, strict_json.dumps(new.definition),
        ],
    )  # fmt: skip
    assert row is not None  # noqa: S101  an insert without conflict clause returns its row
    return int(row[0])


async def end(tx: Tx, kind: Kind, resource: str, canonical: Canonical = NO_CANONICAL) -> None:
    """Take the present source out of use: of a stored resource, or the loaded one of this canonical."""
    await tx.execute(END, [resource, kind, canonical.url, canonical.version])


async def end_erased(tx: Tx, references: Iterable[str]) -> None:
    """Take out of use, and forget, what stored resources meant that are erased."""
    wanted = [each for each in references if each.partition("/")[0] in KINDS]
    if not wanted:
        return
    gone = [
        row[0]
        for row in await tx.fetch(
            "delete from term_source where resource = any(%s::text[]) returning id", [wanted]
        )
    ]
    await _forget(tx, gone)


async def _forget(tx: Tx, gone: list[int]) -> None:
    if gone:
        await tx.execute("delete from term_concept where source = any(%s::bigint[])", [gone])
        await tx.execute("delete from term_mapping where source = any(%s::bigint[])", [gone])


async def remove(tx: Tx, canonical: Canonical) -> int:
    """Take out of use what was loaded under a url and version, whatever its kind; how many."""
    return await tx.execute(
        "update term_source set state = 'ended', moment = now()"
        " where state = 'active' and resource = '' and url = %s and version = %s",
        [canonical.url, canonical.version],
    )


async def activate(tx: Tx, source: int, concepts: int) -> bool:
    """Put what was staged into use; False when somebody removed it meanwhile."""
    return bool(
        await tx.execute(
            "update term_source set state = 'active', moment = now(), concepts = %s"
            " where id = %s and state = 'staging'",
            [concepts, source],
        )
    )


async def sweep(tx: Tx, largest: int = 20_000) -> int:
    """Remove what was replaced a while ago, and loads that never ended; how many. Leaves larger ones to a loader."""
    gone = [row[0] for row in await tx.fetch(SWEEP, [largest])]
    await _forget(tx, gone)
    return len(gone)


async def stamp(tx: Tx) -> Stamp:
    """Differs whenever the terminology of this database is another: what caches are keyed by."""
    row = await tx.one(STAMP)
    return (row[0], row[1]) if row else (0, 0)


async def find(tx: Tx, kind: Kind, canonicals: Iterable[Canonical]) -> dict[Canonical, Source]:
    """The sources that some canonicals mean; those that the database does not have are left out."""
    wanted = set(canonicals)
    found: dict[str, list[Source]] = {}
    for row in await tx.fetch(FIND, [kind, sorted({each.url for each in wanted})]):
        found.setdefault(row[2], []).append(Source(*row))
    chosen = {each: _choose(each, found.get(each.url, ())) for each in wanted}
    return {canonical: source for canonical, source in chosen.items() if source is not None}


def _choose(canonical: Canonical, sources: Sequence[Source]) -> Source | None:
    """The first that fits, newest first; one that has its codes before one that only names the system."""
    fitting = [each for each in sources if fits(canonical.version, each.version)]
    if not fitting or fitting[0].kind != "CodeSystem":
        return fitting[0] if fitting else None
    return next((each for each in fitting if each.content in WITH_CODES), fitting[0])


def fits(wanted: str, version: str) -> bool:
    """Whether a version is the one that was asked for. SNOMED CT names an edition without its date too."""
    return wanted in {"", version} or (
        wanted.startswith("http://snomed.info/") and version.startswith(f"{wanted}/version/")
    )


async def of_value_set(tx: Tx, url: str) -> Source | None:
    """The code system that names this url as the value set of all its codes."""
    rows = await tx.fetch(OF_SYSTEM, [url])
    return _choose(Canonical(""), [Source(*row) for row in rows])


async def definitions(tx: Tx, sources: Iterable[int]) -> dict[int, Resource]:
    """The resources without concepts and mappings."""
    rows = await tx.fetch(
        "select id, definition from term_source where id = any(%s::bigint[])", [list(sources)]
    )
    return {row[0]: strict_json.loads(row[1]) for row in rows}


async def active(tx: Tx) -> list[Source]:
    """All that is in use, newest versions first."""
    return [Source(*row) for row in await tx.fetch(ALL)]

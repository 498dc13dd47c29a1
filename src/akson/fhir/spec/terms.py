"""The code systems, value sets and concept maps that R4 itself defines: read one by one, when first asked for."""

import zlib
from functools import cache, lru_cache

import orjson

from akson.fhir.model import Resource
from akson.fhir.spec.folder import FOLDER
from akson.fhir.terminology.memory import Held
from akson.fhir.terminology.rules import Canonical


@cache
def _index() -> dict[str, dict[str, tuple[str, int, int, bool]]]:
    return orjson.loads((FOLDER / "terms.json").read_bytes())  # type: ignore[no-any-return]


@lru_cache(maxsize=256)
def definition(kind: str, canonical: Canonical) -> Resource | None:
    """The resource of this type and canonical; None when R4 has no such, or has it in another version."""
    row = _index()[kind].get(canonical.url)
    if row is None or (canonical.version and canonical.version != row[0]):
        return None
    with (FOLDER / "terms.bin").open("rb") as packed:
        packed.seek(row[1])
        return orjson.loads(zlib.decompress(packed.read(row[2])))  # type: ignore[no-any-return]


@lru_cache(maxsize=256)
def held(canonical: Canonical) -> Held | None:
    """A code system of R4, ready to be asked; None when it is none, or R4 only names it."""
    row = _index()["CodeSystem"].get(canonical.url)
    found = definition("CodeSystem", canonical) if row and row[3] else None
    return Held(found) if found else None


def listed(kind: str) -> dict[str, str]:
    """Url to version of all that R4 defines of a type; of code systems, those whose codes it has."""
    return {url: row[0] for url, row in _index()[kind].items() if row[3]}

"""Includes along canonical references, which name a definition by its url where others name a resource.

Only the hash of such a reference is kept, so the urls are read from the bodies of the page. A reference with a version
(`url|version`) names that version, one without names all. Source: http://hl7.org/fhir/R4/references.html#canonical.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from akson.fhir import strict_json
from akson.fhir.definitions import STANDARD
from akson.fhir.extract import extract
from akson.fhir.search import Include
from akson.store.fragment import Sql, Tables, both, sql
from akson.store.index import hashing
from akson.store.record.stored import Stored
from akson.store.scope import Scope


@lru_cache(maxsize=1000)
def is_definition(kind: str) -> bool:
    """Whether resources of the type have a canonical url: those of definitions, value sets and the like."""
    params = STANDARD.params(kind)
    return "version" in params and "url" in params and params["url"].type == "uri"


def keys(of: Iterable[Stored]) -> list[int]:
    """The keys under which the canonical references to these resources are kept."""
    return [hashing.url_key(url) for url, _ in map(_name, of) if url]


def refers(each: Include, source: Stored, definitions: Sequence[Stored]) -> bool:
    """Whether a resource names one of the definitions, its version too."""
    canonicals = named(replace(each, type=source.type), [source])
    return any(is_named(stored, canonicals) for stored in definitions)


def named(each: Include, sources: Iterable[Stored]) -> frozenset[str]:
    """The canonicals that resources name by the parameter of an include."""
    if not _kinds(each):
        return frozenset()
    found: set[str] = set()
    for stored in sources:
        urls = {
            reference.url
            for reference in extract(strict_json.loads(stored.body)).references
            if reference.url and each.param in {"*", reference.param}
        }
        # One with a version is found by its url alone too, and yet names that version only.
        found |= urls - {url.partition("|")[0] for url in urls if "|" in url}
    return frozenset(found)


def condition(scope: Scope, each: Include, canonicals: Iterable[str]) -> tuple[str, Sql]:
    """The alias of the resources that have the urls of these canonicals, and the condition that they are such."""
    urls = sorted({canonical.partition("|")[0] for canonical in canonicals})
    kinds = _kinds(each)
    target = Tables(scope).resource(kinds)
    hashes = [hashing.token(kind, "url", None, url) for kind in kinds for url in urls]
    text = f"{target.alias}.rid in (select i.rid from idx_token i where i.hash = any(%s::bigint[]))"  # noqa: S608
    return target.alias, both([target.condition, sql(text, hashes)])


def is_named(stored: Stored, canonicals: frozenset[str]) -> bool:
    """Whether one of the canonicals means just this resource, its version too."""
    url, version = _name(stored)
    return url in canonicals or f"{url}|{version}" in canonicals


@lru_cache(maxsize=1000)
def _kinds(each: Include) -> tuple[str, ...]:
    """The types of definitions that an include may lead to."""
    params = STANDARD.params(each.type) if each.type else {}
    if each.param == "*":
        targets = [param.targets for param in params.values() if all(map(is_definition, param.targets))]
    else:
        targets = [params[each.param].targets] if each.param in params else []
    found = {kind for some in targets for kind in some if is_definition(kind)}
    return tuple(sorted(found & {each.target} if each.target else found))


def _name(stored: Stored) -> tuple[str, str]:
    body = strict_json.loads(stored.body)
    return body.get("url", ""), body.get("version", "")

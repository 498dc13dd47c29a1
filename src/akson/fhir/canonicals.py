"""Canonical references: parameters whose values name a definition by its url, and the types that are named so.

Source: http://hl7.org/fhir/R4/references.html#canonical.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from akson.fhir.extract.paths import elements
from akson.fhir.extract.values import URIS
from akson.fhir.search import SearchParam
from akson.fhir.spec import spec


@cache
def is_definition(kind: str) -> bool:
    """Whether resources of the type have a canonical url: those of definitions, value sets and the like."""
    params = spec().params(kind)
    return "version" in params and "url" in params and params["url"].type == "uri"


@cache
def is_canonical(param: SearchParam) -> bool:
    """Whether a reference parameter of a type names definitions by their url."""
    return param.type == "reference" and not URIS.isdisjoint(elements(param))


def canonical_on(param: SearchParam, kinds: Sequence[str]) -> list[str]:
    """Those of the types on which a parameter that they share does so."""
    return [kind for kind in kinds if is_canonical(replace(param, base=kind))]

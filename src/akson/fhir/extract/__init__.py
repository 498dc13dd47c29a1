"""From a resource to what it can be found by: every search parameter's values, its patient, its text.

`plan` compiles the parameters of a type, once, to one walk over the resource; `values` turns elements into
index values; `text` collects the words. Source: http://hl7.org/fhir/R4/search.html#ptypes.
"""

from functools import cache

from akson.fhir.extract.plan import Plan, compile_plan
from akson.fhir.extract.text import content
from akson.fhir.index import Index
from akson.fhir.model import Resource
from akson.fhir.spec import spec

__all__ = ["extract"]


@cache
def _plan(kind: str) -> Plan:
    return compile_plan(kind, spec())


def extract(
    resource: Resource, *, base: str = "", plan: Plan | None = None, every_text: bool = False
) -> Index:
    """All index values of one resource. It should be structurally valid; odd values are left out, not refused.

    `base` is the FHIR base url of this server: an absolute reference that begins with it is a reference to here.
    `plan` is that of the type where it has more search parameters than R4's; with `every_text` its words are those of
    all elements, and not of narrative and documents alone.
    """
    index = Index()
    (plan or _plan(resource["resourceType"])).run(resource, index, base.rstrip("/") + "/" if base else "")
    index.content = content(resource, every_text=every_text)
    return index

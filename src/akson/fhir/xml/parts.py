"""How the elements of a FHIR type stand in XML: in which order, as what, each by its JSON name."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from akson.fhir.spec import spec
from akson.fhir.validate.formats import FORMATS

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"


class Part(NamedTuple):
    """One element of a type, under one of its JSON names."""

    position: int
    """Its place among the elements of the type."""
    kind: str
    """The type of its value."""
    many: bool
    attribute: bool
    """Whether it stands as an XML attribute: Element.id and Extension.url."""
    json: str
    """The JSON type of a primitive value; empty for what is no primitive."""
    choice: str
    """The name without the type where it is value[x]."""

    def step(self, key: str) -> str:
        """As part of a FHIRPath location."""
        return f"{self.choice}.ofType({self.kind})" if self.choice else key


@cache
def parts(kind: str) -> Mapping[str, Part]:
    """The elements of a type by JSON name, in the order of the specification."""
    table = spec().table(kind)
    if table is None:
        raise ValueError(f"{kind} is not a type")
    places = {name: number for number, name in enumerate(table.elements)}
    is_resource = table.kind == "resource"
    return {
        key: Part(
            position=places[element.name],
            kind=type_name,
            many=element.many,
            attribute=(element.name == "id" and not is_resource)
            or (kind == "Extension" and element.name == "url"),
            json=FORMATS[type_name].json if type_name in FORMATS else "",
            choice=element.name if element.choice else "",
        )
        for key, (element, type_name) in table.keys.items()
    }

"""The label of copies in the data hotel: whose they are, so that only their source changes them. Pure."""

from akson.fhir.model import Resource

SYSTEM = "urn:akson:copy"
ANY = "any"
COPY = f"{SYSTEM}|{ANY}"
"""The label that every copy has, as scopes and searches name it."""


def marked(source: str) -> list[Resource]:
    """The labels of a copy of this source (id of the system)."""
    return [{"system": SYSTEM, "code": ANY}, {"system": SYSTEM, "code": source}]


def copy_id(source: str, id_: str) -> str:
    """The id of the copy of a resource of this source (short name of the record system)."""
    return f"{source}.{id_}"

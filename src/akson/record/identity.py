"""By which numbers a person is known in the whole country."""

from akson.fhir.model import Resource
from akson.kit.norwegian import DNR, FNR

SYSTEMS = frozenset({FNR, DNR})


def numbers(patient: Resource) -> list[str]:
    """The national identity numbers of a Patient."""
    return [
        str(each["value"])
        for each in patient.get("identifier", [])
        if each.get("system") in SYSTEMS and "value" in each
    ]

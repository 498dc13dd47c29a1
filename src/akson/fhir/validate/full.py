"""The whole validation of one resource: structure, what R4 demands beyond it, and profiles."""

from collections.abc import Iterable, Iterator

from akson.fhir.fhirpath.values import root
from akson.fhir.model import Resource
from akson.fhir.profiles.catalogue import Catalogue
from akson.fhir.profiles.check import Checker
from akson.fhir.validate import structure
from akson.fhir.validate.base import Base
from akson.fhir.validate.codings import codings_in
from akson.fhir.validate.extensions import Extensions
from akson.fhir.validate.report import Place, Report, start


def validate(
    resource: Resource, catalogue: Catalogue, profiles: Iterable[str] = (), *, declared: bool = True
) -> Report:
    """What is wrong with a resource, and what terminology must be asked.

    `profiles` are canonical urls that it shall conform to; with `declared` also those that it and the resources in
    it name in their meta. Nothing else is looked at where the structure is wrong.
    """
    report = Report()
    for issue in structure.check(resource):
        report.issues.setdefault(issue)
    if report.issues:
        return report
    checker = Checker(catalogue, report, resource)
    Base(report, Extensions(checker, report)).resource(resource)
    place = start(resource["resourceType"])
    report.codings = codings_in(resource)
    for url in profiles:
        checker.conform(root(resource), url, place)
    if declared:
        for inner, where in resources_in(resource, place):
            for url in dict.fromkeys(inner.get("meta", {}).get("profile", ())):
                checker.conform(root(inner), url, where)
    return report


def resources_in(resource: Resource, place: Place) -> Iterator[tuple[Resource, Place]]:
    """The resource and all inside it, each with its place."""
    yield resource, place
    for number, inner in enumerate(resource.get("contained", ())):
        yield inner, (place, "contained", number)
    if resource["resourceType"] == "Bundle":
        for number, entry in enumerate(resource.get("entry", ())):
            if "resource" in entry:
                yield from resources_in(entry["resource"], ((place, "entry", number), "resource", -1))
    elif resource["resourceType"] == "Parameters":
        for number, parameter in enumerate(resource.get("parameter", ())):
            if "resource" in parameter:
                yield from resources_in(parameter["resource"], ((place, "parameter", number), "resource", -1))

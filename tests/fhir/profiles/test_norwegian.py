"""Each Norwegian example conforms to its profiles, or the error is real and listed with its reason."""

import json
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from akson.fhir.validate.full import validate
from tests.fhir.profiles.folders import catalogue, examples, projects, resources
from tests.shared import shared

KNOWN = json.loads(Path(__file__).with_name("errors_in_norwegian_examples.json").read_text())
pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def reports():
    found = {}
    for project in projects():
        definitions = catalogue(project)
        found |= {
            f"{project}/{name}": validate(resource, definitions) for name, resource in examples(project)
        }
    return found


def listed(name, issue):
    return [
        row["because"]
        for row in KNOWN
        if fnmatchcase(name.partition("/")[2], row["example"])
        and row["code"] == issue.code
        and fnmatchcase(issue.expression[0], row["at"])
    ]


def test_no_example_has_an_error_that_is_not_listed_with_its_reason(reports):
    assert len(reports) > 80
    unlisted = [
        (name, issue.diagnostics)
        for name, report in reports.items()
        for issue in report.issues
        if issue.severity == "error" and not listed(name, issue)
    ]
    assert unlisted == []


def test_each_listed_error_is_still_found(reports):
    found = {
        because
        for name, report in reports.items()
        for issue in report.issues
        if issue.severity == "error"
        for because in listed(name, issue)
    }
    assert found == {row["because"] for row in KNOWN}


def test_every_profile_of_every_project_compiles():
    broken = {}
    for project in projects():
        definitions = catalogue(project)
        for _, found in resources(shared(f"fhir/{project}")):
            if found["resourceType"] == "StructureDefinition" and definitions.profile(found["url"]) is None:
                broken[found["url"].rpartition("/")[2]] = definitions.broken[found["url"]]
    assert broken == dict.fromkeys(
        ("IplosCodeDefinition", "OktEvent", "OktMessage"), "is not about a type of FHIR R4"
    )

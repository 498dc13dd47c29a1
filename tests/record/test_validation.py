"""Validation with what a node has loaded: the Norwegian projects as packages, their codes judged by terminology."""

import orjson
import pytest

from akson.fhir import strict_json
from akson.fhir.packages.package import of_files
from akson.record.context import Context
from akson.record.validation import issues
from akson.rest.open import ANYONE, open_place
from akson.store.terms import definitions
from tests.fhir.conftest import members
from tests.fhir.profiles.folders import EVERYWHERE, examples, resources
from tests.fhir.profiles.test_norwegian import listed
from tests.fhir.validate.test_examples import listed as of_r4
from tests.shared import shared

pytestmark = pytest.mark.shared
R4 = {"hl7.fhir.r4.core": "4.0.1"}
REAL = {
    "AuditEvent.purposeOfEvent[1].coding": "a purpose without the code that each must have",
    "AuditEvent.purposeOfEvent[0].coding": "a purpose without the code that each must have",
}
"""Errors that only show where codes are judged."""


def packaged(project):
    """A project as a package, its definitions as they are."""
    manifest = {"name": f"project.{project}", "version": "1.0.0", "dependencies": R4}
    files = [("package/package.json", orjson.dumps(manifest))]
    seen = set()
    for number, (_, found) in enumerate(resources(shared(f"fhir/{project}"))):
        key = (found["resourceType"], found.get("url"), found.get("version", ""))
        if "url" in found and key not in seen:
            seen.add(key)
            files.append((f"package/{number}.json", strict_json.dumps(found)))
    return of_files(files)


async def found_in(database, project):
    place = open_place(database, "http://fhir.example")
    async with database.transaction() as tx:
        for name in dict.fromkeys((*EVERYWHERE, "no-kodeverk", project)):
            await definitions.add(tx, packaged(name))
    async with database.transaction() as tx:
        ctx = Context(ANYONE, tx, place)
        return {name: await issues(ctx, resource) for name, resource in examples(project)}


@pytest.mark.parametrize(
    "project",
    [
        "no-basis-2.2.4-test",
        "lmdi",
        "no-domain-vitalsigns",
        "vkp-observation",
        "okt-municipal-services",
        "no-domain-auditevent",
    ],
)
async def test_examples_keep_their_profiles_also_where_codes_are_judged(database, project):
    found = await found_in(database, project)
    assert found
    unlisted = [
        (name, issue.diagnostics)
        for name, told in found.items()
        for issue in told
        if issue.severity == "error"
        and not listed(f"{project}/{name}", issue)
        and issue.expression[0] not in REAL
    ]
    assert unlisted == []


async def test_the_official_examples_have_no_other_errors_where_codes_are_judged(database):
    place = open_place(database, "http://fhir.example")
    number, unlisted = 0, []
    async with database.transaction() as tx:
        ctx = Context(ANYONE, tx, place)
        for name, raw in members(shared("fhir-r4/hl7.fhir.r4.examples-4.0.1-instances.tar.xz")):
            number += 1
            unlisted += [
                (name, issue.diagnostics)
                for issue in await issues(ctx, strict_json.loads(raw))
                if issue.severity == "error" and not of_r4(name, issue)
            ]
    assert (number, unlisted) == (726, [])

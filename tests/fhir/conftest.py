"""The official R4 examples and the Synthea bundles, read once for the tests of this folder."""

import tarfile

import pytest

from akson.fhir import strict_json
from tests.shared import shared


def members(path):
    with tarfile.open(path, mode="r:xz") as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".json"):
                yield member.name.rsplit("/", 1)[-1], archive.extractfile(member).read()


@pytest.fixture(scope="session")
def examples():
    """(name, bytes) of the 726 official examples."""
    return list(members(shared("fhir-r4/hl7.fhir.r4.examples-4.0.1-instances.tar.xz")))


@pytest.fixture(scope="session")
def synthea():
    """All 28,251 resources of the Synthea transaction bundles."""
    path = shared("synthea-r4/bundles-100.tar.xz")
    return [
        entry["resource"] for _, raw in members(path) for entry in strict_json.loads(raw).get("entry", ())
    ]

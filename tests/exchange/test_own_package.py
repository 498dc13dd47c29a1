"""Akson's own package is a valid FHIR package: our own validator and FHIRPath find nothing wrong with it."""

import io

import orjson
import pytest

from akson.care.critical import NOTE_OF_FLAG
from akson.exchange.declare import TAG_SYSTEM
from akson.exchange.own_package import examples, file_name, installable, load_own, own
from akson.fhir.fhirpath.evaluate import compile_expression
from akson.fhir.packages.archive import members
from akson.fhir.packages.package import read
from akson.fhir.profiles.catalogue import Catalogue
from akson.fhir.spec import spec
from akson.fhir.validate.full import validate
from akson.messaging.addresses import CERTIFICATE
from akson.rest.open import open_place
from akson.store.index import search_parameters
from akson.store.terms import definitions

BY_URL = {each["url"]: each for each in own().resources}
FLAGG = "https://akson.example/fhir/StructureDefinition/kritisk-informasjon-endret-prosedyre"


@pytest.mark.parametrize("url", BY_URL)
def test_each_resource_is_valid(url):
    report = validate(BY_URL[url], Catalogue(BY_URL.get))
    assert [x.diagnostics for x in report.issues if x.severity == "error"] == []


def test_it_brings_what_the_program_uses():
    assert {NOTE_OF_FLAG, CERTIFICATE, TAG_SYSTEM} <= set(BY_URL)
    assert own().counts.keys() == {
        "CodeSystem",
        "OperationDefinition",
        "SearchParameter",
        "StructureDefinition",
        "ValueSet",
    }
    assert own().dependencies == {"hl7.fhir.r4.core": "4.0.1"}


@pytest.mark.parametrize(
    "url", [url for url, each in BY_URL.items() if each["resourceType"] == "StructureDefinition"]
)
def test_each_profile_compiles(url):
    catalogue = Catalogue(BY_URL.get)
    assert catalogue.profile(url), catalogue.broken


@pytest.mark.parametrize(
    "url", [url for url, each in BY_URL.items() if each["resourceType"] == "SearchParameter"]
)
def test_each_search_parameter_is_new_and_can_be_evaluated(url):
    found = BY_URL[url]
    compile_expression(found["expression"])
    assert all(spec().param(kind, found["code"]) is None for kind in found["base"])


def flag(**more):
    return {
        "resourceType": "Flag",
        "meta": {"profile": [FLAGG], "tag": [{"system": TAG_SYSTEM, "code": "kritisk-informasjon"}]},
        "status": "active",
        "code": {"text": "x", "extension": [{"url": NOTE_OF_FLAG, "valueString": "y"}]},
        "subject": {"reference": "Patient/1"},
    } | more


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        (flag(), []),
        (flag(meta={"profile": [FLAGG], "tag": [{"system": "urn:x", "code": "y"}]}), ["Flag.meta.tag"]),
        (flag(subject={"reference": "Group/1"}), ["Flag.subject"]),
        (flag(code={"text": "x"}, extension=[{"url": NOTE_OF_FLAG, "valueString": "y"}]), ["Flag.extension[0]"]),
        (flag(code={"text": "x", "extension": [{"url": NOTE_OF_FLAG, "valueInteger": 1}]}), ["Flag.code.extension[0].value.ofType(integer)"]),
    ],
)  # fmt: skip
def test_its_profiles_say_what_they_should(resource, found):
    report = validate(resource, Catalogue(BY_URL.get))
    assert [x.expression[0] for x in report.issues if x.severity == "error"] == found


async def test_it_is_loaded_once_and_can_be_searched_by(database):
    place = open_place(database, "http://fhir.example")
    assert await load_own(place)
    assert not await load_own(place)
    async with database.transaction() as tx:
        [one] = await definitions.packages(tx)
        assert FLAGG in await definitions.find(tx, [FLAGG])
        added = {each.definition["code"] for each in await search_parameters.load(tx)}
    assert one.name == own().name
    assert added == {"category", "code"}


def test_others_can_install_it():
    """What is written is what was read, with the examples; twice the same bytes; the index tells of each file."""
    found = read(io.BytesIO(installable()))
    assert found.resources == own().resources
    assert found.label == own().label == file_name().removesuffix(".tgz").replace("base-", "base#")
    files = dict(members(io.BytesIO(installable())))
    index = orjson.loads(files["package/example/.index.json"])
    assert index["index-version"] == 2
    assert {each["id"] for each in index["files"]} == {each["id"] for each in examples().values()}
    told = {each["url"] for each in orjson.loads(files["package/.index.json"])["files"]}
    assert told == set(BY_URL)
    installable.cache_clear()
    assert dict(members(io.BytesIO(installable()))) == files

"""What files are is seen from their content, and each kind is read for what it says."""

import json
import tarfile

import pytest
from bench import rf2

from akson.cli.loading.find import Problem, Release, Small, items
from akson.fhir.terminology.hierarchy import Hierarchy
from tests.cli.loading.samples import FEST, VOLVEN, loinc, written, zipped
from tests.fhir.terminology.animals import animals, value_set
from tests.shared import shared

LANGUAGES = ("nb", "en")


def found(*paths, languages=LANGUAGES):
    return list(items(paths, languages))


def concepts(release):
    """By code; the hierarchy must name the same codes."""
    made = {each.code: each for each in release.concepts()}
    assert list(made) == [code for code, _ in release.hierarchy()]
    return made


@pytest.fixture(params=["folder", "zip"])
def packed(request, tmp_path):
    """Hands over a folder as it is, or as a zip archive."""
    return lambda folder: folder if request.param == "folder" else zipped(folder, tmp_path / "packed.zip")


def test_snomed_ct_is_read_from_its_snapshot(tmp_path, packed):
    (release,) = found(packed(rf2.write(tmp_path / "edition", 300)))
    assert release.system.url == "http://snomed.info/sct"
    assert release.system.version == f"http://snomed.info/sct/{rf2.MODULE}/version/20261015"
    made = concepts(release)
    assert len(made) == 300
    assert "7999999999" not in made
    one = made[rf2.code(200)]
    assert one.display == rf2.term(200)
    assert {(each.language, each.use["code"]) for each in one.designations} == {
        ("nb", rf2.FULL), ("nb", rf2.SYNONYM), ("no", rf2.SYNONYM), ("en-US", rf2.SYNONYM),
    }  # fmt: skip
    assert [(each.code, each.value) for each in one.properties] == [
        ("sufficientlyDefined", False),
        (rf2.SITE, rf2.code(1)),
    ]
    hierarchy = Hierarchy(release.hierarchy())
    assert hierarchy.number(rf2.ROOT) in hierarchy.ancestors(hierarchy.number(rf2.code(299)))
    assert any(len(parents) == 2 for _, parents in release.hierarchy())


def test_snomed_cts_displays_are_in_the_language_that_is_wanted_most(tmp_path):
    (release,) = found(rf2.write(tmp_path, 20), languages=("en", "nb"))
    assert concepts(release)[rf2.code(7)].display == "Disorder number 7"


def test_full_and_delta_files_of_a_release_are_left_alone(tmp_path):
    rf2.write(tmp_path, 20)
    snapshot = next(tmp_path.rglob("sct2_Concept_Snapshot*"))
    full = tmp_path / "Full" / "Terminology" / snapshot.name.replace("Snapshot", "Full")
    written(full, snapshot.read_text().replace(rf2.code(7), "1234567"))
    (release,) = found(tmp_path)
    assert "1234567" not in concepts(release)


def test_a_broken_row_is_named_with_file_and_line(tmp_path):
    rf2.write(tmp_path, 20)
    path = next(tmp_path.rglob("sct2_Description*"))
    path.write_text(path.read_text().replace("Disorder number 3\t", "Disorder number 3"))
    (problem,) = found(tmp_path)
    assert isinstance(problem, Problem)
    assert "sct2_Description" in problem.reason
    assert "line 17" in problem.reason


def test_loinc_is_read_with_its_parts_and_answers(tmp_path, packed):
    (release,) = found(packed(loinc(tmp_path / "loinc")))
    assert (release.system.url, release.system.version) == ("http://loinc.org", "2.80")
    assert not release.system.case_sensitive
    made = concepts(release)
    assert made["100-1"].display == "Sugar, made up [Mass] in Blood"
    assert made["100-1"].parents == ("LP2-2",)
    assert made["LP2-2"].display == "Sweet"
    assert ("CLASS", "string", "CHEM") in made["100-1"].properties
    assert [each.value for each in made["100-1"].designations] == ["Sugar Bld"]
    assert [code for code, each in made.items() if each.inactive] == ["102-7"]
    assert made["LA2-2"].properties[0].value == "LL1-1"


def test_code_lists_by_oid_become_code_systems(tmp_path):
    simple, diagnoses = found(written(tmp_path / "lists.json", VOLVEN))
    assert simple.system.url == "urn:oid:2.16.578.1.12.4.1.1.9999"
    assert {code: each.display for code, each in concepts(simple).items()} == {"1": "Ja", "2": "Nei"}
    assert concepts(diagnoses)["X00.1"].parents == ("X00",)


def test_fest_gives_atc_and_the_medicines(tmp_path, packed):
    written(tmp_path / "fest" / "fest251.xml", FEST)
    atc, medicines = found(packed(tmp_path / "fest"))
    assert (atc.system.url, atc.system.version) == ("http://www.whocc.no/atc", "2026-10-15")
    made = concepts(atc)
    assert {code: each.display for code, each in made.items()} == {
        "N": "Nervesystemet", "N02": "Analgetika", "N02B": "N02B", "N02BE": "N02BE", "N02BE01": "Paracetamol",
    }  # fmt: skip
    assert made["N02BE01"].parents == ("N02BE",)
    assert medicines.system.url == "http://dmp.no/fhir/NamingSystem/festLegemiddelMerkevare"
    made = concepts(medicines)
    assert made["ID_AAA"].display == "Smertefri Tab 500 mg"
    assert made["ID_AAA"].properties[0].value == "N02BE01"
    assert made["ID_BBB"].inactive


@pytest.mark.parametrize(
    "text",
    [
        FEST.replace("</KatKodeverk>", ""),
        '<?xml version="1.0"?><!DOCTYPE FEST [<!ENTITY a "b">]>' + FEST.partition("?>")[2],
    ],
)
def test_a_fest_file_that_is_broken_or_has_a_doctype_is_refused(tmp_path, text):
    results = found(written(tmp_path / "fest.xml", text))
    assert [type(each) for each in results] == [Problem]


def test_fhir_resources_come_from_files_bundles_and_packages(tmp_path):
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": animals()}, {"resource": {"resourceType": "Patient"}}],
    }
    written(tmp_path / "a.json", bundle)
    written(tmp_path / "b.ndjson", json.dumps(value_set({"system": "urn:x"})) + "\n")
    written(tmp_path / "package" / "CodeSystem-c.json", animals("2"))
    written(tmp_path / "package" / "package.json", {"name": "x"})
    with tarfile.open(tmp_path / "x.tgz", "w:gz") as archive:
        archive.add(tmp_path / "package", "package")
    results = found(tmp_path / "a.json", tmp_path / "b.ndjson", tmp_path / "x.tgz")
    assert [(type(each), each.resource["resourceType"]) for each in results] == [
        (Small, "CodeSystem"), (Small, "ValueSet"), (Small, "CodeSystem"),
    ]  # fmt: skip


def test_what_cannot_be_loaded_is_told_and_the_rest_is_loaded(tmp_path):
    written(tmp_path / "in" / "broken.json", '{"resourceType": "CodeSystem", ')
    written(tmp_path / "in" / "nameless.json", {"resourceType": "ValueSet", "status": "active"})
    written(tmp_path / "in" / "right.json", animals())
    written(tmp_path / "in" / "notes.txt", "hello")
    results = found(tmp_path / "in", tmp_path / "missing")
    assert [type(each) for each in results] == [Problem, Problem, Small, Problem]
    assert "no url" in results[1].reason


def test_a_large_code_system_resource_is_a_release_of_its_own(tmp_path):
    many = [{"code": str(number)} for number in range(5000)]
    (release,) = found(written(tmp_path / "many.json", animals(concept=many)))
    assert isinstance(release, Release)
    assert len(concepts(release)) == 5000


@pytest.mark.shared
def test_the_norwegian_code_systems_can_be_read():
    lists = found(shared("kodeverk/volven-codelists.json"))
    assert len(lists) > 900
    assert all(isinstance(each, Release) for each in lists)
    resources = found(shared("fhir/no-kodeverk"))
    assert len([each for each in resources if isinstance(each, Small)]) > 30
    assert not [each for each in resources if isinstance(each, Problem)]


def test_aksons_own_package_can_be_loaded():
    from importlib.resources import files
    from pathlib import Path

    results = found(Path(str(files("akson.exchange") / "package")))
    assert len(results) > 10
    assert {type(each) for each in results} == {Small}

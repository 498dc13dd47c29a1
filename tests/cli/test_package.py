"""`akson package`: says what packages bring and lack, and keeps all of them or none."""

import time

import httpx
import pytest

from akson.cli.main import main
from akson.exchange.own_package import file_name, own
from tests.cli.served import Served
from tests.fhir.packages.making import MANIFEST, PROFILE, member, package

CODES = {"resourceType": "CodeSystem", "url": "http://a.no/cs", "status": "active", "content": "complete"}
NEEDY = MANIFEST | {
    "name": "no.example.needy",
    "dependencies": {"no.example.test": "1.0.0", "no.example.far": "2.1.0"},
}


@pytest.fixture
def uri(new_database):
    return new_database()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.tgz").write_bytes(package(PROFILE, CODES, more=[member("package/example/x.json")]))
    (tmp_path / "b.tgz").write_bytes(package(PROFILE | {"url": "http://a.no/other"}, manifest=NEEDY))
    (tmp_path / "readme.txt").write_text("no package")
    return tmp_path


def said(capsys):
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_packages_are_added_listed_and_removed(uri, folder, capsys):
    assert main(["package", "list", "--database", uri]) == 0
    assert said(capsys) == ["No packages are loaded."]
    assert main(["package", "add", str(folder), "--database", uri]) == 0
    assert said(capsys) == [
        f"no.example.test#1.0.0  ({folder / 'a.tgz'})",
        "    1 CodeSystem, 1 StructureDefinition; 1 other files",
        f"no.example.needy#1.0.0  ({folder / 'b.tgz'})",
        "    1 StructureDefinition",
        "    needs no.example.far#2.1.0, which is not here",
    ]
    assert main(["package", "add", str(folder / "a.tgz"), "--database", uri]) == 0
    assert "is here already" in said(capsys)[0]
    assert main(["package", "list", "--database", uri]) == 0
    assert said(capsys)[0] == "no.example.needy#1.0.0"
    assert main(["package", "remove", "no.example.test", "no.example.needy#1.0.0", "--database", uri]) == 0
    assert said(capsys) == ["removed no.example.test#1.0.0", "removed no.example.needy#1.0.0"]
    assert main(["package", "remove", "no.example.test", "--database", uri]) == 1
    assert "no package no.example.test is here" in capsys.readouterr().err


def test_one_broken_package_keeps_all_out_and_is_named(uri, folder, capsys):
    (folder / "c.tgz").write_bytes(package(PROFILE)[:-30])
    assert main(["package", "add", str(folder), "--database", uri]) == 1
    assert f"{folder / 'c.tgz'}: the package is not a whole .tgz" in capsys.readouterr().err
    (folder / "c.tgz").write_bytes(package(PROFILE | {"name": "Changed"}))
    assert main(["package", "add", str(folder), "--database", uri]) == 1
    assert "another package no.example.test#1.0.0 is here" in capsys.readouterr().err
    assert main(["package", "list", "--database", uri]) == 0
    assert said(capsys) == ["No packages are loaded."]


def test_an_unpacked_package_will_do_and_a_folder_without_one_will_not(uri, tmp_path, capsys):
    inner = tmp_path / "package"
    inner.mkdir()
    assert main(["package", "add", str(tmp_path), "--database", uri]) == 1
    assert "no FHIR package is here" in capsys.readouterr().err
    assert main(["package", "add", str(tmp_path / "absent.tgz"), "--database", uri]) == 1
    assert "no FHIR package is here" in capsys.readouterr().err
    (inner / "package.json").write_bytes(member("x", MANIFEST)[1])
    (inner / "StructureDefinition-named.json").write_bytes(member("x", PROFILE)[1])
    for place in (tmp_path, inner):
        assert main(["package", "add", str(place), "--database", uri]) == 0
    assert "is here already" in said(capsys)[-2]


def test_a_data_folder_will_do_too_and_a_mistyped_node_is_not_made(tmp_path, folder, capsys):
    data = tmp_path / "data"
    assert main(["package", "add", str(folder / "a.tgz"), "--data", str(data)]) == 0
    assert main(["package", "list", "--data", str(data)]) == 0
    assert "no.example.test#1.0.0" in said(capsys)
    for _ in range(2):
        assert main(["package", "add", str(folder / "a.tgz"), "--data", str(data), "--node", "jornal"]) == 1
        assert "has no database akson_jornal; it has fhir" in capsys.readouterr().err


def test_aksons_own_package_is_added_by_its_name(uri, capsys):
    for state in ("", "  is here already"):
        assert main(["package", "add", own().name, "--database", uri]) == 0
        assert said(capsys)[0] == f"{own().label}{state}  (came with Akson)"
    assert main(["package", "list", "--database", uri]) == 0
    assert said(capsys)[:2] == [
        f"{own().label}  Akson",
        "    " + ", ".join(f"{number} {kind}" for kind, number in own().counts.items()),
    ]
    assert main(["package", "add", "no.akson.other", "--database", uri]) == 1
    assert "no.akson.other: no FHIR package is here" in capsys.readouterr().err


def test_aksons_own_package_is_exported_and_another_server_takes_it(uri, tmp_path, capsys):
    assert main(["package", "export", str(tmp_path)]) == 0
    assert said(capsys)[0] == f"{own().label}  {tmp_path / file_name()}"
    assert main(["package", "export", str(tmp_path / "named.tgz")]) == 0
    assert (tmp_path / "named.tgz").read_bytes() == (tmp_path / file_name()).read_bytes()
    assert main(["package", "add", str(tmp_path / "named.tgz"), "--database", uri]) == 0
    assert main(["package", "export", str(tmp_path / "no" / "such.tgz")]) == 1
    assert "such.tgz: No such file or directory" in capsys.readouterr().err


def test_it_takes_the_place_of_the_one_of_another_version(uri, tmp_path, capsys):
    older = {"name": own().name, "version": "0.0.1", "fhirVersions": ["4.0.1"]}
    (tmp_path / "older.tgz").write_bytes(package(PROFILE, manifest=MANIFEST | older))
    assert main(["package", "add", str(tmp_path), "--database", uri]) == 0
    assert main(["package", "add", own().name, "--database", uri]) == 0
    capsys.readouterr()
    assert main(["package", "list", "--database", uri]) == 0
    assert [line for line in said(capsys) if line.startswith(own().name)] == [f"{own().label}  Akson"]


FLAG = {
    "resourceType": "Flag",
    "id": "1",
    "status": "active",
    "category": [{"coding": [{"system": "http://a.no", "code": "x"}]}],
    "code": {"text": "Penicillin"},
    "subject": {"reference": "Patient/1"},
}


@pytest.mark.store
@pytest.mark.slow
def test_a_plain_server_knows_it_when_it_was_added_and_not_before(tmp_path):
    server = Served(tmp_path / "data")
    try:
        server.start()
        with httpx.Client(base_url=server.base, timeout=60) as client:
            client.put("/Flag/1", json=FLAG).raise_for_status()
            assert client.get("/Flag?category=http://a.no|x").status_code == 400
        server.stop()
        assert main(["package", "add", own().name, "--data", str(server.data)]) == 0
        server.start()
        with httpx.Client(base_url=server.base, timeout=60) as client:
            end = time.monotonic() + 60
            while (found := client.get("/Flag?category=http://a.no|x")).status_code != 200:
                assert "index" in found.text, found.text  # what was stored before is being indexed
                assert time.monotonic() < end
                time.sleep(0.2)
            assert [each["resource"]["id"] for each in found.json()["entry"]] == ["1"]
            assert client.get("/Flag?category=http://a.no|y").json().get("entry", []) == []
            named = {
                each["name"]
                for row in client.get("/metadata").json()["rest"][0]["resource"]
                if row["type"] == "Flag"
                for each in row["searchParam"]
            }
            assert "category" in named
    finally:
        server.stop()


@pytest.mark.slow
def test_a_package_is_added_to_a_server_that_runs(tmp_path, folder):
    data = tmp_path / "data"
    server = Served(data)
    server.start()
    try:
        assert main(["package", "add", str(folder / "a.tgz"), "--data", str(data)]) == 0
        asked = {"url": "http://a.no/cs", "code": "x"}
        answer = httpx.get(f"{server.base}/CodeSystem/$validate-code", params=asked, timeout=30)
        assert (answer.status_code, answer.json()["parameter"][0]["valueBoolean"]) == (200, False)
    finally:
        server.stop()

"""akson fhir import: what it reads, the rule that makes it repeatable, and what a killed server leaves."""

import asyncio
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from contextlib import suppress

import httpx
import pytest

from akson.cli.importing.files import Files
from akson.cli.importing.jobs import jobs
from akson.cli.importing.run import Options, load
from akson.fhir import xml
from akson.rest.bulk.repeatable import entry_id, repeatable_entry
from akson.rest.bulk.workers import Workers
from tests.cli.served import Served
from tests.rest.making import bundle, observation, patient, post, put
from tests.shared import shared

ONE = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"


def write(path, value):
    path.write_text(json.dumps(value))
    return path


class TestFiles:
    def test_folders_archives_and_packed_files_give_their_documents(self, tmp_path):
        write(tmp_path / "a.json", patient(id="a"))
        (tmp_path / "notes.txt").write_text("no FHIR")
        (tmp_path / ".hidden.json").write_text("{}")
        lines = b"\n".join(json.dumps(patient(id=key)).encode() for key in "bc")
        (tmp_path / "b.ndjson.gz").write_bytes(gzip.compress(lines))
        with tarfile.open(tmp_path / "c.tar.xz", "w:xz") as archive:
            for name, raw in (("x/d.json", json.dumps(patient(id="d")).encode()), ("x/readme.md", b"#")):
                member = tarfile.TarInfo(name)
                member.size = len(raw)
                archive.addfile(member, io.BytesIO(raw))
        files = Files([tmp_path])
        found = [json.loads(document.raw)["id"] for document in files]
        assert found == ["a", "b", "c", "d"]
        assert files.done == files.size > 0

    def test_what_cannot_be_read_is_told(self, tmp_path):
        (tmp_path / "a.json.gz").write_bytes(b"not gzip")
        (tmp_path / "b.tar.xz").write_bytes(b"not xz")
        problems = [document.problem for document in Files([tmp_path, tmp_path / "none.json"])]
        assert len(problems) == 3
        assert all(problems)
        assert "no such file" in problems[-1]


class TestJobs:
    def test_singles_are_gathered_and_bundles_stay_whole(self, tmp_path):
        write(tmp_path / "1.json", patient(id="a"))
        write(tmp_path / "2.json", patient(id="b"))
        write(tmp_path / "3.json", bundle("transaction", post(patient(), ONE)))
        write(tmp_path / "4.json", bundle("collection", {"resource": patient()}))
        write(tmp_path / "4b.json", {"resourceType": "Endpoint", "type": {"text": "an object"}})
        (tmp_path / "5.json").write_text("{")
        write(tmp_path / "6.json", {"name": "package"})
        made = list(jobs(Files([tmp_path])))
        assert [job.bundle.get("type") for job in made] == ["batch", "transaction", "batch", None, None]
        assert [len(job.sources) for job in made] == [2, 1, 2, 0, 0]
        assert "resourceType" in made[-1].problem

    def test_xml_is_read_as_json_is(self, tmp_path):
        (tmp_path / "1.xml").write_bytes(xml.dumps(patient(id="a")))
        write(tmp_path / "2.json", patient(id="b"))
        (tmp_path / "3.xml.gz").write_bytes(
            gzip.compress(xml.dumps(bundle("transaction", post(patient(), ONE))))
        )
        (tmp_path / "4.xml").write_text('<Patient xmlns="http://hl7.org/fhir"><a/><b/><c/><d/></Patient>')
        (tmp_path / "5.xml").write_text("<melding/>")
        made = list(jobs(Files([tmp_path])))
        assert [len(job.sources) for job in made] == [2, 1, 0, 0]
        assert made[0].bundle["entry"][0] == repeatable_entry(put(patient(id="a")))
        assert "Patient.a: Patient has no such element" in made[2].problem
        assert made[2].problem.endswith("and 1 more")
        assert "namespace" in made[3].problem

    def test_a_plain_post_becomes_a_put_to_an_id_that_stays(self):
        entry = repeatable_entry(post(patient(), ONE))
        assert entry["request"] == {"method": "PUT", "url": f"Patient/{ONE[9:]}"}
        assert (entry["resource"]["id"], entry["fullUrl"]) == (ONE[9:], ONE)
        conditional = post(patient(), ONE, ifNoneExist="identifier=1")
        assert repeatable_entry(conditional) == conditional

    def test_ids_follow_from_the_source(self):
        other = {"name": [{"given": ["Kari"], "family": "Hansen"}], "resourceType": "Patient"}
        assert entry_id("http://a.example/Patient/1", {}) == entry_id("http://a.example/Patient/1", {})
        assert entry_id("http://a.example/Patient/1", {}) != entry_id("http://b.example/Patient/1", {})
        assert entry_id(None, patient()) == entry_id(None, other)
        assert entry_id(None, patient()) != entry_id(None, patient("Olsen"))


@pytest.fixture
def server(tmp_path):
    """`akson fhir serve` as a program of its own."""
    served = Served(tmp_path / "data")
    served.start()
    yield served
    served.stop()


def count(base, kind):
    return httpx.get(f"{base}/{kind}?_summary=count", timeout=60).json()["total"]


@pytest.mark.store
def test_a_second_run_creates_nothing_twice(server, tmp_path, capsys):
    base = server.base
    write(tmp_path / "t.json", bundle("transaction", post(patient(), ONE), post(observation(ONE))))
    write(tmp_path / "p.json", patient(id="p1"))
    write(tmp_path / "nameless.json", patient("Olsen"))
    write(tmp_path / "bad.json", patient(gender="x", id="p2"))
    write(tmp_path / "a-first.json", bundle("transaction", post(observation("Patient/p1"), ONE)))
    for words in ("created    5", "unchanged  5"):
        assert load([tmp_path], Options(url=base, quiet=True)) == 1
        told = capsys.readouterr().out
        assert words in told
        assert "bad.json: 400" in told
        assert "(gender)" in told
    assert (count(base, "Patient"), count(base, "Observation")) == (3, 2)
    server.stop()
    assert load([tmp_path / "t.json"], Options(data=tmp_path / "data", quiet=True)) == 0
    assert "unchanged  2" in capsys.readouterr().out


@pytest.mark.store
@pytest.mark.shared
def test_a_server_killed_in_the_middle_leaves_nothing_half_written(server, tmp_path):
    archive = shared("synthea-r4/bundles-100.tar.xz")
    with tarfile.open(archive) as packed:
        members = [m for m in packed if m.name.endswith(".json")][:12]
        bundles = [json.loads(packed.extractfile(m).read()) for m in members]
    for position, content in enumerate(bundles):
        write(tmp_path / f"{position:02}.json", content)
    files = [tmp_path / f"{position:02}.json" for position in range(len(bundles))]
    base = server.base
    command = ["fhir", "import", "--quiet", "--url", base, *map(str, files)]
    importing = subprocess.Popen(
        [sys.executable, "-m", "akson.cli", *command], stdout=subprocess.PIPE, text=True
    )
    while count(base, "Patient") < 3:
        time.sleep(0.05)
    server.kill()
    told, _ = importing.communicate(timeout=120)
    assert importing.returncode == 1
    assert "Run the same command again" in told
    server.start()
    half = count(base, "Patient")
    assert 3 <= half < len(bundles)
    expected = {"Patient": 0, "Observation": 0, "Encounter": 0}
    for content in bundles:
        kinds = [entry["resource"]["resourceType"] for entry in content["entry"]]
        who = next(
            e["resource"]["id"] for e in content["entry"] if e["resource"]["resourceType"] == "Patient"
        )
        there = httpx.get(f"{base}/Patient/{who}").status_code == 200
        for kind in expected:
            expected[kind] += kinds.count(kind) if there else 0
    assert {kind: count(base, kind) for kind in expected} == expected, "whole Bundles only"
    assert load(files, Options(url=base, quiet=True)) == 0
    everything = [e["resource"]["resourceType"] for content in bundles for e in content["entry"]]
    assert count(base, "Observation") == everything.count("Observation")


@pytest.mark.store
@pytest.mark.shared
def test_the_xml_examples_of_no_basis_are_loaded(tmp_path, capsys):
    folder = shared("fhir/no-basis-xml-examples")
    assert load([folder], Options(data=tmp_path / "data", quiet=True)) == 1
    told = capsys.readouterr().out
    assert f"created    {len(list(folder.glob('*.xml'))) - 1}" in told
    assert "HealthcareService.id: is not a valid id" in told  # it has a blank


@pytest.fixture
def killing(monkeypatch):
    """Kills all processes of an offline import at its first so many tasks; how often it did."""
    do, killed = Workers.do, []

    def set_up(times):
        async def under_fire(workers, task):
            doing = asyncio.create_task(do(workers, task))
            mine = len(killed) < times
            while mine and not doing.done():
                await asyncio.sleep(0.01)
                for pid in list(getattr(workers._pool, "_processes", None) or ()):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                        killed.append(pid)
            return await doing

        monkeypatch.setattr(Workers, "do", under_fire)
        return killed

    return set_up


@pytest.mark.store
@pytest.mark.slow
def test_a_process_killed_at_an_offline_import_is_followed_by_another(tmp_path, capsys, killing):
    killed = killing(1)
    path = tmp_path / "patients.ndjson"
    path.write_text("".join(json.dumps(patient(id=f"p{number}")) + "\n" for number in range(200)))
    assert load([path], Options(data=tmp_path / "data", quiet=True)) == 0
    assert killed
    assert "created    200" in capsys.readouterr().out


@pytest.mark.store
@pytest.mark.slow
def test_processes_that_are_killed_again_and_again_end_an_offline_import_in_words(tmp_path, capsys, killing):
    killing(1_000_000)
    path = write(tmp_path / "a.json", patient(id="a"))
    assert load([path], Options(data=tmp_path / "data", quiet=True)) == 1
    said = capsys.readouterr().out
    assert (
        "Stopped: a process of it was killed, perhaps for want of memory. Run the same command again" in said
    )


@pytest.mark.store
def test_a_server_that_is_not_there_is_said_so(tmp_path, capsys, unused_tcp_port):
    from akson.cli.main import main

    write(tmp_path / "p.json", patient(id="p1"))
    code = main(
        ["fhir", "import", "--url", f"http://127.0.0.1:{unused_tcp_port}/fhir", str(tmp_path / "p.json")]
    )
    assert code == 1
    assert "does not answer" in capsys.readouterr().err


def test_put_keeps_what_a_bundle_says_itself():
    entry = put(patient(id="x"))
    assert repeatable_entry(entry) == entry

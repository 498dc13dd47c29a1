"""`akson terminology load` into the data folder of a server that runs, and of one that does not."""

from urllib.parse import quote

import httpx
import pytest
from bench import rf2
from bench.server import Served

from akson.cli.main import main

pytestmark = [pytest.mark.store, pytest.mark.slow]
SET = quote("http://snomed.info/sct?fhir_vs")


def total(server):
    answer = httpx.get(f"http://127.0.0.1:{server.port}/fhir/ValueSet/$expand?url={SET}&count=0", timeout=30)
    return answer.json()["expansion"]["total"] if answer.status_code == 200 else answer.status_code


def test_a_server_answers_from_each_version_as_soon_as_it_is_loaded(tmp_path, capsys):
    data = tmp_path / "data"
    load = ["terminology", "load", "--quiet", "--data", str(data)]
    server = Served(data)
    try:
        assert total(server) == 404
        assert main([*load, str(rf2.write(tmp_path / "old", 300, "20260415"))]) == 0
        assert total(server) == 300
        assert main([*load, str(rf2.write(tmp_path / "new", 400, "20261015"))]) == 0
        assert total(server) == 400
        assert main([*load, "--node", "journal", str(tmp_path / "new")]) == 1
        assert "no database akson_journal" in capsys.readouterr().err
    finally:
        server.stop()
    assert main([*load, str(rf2.write(tmp_path / "newest", 500, "20270415"))]) == 0
    assert main([*load, "--node", "journal", str(tmp_path / "new")]) == 1
    server = Served(data)
    try:
        assert total(server) == 500
    finally:
        server.stop()

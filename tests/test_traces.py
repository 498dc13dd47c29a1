"""That the look through everything written finds what it is for, and that the run fails by it."""

import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from tests.traces import Traces, findings, identifying

ROOT = Path(__file__).parents[1]
NUMBER = "02839100089"
CLAIMS = urlsafe_b64encode(f'{{"pid":"{NUMBER}"}}'.encode()).decode().rstrip("=")
PLANTED = """
import logging, httpx, pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

NUMBER = "{number}"
OUTCOME = {{"resourceType": "OperationOutcome", "issue": [{{"diagnostics": "no patient " + NUMBER}}]}}

def test_log(): logging.getLogger("akson").error("no patient " + NUMBER)

@pytest.mark.parametrize("path", ["error", "away", "fine"])
async def test_answers(path):
    routes = [
        Route("/error", lambda _: JSONResponse(OUTCOME, 404)),
        Route("/away", lambda _: RedirectResponse("/pasient?nummer=" + NUMBER)),
        Route("/fine", lambda _: JSONResponse({{"identifier": NUMBER}})),
    ]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="http://x") as http:
        await http.get("/" + path)
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("patient 02839100089 here", [NUMBER]),
        ("/pasient?q=Ingrid%20Haugen", ["Ingrid Haugen"]),
        ("/pasient?q=Ingrid+Haugen&n=02839100089", [NUMBER, "Ingrid Haugen"]),
        ("02839100080 does not check out", []),
        ("102839100089 is longer", []),
        (f"/out?hint=eyJhbGciOiJFUzI1NiJ9.{CLAIMS}.c2lnbmVk", [NUMBER]),
        ("Ingrid", []),
        ("12345678901", []),
    ],
)
def test_numbers_that_check_out_and_full_names_are_found(text, found):
    assert list(identifying(text)) == found


def test_the_same_is_written_down_once(tmp_path):
    seen = Traces(tmp_path)
    for _ in range(3):
        seen.see("log", "patient 02839100089")
    assert len(findings(tmp_path)) == 1


@pytest.mark.slow
def test_a_planted_fault_fails_the_run(tmp_path):
    """A run of tests that all pass, by workers as in `make test`, over a program that tells who somebody is."""
    hooks = "pytest_configure, pytest_sessionfinish, pytest_terminal_summary"
    (tmp_path / "conftest.py").write_text(f"from tests.conftest import {hooks}\n")
    planted = tmp_path / "test_planted.py"
    planted.write_text(PLANTED.format(number=NUMBER))
    options = ["-q", "-p", "no:cacheprovider", "-n", "2", "-c", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(planted)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert "4 passed" in done.stdout, done.stdout
    assert done.returncode == 1, done.stdout
    said = [line for line in done.stdout.splitlines() if NUMBER in line]
    assert sorted(line.partition(":")[0] for line in said) == ["address", "error", "log"]

"""A program whose FHIR definitions are missing or of another version says so at once, instead of failing later."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import akson
from akson.fhir.spec.folder import FORM_FILE, PARTS
from tests.cli.test_hosting import free_port

SOURCE = Path(akson.__file__).parent
CREATE = "from akson.asgi import create; create()"
STARTS = {
    "fhir serve": ("-m", "akson.cli", "fhir", "serve", "--data", "{data}", "--port", "{port}"),
    "up": ("-m", "akson.cli", "up"),
    "a node under a server of its own": ("-c", CREATE),
}


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Path:
    """A copy of the program, to take definitions away from."""
    folder = tmp_path_factory.mktemp("program")
    shutil.copytree(SOURCE, folder / "akson", ignore=shutil.ignore_patterns("__pycache__", "r4", "static"))
    return folder


@pytest.fixture
def definitions(program: Path):
    """The definitions of the copy, whole."""
    folder = program / "akson/fhir/spec/r4"
    shutil.copytree(SOURCE / "fhir/spec/r4", folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def start(
    program: Path, arguments: tuple[str, ...], data: Path, port: int | None = None
) -> subprocess.CompletedProcess[str]:
    port = str(port or free_port())
    return subprocess.run(
        [sys.executable, *(each.format(data=data, port=port) for each in arguments)],
        env=os.environ | {"PYTHONPATH": str(program), "AKSON_DATA": str(data), "AKSON_PORT": port},
        cwd=program,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def cut(folder: Path) -> None:
    (folder / "types.json").write_bytes(b"")


def older(folder: Path) -> None:
    (folder / FORM_FILE).write_text("0", encoding="ascii")


BROKEN = {
    "no folder": (shutil.rmtree, "are missing"),
    "nothing in it": (emptied, "are missing"),
    "built before terminology was": (lambda folder: (folder / "terms.json").unlink(), "(terms.json missing)"),
    "an empty file": (cut, "(types.json missing)"),
    "of another form": (older, "are made for another version of Akson"),
}


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("command", STARTS)
def test_it_does_not_start_and_says_what_to_do(program, definitions, tmp_path, command, broken):
    spoil, said = BROKEN[broken]
    spoil(definitions)
    ended = start(program, STARTS[command], tmp_path / "data")
    assert ended.returncode != 0
    last = ended.stderr.strip().splitlines()[-1]
    assert f"the FHIR definitions in {definitions} are " in last
    assert said in last
    assert "run `make spec`" in last
    assert not (tmp_path / "data").exists()


def test_with_whole_definitions_it_is_not_held_back(program, definitions, tmp_path):
    with socket.socket() as taken:  # what is looked at next
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for command in ("fhir serve", "up"):
            ended = start(program, STARTS[command], tmp_path / "data", taken.getsockname()[1])
            assert "cannot be used" in ended.stderr


def test_these_are_the_files_that_are_read(definitions):
    found = {each.name for each in definitions.iterdir()} - {".built", FORM_FILE}
    assert found == set(PARTS)

"""The tutorial tells of the code as it is: its files, names and quotations exist, and what it lets one do works."""

import ast
import json
import re
from functools import cache
from itertools import takewhile
from pathlib import Path

import httpx
import pytest

from akson.rest.open import open_place, standalone
from tests.house.source import ROOT

PAGE = (ROOT / "docs" / "tutorial" / "index.md").read_text("utf-8")
SOURCE = ROOT / "src" / "akson"
WORDS = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL))
FILES = [word for word in dict.fromkeys(WORDS) if re.fullmatch(r"[\w/-]+\.(py|html|js|po|toml)", word)]
FOLDERS = [word for word in dict.fromkeys(WORDS) if re.fullmatch(r"(tests|[a-z]+)/[a-z/]+", word)]
NAMES = [
    word
    for word in dict.fromkeys(WORDS)
    if re.fullmatch(r"_?[A-Za-z]\w*(\.\w+)+", word) and word not in FILES and not word.endswith(".json")
]
LOGGED = {"AllergyIntolerance.create", "Provenance.create", "reason.attested_care"}
"""Words with a dot that are data: topics of events, a key of the catalogues."""
TESTS = [word for word in dict.fromkeys(WORDS) if re.fullmatch(r"test_\w+", word)]
QUOTES = re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE, flags=re.DOTALL)
JSON = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)]


def place(name: str) -> Path:
    """Where a file of the tutorial stands: below src/akson, or beside it."""
    return SOURCE / name if (SOURCE / name).exists() else ROOT / name


@cache
def defined(file: Path) -> frozenset[str]:
    """What a Python file defines: `name` at its top, `Class.name` in its classes."""
    found = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        for name in _named(node):
            found.add(name)
            inner = node.body if isinstance(node, ast.ClassDef) else []
            found |= {f"{name}.{each}" for part in inner for each in _named(part)}
    return frozenset(found)


def _named(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def named_files() -> list[Path]:
    return [place(name) for name in FILES if name.endswith(".py") and place(name).is_file()]


def exists(name: str) -> bool:
    """`module.function`, `module.Class.function` or `Class.function`, in one of the files that the tutorial names."""
    module, _, rest = name.partition(".")
    return any(
        name in defined(file) or (file.stem == module and rest in defined(file)) for file in named_files()
    )


def test_the_tutorial_is_read():
    assert len(FILES) > 30
    assert len(NAMES) > 20
    assert len(QUOTES) > 5
    assert len(TESTS) > 2


@pytest.mark.parametrize("name", FILES)
def test_every_file_exists(name):
    assert place(name).is_file()


@pytest.mark.parametrize("name", FOLDERS)
def test_every_folder_exists(name):
    assert place(name).is_dir()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LOGGED])
def test_every_name_exists(name):
    assert exists(name), f"{name} is in none of the files that the tutorial names"


@pytest.mark.parametrize("name", ["gate.open_sesame", "share.Item.colour", "nowhere.read", "Peer.ask_nicely"])
def test_a_name_that_is_not_there_is_found_out(name):
    assert not exists(name)


@pytest.mark.parametrize(("file", "quote"), QUOTES, ids=[file for file, _ in QUOTES])
def test_every_quotation_stands_in_its_file(file, quote):
    assert quote in place(file).read_text("utf-8")


@pytest.mark.parametrize("name", TESTS)
def test_every_test_that_it_lets_one_break_exists(name):
    assert any(name in defined(file) for file in named_files() + sorted((ROOT / "tests").glob("*/test_*.py")))


def test_the_six_hops_are_six_files():
    rows = re.findall(r"^\| (\d) \| `([^`]+)` \|", PAGE, flags=re.MULTILINE)
    assert [number for number, _ in rows] == ["1", "2", "3", "4", "5", "6"]
    assert len({file for _, file in rows}) == 6
    assert all(place(file).is_file() for _, file in rows)


async def test_what_is_done_by_hand_works(database):
    patient, transaction = JSON
    app = standalone(open_place(database, "http://127.0.0.1:8081"), limit=1_000_000)
    headers = {"content-type": "application/fhir+json"}
    base = "http://127.0.0.1:8081/fhir"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), headers=headers) as client:
        early = await client.post(base, json=transaction)
        assert early.status_code == 422
        assert "patient" in str(early.json()["issue"][0]["expression"])
        assert (await client.post(f"{base}/Patient", json=patient)).status_code == 201
        taken = await client.post(base, json=transaction)
        assert taken.status_code == 200, taken.text
        searches = re.findall(r'curl "\$base(/[^"]+)"', PAGE)
        found, history = [(await client.get(base + search)).json() for search in searches]
        allergy, provenance = (entry["resource"] for entry in found["entry"])
        assert allergy["patient"]["reference"].startswith("Patient/")
        assert "?" not in allergy["patient"]["reference"]
        assert provenance["target"] == [{"reference": f"AllergyIntolerance/{allergy['id']}"}]
        assert len(history["entry"]) == 1
        where = f"{base}/AllergyIntolerance/{allergy['id']}"
        changed = allergy | {"criticality": "low"}
        match = {"if-match": 'W/"1"'}
        assert (await client.put(where, json=changed, headers=match)).status_code == 200
        assert (await client.put(where, json=changed, headers=match)).status_code == 412
        assert (await client.put(where, json=changed)).json()["meta"]["versionId"] == "2"


def test_what_it_lets_one_do_uses_commands_that_exist():
    from akson.cli.main import parser

    commands = re.findall(r"^ +\.venv/bin/akson (.+)$", PAGE, flags=re.MULTILINE)
    assert commands
    for command in commands:
        words = list(takewhile(lambda word: word != "&", command.split()))
        assert parser().parse_args(words)

"""The documentation is in step with the code: generated pages are fresh, links lead somewhere, services are told of."""

import re
from pathlib import Path

import pytest

from tests.house.source import ROOT
from tools import make_reference, proofs

PAGES = sorted((ROOT / "docs").rglob("*.md")) + [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")
]


def test_generated_pages_are_fresh():
    assert not sorted(make_reference.stale()), "run `make reference` and commit what it writes"


def test_marks_name_rows_that_exist():
    rows = {row for section in make_reference.requirements().values() for row in section}
    unknown = {row: tests for row, tests in proofs.of_rows().items() if row not in rows}
    assert not unknown


def test_rows_are_numbered_without_gaps():
    for letter, section in make_reference.requirements().items():
        rows = [row for row in section if row != "title"]
        assert rows == [f"{letter}{n}" for n in range(1, len(rows) + 1)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@pytest.mark.proves('I8', 'L3')\nasync def test_a(): ...", [("I8", "test_a"), ("L3", "test_a")]),
        ("pytestmark = [pytest.mark.store, pytest.mark.proves('I1')]\ndef test_a(): ...", [("I1", "test_a")]),
        ("@pytest.mark.proves('T5')\nclass TestX:\n    def test_a(self): ...", [("T5", "test_a")]),
        ("@pytest.mark.proves('T5')\ndef helper(): ...", []),
    ],
)
def test_marks_are_read(text, found):
    import ast

    assert list(proofs.marks(ast.parse(text), "proves")) == found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", text):
        if "://" not in link and not link.startswith("mailto:"):
            assert (page.parent / link).exists(), f"{link} in {page.name}"


def test_decisions_are_numbered_in_one_sequence_and_listed():
    pages = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    listed = (ROOT / "docs" / "adr" / "index.md").read_text("utf-8")
    for page in pages:
        title = page.read_text("utf-8").splitlines()[0].removeprefix("# ")
        assert title.startswith(page.name[:4])
        assert f"- [{title}]({page.name})" in listed


def test_every_rule_of_access_is_explained():
    page = (ROOT / "docs" / "explanation" / "access.md").read_text("utf-8")
    told = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    rules = {file.stem for file in (ROOT / "src/akson/security/rules").glob("*.py")} - {"__init__", "rule"}
    assert told == rules


def test_every_how_to_is_listed():
    folder = ROOT / "docs" / "howto"
    listed = set(re.findall(r"\]\((\S+\.md)\)", (folder / "index.md").read_text("utf-8")))
    assert listed == {page.name for page in folder.glob("*.md")} - {"index.md"}


def test_each_of_the_ten_pains_names_tests_that_exist():
    text = (ROOT / "docs/explanation/ten-pains.md").read_text(encoding="utf-8")
    pains = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert [pain.partition(".")[0] for pain in pains[:10]] == [str(number) for number in range(1, 11)]
    for pain in pains:
        named = re.findall(r"`(tests/[a-z_/]+\.py)::(test_[a-z_0-9]+)`", pain)
        assert named, pain
        for path, name in named:
            assert re.search(
                rf"^(async )?def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE
            ), name

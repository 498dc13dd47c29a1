"""Every declared service is whole: it can be found, shown, named, permitted and read about, without code of its own."""

import inspect
import re
from dataclasses import replace
from importlib import import_module

import pytest

from akson.exchange.declare import TAG_SYSTEM, BadDeclaration, Column, Part, load
from akson.kit.text import text
from tests.house.source import ROOT
from tests.services.checks import CHECKS, Declared


def declared(package: str = "akson.services") -> list[Declared]:
    """The services of a package with their sources."""
    modules = [(each, import_module(f"{package}.{each.slug.replace('-', '_')}")) for each in load(package)]
    return [Declared(service, inspect.getsource(module)) for service, module in modules]


ALL = declared()
SHARED = next(each for each in ALL if each.service.slug == "kritisk-informasjon")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("each", ALL, ids=lambda each: each.service.slug)
def test_it_keeps(each, check):
    assert not list(check(each))


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.service.slug)
def test_its_reference_page_tells_of_it(each):
    page = (ROOT / "docs" / "reference" / "services.md").read_text("utf-8")
    service = each.service
    section = page.split(f"## {service.number}. {text(service.title)}\n")[1].split("\n## ")[0]
    assert each.doc.splitlines()[0] in section
    assert f"Mode: {service.mode.value}" in section
    for part in service.parts:
        assert f"`{part.slug}`" in section


@pytest.mark.parametrize(
    "each", [each for each in ALL if each.service.number <= 26], ids=lambda each: each.service.slug
)
def test_its_mode_is_the_one_that_was_decided(each):
    page = (ROOT / "docs" / "adr" / "0014-modes-of-the-services.md").read_text("utf-8")
    rows = {
        line.split("|")[1].strip(): line
        for line in page.splitlines()
        if line.startswith(("| share", "| look", "| send"))
    }
    row = re.sub(r"(\d+) and (\d+)", r"\1, \2", rows[each.service.mode.value])
    assert re.search(rf"\b{each.service.number}\b", row)


# --- the checks themselves ------------------------------------------------------------------------------------


def with_part(**changes) -> Declared:
    """The shared service with its first part changed."""
    first, *others = SHARED.service.parts
    return replace(SHARED, service=replace(SHARED.service, parts=(replace(first, **changes), *others)))


def with_source(line: str) -> Declared:
    return replace(SHARED, source=f"{SHARED.source}\n{line}\n")


TAG = f"_tag={TAG_SYSTEM}|{SHARED.service.slug}"
PLANTED = {
    "a function": with_source("def helper(): ..."),
    "a condition": with_source("if True: pass"),
    "a comprehension": with_source("OTHERS = [part for part in SERVICE.parts]"),
    "a method": with_source('LOWER = "A".lower()'),
    "two services": with_source("SERVICE = SERVICE"),
    "no docstring": replace(SHARED, source="SERVICE = 1"),
    "an unknown search parameter": with_part(search=f"{TAG}&colour=red"),
    "a search parameter of another type": with_part(search=f"{TAG}&vaccine-code=1"),
    "a page size": with_part(search=f"{TAG}&_count=5"),
    "no tag": with_part(search="clinical-status=active"),
    "the tag of another": with_part(search=f"_tag={TAG_SYSTEM}|video"),
    "a path that is no FHIRPath": with_part(columns=(Column("critical.what", "code.text..x"),)),
    "an unknown function": with_part(columns=(Column("critical.what", "code.shout()"),)),
    "a misspelt element": with_part(columns=(Column("critical.what", "code.txt"),)),
    "JSON's name of a choice": with_part(columns=(Column("critical.what", "onsetDateTime"),)),
    "an element of another type": with_part(columns=(Column("critical.what", "valueQuantity"),)),
    "an element that is needed and that the type lacks": with_part(needs=("colour",)),
    "no columns": with_part(columns=()),
    "a label without words": with_part(columns=(Column("critical.no_such", "code.text"),)),
    "a title without words": with_part(title="critical.no_such"),
    "an unknown code list": with_part(codes="urn:oid:1.2.3"),
    "a type that no rule knows": with_part(
        type="Account", search="", columns=(Column("critical.what", "name"),)
    ),
    "a slug twice": with_part(slug=SHARED.service.parts[1].slug),
    "an unknown row": replace(SHARED, service=replace(SHARED.service, rows=("I99",))),
    "no parties": replace(SHARED, service=replace(SHARED.service, parties=frozenset())),
}


@pytest.mark.parametrize("fault", PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_found(fault):
    assert [finding for check in CHECKS for finding in check(fault)]


@pytest.mark.parametrize(
    "path",
    [
        "code.text",
        "onset",
        "onset.ofType(Age).value",
        "reaction.manifestation.first().text",
        "AllergyIntolerance.code",
    ],
)
def test_what_is_right_is_let_through(path):
    fine = with_part(columns=(Column("critical.what", path),))
    assert not [finding for check in CHECKS for finding in check(fine)]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"a": "x = 1"}, "declares no SERVICE"),
        ({"another_name": SHARED.source}, "differ"),
        (
            {
                "kritisk_informasjon": SHARED.source,
                "b": SHARED.source.replace('"kritisk-informasjon"', '"b"'),
            },
            "share a number",
        ),
    ],
    ids=["no service", "another name", "a number twice"],
)
def test_what_cannot_be_loaded_says_why(files, why, tmp_path, monkeypatch, request):
    package = f"bad_services_{request.node.callspec.indices['files']}"
    folder = tmp_path / package
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name, source in files.items():
        (folder / f"{name}.py").write_text(source, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BadDeclaration, match=why):
        load(package)


def test_a_part_is_found_by_its_slug():
    part = SHARED.service.parts[0]
    assert isinstance(part, Part)
    assert SHARED.service.part(part.slug) is part

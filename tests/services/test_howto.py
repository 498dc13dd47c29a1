"""The how-to for a new information service works: what it tells one to write passes every check, and its test passes."""

import inspect

import pytest

from akson.exchange import declare
from akson.kit import text
from tests.services import howto
from tests.services.checks import CHECKS, Declared
from tools import make_reference


@pytest.fixture
def service(tmp_path, monkeypatch):
    """Number 27, with its words in the catalogues and found by its name."""
    made = howto.written(tmp_path)
    catalogues = {language: text.catalogue(language) | howto.WORDS[language] for language in text.LANGUAGES}
    monkeypatch.setattr(text, "catalogue", catalogues.__getitem__)
    everything = (*declare.load(), made)
    monkeypatch.setattr(
        declare,
        "load",
        lambda package="akson.services": everything if package == "akson.services" else (made,),
    )
    yield made
    howto.forgotten()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_declaration_keeps(service, check):
    assert not list(check(Declared(service, howto.DECLARATION)))


def test_its_number_and_slug_are_free(service):
    others = [each for each in declare.load() if each is not service]
    assert service.number not in {each.number for each in others}
    assert service.slug not in {each.slug for each in others}


def test_without_its_words_it_is_found_wanting(service, monkeypatch):
    lacking = {key: value for key, value in text.catalogue("nn").items() if key != "equipment.since"}
    monkeypatch.setattr(text, "catalogue", lambda _language: lacking)
    findings = [finding for check in CHECKS for finding in check(Declared(service, howto.DECLARATION))]
    assert any("equipment.since" in finding for finding in findings)


def test_the_test_of_the_page_passes(service):
    names = {}
    exec(compile(howto.TEST, "test_velferdsteknologi.py", "exec"), names)
    tests = [value for name, value in names.items() if name.startswith("test_") and inspect.isfunction(value)]
    assert len(tests) == 2
    for test in tests:
        test()


def test_the_reference_page_takes_it_in(service):
    page = make_reference.services(howto.PACKAGE)
    assert "## 27. Velferdsteknologi" in page
    assert "Mode: share" in page
    assert "| `utstyr` | Utstyr hjemme | DeviceUseStatement |" in page


def test_the_list_of_services_takes_it_in(service, capsys):
    from akson.cli.main import main

    assert main(["service", "list"]) == 0
    assert "27  share" in capsys.readouterr().out

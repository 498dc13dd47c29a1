"""Services are found by name, numbered once, and every text they name exists."""

import pytest

from akson.exchange.codelists import codes, display
from akson.exchange.declare import InformationService, load, service
from akson.kit.text import LANGUAGES, catalogue

ALL = load()


def test_services_are_found_in_order() -> None:
    assert [each.number for each in ALL] == sorted({each.number for each in ALL})
    assert service("kritisk-informasjon").number == 8


@pytest.mark.parametrize("declared", ALL, ids=lambda each: each.slug)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_has_its_text(declared: InformationService, language: str) -> None:
    labels = {declared.title} | {part.title for part in declared.parts}
    labels |= {column.label for part in declared.parts for column in part.columns}
    assert labels <= set(catalogue(language))


@pytest.mark.parametrize("declared", ALL, ids=lambda each: each.slug)
def test_code_lists_are_in_the_package(declared: InformationService) -> None:
    for part in declared.parts:
        assert not part.codes or codes(part.codes)


def test_a_code_has_its_official_name() -> None:
    assert display("urn:oid:2.16.578.1.12.4.1.1.7517", "5") == "Dialyse"
    assert display("urn:oid:2.16.578.1.12.4.1.1.7517", "99") is None

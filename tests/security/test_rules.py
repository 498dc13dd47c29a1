"""Every rule says in words what it opens or closes, to whom and by which law; the words are of that rule alone."""

import pytest

from akson.kit.text import LANGUAGES, catalogue
from akson.security.rules import RESTRICTIONS, RULES
from akson.security.rules.rule import told
from tools import make_reference

EVERY = [*RULES, *RESTRICTIONS]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_has_its_words_and_its_law_in_every_language(language):
    words = [told(rule, language) for rule in EVERY]
    assert len({what for what, _ in words}) == len(EVERY)
    for rule, (what, law) in zip(EVERY, words, strict=True):
        name = rule.reason.removeprefix("reason.")
        assert (what, law) == (catalogue(language)[f"rule.{name}"], catalogue(language)[f"rule.{name}_law"])
        assert what.endswith(".")
        assert law


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_are_of_a_rule_that_is_not_there(language):
    names = {rule.reason.removeprefix("reason.") for rule in EVERY}
    found = {key.removesuffix("_law") for key in catalogue(language) if key.startswith("rule.")}
    assert found == {f"rule.{name}" for name in names}


def test_the_page_has_a_line_for_each_with_its_basis():
    lines = [line for line in make_reference.rules().splitlines() if line.startswith("| `")]
    assert len(lines) == len(EVERY)
    for rule, line in zip(EVERY, lines, strict=True):
        assert f"`{rule.reason.removeprefix('reason.')}`" in line
        assert all(words in line for words in told(rule, "en"))
    for rule, line in zip(RULES, lines, strict=False):
        assert f"| {rule.basis.value} |" in line

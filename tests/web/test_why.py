"""Why not, in full sentences: every reason that a rule or the door refuses by says the rule, the law and what to do."""

import re
from pathlib import Path

import pytest

from akson.kit.text import LANGUAGES
from akson.security.rules import RESTRICTIONS
from akson.web.why import refused

SOURCES = Path(__file__).parents[2] / "src" / "akson"
OF_THE_DOOR = {
    "reason.no_rule", "reason.outside_scope", "reason.own_relation", "reason.other_person", "reason.app_keeper",
}  # fmt: skip


def test_those_of_the_door_are_all_there_are():
    found = set()
    for file in SOURCES.glob("record/**/*.py"):
        words = file.read_text(encoding="utf-8")
        found |= set(re.findall(r'[Rr]efused\((?:ctx, stored, )?"(reason\.\w+)"', words))
    assert found <= OF_THE_DOOR
    assert {"reason.no_rule", "reason.own_relation", "reason.other_person"} <= found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", sorted(OF_THE_DOOR | {each.reason for each in RESTRICTIONS}))
def test_every_reason_says_the_rule_the_law_and_what_to_do(reason, language):
    why = refused(reason, "saksbehandler", language)
    assert why is not None
    assert all(sentence.endswith(".") for sentence in (why.rule, why.do))
    assert why.rule != why.short
    assert why.law
    assert "{" not in why.rule + why.do


def test_who_has_no_role_here_is_told_the_short_words():
    assert refused("reason.no_rule", "", "nb") is None
    assert refused("reason.signed_out", "fastlege", "nb") is None

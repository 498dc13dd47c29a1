"""A change of the rules is read from a small file, and what is wrong with one is said clearly."""

import json
from datetime import timedelta

import pytest

from akson.kit.errors import Malformed
from akson.record.relations import LIMITS
from akson.record.replay.change import NAMES, read
from akson.security.roles import DUTIES, RECORD, TABLES, duty, profession, trying
from akson.security.rules import RULES

WHOLE = """
[rules]
off = ["patient_lookup", "emergency"]

[roles.helsesekretaer]
add_reads = ["Condition"]
remove_reads = ["Encounter", "Task"]

[professions.FT]
remove = ["Observation"]

[care_relations]
days_after_end = 14
days_before_appointment = 3

[emergency]
minutes = 30
"""


def test_all_that_can_be_changed():
    change = read(WHOLE)
    assert not change.is_empty
    assert [rule.reason for rule in RULES if rule not in change.rules] == [
        "reason.emergency",
        "reason.patient_lookup",
    ]
    assert (change.limits.aftercare, change.limits.ahead) == (timedelta(days=14), timedelta(days=3))
    assert change.limits.referred == LIMITS.referred
    assert change.emergency == timedelta(minutes=30)
    before = DUTIES["helsesekretaer"]
    with trying(change.tables):
        assert duty("helsesekretaer", "").reads == before.reads - {"Encounter", "Task"} | {"Condition"}
        assert duty("helsesekretaer", "").writes == before.writes
        assert profession("FT") == RECORD - {"Observation"}
        assert "Observation" not in duty("fysioterapeut", "FT").reads
    assert duty("helsesekretaer", "") == before
    assert profession("FT") == RECORD


def test_json_says_the_same_and_nothing_changes_nothing():
    told = {"rules": {"off": ["emergency"]}, "emergency": {"minutes": 0}}
    assert read(json.dumps(told)).off == {"emergency"}
    for empty in ("", "{}", "[rules]\n", "[care_relations]\n"):
        assert read(empty).is_empty, empty
    assert read("").tables is TABLES


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("rules = ", "neither TOML nor JSON"),
        ("{", "neither TOML nor JSON"),
        ("[1]", "1 is not known; there are rules"),
        ("{" * 9000, "neither TOML nor JSON"),
        ("#" * 20_001, "at most 20000 bytes"),
        ("[rule]\noff = []", "rule is not known; there are rules, roles"),
        ("rules = 1", "rules is a table"),
        ("[rules]\non = []", "rules.on is not known; there are off"),
        ('[rules]\noff = "emergency"', "rules.off is a list of names"),
        ("[rules]\noff = [1]", "rules.off is a list of names"),
        ('[rules]\noff = ["emergancy"]', "no rule is called emergancy"),
        ("[roles.lege]\n", "there is no lege; there are avdelingsleder"),
        ("[roles]\nfastlege = 1", "roles.fastlege is a table"),
        ("[roles.fastlege]\nreads = []", "roles.fastlege.reads is not known"),
        ('[roles.fastlege]\nadd_reads = ["AuditEvent"]', "AuditEvent is no type of the record"),
        ('[roles.fastlege]\nadd_reads = ["Task"]\nremove_reads = ["Task"]', "Task is both added and removed"),
        ("[professions.ZZ]\n", "there is no ZZ"),
        ('[professions.LE]\nadd = ["X"]', "X is no type of the record"),
        ("[care_relations]\ndays = 1", "care_relations.days is not known"),
        ("[care_relations]\ndays_after_end = -1", "days_after_end is a whole number from 0 to 3650"),
        ("[care_relations]\ndays_after_end = 1.5", "is a whole number"),
        ("[care_relations]\ndays_after_end = true", "is a whole number"),
        ("[emergency]\nminutes = 1441", "minutes is a whole number from 0 to 1440"),
        ("[emergency]\nhours = 1", "emergency.hours is not known; there are minutes"),
    ],
)
def test_what_is_wrong_is_said(raw, said):
    with pytest.raises(Malformed) as error:
        read(raw)
    assert said in error.value.diagnostics


def test_every_rule_can_be_named():
    assert set(read(f"[rules]\noff = {json.dumps(list(NAMES))}").off) == set(NAMES)
    assert read(f"[rules]\noff = {json.dumps(list(NAMES))}").rules == ()

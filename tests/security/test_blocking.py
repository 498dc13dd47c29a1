"""What a citizen's rules close on a node: to whom, of what, and when a consent lets somebody in."""

from datetime import UTC, datetime, timedelta

import pytest

from akson.demo.nodes import nodes
from akson.kit.errors import Unprocessable
from akson.security.blocking import compiled
from akson.security.privacy import BEGINNING, END, PARTS, Entry, Subject, Terms, settable, written
from akson.security.roles import RECORD
from akson.store.access.mirror import Rule
from akson.store.index.hashing import resource_key
from akson.store.scope_holds import Row

NODE = next(each for each in nodes("http://localhost:8000") if each.name == "journal")
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DOCTOR, NURSE = Subject("hpr", "1"), Subject("hpr", "2")


def rule(definition, terms, low=BEGINNING, high=END, *, active=True):
    return Rule(f"{definition}-{terms.scope}", 1, definition, active, written(terms), low, high)


def closes(rules, who, kind="Condition", id_="x", at=NOW, *, emergency=False):
    """Whether the rules close a resource to somebody."""
    row = Row(at, 1, kind, resource_key(kind, id_))
    found = [block for blocks in compiled(rules, NODE).values() for block in blocks]
    return any(
        block.closes(row, frozenset({each.key for each in who}), emergency=emergency) for block in found
    )


ALL_BUT_DOCTOR = rule("sperring", Terms("SP", (DOCTOR,), all_but=True))


def test_a_block_closes_what_it_says_to_those_it_names():
    medicines = rule("sperring", Terms("SP", (NURSE,), parts=("medicines",)))
    assert closes([medicines], [NURSE], "MedicationStatement")
    assert not closes([medicines], [NURSE], "Condition")
    assert not closes([medicines], [DOCTOR], "MedicationStatement")
    assert not closes([medicines._replace(active=False)], [NURSE], "MedicationStatement")
    assert not closes([medicines], [NURSE], "MedicationStatement", emergency=True)
    rest = rule("sperring", Terms("SP", (NURSE,), parts=("medicines",), other_parts=True))
    assert {kind for kind in RECORD if closes([rest], [NURSE], kind)} == RECORD - PARTS["medicines"]


def test_a_block_of_entries_closes_those_of_this_node_alone():
    here, elsewhere = Entry("journal", "Condition/a"), Entry("sykehus", "Condition/b")
    both = rule("sperring", Terms("SP", (NURSE,), entries=(here, elsewhere)))
    assert [closes([both], [NURSE], id_=each) for each in "abc"] == [True, False, False]
    assert not closes([rule("sperring", Terms("SP", (NURSE,), entries=(elsewhere,)))], [NURSE], id_="b")


def test_a_consent_lets_in_for_as_long_as_it_lasts_where_all_but_some_are_shut_out():
    consent = rule("innsyn", Terms("IO", (NURSE,)), NOW - DAY, NOW + DAY)
    assert closes([ALL_BUT_DOCTOR], [NURSE])
    assert not closes([ALL_BUT_DOCTOR, consent], [NURSE])
    assert closes([ALL_BUT_DOCTOR, consent], [NURSE], at=NOW - DAY - DAY)
    assert closes([ALL_BUT_DOCTOR, consent], [NURSE], at=NOW + DAY)
    assert closes([rule("sperring", Terms("SP", (NURSE,))), consent], [NURSE])


NARROW = {
    "a part": Terms("IO", (NURSE,), parts=("medicines",)),
    "all but a part": Terms("IO", (NURSE,), parts=("medicines",), other_parts=True),
    "an entry": Terms("IO", (NURSE,), entries=(Entry("journal", "Condition/a"),)),
}


@pytest.mark.parametrize("terms", NARROW.values(), ids=NARROW)
def test_a_consent_to_a_part_opens_no_more_than_that_part(terms):
    consent = rule("innsyn", terms)
    assert closes([ALL_BUT_DOCTOR, consent], [NURSE], "Observation")
    with pytest.raises(Unprocessable, match="whole record"):
        settable("innsyn", terms)


def test_all_but_an_entry_closes_everything_and_cannot_be_set():
    terms = Terms("SP", (NURSE,), entries=(Entry("journal", "Condition/a"),), other_parts=True)
    said = written(terms)
    said["berorteHelseopplysninger"]["logiskOmfang"] = "OVRIGE"
    every = rule("sperring", terms)._replace(metadata=said)
    assert closes([every], [NURSE], id_="b")
    assert closes([every], [NURSE], "Observation")
    with pytest.raises(Unprocessable, match="oppforinger"):
        settable("sperring", terms)


def test_a_reservation_closes_to_all_other_organisations_and_to_nobody_else():
    sharing = rule("deling", Terms("UO"))
    assert closes([sharing], [Subject("org", "999999999")])
    assert not closes([sharing], [Subject("org", NODE.organization)])
    settable("deling", Terms("UO"))
    for terms in (Terms("UO", (NURSE,)), Terms("UO", all_but=True), Terms("UO", parts=("medicines",))):
        with pytest.raises(Unprocessable):
            settable("deling", terms)


def test_what_is_not_understood_closes_everything_to_everyone():
    strange = Rule("s", 1, "ukjent", True, {"x": 1}, BEGINNING, END)
    assert closes([strange], [DOCTOR])

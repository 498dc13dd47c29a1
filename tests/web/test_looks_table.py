"""The access log to take away: nothing in it is carried out by a spreadsheet."""

import csv
import io
from datetime import UTC, date, datetime
from functools import partial

import pytest

from akson.care.who_has_seen import Choice, Day, Person, Seen, choose, place_key
from akson.web import looks, looks_table

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)


def person(name="Kari", **more):
    usual = {"role": "", "unit": "Legevakt", "organization": "Solvik", "kind": "humanuser"}
    return Person(name, **usual, first=AT, last=AT, **more)


def seen(*others, refused=()):
    def day(people):
        return (Day(date(2026, 11, 23), tuple(people)),)

    return Seen(day(others), (), (), day(refused) if refused else (), ("Sykehus",), ())


def rows(of):
    line = partial(looks.line, language="nb", reason=lambda key, _language: key)
    raw = looks_table.table(of, "nb", line)
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_is_a_formula_is_made_text(begins):
    told = rows(seen(person(f"{begins}HYPERLINK(1)")))
    assert told[1][2] == f"'{begins}HYPERLINK(1)"


def test_refused_tries_and_silent_systems_are_in_the_table():
    told = rows(seen(person(bases=["AKUTT"]), refused=[person("Per")]))
    assert [row[9] for row in told[1:3]] == ["vist", "avvist"]
    assert told[1][7] == "det var fare for liv eller helse"
    assert told[3] == ["Sykehus svarte ikke. Oppslag derfra mangler."]


def test_a_choice_keeps_those_who_fit_in_all_of_it():
    kari, per = person(saw=["medicines"], bases=["UNNTAK"]), person("Per", changed=["plan"])
    whole = seen(kari, per)
    for choice, names in (
        (Choice(), ["Kari", "Per"]),
        (Choice(person=kari.key), ["Kari"]),
        (Choice(place=place_key("Legevakt"), topic="plan"), ["Per"]),
        (Choice(basis="UNNTAK", topic="plan"), []),
        (Choice(place="x"), []),
    ):
        assert [one.name for day in choose(whole, choice).others for one in day.people] == names
    assert kari.name not in kari.key

"""Dialogs: both versions written and read, and what is wrong with one is said with a code of V8221."""

from dataclasses import replace

import pytest

from akson.kit.clock import now
from akson.messaging import codec
from akson.messaging.inbox import judge
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.kith.common import CV
from akson.messaging.kith.dialog import Dialogmelding, Note
from akson.messaging.mapping import reading
from akson.messaging.receipts import ACCEPTED
from tests.messaging import makers


async def nobody(_her_id):
    return []


async def answer(raw: bytes):
    return (await judge(raw, nobody, now())).answer


def error(found) -> str:
    return found.errors[0].code


def question(version: str = "1.1", **values):
    made = makers.dialog(version)
    return replace(made, body=Dialogmelding(question=(replace(made.body.question[0], **values),)))


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_a_question_comes_back_and_is_accepted(version):
    asked = makers.dialog(version)
    raw = codec.write(asked)
    found = codec.read(raw).content
    assert found.body == asked.body
    assert found.header == asked.header
    assert await answer(raw) == ACCEPTED
    words = reading.plain_text(found)
    assert "Er <b> og & lov?" in words
    assert "Oppfølging" in words
    assert "Anne Bjerke" in words
    assert reading.title(found) == "Forespørsel"


async def test_a_version_nobody_knows_is_not_supported():
    raw = codec.write(makers.dialog()).replace(b"dialog/2013-01-23", b"dialog/2031-01-01")
    assert error(await answer(raw)) == "T10"


async def test_what_only_the_newer_version_has_is_refused_in_the_older():
    newer = question(subject="Om medisiner")
    raw = codec.write(newer)
    assert await answer(raw) == ACCEPTED
    assert error(await answer(raw.replace(b"dialog/2013-01-23", b"dialog/2006-10-11"))) == "T02"
    with pytest.raises(NotOfSchema):
        codec.write(question("1.0", subject="Om medisiner"))


@pytest.mark.parametrize(
    "values",
    [
        {"type_of_information": (CV(v="1"), CV(v="2"))},
        {"question": "<b>stort</b>"},
        {"role": (replace(makers.dialog().body.question[0].role[0], professional=None),)},
    ],
)
def test_the_older_version_says_less(values):
    codec.write(question("1.1", **values))
    with pytest.raises(NotOfSchema):
        codec.write(question("1.0", **values))


async def test_a_dialog_is_questions_or_notes():
    asked = makers.dialog()
    with pytest.raises(NotOfSchema):
        codec.write(replace(asked, body=replace(asked.body, note=(Note(theme=CV(v="6")),))))
    both = b'<Notat><TemaKodet V="6"/></Notat></Dialogmelding>'
    raw = codec.write(asked).replace(b"</Dialogmelding>", both)
    assert error(await answer(raw)) == "T02"


async def test_a_broken_dialog_is_named_as_such():
    raw = codec.write(makers.dialog())
    assert error(await answer(raw[:-9])) == "T01"
    assert error(await answer(raw.replace(b"TypeForesp", b"TypeForsep"))) == "T02"
    assert error(await answer(raw.replace(makers.NUMBER.encode(), b"13816900217"))) == "E31"


async def test_a_report_beside_the_dialog_is_not_cut_away():
    report = b"<PatientReport><CaseNo>1</CaseNo></PatientReport></MsgHead>"
    assert error(await answer(codec.write(makers.dialog()).replace(b"</MsgHead>", report))) == "T02"

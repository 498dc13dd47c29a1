"""What a message says survives being written and read, and what is written is valid."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from akson.messaging import codec
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.kith.xml import NotWellFormed
from akson.messaging.model import Code, Epikrise, Kind, Receipt, Referral
from tests.messaging import makers
from tests.messaging.examples import every, schema_errors
from tests.shared import shared

QUIET = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(makers.REFERRALS)
@QUIET
def test_any_referral_round_trips(value):
    assert codec.read(codec.write(value)).content == value


@given(makers.SUMMARIES)
@QUIET
def test_any_summary_round_trips(value):
    assert codec.read(codec.write(value)).content == value


@given(makers.RECEIPTS)
@QUIET
def test_any_receipt_round_trips(value):
    assert codec.read(codec.write(value)).content == value


@pytest.mark.parametrize("value", [makers.referral(), makers.epikrise()], ids=["referral", "summary"])
def test_a_full_letter_round_trips_and_nothing_is_unread(value):
    found = codec.read(codec.write(value))
    assert found.content == value
    assert found.unread == ()


@pytest.mark.shared
@given(makers.REFERRALS)
@settings(QUIET, max_examples=12)
def test_every_referral_written_is_valid(value):
    assert schema_errors(codec.write(value)) == []


@pytest.mark.shared
@given(makers.SUMMARIES)
@settings(QUIET, max_examples=12)
def test_every_summary_written_is_valid(value):
    assert schema_errors(codec.write(value)) == []


@pytest.mark.shared
@given(makers.RECEIPTS)
@settings(QUIET, max_examples=12)
def test_every_receipt_written_is_valid(value):
    assert schema_errors(codec.write(value)) == []


@pytest.mark.shared
@pytest.mark.parametrize("path", [*every("examples/Henvisning/*/*.xml"), *every("examples/Epikrise/*/*.xml")])
def test_examples_of_every_version_are_understood_and_valid_when_passed_on(path):
    found = codec.read(path.read_bytes())
    assert found.unread == ()
    letter = found.content
    assert letter.header.sender.her_id
    assert letter.header.receiver.her_id
    assert letter.header.patient.national_id
    assert letter.header.patient.full_name in ("Line Danser", "Finn Dottno")
    written = codec.write(letter)
    assert schema_errors(written) == []
    again = codec.read(written).content
    assert [d.code for d in again.diagnoses] == [d.code for d in letter.diagnoses]
    assert [m.code for m in again.medicines] == [m.code for m in letter.medicines]
    assert [s.text for s in again.sections] == [s.text for s in letter.sections]


@pytest.mark.shared
def test_an_old_referral_says_what_it_said():
    raw = shared("kith/examples/Henvisning/Henvisning_v1-1/henvisning_strukturert_v1.1_n.xml").read_bytes()
    letter = codec.read(raw).content
    assert isinstance(letter, Referral)
    assert letter.kind is Kind.HENVISNING
    assert letter.header.version == "1.1"
    assert letter.header.test
    assert [d.code.code for d in letter.diagnoses] == ["A79"]
    assert letter.cave[0].text == "Morfinallergi"
    assert letter.medicines[0].code == Code("C07A A07", "2.16.578.1.12.4.1.1.7180", "Sotacor Tab")
    assert len(letter.results) == 5
    assert letter.results[0].quantity.value == "48.1"
    assert {s.heading.code for s in letter.sections} == {"FA", "UTRED", "HJ", "IP", "PROB"}
    assert letter.priority.code == "0"
    assert letter.facts[0].name == "messaging.fact_next_of_kin"
    assert "Iŋgá Rástoš" in letter.facts[0].text


@pytest.mark.shared
def test_a_summary_with_xhtml_reads_as_text():
    raw = shared("kith/examples/Epikrise/Epikrise_v1-2/epikrise_v1.2_m.xml").read_bytes()
    letter = codec.read(raw).content
    assert isinstance(letter, Epikrise)
    assert [d.role for d in letter.diagnoses] == ["H", "B", "B"]
    assert letter.diagnoses[0].modifiers[0].value.code == "B951"
    assert letter.cave[0].text == "Sulfa (exanthem 1999)"
    assert [m.code.display for m in letter.medicines] == [
        "Furix",
        "Selo-Zok",
        "Zyloric",
        "Albyl_e",
        "Apocillin",
    ]
    findings = next(s.text for s in letter.statements if s.type.code == "FUNN")
    assert "CRP\t79\t52\t39" in findings
    assert "<" not in findings
    assert letter.stays[0].start == "2017-04-27T09:00:10"
    assert letter.answers == "fdebda50-4567-11e7-9598-0800200c9a66"
    assert {s.heading.code for s in letter.sections} == {"AI", "FO", "HJ", "VU", "OP", "SY", "IP"}


@pytest.mark.shared
def test_a_referral_of_today_keeps_its_attachment():
    name = "Viderehenvisning_v2-0_Rettighetsvurdert_etter_ventetid_pakkeforlop_Endring.xml"
    letter = codec.read(shared(f"kith/examples/Henvisning/Henvisning_v2-0/{name}").read_bytes()).content
    assert letter.attachments[0].mime == "application/pdf"
    assert letter.attachments[0].data.startswith(b"%PDF")
    assert letter.header.conversation == "c7534760-422f-11e8-b566-0800200c9a66"
    assert letter.action.code == "M"


@pytest.mark.shared
def test_receipts_say_what_went_wrong():
    found = codec.read(shared("kith/ks-fiks-msh/app-rec/1.0/example-avvist.xml").read_bytes()).content
    assert isinstance(found, Receipt)
    assert not found.positive
    assert found.version == "1.0"
    assert found.errors


def test_messages_of_other_kinds_are_named_as_such():
    for raw in (b"<a/>", b'<Message xmlns="http://www.kith.no/xmlstds/labsvar/2005-01-01"/>'):
        with pytest.raises(codec.UnknownFormat):
            codec.read(raw)


def test_what_lacks_something_or_stands_wrong_is_not_of_the_schema():
    raw = codec.write(makers.referral())
    with pytest.raises(NotOfSchema):
        codec.read(raw.replace(b"<MsgId>", b"<Other>").replace(b"</MsgId>", b"</Other>"))
    swapped = codec.write(makers.epikrise()).replace(b"<MIGversion>v1.2 2012-02-15</MIGversion>", b"")
    with pytest.raises(NotOfSchema):
        codec.read(swapped)
    with pytest.raises(NotWellFormed):
        codec.read(raw[:-20])


def test_an_element_nobody_knows_is_told():
    raw = codec.write(makers.epikrise()).replace(b"<MsgDescr>", b"<Secret>x</Secret><MsgDescr>", 1)
    assert codec.read(raw).unread == ("Message/ServRprt/Secret",)


def test_a_summary_without_a_stay_is_only_written_when_it_takes_one_back():
    with pytest.raises(NotOfSchema):
        codec.write(makers.epikrise(stays=()))
    cancelled = replace(
        makers.epikrise(stays=(), diagnoses=(), medicines=(), cave=(), procedures=(), sections=()),
        action=Code("C", "", "Kansellering"),
    )
    assert codec.read(codec.write(cancelled)).content.cancels

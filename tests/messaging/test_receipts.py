"""The rules of receipts as a table, and the times that they count in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from akson.kit.errors import TooLarge, Unavailable
from akson.messaging import codec, codes, receipts, times
from akson.messaging.codec import UnknownFormat
from akson.messaging.codec.receipt import version_for
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.kith.xml import NotWellFormed, parse
from akson.messaging.model import Attachment, Ident, Party, Person, Unit
from akson.messaging.receipts import ACCEPTED, rejection
from akson.messaging.sign import BadSignature
from tests.messaging import makers
from tests.messaging.codec.test_care import letter as care_letter
from tests.messaging.examples import schema_errors
from tests.shared import shared


@pytest.mark.parametrize(
    ("state", "status", "after"),
    [
        ("queued", "1", "acknowledged"),  # the receipt may be faster than the answer to our call
        ("sent", "1", "acknowledged"),
        ("sent", "3", "acknowledged"),
        ("sent", "2", "rejected"),
        ("delivered", "1", "acknowledged"),
        ("delivered", "2", "rejected"),
        ("overdue", "1", "acknowledged"),  # a late positive is still good
        ("overdue", "2", "rejected"),
        ("rejected", "1", "rejected"),  # unless a negative one was given
        ("acknowledged", "2", "acknowledged"),  # the first is final
    ],
)
def test_what_a_receipt_means(state, status, after):
    assert receipts.state_after(state, status) == after


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotWellFormed("x"), "T01"),
        (NotOfSchema("x"), "T02"),
        (TooLarge("x"), "T02"),
        (UnknownFormat("x"), "T10"),
        (BadSignature("S01", "x"), "S01"),
        (BadSignature("S02", "x"), "S02"),
        (BadSignature("S03", "x"), "S03"),
        (BadSignature("S99", "x"), "S99"),
        (Unavailable("x"), "X99"),
    ],
)
def test_what_went_wrong_has_a_code(error, code):
    assert receipts.error_code(error) == code
    assert codes.display(codes.RECEIPT_ERRORS, code)


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (makers.PATIENT, ""),
        (Person(name="Kari Strand", idents=makers.PATIENT.idents), ""),
        (replace(makers.PATIENT, idents=(Ident("8123", "FHN"),)), ""),
        (Person(), "E32"),
        (Person(given="Kari", idents=makers.PATIENT.idents), "E33"),
        (Person(family="Strand", idents=makers.PATIENT.idents), "E34"),
        (replace(makers.PATIENT, idents=()), "E30"),
        (replace(makers.PATIENT, idents=(Ident("12345678901", "FNR"),)), "E31"),
        (replace(makers.PATIENT, idents=(Ident("abc", "FNR"),)), "E31"),
    ],
)
def test_what_is_wrong_with_a_patient(who, code):
    assert receipts.judge_person(who) == code


def test_what_a_letter_deserves():
    assert receipts.judge(makers.referral(), ()) == ACCEPTED
    assert receipts.judge(makers.referral(), ("MsgHead/Odd",)).errors[0].code == "T02"
    odd = Attachment("x", "video/mp4", b"x")
    assert receipts.judge(makers.referral(attachments=(odd,)), ()).errors[0].code == "X99"
    fine = Attachment("x", "Text/Plain; charset=utf-8", b"x")
    assert receipts.judge(makers.referral(attachments=(fine,)), ()) == ACCEPTED


def test_addresses_are_mirrored_and_the_role_is_told():
    head = replace(makers.header("m"), copies=(Party(Unit("Kopi", (Ident("77", "HER"),))),))
    own = receipts.own_party(head, "8000202")
    made = receipts.receipt(
        head, rejection("E31", "why"), own=own, primary=True, id_="r", generated=head.generated
    )
    assert made.sender == head.receiver
    assert made.receiver == head.sender
    assert (made.original_id, made.original_generated) == ("m", head.generated)
    assert made.sender_role == "PRIM"
    assert made.errors[0].text == "why"
    assert receipts.own_party(head, "77").name == "Kopi"
    assert receipts.own_party(head, "99").her_id == ""


@pytest.mark.parametrize(
    ("letter", "version"),
    [
        (makers.referral(), "1.1"),
        (makers.epikrise(), "1.1"),
        (makers.dialog("1.0"), "1.0"),
        (makers.dialog("1.1"), "1.1"),
        (care_letter("admitted", "1.5"), "1.0"),
        (care_letter("admitted", "1.6"), "1.1"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.header.type.code,
)
def test_older_standards_are_answered_with_the_older_receipt(letter, version):
    root = parse(codec.write(letter))
    answer = receipts.rejection("T02", "linje 3")
    made = receipts.receipt(
        letter.header,
        answer,
        own=letter.header.receiver,
        primary=True,
        id_="r1",
        generated="2026-11-23T09:00:00",
    )
    raw = codec.write(receipts.in_version(made, version_for(root)))
    read = codec.read(raw).content
    assert read.version == version
    assert read.sender_role == ("PRIM" if version == "1.1" else "")
    assert (read.errors, read.original_id, read.status) == (answer.errors, letter.header.msg_id, "2")
    assert (read.sender.her_id, read.receiver.her_id) == (
        letter.header.receiver.her_id,
        letter.header.sender.her_id,
    )


@pytest.mark.shared
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_receipts_of_both_versions_are_valid(version):
    head = makers.dialog().header
    made = receipts.receipt(
        head, rejection("E31"), own=head.receiver, primary=False, id_="r1", generated="2026-11-23T09:00:00"
    )
    assert schema_errors(codec.write(receipts.in_version(made, version))) == []


def test_the_codes_are_those_of_the_official_lists():
    import json

    lists = json.loads(shared("kodeverk/volven-codelists.json").read_text(encoding="utf-8"))
    for number, known in codes.LISTS.items():
        official = lists[codes.oid(number)]
        assert {code: official[code] for code in known} == known
    assert codes.LISTS[codes.RECEIPT_ERRORS].keys() == lists[codes.oid(codes.RECEIPT_ERRORS)].keys()


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-01-15T12:00:00", "2026-01-15T11:00:00"),
        ("2026-07-15T12:00:00", "2026-07-15T10:00:00"),
        ("2026-03-29T01:59:59", "2026-03-29T00:59:59"),
        ("2026-03-29T03:00:00", "2026-03-29T01:00:00"),
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00"),
        ("2026-07-15T12:00:00Z", "2026-07-15T12:00:00"),
        ("2026-07-15T12:00:00.1234567+02:00", "2026-07-15T10:00:00.123456"),
        ("2022-08-08T10:10:28.66", "2022-08-08T08:10:28.660000"),
        ("2026-07-15", "2026-07-14T22:00:00"),
    ],
)
def test_times_without_offset_are_norwegian(written, utc):
    assert times.moment(written).astimezone(UTC).replace(tzinfo=None) == datetime.fromisoformat(utc)


def test_what_is_no_time_is_told():
    for text in ("", "yesterday", "2026-13-01", "2026-02-30T00:00:00"):
        with pytest.raises(NotOfSchema):
            times.moment(text)


def test_times_are_written_with_the_offset_of_norway():
    assert times.written(datetime(2026, 11, 23, 8, tzinfo=UTC)) == "2026-11-23T09:00:00+01:00"
    assert times.written(datetime(2026, 6, 23, 8, 0, 0, 5, tzinfo=UTC)) == "2026-06-23T10:00:00+02:00"
    every_hour = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=h) for h in range(0, 8760, 7)]
    assert all(times.moment(times.written(at)) == at for at in every_hour)

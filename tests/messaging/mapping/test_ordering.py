"""A received order to a laboratory or radiology: text for people, and a ServiceRequest for each examination."""

from dataclasses import replace
from itertools import count

import pytest

from akson.fhir.validate.structure import check
from akson.kit.clock import now
from akson.messaging import codec, receipts
from akson.messaging.inbox import judge
from akson.messaging.kith import rekvisisjon
from akson.messaging.kith.common import cs
from akson.messaging.mapping import ordering, reading
from akson.messaging.model import Kind
from tests.messaging.examples import every, schema_errors
from tests.messaging.orders import POTASSIUM, TSH, message
from tests.messaging.reports import NLK

PATIENT = "Patient/kari"
UNIT = {"reference": "Organization/laboratoriet"}


def read(*investigations, **values):
    found = codec.read(rekvisisjon.write(message(*investigations, **values)))
    assert found.unread == ()
    return found.content


def requested(order, existing=()):
    numbers = count(len(existing) + 1)
    made = ordering.requested(order, PATIENT, UNIT, existing, lambda: f"n{next(numbers)}")
    assert [fault for each in made for fault in check(each)] == []
    return made


@pytest.mark.shared
def test_the_order_of_these_tests_is_valid():
    assert schema_errors(rekvisisjon.write(message(TSH, POTASSIUM))) == []


def test_each_examination_is_a_request_of_the_same_order():
    tsh, potassium = requested(read(TSH, POTASSIUM))
    assert tsh["code"]["coding"][0] == {"system": f"urn:oid:{NLK}", "code": "NOR05865", "display": "Us-TSH"}
    assert (tsh["priority"], potassium["priority"]) == ("stat", "routine")
    assert tsh["requisition"] == potassium["requisition"] == {"system": "urn:her:8000102", "value": "order-3"}
    assert tsh["category"][0]["coding"][0]["code"] == "laboratorium"
    assert tsh["reasonCode"] == [{"text": "Slapp"}]
    assert [n["text"] for n in potassium["note"]] == ["Hemolyse sist", "Serum, 20.11.2026"]
    assert tsh["requester"]["display"].startswith("Anne Bjerke")


def test_an_addition_leaves_what_was_ordered():
    first = requested(read(TSH))
    history = replace(TSH, serv_type=cs("H", "Historikk"))
    (added,) = requested(read(replace(POTASSIUM, serv_type=cs("A")), history, action="M"), first)
    assert added["code"]["text"] == "P-Kalium"
    assert added["id"] not in {r["id"] for r in first}


def test_what_is_taken_back_is_revoked():
    first = requested(read(TSH, POTASSIUM))
    one = requested(read(replace(TSH, serv_type=cs("C")), POTASSIUM, action="M"), first)
    assert [(r["id"], r["status"]) for r in one] == [(first[0]["id"], "revoked"), (first[1]["id"], "active")]
    whole = requested(read(TSH, action="C"), first)
    assert {(r["id"], r["status"]) for r in whole} == {(r["id"], "revoked") for r in first}


async def nobody(_her_id):
    return []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'<IssueDate V="2026-11-20T08:51:11"', b'<IssueDate V="soon"', "T02"),
        (b"<Id>order-3</Id>", b"", "T02"),
        (b"v1.6 2012-02-15", b"v1.9 2012-02-15", "T02"),
        (b"rekvisisjon/2012-02-15", b"rekvisisjon/2031-02-15", "T10"),
        (b"Strand, Kari Marie", b"", "E32"),
    ],
)
async def test_bad_orders_are_answered_with_their_code(old, new, code):
    raw = rekvisisjon.write(message(TSH, POTASSIUM))
    assert (await judge(raw, nobody, now())).answer == receipts.ACCEPTED
    assert old in raw
    assert (await judge(raw.replace(old, new), nobody, now())).answer.errors[0].code == code


@pytest.mark.shared
@pytest.mark.parametrize("path", every("examples/Rekvisisjon/*/*.xml"))
def test_every_example_is_understood(path):
    found = codec.read(path.read_bytes())
    order = found.content
    assert found.unread == ()
    assert order.kind is Kind.REKVISISJON
    assert order.header.sender.her_id
    assert order.header.receiver.her_id
    assert order.header.patient.national_id
    made = requested(order)
    assert len(made) == sum(len(w.examinations) for w in order.wanted)
    assert {r["status"] for r in made} <= ({"revoked"} if order.cancels else {"active", "revoked"})
    said = reading.plain_text(order)
    assert all(e.label in said for w in order.wanted for e in w.examinations)
    binary, document = reading.document(order, PATIENT, UNIT, "urn:uuid:1")
    assert check({**binary, "id": "x"}) == check({**document, "id": "x"}) == []

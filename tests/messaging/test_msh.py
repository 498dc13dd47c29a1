"""The platform's message API over its routes: shapes of MSH API v2, and every refusal."""

import base64

import orjson
import pytest
import pytest_asyncio

from akson.kit.ids import new_id
from akson.messaging import codec, digest, times
from akson.messaging.model import Receipt
from akson.messaging.transport import DAMAGED
from akson.store.underway import messages
from tests.messaging import makers
from tests.messaging.world import COPY_HER, GP_HER, HOSPITAL_HER, world

pytestmark = pytest.mark.store


@pytest_asyncio.fixture
async def w(new_database):
    async with world(new_database) as made:
        yield made


async def call(w, owner, method, path, body=None):
    answer = await w.client.request(method, f"http://platform{path}", json=body, headers={"X-Owner": owner})
    return answer.status_code, answer.json() if answer.content else None


def document(raw: bytes, **more) -> dict:
    content = base64.b64encode(raw).decode()
    return {
        "businessDocument": content,
        "contentType": "application/xml",
        "contentTransferEncoding": "base64",
        **more,
    }


def letter():
    return makers.referral(header=makers.header(new_id(), generated=times.current()))


async def posted(w, value=None):
    status, id_ = await call(w, "gp", "POST", "/Messages", document(codec.write(value or letter())))
    assert status == 201
    return id_


async def test_a_message_is_held_offered_fetched_and_read(w):
    value = letter()
    id_ = await posted(w, value)
    status, found = await call(
        w, "hospital", "GET", f"/Messages?ReceiverHerIds={HOSPITAL_HER}&ReceiverHerIds={COPY_HER}"
    )
    assert (status, found) == (200, [{"id": id_, "receiverHerId": int(HOSPITAL_HER)}])
    _, found = await call(
        w, "hospital", "GET", f"/Messages?ReceiverHerIds={HOSPITAL_HER}&IncludeMetadata=true"
    )
    assert found[0]["senderHerId"] == int(GP_HER)
    assert found[0]["businessDocumentId"] == value.header.msg_id
    assert found[0]["isAppRec"] is False
    assert (await call(w, "gp", "GET", f"/Messages/{id_}/status"))[1] == [
        {"receiverHerId": int(HOSPITAL_HER), "transportDeliveryState": "Unconfirmed", "appRecStatus": None}
    ]
    _, got = await call(w, "hospital", "GET", f"/Messages/{id_}/business-document")
    assert codec.read(base64.b64decode(got["businessDocument"])).content == value
    assert (await call(w, "gp", "GET", f"/Messages/{id_}/status"))[1][0][
        "transportDeliveryState"
    ] == "Acknowledged"
    assert (await call(w, "hospital", "PUT", f"/Messages/{id_}/read/{HOSPITAL_HER}")) == (204, None)
    assert (await call(w, "hospital", "GET", f"/Messages?ReceiverHerIds={HOSPITAL_HER}"))[1] == []
    assert (await call(w, "gp", "GET", f"/Messages/{id_}"))[1]["businessDocumentId"] == value.header.msg_id


async def test_a_receipt_comes_back_with_mirrored_addresses_once(w):
    value = letter()
    id_ = await posted(w, value)
    body = {
        "appRecStatus": "Rejected",
        "appRecErrorList": [{"errorCode": "E31", "details": "kontrollsiffer"}],
    }
    status, receipt_id = await call(w, "hospital", "POST", f"/Messages/{id_}/apprec/{HOSPITAL_HER}", body)
    assert status == 201
    assert await call(w, "hospital", "POST", f"/Messages/{id_}/apprec/{HOSPITAL_HER}", body) == (
        201,
        receipt_id,
    )
    other = {"appRecStatus": "Ok"}
    status, refused = await call(w, "hospital", "POST", f"/Messages/{id_}/apprec/{HOSPITAL_HER}", other)
    assert (status, refused["errorCode"]) == (400, 1000)
    assert "another receipt" in refused["validationErrors"][0]
    _, waiting = await call(w, "gp", "GET", f"/Messages?ReceiverHerIds={GP_HER}&IncludeMetadata=true")
    assert [(m["id"], m["isAppRec"]) for m in waiting] == [(receipt_id, True)]
    _, got = await call(w, "gp", "GET", f"/Messages/{receipt_id}/business-document")
    receipt = codec.read(base64.b64decode(got["businessDocument"])).content
    assert isinstance(receipt, Receipt)
    assert (receipt.sender.her_id, receipt.receiver.her_id) == (HOSPITAL_HER, GP_HER)
    assert (receipt.original_id, receipt.status) == (value.header.msg_id, "2")
    assert receipt.errors[0].text == "kontrollsiffer"
    _, info = await call(w, "gp", "GET", f"/Messages/{id_}/apprec")
    assert info[0]["appRecStatus"] == "Rejected"
    assert info[0]["appRecErrorList"][0]["errorCode"] == "E31"


async def test_a_receipt_sent_as_a_document_counts_too(w):
    value = letter()
    id_ = await posted(w, value)
    own = Receipt(
        id=new_id(), generated=times.current(), sender=value.header.receiver, receiver=value.header.sender,
        status="1", original_id=value.header.msg_id, original_type=value.header.type,
        original_generated=value.header.generated, version="1.1",
    )  # fmt: skip
    status, _ = await call(w, "hospital", "POST", "/Messages", document(codec.write(own)))
    assert status == 201
    assert (await call(w, "gp", "GET", f"/Messages/{id_}/status"))[1][0]["appRecStatus"] == "Ok"


async def test_the_same_message_twice_is_one_and_another_with_its_id_is_refused(w):
    value = letter()
    first = await posted(w, value)
    assert await posted(w, value) == first
    changed = makers.referral(header=value.header, wanted="Noe annet")
    status, answer = await call(w, "gp", "POST", "/Messages", document(codec.write(changed)))
    assert status == 400
    assert "MsgId" in answer["validationErrors"][0]
    async with w.hub.transaction() as tx:
        assert len(await messages.find(tx, "relay")) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "not JSON"),
        ([], "businessDocument is required"),
        ({}, "businessDocument is required"),
        ({"businessDocument": 5}, "businessDocument is required"),
        (
            {**document(b"<a/>"), "contentType": "text/plain"},
            "must be application/xml or application/fhir+json in base64",
        ),
        ({**document(b"<a/>"), "businessDocument": "%%%"}, "not base64"),
    ],
)
async def test_requests_that_do_not_fit_the_model(w, body, said):
    status, answer = await call(w, "gp", "POST", "/Messages", body)
    assert (status, answer["errorCode"]) == (400, 1000)
    assert said in answer["validationErrors"][0]
    assert set(answer) == {"error", "errorCode", "validationErrors", "stackTrace", "requestId"}


@pytest.mark.parametrize(
    "raw",
    [
        b"not xml",
        b"<!DOCTYPE a><a/>",
        b"<a/>",
        b'<MsgHead xmlns="http://www.kith.no/xmlstds/msghead/2006-05-24"/>',
    ],
)
async def test_documents_that_are_no_message(w, raw):
    status, answer = await call(w, "gp", "POST", "/Messages", document(raw))
    assert status == 400
    assert answer["error"]


async def test_a_body_that_is_no_json(w):
    answer = await w.client.post("http://platform/Messages", content=b"{", headers={"X-Owner": "gp"})
    assert answer.status_code == 400
    assert "not JSON" in answer.json()["validationErrors"][0]


async def test_what_was_damaged_on_the_way_is_to_be_sent_again(w):
    content = orjson.dumps(document(codec.write(letter())))
    headers = {"X-Owner": "gp", "Content-Digest": digest.of(content)}
    answer = await w.client.post("http://platform/Messages", content=content + b" ", headers=headers)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, DAMAGED)
    answer = await w.client.post("http://platform/Messages", content=content, headers=headers)
    assert answer.status_code == 201
    assert answer.headers["Content-Digest"] == digest.of(answer.content)
    assert digest.fits("sha-512=:abc=:", b"read in a way that is not known here")


async def test_nobody_acts_for_others(w):
    id_ = await posted(w)
    foreign = makers.referral(header=makers.header(new_id(), sender=makers.HOSPITAL))
    assert (await call(w, "gp", "POST", "/Messages", document(codec.write(foreign))))[0] == 403
    status, answer = await call(w, "gp", "GET", f"/Messages?ReceiverHerIds={HOSPITAL_HER}")
    assert (status, answer["error"]) == (403, f"Not authorized for HerId(s): {HOSPITAL_HER}")
    assert (await call(w, "gp", "PUT", f"/Messages/{id_}/read/{HOSPITAL_HER}"))[0] == 403
    assert (await call(w, "gp", "POST", f"/Messages/{id_}/apprec/{HOSPITAL_HER}", {"appRecStatus": "Ok"}))[
        0
    ] == 403
    for path in ("", "/business-document", "/status", "/apprec"):
        assert (await call(w, "nobody", "GET", f"/Messages/{id_}{path}"))[0] == 404
        assert (await call(w, "gp", "GET", f"/Messages/{new_id()}{path}"))[0] == 404


@pytest.mark.parametrize(
    "query",
    ["", "?ReceiverHerIds=abc", f"?ReceiverHerIds={HOSPITAL_HER}&MessagesToFetch=0",
     f"?ReceiverHerIds={HOSPITAL_HER}&MessagesToFetch=101", f"?ReceiverHerIds={HOSPITAL_HER}&MessagesToFetch=x"],
)  # fmt: skip
async def test_queries_that_do_not_fit(w, query):
    assert (await call(w, "hospital", "GET", f"/Messages{query}"))[0] == 400


async def test_answers_that_do_not_fit(w):
    id_ = await posted(w)
    for body in (
        {},
        {"appRecStatus": "Perhaps"},
        {"appRecStatus": "Rejected"},
        {"appRecStatus": "Rejected", "appRecErrorList": [{}]},
    ):
        assert (await call(w, "hospital", "POST", f"/Messages/{id_}/apprec/{HOSPITAL_HER}", body))[0] == 400
    assert (await call(w, "hospital", "POST", f"/Messages/{id_}/apprec/{COPY_HER}", {"appRecStatus": "Ok"}))[
        0
    ] == 400


async def test_order_sender_and_document_narrow_the_list(w):
    one, two = letter(), letter()
    first, second = await posted(w, one), await posted(w, two)
    base = f"/Messages?ReceiverHerIds={HOSPITAL_HER}"
    ids = [m["id"] for m in (await call(w, "hospital", "GET", base))[1]]
    newest = [m["id"] for m in (await call(w, "hospital", "GET", f"{base}&OrderBy=2"))[1]]
    assert sorted(ids) == sorted([first, second])
    assert newest == ids[::-1]
    only = await call(w, "hospital", "GET", f"{base}&BusinessDocumentId={two.header.msg_id}")
    assert [m["id"] for m in only[1]] == [second]
    assert (await call(w, "hospital", "GET", f"{base}&SenderHerId=4711"))[1] == []
    assert len((await call(w, "hospital", "GET", f"{base}&MessagesToFetch=1"))[1]) == 1


async def test_a_subset_of_the_receivers(w):
    from dataclasses import replace

    from akson.messaging.model import Ident, Party, Unit

    copy = Party(makers.HOSPITAL.organization, Unit("Kirurgi", (Ident(COPY_HER, "HER"),)))
    value = makers.referral(header=replace(letter().header, copies=(copy,)))
    body = document(codec.write(value), receiverHerIdsSubset=[int(COPY_HER)])
    _, id_ = await call(w, "gp", "POST", "/Messages", body)
    assert [s["receiverHerId"] for s in (await call(w, "gp", "GET", f"/Messages/{id_}/status"))[1]] == [
        int(COPY_HER)
    ]
    body = document(codec.write(letter()), receiverHerIdsSubset=[1])
    assert (await call(w, "gp", "POST", "/Messages", body))[0] == 400

"""Many letters, receipts and read marks in one request: each for itself, and as if they had come one by one."""

import asyncio
import base64

import pytest
import pytest_asyncio

from akson.kit.ids import new_id
from akson.messaging import codec, times
from akson.messaging.transport import MshTransport, Refused
from akson.store.underway import messages
from tests.messaging import makers
from tests.messaging.test_msh import call, document
from tests.messaging.world import GP_HER, HOSPITAL_HER, world

pytestmark = pytest.mark.store
LIST = f"/Messages?ReceiverHerIds={HOSPITAL_HER}&IncludeDocuments=true&MessagesToFetch=50"


@pytest_asyncio.fixture
async def w(new_database):
    async with world(new_database) as made:
        yield made


def raw(**values) -> bytes:
    return codec.write(makers.referral(header=makers.header(new_id(), generated=times.current(), **values)))


async def post(w, *bodies, owner="gp"):
    status, answer = await call(w, owner, "POST", "/Together/Messages", {"items": list(bodies)})
    assert status == 200, answer
    return answer["items"]


async def test_each_of_many_is_taken_or_told_what_is_wrong_with_it(w):
    good, other = raw(), raw()
    unknown = raw(receiver=makers.Party(makers.Unit("Ingen", (makers.Ident("9999999", "HER"),))))
    said = await post(
        w, document(good), document(unknown), {"businessDocument": "?"}, document(raw(sender=makers.HOSPITAL)),
        document(b"<a>"), document(good), document(other),
    )  # fmt: skip
    assert [each.get("status") for each in said] == [None, 400, 400, 403, 400, None, None]
    assert said[1]["validationErrors"] == ["Unknown HER-id: 9999999"]
    assert said[0] == said[5] != said[6]
    assert await post(w, document(other), document(good)) == [said[6], said[0]]
    changed = document(good.replace(b"Ekko cor", b"Gastroskopi"))
    assert [each.get("status") for each in await post(w, changed)] == [400]
    async with w.hub.transaction() as tx:
        assert len(await messages.find(tx, "relay")) == 2


@pytest.mark.parametrize("body", [None, {}, {"items": []}, {"items": {}}, {"items": [{}] * 101}])
async def test_a_request_without_items_is_refused(w, body):
    for method, path in (("POST", "Messages"), ("POST", "Receipts"), ("PUT", "Read")):
        assert (await call(w, "gp", method, f"/Together/{path}", body))[0] == 400


async def test_documents_come_with_the_list_and_count_as_delivered(w):
    first, second = raw(), raw()
    ids = [each["id"] for each in await post(w, document(first), document(second))]
    status, found = await call(w, "hospital", "GET", LIST)
    assert status == 200
    assert {each["id"]: base64.b64decode(each["businessDocument"]) for each in found} == dict(
        zip(ids, (first, second), strict=True)
    )
    for id_ in ids:
        _, (state,) = await call(w, "gp", "GET", f"/Messages/{id_}/status")
        assert state["transportDeliveryState"] == "Acknowledged"
    assert (await call(w, "gp", "GET", LIST))[0] == 403


async def test_receipts_are_given_once_and_take_letters_from_the_list(w):
    ids = [each["id"] for each in await post(w, document(raw()), document(raw()))]
    ok = {"herId": int(HOSPITAL_HER), "appRecStatus": "Ok"}
    refused = {**ok, "appRecStatus": "Rejected", "appRecErrorList": [{"errorCode": "E35"}]}
    items = [{"id": ids[0], **ok}, {"id": ids[1], **refused}, {"id": ids[1], **ok}, {"id": "none", **ok}]
    for _ in range(2):
        _, answer = await call(w, "hospital", "POST", "/Together/Receipts", {"items": items})
        assert [each.get("status") for each in answer["items"]] == [None, None, 400, 404]
    assert (await call(w, "hospital", "GET", LIST))[1] == []
    _, receipts = await call(w, "gp", "GET", f"/Messages?ReceiverHerIds={GP_HER}&IncludeMetadata=true")
    assert [each["isAppRec"] for each in receipts] == [True, True]
    _, others = await call(w, "gp", "POST", "/Together/Receipts", {"items": items[:1]})
    assert others["items"][0]["status"] == 403
    marks = [{"id": each["id"], "herId": int(GP_HER)} for each in receipts] + [
        {"id": "x", "herId": int(GP_HER)}
    ]
    _, answer = await call(w, "gp", "PUT", "/Together/Read", {"items": marks})
    assert [each.get("status") for each in answer["items"]] == [None, None, 404]
    assert (await call(w, "hospital", "PUT", "/Together/Read", {"items": marks}))[0] == 403
    assert (await call(w, "gp", "GET", f"/Messages?ReceiverHerIds={GP_HER}"))[1] == []


async def test_a_list_waits_until_something_comes(w):
    waiting = asyncio.create_task(call(w, "hospital", "GET", f"{LIST}&Wait=20"))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    (said,) = await post(w, document(raw()))
    _, found = await asyncio.wait_for(waiting, 5)
    assert [each["id"] for each in found] == [said["id"]]


async def test_a_platform_that_does_not_know_it_is_asked_one_by_one(w):
    asked = []

    async def request(method, path, body):
        asked.append((method, path.partition("?")[0]))
        if path.startswith("/Together"):
            return 404, None
        return await w.gp.wire(method, path, body)

    transport = MshTransport(request)
    unknown = raw(receiver=makers.Party(makers.Unit("Ingen", (makers.Ident("9999999", "HER"),))))
    sent = await transport.send_all([raw(), unknown])
    assert isinstance(sent[0], str)
    assert isinstance(sent[1], Refused)
    await transport.send_all([raw(), raw()])
    assert asked.count(("POST", "/Together/Messages")) == 1
    assert asked.count(("POST", "/Messages")) == 4


async def test_an_idle_engine_sends_and_takes_in_at_once(w):
    """Neither side looks again within the minute: the letter wakes both."""
    from tests.messaging.test_engine import PID, Match, fresh, send, state

    w.hospital.here.patients[PID] = Match("h-kari")
    running = [asyncio.create_task(side.engine.run(60)) for side in (w.gp, w.hospital)]
    try:
        await asyncio.sleep(1)
        message = await send(w.gp, fresh())
        async with asyncio.timeout(20):
            while (await state(w.gp, message)).state != "acknowledged":  # noqa: ASYNC110 - by turns, as people see it
                await asyncio.sleep(0.05)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_what_is_written_while_an_engine_is_busy_goes_together(w, monkeypatch):
    from tests.messaging.test_engine import fresh, send, state

    monkeypatch.setattr("akson.messaging.engine.PACE", 3.0)
    running = asyncio.create_task(w.gp.engine.run(60))
    try:
        await asyncio.sleep(0.5)
        sent = [await send(w.gp, fresh())]
        async with asyncio.timeout(20):
            while (await state(w.gp, sent[0])).state == "queued":  # noqa: ASYNC110 - as people see it
                await asyncio.sleep(0.02)
            sent += [await send(w.gp, fresh()) for _ in range(5)]
            while (await state(w.gp, sent[-1])).state == "queued":  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert [path for method, path in w.gp.wire.calls if method == "POST"] == [
        "/Messages",
        "/Together/Messages",
    ]

"""A report of a laboratory over the nodes: new, changed and withdrawn, filed in a real record through real messages."""

from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from tests.exchange.asking import PIDS, side
from tests.messaging import orders, reports

from akson.demo.ids import demo_id
from akson.exchange.finding import find
from akson.kit.ids import new_id
from akson.messaging import outbox
from akson.messaging.codec import report as report_codec
from akson.messaging.codec import requisition as order_codec
from akson.messaging.kith import lab
from akson.messaging.kith.basic import Dept
from akson.messaging.outbox import Sending
from akson.record.context import NODE_ITSELF, opened
from akson.store.database.reader import OWNER
from akson.store.underway import messages

pytestmark = pytest.mark.store

PATIENT = demo_id("journal", "Patient", "per-arne")
WHO = ("patient", f"Patient/{PATIENT}")


def party(name, unit, her_id):
    """An organisation with the unit whose address it is."""
    dept = (Dept(name=unit, id=her_id, type_id=reports.HER),)
    return lab.Party(hcp=lab.HCP(inst=lab.Inst(name=name, dept=dept)))


MEDICAL = party("Fjordsykehuset", "Fjordsykehuset, medisinsk avdeling", "9000211")
SURGERY = party("Solvik kommune", "Solvik legesenter", "9000111")


def of_per_arne(patient):
    return replace(patient, off_id=PIDS["per-arne"], name="Dahl, Per Arne")


def report(*results, **state):
    """A report of the hospital about Per Arne to his surgery."""
    made = reports.report(*results, **state)
    one = made.serv_report[0]
    one = replace(one, serv_provider=MEDICAL, requester=SURGERY, patient=of_per_arne(one.patient))
    return report_codec.from_kith(replace(made, msg_id=new_id(), serv_report=(one,)))


def order(*wanted, **state):
    """An order of the hospital to the surgery about him."""
    made = orders.message(*wanted, **state)
    request = replace(
        made.serv_req, serv_provider=SURGERY, requester=MEDICAL, patient=of_per_arne(made.serv_req.patient)
    )
    return order_codec.from_kith(replace(made, msg_id=new_id(), serv_req=request))


@asynccontextmanager
async def record(world):
    """What the municipality's record holds, as the node itself sees it."""
    async with opened(side(world, "journal").place, NODE_ITSELF) as ctx:
        yield ctx


async def deliver(world, letter):
    """Send a letter from the hospital through the platform until it is answered."""
    journal, hospital = side(world, "journal"), side(world, "sykehus")
    for each in (journal, hospital):
        if not each.mailroom.own:
            await each.mailroom.learn_own()
    async with hospital.place.database.transaction() as tx:
        sent = await outbox.enqueue(tx.as_node, letter, Sending(), hospital.mailroom.signer)
    for _ in range(4):
        await hospital.mailroom.engine().tick()
        await journal.mailroom.engine().tick()
    async with hospital.place.database.transaction(reader=OWNER) as tx:
        answered = await messages.get(tx, sent.id)
    assert (answered.state, answered.detail) == ("acknowledged", "")


async def observation(ctx, code):
    found = await find(ctx, "Observation", WHO, ("code", code), ("_count", "10"))
    ours = [each for each in found if each.get("meta", {}).get("source", "").startswith("urn:her:9000211")]
    (one,) = ours
    return one


async def test_a_report_is_filed_changed_and_withdrawn(world):
    await deliver(world, report(reports.POTASSIUM, reports.CRP))
    async with record(world) as ctx:
        potassium, crp = await observation(ctx, "NPU03230"), await observation(ctx, "1988-5")
        (filed,) = await find(ctx, "DiagnosticReport", WHO, ("identifier", "report-7"))
        assert (potassium["status"], potassium["valueQuantity"]["value"]) == ("final", 5.4)
        assert potassium["interpretation"][0]["coding"][0]["code"] == "H"
        assert {r["reference"] for r in filed["result"]} == {
            f"Observation/{potassium['id']}",
            f"Observation/{crp['id']}",
        }
        tasks = await find(ctx, "Task", WHO, ("focus", f"DiagnosticReport/{filed['id']}"))
        assert [t["status"] for t in tasks] == ["requested"]

    mended = reports.changed(reports.POTASSIUM, "M", num_result=reports.number("4.10", "mmol/L"))
    await deliver(world, report(mended, reports.changed(reports.CRP, "H"), action="M"))
    async with record(world) as ctx:
        now, same = await observation(ctx, "NPU03230"), await observation(ctx, "1988-5")
        assert (now["id"], now["status"], str(now["valueQuantity"]["value"])) == (
            potassium["id"],
            "corrected",
            "4.10",
        )
        assert now["meta"]["versionId"] != potassium["meta"]["versionId"]
        assert same == crp
        (filed,) = await find(ctx, "DiagnosticReport", WHO, ("identifier", "report-7"))
        assert filed["status"] == "amended"
        tasks = await find(ctx, "Task", WHO, ("focus", f"DiagnosticReport/{filed['id']}"))
        assert len(tasks) == 2

    await deliver(world, report(action="C"))
    async with record(world) as ctx:
        now, other = await observation(ctx, "NPU03230"), await observation(ctx, "1988-5")
        (filed,) = await find(ctx, "DiagnosticReport", WHO, ("identifier", "report-7"))
        assert {each["status"] for each in (now, other, filed)} == {"entered-in-error"}
        assert str(now["valueQuantity"]["value"]) == "4.10"
        assert len(filed["result"]) == 2


async def test_an_order_is_filed_and_taken_back(world):
    await deliver(world, order(orders.TSH, orders.POTASSIUM))
    async with record(world) as ctx:
        asked = await find(ctx, "ServiceRequest", WHO, ("requisition", "order-3"))
        assert {each["status"] for each in asked} == {"active"}
        assert {each["code"]["text"] for each in asked} == {"Us-TSH", "P-Kalium"}
    await deliver(world, order(action="C"))
    async with record(world) as ctx:
        after = await find(ctx, "ServiceRequest", WHO, ("requisition", "order-3"))
        assert {each["id"] for each in after} == {each["id"] for each in asked}
        assert {each["status"] for each in after} == {"revoked"}

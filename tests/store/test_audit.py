"""The access log."""

from datetime import timedelta

from akson.kit.clock import now
from akson.store.access import audit
from akson.store.access.audit import AuditRow
from akson.store.index.hashing import patient_number


def row(patient="p1", **values):
    return AuditRow(
        moment=values.pop("moment", now()),
        actor_kind="personnel",
        action="read",
        purpose="TREAT",
        granted=True,
        reason="reason.care_relation",
        pat=patient_number(patient),
        **values,
    )


async def test_accesses_to_one_patient_are_found_newest_first(database):
    early, late = row(moment=now() - timedelta(days=2)), row(type="Observation", id="o1", version=3)
    async with database.transaction() as tx:
        for each in (early, late, row("p2"), row("")):
            await audit.append(tx, each)
        assert await audit.find(tx, patient="p1") == [late, early]
        assert await audit.find(tx, patient="p1", since=now() - timedelta(days=1)) == [late]
        assert await audit.find(tx, patient="p1", count=1) == [late]

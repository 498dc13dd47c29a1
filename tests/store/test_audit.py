"""The access log."""

from datetime import timedelta

from akson.kit.clock import now
from akson.store.access import audit
from akson.store.access.audit import About, AuditRow, Wanted
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


async def test_rows_of_a_page_are_written_in_one_statement_and_each_has_what_is_its_own(database):
    about = [About(patient_number(name), number, "Condition", f"c{number}", 3, f"d{number}")
             for number, name in enumerate(("p1", "p2", "p3"))]  # fmt: skip
    async with database.transaction() as tx:
        before = await tx.fetch("select pg_current_xact_id()")
        await audit.append_many(tx, row("", role="lege"), about)
        assert await tx.fetch("select distinct xid from audit") == before
        entries = await audit.page(tx, Wanted())
    found = {(e.row.pat, e.row.count, e.row.type, e.row.id, e.row.version, e.row.decision) for e in entries}
    assert found == {(a.pat, a.count, a.type, a.id, a.version, a.decision) for a in about}
    assert {entry.row.role for entry in entries} == {"lege"}
    async with database.transaction() as tx:
        await audit.append_many(tx, row(), [])
        assert len(await audit.page(tx, Wanted())) == 3


async def test_a_row_is_called_something_that_does_not_tell_how_many_there_are(database):
    async with database.transaction() as tx:
        await audit.append_many(tx, row(), [About(), About()])
        one, other = await audit.page(tx, Wanted())
        assert one.event != other.event
        assert (await audit.page(tx, Wanted(event=one.event))) == [one]
        assert await audit.page(tx, Wanted(event=str(one.number))) == []


async def test_a_decision_is_in_the_log_once_something_was_let_by_it(database):
    async with database.transaction() as tx:
        await audit.append(tx, row(decision="d1"))
        found = [
            await audit.decided(tx, patient_number(patient), decision)
            for patient, decision in (("p1", "d1"), ("p2", "d1"), ("p1", "d2"))
        ]
    assert found == [True, False, False]

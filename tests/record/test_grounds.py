"""Each row of the access log tells the rule that let just this patient's data through, and it costs no statement more."""

from collections import Counter
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from akson.care.who_has_seen import merge
from akson.exchange.hub.access import Log
from akson.fhir.search_parse import parse
from akson.kit.errors import Conflict
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.security.actor import Action, Purpose
from akson.security.audit.event import audit_event
from akson.security.policy import Grant, decide
from akson.store.access import audit, relations
from akson.store.access.audit import Wanted
from akson.store.database.link import Link
from akson.store.index.hashing import patient_number
from akson.store.record.resources import HistoryOf
from tests.record.making import BASE, NURSE, with_two_patients

pytestmark = pytest.mark.store

HERS, HIS = patient_number("ingrid"), patient_number("per")
CARE, LOOKUP = ("reason.care_relation", "UNNTAK"), ("reason.patient_lookup", "UNNTAK")
OPEN, AKUTT = ("reason.open_information", "UNNTAK"), ("reason.emergency", "AKUTT")


@pytest.fixture
async def place(database):
    """Ingrid, whom the nurse's unit treats, and Per, whom it does not."""
    made = await with_two_patients(database)
    async with opened(made, NODE_ITSELF) as ctx:
        for name in ("nord", "sor"):
            await gate.update(ctx, {"resourceType": "Organization", "id": name, "name": name})
    return made


async def entries(place):
    async with place.database.transaction() as tx:
        found = await audit.page(tx, Wanted(count=1000))
    return [entry for entry in reversed(found) if entry.row.actor_kind != "node"]


async def told(place):
    """Whose data and on which ground, of each row of the log that is not the node's own."""
    return [(entry.row.pat, (entry.row.reason, entry.row.basis)) for entry in await entries(place)]


def people(*criteria):
    return parse("Patient", list(criteria), base=f"{BASE}/fhir")


async def both(ctx):
    """Read each of the two, and find them together."""
    for name in ("ingrid", "per"):
        await gate.read(ctx, "Patient", name)
    await gate.search(ctx, people(("_id", "ingrid,per")))


async def test_whom_the_unit_treats_is_read_by_the_care_relation_and_another_is_looked_up(place):
    async with opened(place, NURSE) as ctx:
        for name in ("ingrid", "per"):
            await gate.read(ctx, "Patient", name)
    assert await told(place) == [(HERS, CARE), (HIS, LOOKUP)]


async def test_each_patient_of_a_page_has_its_own_and_what_found_nobody_is_a_lookup(place):
    async with opened(place, NURSE) as ctx:
        await gate.search(ctx, people(("_id", "ingrid,per")))
    assert Counter(await told(place)) == Counter([(HERS, CARE), (HIS, LOOKUP)])
    async with opened(place, NURSE) as ctx:
        await gate.search(ctx, people(("_id", "nobody")))
    assert (await told(place))[2:] == [(0, LOOKUP)]


async def test_a_history_of_all_types_too(place):
    async with opened(place, NURSE) as ctx:
        page = await gate.history(ctx, HistoryOf(count=100))
    assert len(page.versions) > len(await told(place))
    assert Counter(await told(place)) == Counter([(HERS, CARE), (HIS, LOOKUP), (0, OPEN)])


async def test_a_change_of_who_somebody_is_too(place):
    async with opened(place, NURSE) as ctx:
        for name in ("ingrid", "per"):
            await gate.update(ctx, {"resourceType": "Patient", "id": name, "gender": "female"})
    assert await told(place) == [(HERS, CARE), (HIS, LOOKUP)]


async def test_an_emergency_is_told_of_the_patient_who_was_opened_and_of_no_other(place):
    async with opened(place, replace(NURSE, opened=frozenset({"per"}))) as ctx:
        await both(ctx)
        await gate.read(ctx, "Condition", "c-per")
        await gate.search(ctx, parse("Condition", [("code", "nothing")], base=f"{BASE}/fhir"))
    found = await told(place)
    assert Counter(found) == Counter([(HERS, CARE)] * 2 + [(HIS, AKUTT)] * 3 + [(0, CARE)])


async def test_what_was_looked_at_before_an_error_keeps_its_ground(place):
    async def fails():
        async with opened(place, NURSE) as ctx:
            await both(ctx)
            raise Conflict("something later is wrong")

    with pytest.raises(Conflict):
        await fails()
    assert Counter(await told(place)) == Counter([(HERS, CARE), (HIS, LOOKUP)] * 2)


async def test_a_care_relation_that_has_ended_is_none(place):
    async with place.database.transaction() as tx:
        await relations.replace(tx, "EpisodeOfCare/e", [])
    async with opened(place, NURSE) as ctx:
        await gate.read(ctx, "Patient", "ingrid")
    assert await told(place) == [(HERS, LOOKUP)]


async def test_the_event_and_the_page_of_the_citizen_say_the_same(place):
    async with opened(place, replace(NURSE, opened=frozenset({"per"}))) as ctx:
        await gate.read(ctx, "Patient", "ingrid")
        await gate.read(ctx, "Patient", "per")
    async with opened(place, NURSE) as ctx:
        await gate.read(ctx, "Patient", "per")
    expected = [
        ("care_relation", "ROLPAS", "UNNTAK", False),
        ("emergency", "BLAALYS", "AKUTT", True),
        ("patient_lookup", "NYPAS", "UNNTAK", False),
    ]
    for entry, (rule, template, basis, is_emergency) in zip(await entries(place), expected, strict=True):
        event = audit_event(entry, place.node)
        assert event["agent"][0]["policy"] == [f"urn:akson:rule:{rule}"]
        assert template in {each["code"] for each in event["purposeOfEvent"][0]["coding"]}
        (person,) = merge([Log("Solvik", (event,))], ZoneInfo("Europe/Oslo")).others[0].people
        assert (person.reasons, person.bases, person.emergency) == ([rule], [basis], is_emergency)


def of_first_ground(actor, action, resource_type, purpose):
    """The rules, of whose grounds only the first is told."""
    decision = decide(actor, action, resource_type, purpose)
    return replace(decision, grounds=decision.grounds[:1]) if isinstance(decision, Grant) else decision


async def test_to_choose_among_grounds_costs_no_statement_and_with_one_ground_nothing_is_asked(
    place, monkeypatch
):
    sent: list[str] = []
    run, put_ahead = Link.run, Link.put_ahead

    async def noted_run(self, sql, *args, **named):
        sent.append(sql)
        return await run(self, sql, *args, **named)

    async def noted_ahead(self, sql, *args):
        sent.append(sql)
        return await put_ahead(self, sql, *args)

    async def statements(policy, do):
        sent.clear()
        async with opened(replace(place, policy=policy), NURSE) as ctx:
            await do(ctx)
        return [sql for sql in sent if "from secret" not in sql]  # asked once a connection

    monkeypatch.setattr(Link, "run", noted_run)
    monkeypatch.setattr(Link, "put_ahead", noted_ahead)
    one, several = await statements(of_first_ground, both), await statements(decide, both)
    assert len(one) == len(several) == 9  # begin, who reads, three looks with their row each, commit
    assert [sql for sql in one if "audit" not in sql] == [sql for sql in several if "audit" not in sql]
    assert one.count(audit.APPEND_ONE) + one.count(audit.APPEND_MANY) == 3
    assert not {audit.APPEND_ONE, audit.APPEND_MANY} & set(several)
    single = await statements(decide, lambda ctx: gate.read(ctx, "Condition", "c-ingrid"))
    assert audit.APPEND_ONE in single
    assert len(single) == 5  # begin, who reads, the look and its row, commit


def test_the_scope_of_a_lookup_is_asked_as_if_it_were_the_only_ground():
    grant = decide(NURSE, Action.SEARCH, "Patient", Purpose.TREATMENT)
    assert [each.reason for each in grant.grounds] == ["reason.care_relation", "reason.patient_lookup"]
    lookup = grant.grounds[-1].predicate
    assert lookup in grant.scope.predicate.parts
    assert "CareRelation" not in str(grant.scope.predicate)

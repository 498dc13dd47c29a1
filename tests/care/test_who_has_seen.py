"""The logs of several systems as one: by day and person, own looks apart, silence told."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from akson.care.who_has_seen import merge
from akson.exchange.hub.access import Log
from akson.kit.settings import Node, Role
from akson.security.audit.event import audit_event
from akson.store.access.audit import AuditRow, Entry

OSLO = ZoneInfo("Europe/Oslo")
NODE = Node("x", frozenset({Role.JOURNAL}), "http://x", "X", "911000001", "x")


def event(hour, kind="Condition", **values):
    usual = {
        "actor_kind": "personnel", "actor_name": "Hanne", "unit": "Nord", "organization_name": "Solvik",
        "action": "read", "purpose": "TREAT", "granted": True, "reason": "reason.care_relation", "type": kind,
        "moment": datetime(2026, 11, 22, hour, tzinfo=UTC),
    }  # fmt: skip
    return audit_event(Entry(1, "e1", AuditRow(**usual | values)), NODE)


def test_one_person_on_one_day_is_one_line_from_all_systems():
    here = Log("Solvik", (event(8), event(10, "MedicationStatement")))
    there = Log("Fjordsykehuset", (event(9, "DocumentReference", reason="reason.attested_care"),))
    seen = merge([here, there], OSLO)
    (person,) = seen.others[0].people
    assert (person.first.hour, person.last.hour) == (9, 11)
    assert person.saw == ["medicines", "problems", "documents"]
    assert person.reasons == ["care_relation"]
    assert person.systems == ["Solvik", "Fjordsykehuset"]
    assert seen.persons == 1


def test_a_day_ends_at_midnight_in_norway():
    seen = merge([Log("Solvik", (event(22), event(23)))], OSLO)
    assert [(day.day.day, day.people[0].last.hour) for day in seen.others] == [(23, 0), (22, 23)]


def test_what_was_written_is_told_apart_from_what_was_seen():
    (person,) = merge([Log("S", (event(8), event(9, "Task", action="update")))], OSLO).others[0].people
    assert (person.saw, person.changed) == (["problems"], ["tasks"])


def test_own_looks_systems_and_refusals_are_not_the_looks_of_others():
    own = event(8, actor_kind="citizen", actor_name="Ingrid", reason="reason.own_record")
    seen = merge([Log("S", (own, event(8, actor_kind="node", actor_name=""), event(9, granted=False)))], OSLO)
    assert (len(seen.own), len(seen.automatic), seen.others) == (1, 1, ())


def test_silence_and_what_is_cut_off_are_told():
    seen = merge([Log("A", silent=True), Log("B", whole=False)], OSLO)
    assert (seen.missing, seen.cut) == (("A",), ("B",))


def test_all_of_the_shared_register_is_critical_information():
    (person,) = merge([Log("P", (event(8),), register=True)], OSLO).others[0].people
    assert person.saw == ["critical"]


def test_emergency_help_is_marked():
    (person,) = merge([Log("A", (event(8, purpose="ETREAT"),))], OSLO).others[0].people
    assert person.emergency

"""Green, yellow and red, at the limits and where something is open or missing."""

import pytest

from akson.care import measuring, zones
from akson.care.zones import Zone
from akson.exchange import entry


def goal(**form):
    given = {
        "then": "Ring",
        "status": "active",
        "green_low": "89",
        "yellow_low": "86",
        "measure": "saturation",
    }
    return entry.build(zones.PLANS, zones.LIMITS, given | form, "Patient/1")


def measured(kind, *values):
    return measuring.observation(
        measuring.KINDS[kind], values, "2026-11-27T08:00:00Z", "1", {"display": "Olav"}
    )


@pytest.mark.parametrize(
    ("value", "zone"),
    [(100, Zone.GREEN), (89, Zone.GREEN), (88.9, Zone.YELLOW), (86, Zone.YELLOW), (85.9, Zone.RED)],
)
def test_a_limit_belongs_to_the_better_zone(value, zone):
    assert zones.zone_of(measured("saturation", value), zones.limits([goal()])) is zone


def test_a_weight_is_limited_at_both_ends_and_a_form_by_its_sum():
    weight = goal(measure="weight", green_low="78", green_high="83", yellow_low="76", yellow_high="85")
    form = goal(measure="symptoms", green_low="0", green_high="4", yellow_low="0", yellow_high="8")
    agreed = zones.limits([weight, form])
    found = [zones.zone_of(measured("weight", each), agreed) for each in (75, 77, 80, 84, 86)]
    assert found == [Zone.RED, Zone.YELLOW, Zone.GREEN, Zone.YELLOW, Zone.RED]
    assert [zones.zone_of(measured("symptoms", each, 2, 1), agreed) for each in (1, 2, 4)] == [
        Zone.GREEN, Zone.YELLOW, Zone.YELLOW,
    ]  # fmt: skip
    assert zones.zone_of(measured("symptoms", 4, 4, 4), agreed) is Zone.RED


def test_nothing_is_said_of_what_has_no_limit_or_one_that_is_over():
    assert zones.zone_of(measured("pulse", 70), zones.limits([goal()])) is Zone.NONE
    assert zones.limits([goal(status="completed")]) == {}
    assert zones.limits([{"resourceType": "Goal", "lifecycleStatus": "active"}]) == {}


def test_of_two_limits_the_later_holds():
    first, second = (
        goal(green_low=low) | {"meta": {"lastUpdated": at}}
        for low, at in (("90", "2026-11-27"), ("80", "2026-11-01"))
    )
    assert zones.limits([first, second])["saturation"].green[0] == 90

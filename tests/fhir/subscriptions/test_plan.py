"""What a Subscription asks for is read, and what cannot be done is refused with its element."""

import pytest

from akson.fhir.subscriptions.plan import Channel, Plan, plan_of, topic_url
from akson.fhir.subscriptions.topic import FilterBy, Topic, Trigger
from akson.kit.errors import TooCostly, Unprocessable
from akson.kit.limits import Limits
from tests.rest.subscriptions.making import by_topic, classic, extension

BASE = "http://fhir.example/fhir"
HOOK = "https://app.example/hook"
TOPIC = Topic(
    "http://topics.example/t",
    "T",
    (Trigger("Encounter"), Trigger("Patient")),
    (FilterBy("status", "Encounter"), FilterBy("birthdate", "Patient", comparators=("gt",))),
)


def refused(subscription, topic=None):
    with pytest.raises(Unprocessable) as error:
        plan_of(subscription, topic, base=BASE)
    return error.value.issues[0].expression[0]


def changed(subscription, **channel):
    return {**subscription, "channel": {**subscription["channel"], **channel}}


def test_criteria_and_topics_are_told_apart():
    assert topic_url(classic("Patient?name=a")) == ""
    assert topic_url(classic("Patient")) == ""
    assert topic_url(classic("http://topics.example/t|1.0")) == "http://topics.example/t"
    assert topic_url(classic("urn:akson:topic:Patient")) == "urn:akson:topic:Patient"


def test_a_plan_survives_being_stored():
    from dataclasses import asdict

    import orjson

    made = by_topic(TOPIC.url, HOOK, filters=["Encounter?status=finished"], heartbeat=60, timeout=5, most=7)
    plan = plan_of(changed(made, header=["Authorization: Bearer x"]), TOPIC, base=BASE)
    assert plan.channel == Channel(
        "rest-hook",
        HOOK,
        (("Authorization", "Bearer x"),),
        "application/fhir+json",
        "full-resource",
        60,
        5,
        7,
    )
    assert plan.filters == (("Encounter", "status=finished"),)
    assert plan.types == ["Encounter", "Patient"]
    assert Plan.of(orjson.loads(orjson.dumps(asdict(plan)))) == plan
    assert Topic.of(orjson.loads(orjson.dumps(asdict(TOPIC)))) == TOPIC


@pytest.mark.parametrize(
    "criteria",
    [
        "Patientt?name=a",
        "Patient?nonsense=a",
        "Patient?name:nonsense=a",
        "Patient?_sort=name",
        "Patient?name=a&_include=Patient:organization",
        "Observation?date=yesterday",
        "Patient?name=a&_count=3",
        "Patient?_elements=id",
    ],
)
def test_criteria_that_are_no_search_are_refused(criteria):
    assert refused(classic(criteria, HOOK)) == "Subscription.criteria"


def test_an_unknown_topic_is_refused():
    assert refused(by_topic("http://topics.example/other", HOOK)) == "Subscription.criteria"


@pytest.mark.parametrize(
    "wish", ["Observation?code=a", "Encounter?class=AMB", "status:not=a", "Patient?birthdate=lt2000-01-01"]
)
def test_filters_that_the_topic_does_not_have_are_refused(wish):
    topic = Topic(
        TOPIC.url, "", TOPIC.triggers, (FilterBy("status", "Encounter", ("in",)), *TOPIC.filters[1:])
    )
    assert refused(by_topic(TOPIC.url, HOOK, filters=[wish]), topic) == "Subscription.criteria.extension"


def test_filters_that_the_topic_has_are_taken():
    wishes = ["Encounter?status:not=finished", "Patient?birthdate=gt2000-01-01"]
    assert len(plan_of(by_topic(TOPIC.url, HOOK, filters=wishes), TOPIC, base=BASE).filters) == 2


@pytest.mark.parametrize(
    ("element", "channel"),
    [
        ("channel.type", {"type": "email"}),
        ("channel.endpoint", {"endpoint": "/relative"}),
        ("channel.endpoint", {"endpoint": "https://user:pw@app.example"}),
        ("channel.endpoint", {"endpoint": "https://app.example:99999"}),
        ("channel.endpoint", {"endpoint": "https://app.example/\r\nX: y"}),
        ("channel.payload", {"payload": "text/html"}),
        ("channel.payload.extension", {"_payload": {}}),
        ("channel.payload.extension", {"_payload": {"extension": [extension("backport-payload-content", valueCode="all")]}}),
        ("channel.header[0]", {"header": ["no colon"]}),
        ("channel.header[1]", {"header": ["A: b", "Host: elsewhere.example"]}),
        ("channel.header[0]", {"header": ["A: b\r\nHost: elsewhere.example"]}),
        ("channel.extension", {"extension": [extension("backport-timeout", valueUnsignedInt=301)]}),
        ("channel.extension", {"extension": [extension("backport-max-count", valuePositiveInt=1001)]}),
        ("channel.type.extension", {"_type": {"extension": [extension("backport-channel-type", valueCoding={"code": "zulip"})]}}),
    ],
)  # fmt: skip
def test_channels_that_cannot_be_are_refused(element, channel):
    assert refused(changed(by_topic(TOPIC.url, HOOK), **channel), TOPIC) == f"Subscription.{element}"


def test_signs_of_life_need_a_bundle_to_be_sent_in():
    made = classic("Patient", HOOK, extension=[extension("backport-heartbeat-period", valueUnsignedInt=5)])
    assert refused(made) == "Subscription.channel.extension"


def test_criteria_keep_to_the_limits_of_searches():
    limits = Limits(search_values=2, search_links=2)
    made = classic("Patient?gender=male,female,other", HOOK)
    with pytest.raises(TooCostly, match="AKSON_SEARCH_VALUES") as error:
        plan_of(made, None, base=BASE, limits=limits)
    assert error.value.issues[0].expression == ("Subscription.criteria",)
    assert plan_of(made, None, base=BASE)


def test_filters_keep_to_the_limits_all_together():
    topic = Topic(TOPIC.url, "", TOPIC.triggers)
    wish = "Encounter?patient.name=a&status=finished"
    limits = Limits(search_links=2)
    assert plan_of(by_topic(TOPIC.url, HOOK, filters=[wish] * 2), topic, base=BASE, limits=limits)
    with pytest.raises(TooCostly, match="AKSON_SEARCH_LINKS") as error:
        plan_of(by_topic(TOPIC.url, HOOK, filters=[wish] * 3), topic, base=BASE, limits=limits)
    assert error.value.issues[0].expression == ("Subscription.criteria.extension",)

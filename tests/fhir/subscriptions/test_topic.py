"""A topic is read from the Basic resource that carries it in R4."""

import pytest

from akson.fhir.subscriptions.topic import FilterBy, Trigger, is_topic, read
from akson.kit.errors import TooCostly, Unprocessable
from akson.kit.limits import Limits

NAME = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic."


def basic(*extensions):
    return {
        "resourceType": "Basic",
        "extension": [{"url": f"{NAME}url", "valueUri": "http://topics.example/t"}, *extensions],
        "code": {"coding": [{"system": "http://hl7.org/fhir/fhir-types", "code": "SubscriptionTopic"}]},
    }


def part(url, **value):
    return {"url": url, **value}


def trigger(*parts, kind="Encounter"):
    return {"url": f"{NAME}resourceTrigger", "extension": [part("resource", valueUri=kind), *parts]}


def query(*parts):
    return {"url": "queryCriteria", "extension": list(parts)}


def test_triggers_and_filters_are_read():
    made = basic(
        part(f"{NAME}title", valueString="Finished"),
        trigger(
            part("supportedInteraction", valueCode="update"),
            query(
                part("previous", valueString="Encounter?status:not=finished"),
                part("current", valueString="status=finished"),
                part("resultForCreate", valueCode="test-fails"),
                part("resultForDelete", valueCode="test-passes"),
                part("requireBoth", valueBoolean=True),
            ),
            part("fhirPathCriteria", valueString="%current.status = 'finished'"),
            kind="http://hl7.org/fhir/StructureDefinition/Encounter",
        ),
        {
            "url": f"{NAME}canFilterBy",
            "extension": [
                part("resource", valueUri="Encounter"),
                part("filterParameter", valueString="length"),
                part("modifier", valueCode="missing"),
                part("modifier", valueCode="gt"),
                part("comparator", valueCode="lt"),
            ],
        },
    )
    assert is_topic(made)
    topic = read(made)
    assert (topic.url, topic.title) == ("http://topics.example/t", "Finished")
    assert topic.triggers == (
        Trigger(
            "Encounter", ("update",), "status:not=finished", "status=finished",
            on_create=False, on_delete=True, both=True, path="%current.status = 'finished'",
        ),
    )  # fmt: skip
    assert topic.filters == (FilterBy("length", "Encounter", ("missing",), ("lt", "gt")),)


def test_without_interactions_every_change_counts():
    assert read(basic(trigger())).triggers[0].actions == ("create", "update", "delete")


def test_another_basic_is_no_topic():
    assert not is_topic({"resourceType": "Basic", "code": {"text": "x"}})
    assert not is_topic({"resourceType": "Patient"})


@pytest.mark.parametrize(
    ("place", "extensions"),
    [
        ("Basic.extension", []),
        ("Basic.extension[1]", [trigger(kind="Nonsense")]),
        ("Basic.extension[1]", [trigger(part("supportedInteraction", valueCode="read"))]),
        ("Basic.extension[1]", [trigger(part("fhirPathCriteria", valueString="%current.("))]),
        ("Basic.extension[1]", [trigger(query(part("current", valueString="nonsense=1")))]),
        ("Basic.extension[1]", [trigger(query(part("previous", valueString="Patient?name=a")))]),
        ("Basic.extension[2]", [trigger(), {"url": f"{NAME}eventTrigger", "extension": []}]),
        ("Basic.extension[2]", [trigger(), {"url": f"{NAME}canFilterBy", "extension": []}]),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(place, extensions):
    with pytest.raises(Unprocessable) as error:
        read(basic(*extensions))
    assert error.value.issues[0].expression == (place,)


LIMITS = Limits(search_values=2, search_links=2, search_depth=1)


@pytest.mark.parametrize("name", ["previous", "current"])
@pytest.mark.parametrize(
    ("criteria", "setting"),
    [
        ("status=planned,arrived,finished", "AKSON_SEARCH_VALUES"),
        ("patient.general-practitioner:Organization.name=a", "AKSON_SEARCH_DEPTH"),
        ("&".join(["patient.name=a"] * 3), "AKSON_SEARCH_LINKS"),
        ("&".join(["_has:Observation:encounter:code=a"] * 3), "AKSON_SEARCH_LINKS"),
    ],
)
def test_criteria_keep_to_the_limits_of_searches(name, criteria, setting):
    made = basic(trigger(), trigger(query(part(name, valueString=criteria))))
    read(made)
    with pytest.raises(TooCostly, match=setting) as error:
        read(made, LIMITS)
    assert error.value.issues[0].expression == ("Basic.extension[2]",)

"""What the demo's nodes hold: stable ids, references that resolve, official codes, and the journeys' first facts."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from tests.shared import shared

from akson.care.critical import FIELDS, fields_of
from akson.demo.build import CHAPTERS, record, resources
from akson.demo.citizens import citizens
from akson.exchange.own_package import own
from akson.fhir.profiles.catalogue import Catalogue
from akson.fhir.validate.full import validate
from akson.fhir.validate.structure import check
from akson.kit import norwegian
from akson.services.kritisk_informasjon import SERVICE

TODAY = date(2026, 11, 23)
NODES = tuple(CHAPTERS)
HELD = {node: resources(node, TODAY) for node in NODES}


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a resource."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


@pytest.mark.parametrize("node", NODES)
def test_all_that_a_node_holds_keeps_the_rules_of_r4_and_of_our_own_package(node):
    catalogue = Catalogue({each["url"]: each for each in own().resources}.get)
    wrong = [
        (resource["id"], issue.diagnostics)
        for resource in HELD[node]
        for issue in validate(resource, catalogue).issues
        if issue.severity == "error"
    ]
    assert wrong == []


@pytest.mark.parametrize("node", NODES)
def test_ids_are_unique_and_the_same_every_time(node):
    first = [(r["resourceType"], r["id"]) for r in HELD[node]]
    assert len(set(first)) == len(first) > 30
    assert first == [(r["resourceType"], r["id"]) for r in resources(node, date(2027, 6, 1))]


@pytest.mark.parametrize("node", NODES)
def test_every_reference_leads_to_something_written_before(node):
    known = {f"{r['resourceType']}/{r['id']}" for r in HELD[node]}
    for resource in HELD[node]:
        for found in walk(resource):
            if not str(found.get("reference", "#")).startswith("#"):
                assert found["reference"].split("/_history/")[0] in known, resource
            if str(found.get("url", "")).startswith("Binary/"):
                assert found["url"] in known


@pytest.mark.parametrize("node", NODES)
def test_identity_numbers_are_valid_and_synthetic(node):
    for resource in HELD[node]:
        for found in walk(resource):
            if found.get("system") == norwegian.FNR:
                assert norwegian.parse(found["value"]).series is norwegian.Series.TENOR
            if found.get("system") == norwegian.ORGANIZATION:
                assert norwegian.is_synthetic_organization_number(found["value"])


def test_nodes_share_no_id():
    ids = [r["id"] for node in NODES for r in HELD[node]]
    assert len(set(ids)) == len(ids)


@pytest.mark.shared
def test_codes_of_national_lists_are_official():
    lists = json.loads(shared("kodeverk/volven-codelists.json").read_bytes())
    seen = 0
    for node in NODES:
        for resource in HELD[node]:
            for found in walk(resource):
                codes = lists.get(str(found.get("system", "")).removeprefix("urn:oid:"))
                if codes and "code" in found and not found["system"].endswith(".3402"):
                    assert codes[found["code"]] == found["display"]
                    seen += 1
    assert seen > 200


def test_what_has_happened_happened_before_the_day_of_the_demo():
    """The demo may begin at any time of the day: what is of this day is still to be done."""
    for node in NODES:
        for resource in HELD[node]:
            when = resource.get("effectiveDateTime") or resource.get("date") or resource.get("recordedDate")
            assert not when or when[:10] < TODAY.isoformat(), resource


def record_of(node: str, key: str) -> list[dict[str, Any]]:
    citizen = next(c for c in citizens(TODAY) if c.key == key)
    return record(node, citizen, TODAY)


FACTS = [
    ("journal", "ingrid", "Condition", {"K78", "P70"}),
    ("journal", "ingrid", "MedicationStatement", {"B01AF02", "C07AB02", "N06DA02"}),
    ("journal", "ingrid", "EpisodeOfCare", {"15", "6"}),
    ("sykehus", "ingrid", "Condition", {"I48"}),
    ("samhandling", "ingrid", "Procedure", {"4"}),
    ("journal", "olav", "Condition", {"R95", "K77"}),
    ("journal", "olav", "Observation", {"2708-6", "29463-7", "20150-9"}),
    ("samhandling", "olav", "Condition", {"R95"}),
    ("fjellheim", "olav", "Condition", {"R95"}),
    ("sykehus", "emil", "Observation", {"29463-7", "8302-2", "9843-4"}),
    ("journal", "noah", "Condition", {"P81"}),
    ("samhandling", "noah", "AllergyIntolerance", {"11"}),
    ("journal", "amira", "Condition", {"P03"}),
    ("journal", "thomas", "Condition", {"P73", "P19"}),
    ("samhandling", "thomas", "Procedure", {"6", "8"}),
    ("journal", "biret", "Condition", {"W78", "T86"}),
    ("journal", "kari", "Condition", {"X76"}),
    ("samhandling", "kari", "Procedure", {"1"}),
    ("journal", "per-arne", "Condition", {"K90"}),
    ("journal", "per-arne", "Observation", {"96761-2"}),
    ("journal", "yusuf", "Condition", {"T90"}),
    ("fjellheim", "yusuf", "Observation", {"59261-8"}),
    ("samhandling", "yusuf", "AllergyIntolerance", {"J01C"}),
    ("journal", "astrid", "EpisodeOfCare", {"21"}),
    ("journal", "lukas", "Condition", {"P85", "N88"}),
]


@pytest.mark.parametrize(("node", "key", "kind", "codes"), FACTS)
def test_the_journey_begins_with(node, key, kind, codes):
    found = {
        inner["code"]
        for resource in record_of(node, key)
        if resource["resourceType"] == kind
        for inner in walk(resource)
        if isinstance(inner.get("code"), str)
    }
    assert codes <= found


def test_critical_information_opens_in_the_form_that_changes_it():
    """Each item is one that the register's own form could have written: the fields that it demands are there."""
    shown = 0
    for resource in HELD["samhandling"]:
        if SERVICE.slug in {tag["code"] for tag in resource.get("meta", {}).get("tag", [])}:
            category = resource.get("category", [{}])
            slugs = (
                {c["code"] for c in category[0].get("coding", [])} if isinstance(category, list) else set()
            )
            parts = [p for p in SERVICE.parts if p.type == resource["resourceType"]]
            part = next((p for p in parts if p.slug in slugs), parts[0])
            values = fields_of(part, resource)
            assert all(values[field.name] for field in FIELDS[part.slug] if field.required), resource
            shown += 1
    assert shown > 10


def test_ingrids_penicillin_is_not_known_yet():
    for node in NODES:
        for resource in HELD[node]:
            if resource["resourceType"] == "AllergyIntolerance":
                assert "Ingrid" not in resource["patient"]["display"]


def test_emil_has_lost_eight_percent_on_day_five():
    weights = {
        r["effectiveDateTime"][:10]: r["valueQuantity"]["value"]
        for node in ("sykehus", "journal")
        for r in record_of(node, "emil")
        if r["resourceType"] == "Observation" and r["code"]["text"] == "Vekt"
    }
    assert weights["2026-11-20"] / weights["2026-11-15"] == pytest.approx(0.92, abs=0.005)


@pytest.mark.parametrize(
    ("key", "doses"),
    [
        ("noah", {"ROT01": 2, "DTP52": 4, "PNE13": 3, "MMR52": 1}),
        ("amira", {"DTP52": 5, "PNE13": 3, "MMR52": 2, "HPV02": 2}),
        ("emil", {}),
    ],
)
def test_children_have_the_vaccines_of_their_age(key, doses):
    given = [r for r in record_of("journal", key) if r["resourceType"] == "Immunization"]
    assert Counter(r["vaccineCode"]["coding"][0]["code"] for r in given) == doses
    born = next(c for c in citizens(TODAY) if c.key == key).born
    assert all(born.isoformat() < r["occurrenceDateTime"] <= TODAY.isoformat() for r in given)


def test_astrid_takes_eleven_medicines():
    assert sum(r["resourceType"] == "MedicationStatement" for r in record_of("journal", "astrid")) == 11


def test_documents_carry_their_text_in_the_patients_own_binary():
    for node in ("journal", "sykehus", "fjellheim"):
        held = {f"{r['resourceType']}/{r['id']}": r for r in HELD[node]}
        documents = [r for r in HELD[node] if r["resourceType"] == "DocumentReference"]
        assert documents
        for document in documents:
            attachment = document["content"][0]["attachment"]
            binary = held[attachment["url"]]
            text = base64.b64decode(binary["data"]).decode()
            assert len(text.encode()) == attachment["size"] > 80
            assert "  " not in text
            assert binary["securityContext"]["reference"] == document["subject"]["reference"]
            assert document["author"][0]["display"]


def test_those_who_treat_are_known_as_such():
    """Units and people get at a record through what is documented: each citizen has somebody who looks after them."""
    for node in ("journal", "sykehus", "fjellheim"):
        patients = {r["id"]: r["name"][0]["text"] for r in HELD[node] if r["resourceType"] == "Patient"}
        treated = {
            found["reference"].split("/")[1]
            for r in HELD[node]
            if r["resourceType"] in {"EpisodeOfCare", "Encounter", "Appointment"}
            for found in walk(r)
            if str(found.get("reference", "")).startswith("Patient/")
        }
        assert not {name for key, name in patients.items() if key not in treated}


def test_todays_route_of_the_home_nurse_is_there():
    visits = [
        r
        for r in HELD["journal"]
        if r["resourceType"] == "Appointment" and "Hanne Lunde" in r["participant"][1]["actor"]["display"]
    ]
    assert len(visits) >= 5
    assert all(visit["start"].startswith("2026-11-23") and visit["start"] < visit["end"] for visit in visits)


@pytest.mark.parametrize("node", NODES)
def test_every_resource_is_fhir_in_shape(node):
    faults = {f"{r['resourceType']}: {issue}" for r in HELD[node] for issue in check(r)}
    assert not faults
    assert check({"resourceType": "Patient", "birthDate": "tomorrow"})

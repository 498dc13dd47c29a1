"""The parameter context of $expand and $validate-code: the value set that an element is bound to."""

import pytest

from tests.fhir.terminology.animals import URL, animals, value_set
from tests.rest.making import issue, stored
from tests.rest.operations.terms import out, parameters, read

pytestmark = pytest.mark.store
R4 = "http://hl7.org/fhir/StructureDefinition/"
SETS = "http://hl7.org/fhir/ValueSet/"
PROFILE = "http://example.org/StructureDefinition/keeper"


def profile(url, base, *elements):
    return {
        "resourceType": "StructureDefinition",
        "url": url,
        "name": "Keeper",
        "status": "active",
        "kind": "resource",
        "abstract": False,
        "type": "Patient",
        "baseDefinition": base,
        "derivation": "constraint",
        "differential": {
            "element": [
                {
                    "id": element,
                    "path": element.partition(":")[0],
                    **({"binding": {"strength": strength, "valueSet": bound}} if bound else {}),
                }
                for element, strength, bound in elements
            ]
        },
    }


@pytest.fixture
async def profiles(client):
    await stored(client, animals())
    await stored(client, value_set({"system": URL}, url="urn:zoo"))
    await stored(client, value_set({"system": URL, "concept": [{"code": "cat"}]}, url="urn:cats"))
    below = (
        ("Patient.maritalStatus", "preferred", "urn:zoo"),
        ("Patient.identifier", "", ""),
        ("Patient.identifier:pet", "", ""),
    )
    await stored(client, profile(PROFILE, f"{R4}Patient", *below))
    above = (("Patient.contact.relationship:pet", "example", "urn:cats"), ("Patient.birthDate", "", ""))
    await stored(client, profile(f"{PROFILE}-2", PROFILE, *above))


@pytest.mark.parametrize(
    ("context", "bound"),
    [
        ("Observation.status", f"{SETS}observation-status"),
        (f"{R4}Observation#Observation.status", f"{SETS}observation-status"),
        (f"{R4}Observation|4.0.1#status", f"{SETS}observation-status"),
        (f"{R4}Patient#Patient.contact.gender", f"{SETS}administrative-gender"),
        ("Patient.name.use", f"{SETS}name-use"),
        ("Patient.link.type", f"{SETS}link-type"),
        ("Observation.dataAbsentReason", f"{SETS}data-absent-reason"),
        ("Observation.value[x].comparator", None),
        ("Observation.valueQuantity.comparator", f"{SETS}quantity-comparator"),
        (f"{R4}patient-genderIdentity#Extension.url", None),
        (f"{PROFILE}#Patient.maritalStatus", "urn:zoo"),
        (f"{PROFILE}#Patient.gender", f"{SETS}administrative-gender"),
        (f"{PROFILE}-2#Patient.maritalStatus", "urn:zoo"),
        (f"{PROFILE}-2#Patient.contact.relationship:pet", "urn:cats"),
        (f"{PROFILE}-2#contact.gender", f"{SETS}administrative-gender"),
        ("Observation.code", None),
        ("Observation.nothing", None),
        ("Nothing.code", None),
        ("Observation", None),
        ("http://example.org/unknown#Patient.gender", None),
        ("#", None),
    ],
)
async def test_an_element_stands_for_the_value_set_it_is_bound_to(client, profiles, context, bound):
    answer = await client.get("/ValueSet/$expand", params={"context": context})
    if bound is None:
        assert (answer.status_code, issue(answer)["code"]) == (404, "not-found"), answer.text
        assert issue(answer)["expression"] == ["Parameters.context"]
        return
    assert read(answer)["url"] == bound
    assert read(answer)["expansion"]["contains"]


async def test_both_directions_mean_the_same_and_others_are_refused(client):
    bodies = [
        parameters(context="Observation.status", contextDirection=each) for each in ("incoming", "outgoing")
    ]
    found = [read(await client.post("/ValueSet/$expand", json=each))["url"] for each in bodies]
    assert found == [f"{SETS}observation-status"] * 2
    for query, place in (
        ("context=Observation.status&contextDirection=sideways", "contextDirection"),
        (f"context=Observation.status&url={SETS}link-type", "url"),
    ):
        refused = await client.get(f"/ValueSet/$expand?{query}")
        assert (refused.status_code, issue(refused)["expression"]) == (400, [f"Parameters.{place}"])


async def test_a_code_is_validated_in_a_context(client):
    system = "http://hl7.org/fhir/observation-status"
    for code, right in (("final", True), ("finished", False)):
        query = f"context={R4}Observation%23Observation.status&system={system}&code={code}"
        assert out(await client.get(f"/ValueSet/$validate-code?{query}"))["result"] is right


async def test_the_statement_names_both_parameters(client):
    found = read(await client.get("/metadata?mode=terminology"))["expansion"]["parameter"]
    assert {"context", "contextDirection", "date"} <= {each["name"] for each in found}

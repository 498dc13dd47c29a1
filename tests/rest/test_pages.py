"""What a posted search keeps out of the addresses of its pages."""

import pytest

from akson.rest.wire.pages import telling
from tests.rest.making import stored

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    "name",
    [
        "name", "name:exact", "subject.name", "subject:Patient.family:contains", "patient:identifier",
        "_has:Patient:link:name", "_has:Patient:link:birthdate", "_has:Observation:subject:patient.identifier",
        "_has:RelatedPerson:patient:identifier:of-type", "_content",
    ],
)  # fmt: skip
def test_what_says_who_a_person_is_is_kept_out(name):
    assert telling(name)


@pytest.mark.parametrize(
    "name", ["code", "subject", "_has:Observation:subject:code", "date", "_sort", "patient._id"]
)
def test_the_rest_is_told(name):
    assert not telling(name)


@pytest.mark.store
async def test_no_link_of_a_posted_search_names_whom_it_was_for(client):
    for number in range(3):
        patient = {"resourceType": "Patient", "id": f"p{number}"}
        assert (await client.put(f"/Patient/p{number}", json=patient)).status_code == 201
        relative = {"resourceType": "RelatedPerson", "patient": {"reference": f"Patient/p{number}"}}
        await stored(client, relative | {"name": [{"family": "Haugen"}]})
    form = {"_has:RelatedPerson:patient:name": "Haugen", "_count": "1"}
    found = (await client.post("/Patient/_search", data=form, headers=FORM)).json()
    assert len(found.get("entry", ())) == 1
    links = {each["relation"]: each["url"] for each in found["link"]}
    assert "next" in links
    assert not [url for url in links.values() if "Haugen" in url]
    following = (await client.get(links["next"])).json()
    assert following["entry"][0]["resource"]["id"] != found["entry"][0]["resource"]["id"]

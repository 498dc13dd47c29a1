"""Terminology behind the one door of a node: open to everyone who is signed in, changed by nobody through the API."""

import pytest

pytestmark = pytest.mark.store

RECORD = "akson:samhandling/fhir"
GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
SYSTEM = {"resourceType": "CodeSystem", "url": "urn:x", "status": "active", "content": "complete"}


def closure(**more):
    return {"resourceType": "Parameters", "parameter": [{"name": "name", "valueString": "mine"}], **more}


async def test_whoever_is_signed_in_asks_and_strangers_do_not(world):
    peer = next(each for each in world.app.state.hosted if each.node.name == "journal").peer
    base = f"{world.base}/samhandling/fhir"
    found = await peer.request("GET", f"{base}/ValueSet/$expand?url={GENDER}", scope=RECORD)
    assert [row["code"] for row in found.json()["expansion"]["contains"]] == [
        "male",
        "female",
        "other",
        "unknown",
    ]
    assert (await peer.request("GET", f"{base}/metadata?mode=terminology", scope=RECORD)).status_code == 200
    assert (await peer.request("POST", f"{base}/$closure", scope=RECORD, json=closure())).status_code == 200
    refused = await peer.request("POST", f"{base}/CodeSystem", scope=RECORD, json=SYSTEM)
    assert refused.status_code == 403
    async with world.browser() as stranger:
        for path in (f"ValueSet/$expand?url={GENDER}", "metadata?mode=terminology"):
            assert (await stranger.get(f"{base}/{path}")).status_code == 401
        assert (await stranger.get(f"{base}/metadata")).status_code == 200

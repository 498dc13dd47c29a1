"""Every official example goes to the server as XML and comes back as JSON and as XML: the same, to the last digit."""

import httpx
import pytest

from akson.fhir import strict_json, xml
from akson.fhir.validate.structure import check
from akson.rest.open import open_place, standalone
from tests.fhir.conftest import examples  # noqa: F401 - a fixture
from tests.fhir.xml.test_round_trip import same

pytestmark = [pytest.mark.store, pytest.mark.shared, pytest.mark.slow]
XML = "application/fhir+xml"


def content(resource):
    """What the server leaves as it is."""
    return {key: value for key, value in resource.items() if key != "meta"}


async def test_every_official_example_passes_through_the_server_without_loss(database, examples):  # noqa: F811
    transport = httpx.ASGITransport(standalone(open_place(database, "http://fhir.example"), limit=50_000_000))
    taken = 0
    async with httpx.AsyncClient(
        transport=transport, base_url="http://fhir.example/fhir", timeout=60
    ) as client:
        for name, raw in examples:
            resource = strict_json.loads(raw)
            if check(resource):
                continue
            place = f"/{resource['resourceType']}/{resource['id']}"
            answer = await client.put(
                place, content=xml.dumps(resource), headers={"content-type": XML, "accept": XML}
            )
            if answer.status_code == 422:  # a rule of the server's own, whatever the format
                again = await client.put(
                    place, content=raw, headers={"content-type": "application/fhir+json"}
                )
                assert again.status_code == 422
                continue
            assert answer.status_code in {200, 201}, (name, answer.text[:500])
            assert same(content(xml.loads(answer.content)), content(resource)), name
            as_json = await client.get(place, params={"_format": "json"})
            assert same(content(strict_json.loads(as_json.content)), content(resource)), name
            taken += 1
    assert taken > 700

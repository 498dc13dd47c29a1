"""The short way to the FHIR API answers as the way past all routes does; what stands beside the API is found as before."""

import httpx
import pytest
from tests.exchange.asking import attested_nurse, side

from akson.asgi import straight
from akson.kit.errors import Unavailable
from akson.security.once import Once
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store

TOLD = ("content-type", "www-authenticate", "allow")


@pytest.fixture
def taken(monkeypatch):
    """The paths that went the short way."""
    paths = []
    api = straight.Straight._api

    def noted(self, scope):
        found = api(self, scope)
        if found is not None:
            paths.append(scope["path"])
        return found

    monkeypatch.setattr(straight.Straight, "_api", noted)
    return paths


PATHS = [
    ("GET", "/journal/fhir/metadata", True),
    ("OPTIONS", "/journal/fhir/Patient", True),
    ("GET", "/journal/fhir/Patient", True),
    ("GET", "/journal/fhir/Patient/x/y/z/w", True),
    ("GET", "/samhandling/fhir/Nothing", True),
    ("GET", "/journal/fhir//Patient", True),
    ("GET", "/iga/fhir/Patient", True),
    ("POST", "/journal/fhir", False),
    ("POST", "/journal/fhir/", True),
    ("GET", "/journal/fhir/.well-known/smart-configuration", False),
]
ELSEWHERE = ["/journal/fhirx/Patient", "/tillitsanker/fhir/Patient", "/nobody/fhir/Patient", "/fhir/Patient"]


async def test_both_ways_lead_to_the_same_answer(world, taken):
    short = httpx.AsyncClient(transport=httpx.ASGITransport(world.app), base_url=world.base)
    long = httpx.AsyncClient(transport=httpx.ASGITransport(world.app.router), base_url=world.base)
    async with short, long:
        for method, path, is_short in PATHS:
            taken.clear()
            answer, other = await short.request(method, path), await long.request(method, path)
            assert bool(taken) is is_short, path
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.status_code == other.status_code, path
            assert [answer.headers.get(name) for name in TOLD] == [other.headers.get(name) for name in TOLD]
            if answer.content:
                assert without_time(answer.json()) == without_time(other.json())
        taken.clear()
        for path in ELSEWHERE:
            assert (await short.get(path)).status_code in {401, 404}
        assert not taken


def without_time(told):
    return {name: value for name, value in told.items() if name != "date"} if isinstance(told, dict) else told


async def test_a_proof_and_an_attest_are_asked_for_on_the_short_way_and_each_look_has_its_row(world, taken):
    ask = await attested_nurse(world, await world.sign_in("journal", "hanne-lunde"), "ingrid")
    taken.clear()
    place = side(world, "samhandling").place
    count = "select count(*) from audit where granted and type = 'Flag' and action = 'search'"
    async with place.database.transaction(reader=OWNER) as tx:
        before = await tx.one(count)
    assert (await ask("GET", f"{world.base}/samhandling/fhir/Flag")).status_code == 200
    async with place.database.transaction(reader=OWNER) as tx:
        assert (await tx.one(count))[0] == before[0] + 1
    assert "/samhandling/fhir/Flag" in taken


async def test_a_database_that_is_away_is_told_on_the_short_way_as_elsewhere(world, taken, monkeypatch):
    ask = await attested_nurse(world, await world.sign_in("journal", "hanne-lunde"), "ingrid")

    assert (
        await ask("GET", f"{world.base}/samhandling/fhir/Flag")
    ).status_code == 200  # with a token that is kept

    async def away(*_args, **_options):
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(Once, "first", away)
    answer = await ask("GET", f"{world.base}/samhandling/fhir/Flag")
    assert taken[-1] == "/samhandling/fhir/Flag"
    assert answer.status_code == 503
    assert "<html" in answer.text

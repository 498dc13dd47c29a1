"""A token opens the part of a node's API that it was issued for, and no other."""

import pytest

pytestmark = pytest.mark.store

MESSAGES, RECORD = "akson:samhandling/msh", "akson:samhandling/fhir"
WATCH = {"patients": [], "wait": 0}


def journal(world):
    return next(each for each in world.app.state.hosted if each.node.name == "journal")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "fhir/Organization", None),
        ("POST", "fhir", {"resourceType": "Bundle", "type": "batch", "entry": []}),
        ("GET", "mhd/Binary/sykehus/1", None),
        ("POST", "hendelser", WATCH),
    ],
)
async def test_a_token_for_messages_opens_nothing_else(world, method, path, body):
    peer, url = journal(world).peer, f"{world.base}/samhandling/{path}"
    refused = await peer.request(method, url, scope=MESSAGES, json=body)
    assert refused.status_code == 403
    assert "insufficient_scope" in refused.text


async def test_the_right_token_passes(world):
    peer, base = journal(world).peer, f"{world.base}/samhandling"
    assert (await peer.request("GET", f"{base}/fhir/Organization", scope=RECORD)).status_code == 200
    assert (await peer.request("POST", f"{base}/hendelser", scope=RECORD, json=WATCH)).status_code == 200


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/samhandling/", MESSAGES),
        ("/samhandling/login", RECORD),
        ("/samhandling/health", RECORD),
        ("/innbygger/", RECORD),
        ("/innbygger/strom", RECORD),
        ("/partner/", RECORD),
        ("/journal/", "akson:journal/fhir"),
        ("/journal/pasient/1/strom", "akson:journal/fhir"),
        ("/journal/logout", "akson:journal/fhir"),
    ],
)
async def test_a_token_opens_no_page_and_no_stream(world, path, scope):
    """Pages ask for no scope and take no secret of a form from a token: none is let in, whatever it was issued for."""
    asker = "samhandling" if scope.startswith("akson:journal") else "journal"
    peer = next(each for each in world.app.state.hosted if each.node.name == asker).peer
    for method in ("GET", "POST"):
        answer = await peer.request(method, f"{world.base}{path}", scope=scope)
        assert answer.status_code == 400, (method, answer.text[:200])
        assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    "body", [b"not json", b"[]", b'{"patients": 5}', b'{"patients": [], "wait": "long"}']
)
async def test_a_bad_question_about_news_is_refused_with_words(world, body):
    url = f"{world.base}/samhandling/hendelser"
    answer = await journal(world).peer.request("POST", url, scope=RECORD, content=body)
    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_too_many_patients_at_once_are_refused_and_not_forgotten(world):
    body = {"patients": ["1"] * 501, "wait": 0}
    url = f"{world.base}/samhandling/hendelser"
    answer = await journal(world).peer.request("POST", url, scope=RECORD, json=body)
    assert answer.status_code == 400

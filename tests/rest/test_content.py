"""What `_content` and `_text` look in: narratives and documents, or all texts of a resource where the node is set so."""

import random

import httpx
import pytest

from akson.kit.settings import Content
from akson.rest.open import open_place, standalone
from tests.rest.making import matches, observation, patient, stored

pytestmark = pytest.mark.store
BASE = "http://fhir.example"


def narrative(words):
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{words}</p></div>'}


@pytest.fixture(params=list(Content))
async def node(database, request):
    """A client of a node that is set so, and how it is set."""
    app = standalone(open_place(database, BASE, content=request.param), limit=5_000_000)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=f"{BASE}/fhir",
        headers={"content-type": "application/fhir+json"},
    ) as client:
        yield client, request.param


async def test_all_texts_are_found_where_the_node_looks_in_everything(node):
    client, content = node
    whole = content is Content.EVERYTHING
    more = {"text": narrative("Sår på leggen"), "note": [{"text": "Bandasjen ble skiftet"}]}
    code = {
        "coding": [{"system": "http://loinc.org", "code": "1-1", "display": "Wound depth"}],
        "text": "Sårdybde",
    }
    found = [(await stored(client, observation("Patient/p") | more | {"code": code}))["id"]]
    await stored(client, observation("Patient/q", text=narrative("Uten funn")))
    for query, everywhere in [
        ("_content=leggen", True),
        ("_content=sår", True),
        ("_content=bandasje", whole),
        ("_content=sårdybde", whole),
        ('_content="wound depth"', whole),
        ("_content=leggen bandasjen", whole),
        ("_content=bandasje,nothing", whole),
        ("_content=loinc", False),
        ("_content=final", False),
        ("_text=leggen", True),
        ("_text=bandasje", False),
        ("_text=sårdybde", False),
        ("_text=sårdybde,leggen", True),
        ("_filter=_content co bandasje", whole),
        ("_filter=_text co bandasje", False),
        ("_filter=_text co leggen", True),
    ]:
        assert await matches(client, f"Observation?{query}") == (found if everywhere else []), query
    assert await matches(client, "?_content=bandasje") == (found if whole else [])
    assert await matches(client, "?_type=Observation,Patient&_text=bandasje") == []


async def test_what_is_changed_or_indexed_again_is_found_by_what_it_says_now(node):
    client, content = node
    whole = content is Content.EVERYTHING
    made = await stored(client, patient("Haugen", contact=[{"name": {"text": "Nabo Solveig"}}]))
    assert await matches(client, "Patient?_content=solveig") == ([made["id"]] if whole else [])
    answer = await client.post(f"/Patient/{made['id']}/$reindex")
    assert answer.status_code == 200, answer.text
    assert await matches(client, "Patient?_content=solveig") == ([made["id"]] if whole else [])
    await client.put(f"/Patient/{made['id']}", json=patient("Haugen", id=made["id"]))
    assert await matches(client, "Patient?_content=solveig") == []
    block = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": patient(f"Berg{n}"), "request": {"method": "POST", "url": "Patient"}} for n in range(3)
    ]}  # fmt: skip
    await client.post("/", json=block)
    assert len(await matches(client, "Patient?_content=berg1")) == whole


async def test_a_very_long_text_is_stored_and_found_as_far_as_there_is_room(node):
    client, _ = node
    rare = random.Random(1)
    words = ["".join(rare.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(300_000)]
    made = await stored(client, patient(text=narrative("begin " + " ".join(words))))
    assert await matches(client, "Patient?_content=begin") == [made["id"]]
    assert await matches(client, f"Patient?_content={words[1000]}") == [made["id"]]
    assert await matches(client, "Patient?_text=begin") == [made["id"]]
    again = await stored(client, patient(text=narrative("over and over " * 100_000 + "end")))
    assert await matches(client, "Patient?_content=end") == [again["id"]]


async def test_filters_ask_for_words_by_co_alone(node):
    client, _ = node
    for operator in ("eq", "sw", "gt"):
        answer = await client.get(f"/Patient?_filter=_content {operator} x")
        assert answer.status_code == 400, operator

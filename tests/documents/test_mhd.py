"""Documents of all sources: newest first, and fetched through the platform."""

from akson.documents.mhd import addressed, criteria


def document(source: str, identifier: str, date: str, content: str) -> dict:
    resource = {
        "resourceType": "DocumentReference",
        "id": identifier,
        "date": date,
        "content": [{"attachment": {"contentType": "text/plain", "url": content}}],
    }
    url = f"http://localhost/{source}/fhir/DocumentReference/{identifier}"
    return {"fullUrl": url, "resource": resource, "search": {"mode": "match"}}


def test_documents_of_all_sources_newest_first_with_addresses_through_the_platform() -> None:
    first = document("sykehus", "a", "2026-01-01T08:00:00Z", "Binary/a")
    copy = document("fjellheim", "b", "2026-02-01T08:00:00Z", "http://localhost/fjellheim/fhir/Binary/b")
    elsewhere = document("sykehus", "c", "2025-01-01T08:00:00Z", "https://pictures.example/c")
    outcome = {"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}}
    found = addressed({"entry": [first, copy, elsewhere, outcome]}, "http://localhost/samhandling/mhd")
    urls = [
        entry["resource"]["content"][0]["attachment"]["url"]
        for entry in found["entry"]
        if "content" in entry["resource"]
    ]
    assert urls == [
        "http://localhost/samhandling/mhd/Binary/fjellheim/b",
        "http://localhost/samhandling/mhd/Binary/sykehus/a",
        "https://pictures.example/c",
    ]
    assert found["entry"][-1] is outcome
    assert found["total"] == 3
    assert first["resource"]["content"][0]["attachment"]["url"] == "Binary/a"


def test_words_are_searched_for_in_the_documents() -> None:
    assert ("_content", "hofte") in criteria("hofte")
    assert "_content" not in dict(criteria())

"""The platform's answer names what it got from whom, and who is missing."""

from akson.documents.mhd import Source, SourceAnswer, find_form, merge, missing_sources

HOSPITAL = Source("sykehus", "Fjordsykehuset", "http://localhost/sykehus/fhir")
CITY = Source("fjellheim", "Fjellheim kommune", "http://localhost/fjellheim/fhir")


def document(identifier: str, date: str) -> dict:
    attachment = {"contentType": "text/plain", "url": f"Binary/{identifier}"}
    return {
        "resourceType": "DocumentReference",
        "id": identifier,
        "date": date,
        "content": [{"attachment": attachment}],
    }


def bundle(*documents: dict) -> dict:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": each} for each in documents],
    }


def test_documents_of_all_sources_newest_first_with_addresses_through_the_platform() -> None:
    first, second = document("a", "2026-01-01T08:00:00Z"), document("b", "2026-02-01T08:00:00Z")
    answers = [SourceAnswer(HOSPITAL, bundle(first)), SourceAnswer(CITY, bundle(second))]
    merged = merge(answers, "http://localhost/samhandling/mhd")
    urls = [entry["resource"]["content"][0]["attachment"]["url"] for entry in merged["entry"]]
    assert urls == [
        "http://localhost/samhandling/mhd/Binary/fjellheim/b",
        "http://localhost/samhandling/mhd/Binary/sykehus/a",
    ]
    assert merged["entry"][1]["resource"]["meta"]["source"] == HOSPITAL.fhir
    assert first["content"][0]["attachment"]["url"] == "Binary/a"


def test_a_silent_source_is_named_and_never_counts_as_empty() -> None:
    merged = merge([SourceAnswer(HOSPITAL, None), SourceAnswer(CITY, bundle())], "http://localhost/mhd")
    assert missing_sources(merged) == ["Fjordsykehuset"]
    assert merged["total"] == 0
    assert missing_sources(merge([SourceAnswer(CITY, bundle())], "http://localhost/mhd")) == []


def test_the_identity_number_travels_in_the_body() -> None:
    assert find_form("urn:oid:1", "2", "hofte") == (
        "patient.identifier=urn%3Aoid%3A1%7C2&status=current&_sort=-date&_count=100&_content=hofte"
    )

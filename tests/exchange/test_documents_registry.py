"""A register that speaks XDS asks the platform for a patient's documents (ITI-18), with a token bound to the patient."""

import json

import pytest
from lxml import etree
from tests.documents.xds.test_query import asked
from tests.exchange.asking import PIDS, attested_nurse

from akson.cli.main import main
from akson.documents.xds import ebrim, query
from akson.documents.xds.entry import APPROVED, missing

pytestmark = pytest.mark.store
SOAP = {"content-type": "application/soap+xml; charset=utf-8"}
GROUPS = "2.16.578.1.12.4.1.1.9602"


def of(person, **slots):
    patient = {"$XDSDocumentEntryPatientId": [f"'{PIDS[person]}^^^&amp;2.16.578.1.12.4.1.4.1&amp;ISO'"]}
    named = {f"$XDSDocumentEntry{name}": value for name, value in slots.items()}
    return asked(patient | {"$XDSDocumentEntryStatus": [f"('{APPROVED}')"]} | named)


def status(answer):
    root = etree.fromstring(answer.content)
    return next(root.iter(f"{{{query.QUERY}}}AdhocQueryResponse")).get("status").rpartition(":")[2]


async def test_the_documents_of_all_record_systems_are_found_by_a_registry_query(world, tmp_path, capsys):
    nurse = await attested_nurse(world, await world.sign_in("journal", "hanne-lunde"))
    url = f"{world.base}/samhandling/mhd/registry"
    answer = await nurse("POST", url, content=of("ingrid"), headers=SOAP)
    assert (answer.status_code, status(answer)) == (200, "Success"), answer.text
    assert answer.headers["content-type"].startswith("application/soap+xml")
    found = list(ebrim.entries(ebrim.parsed(answer.content)))
    assert {"sykehus", "journal"} <= {each.uri.split("/")[-2] for each in found}
    letter = next(each for each in found if each.type_code.code == "A03-2")
    assert (letter.class_code.code, letter.patient.value) == ("A00-1", PIDS["ingrid"])
    assert letter.authors[0].person.family == "Strand"
    assert missing(letter) == ["repositoryUniqueId", "hash"]
    # The address of the content leads to it.
    content = await nurse("GET", letter.uri, headers={"accept": "application/fhir+json"})
    assert content.status_code == 200
    # Narrowed, by kind and by time.
    few = await nurse("POST", url, content=of("ingrid", TypeCode=[f"('A03-2^^{GROUPS}')"]), headers=SOAP)
    assert {each.type_code.code for each in ebrim.entries(ebrim.parsed(few.content))} == {"A03-2"}
    none = await nurse("POST", url, content=of("ingrid", CreationTimeTo=["19500101"]), headers=SOAP)
    assert list(ebrim.entries(ebrim.parsed(none.content))) == []
    # What came is read into FHIR on the command line.
    (tmp_path / "answer.xml").write_bytes(answer.content)
    assert main(["xds", "read", str(tmp_path / "answer.xml")]) == 0
    bundle = json.loads(capsys.readouterr().out)
    assert len(bundle["entry"]) == len(found)
    # Only of whom she has attested, and nothing without a token, or of no query.
    assert (await nurse("POST", url, content=of("olav"), headers=SOAP)).status_code in {403, 404}
    assert (await world.browser().post("/samhandling/mhd/registry", content=of("ingrid"))).status_code == 401
    assert (await nurse("POST", url, content=b"<Envelope/>", headers=SOAP)).status_code == 200
    assert status(await nurse("POST", url, content=b"<Envelope/>", headers=SOAP)) == "Failure"
    assert (await nurse("POST", url, content=b"nothing", headers=SOAP)).status_code == 400
    # A hospital that does not answer is named, and the rest is there.
    world.silent.add("sykehus")
    partly = await nurse("POST", url, content=of("ingrid"), headers=SOAP)
    assert status(partly) in {"Success", "PartialSuccess"}
    assert list(ebrim.entries(ebrim.parsed(partly.content)))

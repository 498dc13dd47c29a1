"""Whom a request is about, wherever it says so: an attest is for one patient (ATT-4)."""

import base64
import json

import pytest

from akson.kit.errors import NotAllowed
from akson.kit.norwegian import FNR
from akson.security.one_patient import Asked, one_patient
from tests.security import world as small

ATTEST = {"patients": [{"identifier": {"id": small.CITIZEN.pid, "system": FNR}}]}
OWN, OTHER = small.CITIZEN.pid, small.NURSE.pid


def about(reference="Patient/1", **more):
    return {
        "resourceType": "Flag",
        "status": "active",
        "code": {"text": "x"},
        "subject": {"reference": reference},
    } | more


def bundle(*entries, kind="transaction"):
    made = [{"request": {"method": method, "url": url} | more, **({"resource": resource} if resource else {})}
            for method, url, resource, more in entries]  # fmt: skip
    return {"resourceType": "Bundle", "type": kind, "entry": made}


def patch(value):
    data = base64.b64encode(json.dumps([{"op": "replace", "path": "/subject", "value": value}]).encode())
    return {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data.decode()}


MINE = [
    Asked(["Patient"]),
    Asked(["Patient", "1"]),
    Asked(["Patient", "1", "$everything"]),
    Asked(["Patient", "$match"]),
    Asked(["Patient", "_search"]),
    Asked(["Observation"], "patient=1&code=x"),
    Asked(["Observation"], "subject=Patient/1"),
    Asked(["Observation"], "subject:Patient=1"),
    Asked(["Observation"], "subject=Group/2"),
    Asked(["Observation", "2"]),
    Asked(["Observation"], f"patient.identifier={FNR}|{OWN}"),
    Asked(["Patient"], f"identifier={OWN}"),
    Asked(["Patient"], "identifier=urn:local|123"),
    Asked(["Observation", "_search"], form="patient=1"),
    Asked(["Flag"], body=about()),
    Asked(["Flag"], body=about("http://node.test/fhir/Patient/1")),
    Asked(["Flag"], body=about(author={"reference": "Practitioner/2", "identifier": {"system": FNR, "value": OTHER}})),
    Asked(["Flag"], body=about(text={"div": "<div>as Patient/2 said</div>"})),
    Asked([], body=bundle(("GET", "Patient/1", None, {}), ("POST", "Flag", about(), {}))),
    Asked([], body=["no", "Bundle"]),
]  # fmt: skip
OTHERS = [
    Asked(["Patient", "2"]),
    Asked(["Patient", "2", "_history", "1"]),
    Asked(["Patient", "2", "Observation"]),
    Asked(["Observation"], "patient=2"),
    Asked(["Observation"], "patient=Patient/2"),
    Asked(["Observation"], "patient=http://node.test/fhir/Patient/2"),
    Asked(["Observation"], "patient=1,2"),
    Asked(["Observation"], "patient=1&patient=2"),
    Asked(["Observation"], "code=x&subject%3APatient=2"),
    Asked(["Observation"], "patient._id=2"),
    Asked(["Observation"], f"patient:identifier={FNR}|{OTHER}"),
    Asked(["Observation"], f"subject.identifier={OTHER}"),
    Asked(["Observation"], f"subject:Patient.identifier={OTHER}"),
    Asked(["Patient"], f"identifier={FNR}|{OTHER}"),
    Asked(["Patient"], "_id=2"),
    # posted
    Asked(["Observation", "_search"], form="patient=2"),
    Asked(["Observation", "_search"], "code=x", "subject=Patient%2F2"),
    Asked(["Patient", "_search"], form=f"identifier={OTHER}"),
    Asked(["Patient", "2", "Observation", "_search"], form="code=x"),
    # in a body
    Asked(["Flag"], body=about("Patient/2")),
    Asked(["Flag"], body=about("Patient/2/_history/3")),
    Asked(["Flag"], body=about("http://node.test/fhir/Patient/2")),
    Asked(["Flag"], body=about(extension=[{"url": "x", "valueReference": {"reference": "Patient/2"}}])),
    Asked(["Flag"], body=about(subject={"identifier": {"system": FNR, "value": OTHER}})),
    Asked(["Flag"], body=about(contained=[{"resourceType": "Patient", "identifier": [{"system": FNR, "value": OTHER}]}])),
    Asked(["Flag", "7"], body=[{"op": "replace", "path": "/subject/reference", "value": "Patient/2"}]),
    Asked(["Flag"], condition="patient=2", body=about()),
    # in entries of Bundles
    Asked([], body=bundle(("GET", "Patient/2", None, {}), kind="batch")),
    Asked([], body=bundle(("GET", "Patient/1", None, {}), ("GET", "Observation?patient=2", None, {}), kind="batch")),
    Asked([], body=bundle(("POST", "Observation/_search?subject=Patient/2", None, {}), kind="batch")),
    Asked([], body=bundle(("GET", "http://node.test/fhir/Patient/2/$everything", None, {}), kind="batch")),
    Asked([], body=bundle(("GET", f"Patient?identifier={OTHER}", None, {}), kind="batch")),
    Asked([], body=bundle(("POST", "Flag", about(), {}), ("POST", "Flag", about("Patient/2"), {}))),
    Asked([], body=bundle(("POST", "Flag", about(), {"ifNoneExist": "patient=2"}))),
    Asked([], body=bundle(("DELETE", "Flag?patient=2", None, {}))),
    Asked([], body=bundle(("PATCH", "Flag/7", patch({"reference": "Patient/2"}), {}))),
]  # fmt: skip


@pytest.mark.parametrize("asked", MINE)
def test_the_one_patient_of_the_attest_is_asked_about(asked):
    one_patient(ATTEST, "1", asked)


@pytest.mark.parametrize("asked", OTHERS)
def test_another_patient_needs_another_attest(asked):
    with pytest.raises(NotAllowed, match="attestation_is_for_another_patient") as caught:
        one_patient(ATTEST, "1", asked)
    assert OTHER not in caught.value.diagnostics
    one_patient(ATTEST, "", asked)
    one_patient(None, "1", asked)


def test_what_is_nested_without_end_ends():
    deep = {"reference": "Patient/2"}
    for _ in range(500):
        deep = {"item": deep}
    one_patient(ATTEST, "1", Asked(["Basic"], body=deep))  # stored nowhere: the parser refuses it before

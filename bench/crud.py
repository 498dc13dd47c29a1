"""The CRUD mix: nine linked resources are created, read, updated and deleted, over and over, each by its own request.

The shape of the public benchmark for FHIR servers that engine comparisons quote: one iteration is 36 requests.
"""

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from akson.cli import hosting
from bench import report
from bench.client import Connection, Result, connect, request
from bench.server import Served

Json = dict[str, Any]

KINDS = (
    "Location", "Organization", "Practitioner", "Patient", "Encounter", "Observation", "MedicationRequest", "Claim",
    "ExplanationOfBenefit",
)  # fmt: skip
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
TERMS = "http://terminology.hl7.org/CodeSystem"


def concept(system: str, code: str, text: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


def money(value: float) -> Json:
    return {"value": value, "currency": "NOK"}


def bodies(chance: random.Random, refs: dict[str, str]) -> Iterator[tuple[str, Json]]:
    """The nine resources in an order in which each may refer to those before it; `refs` fills as they are made."""
    number = chance.randrange(10**9)
    day = f"2026-{chance.randint(1, 9):02}-{chance.randint(1, 28):02}"
    yield "Location", _location(number)
    yield "Organization", _organization(number)
    yield "Practitioner", _practitioner(number)
    yield "Patient", _patient(number, day, refs)
    yield "Encounter", _encounter(number, day, refs)
    yield "Observation", _observation(chance, day, refs)
    yield "MedicationRequest", _medication(day, refs)
    yield "Claim", _claim(day, refs)
    yield "ExplanationOfBenefit", _benefit(day, refs)


def _address(number: int) -> Json:
    return {
        "line": [f"Granveien {number % 200}"],
        "city": "Solvik",
        "postalCode": f"{number % 9000 + 1000}",
        "country": "NO",
    }


def _location(number: int) -> Json:
    return {
        "resourceType": "Location",
        "identifier": [{"system": "http://example.org/location", "value": str(number)}],
        "status": "active",
        "name": f"Solvik legesenter {number % 1000}",
        "telecom": [{"system": "phone", "value": "+4755501234"}],
        "address": _address(number),
        "position": {"longitude": 5.32, "latitude": 60.39},
    }


def _organization(number: int) -> Json:
    return {
        "resourceType": "Organization",
        "identifier": [{"system": "http://example.org/organization", "value": str(number)}],
        "active": True,
        "type": [concept(f"{TERMS}/organization-type", "prov", "Healthcare Provider")],
        "name": f"Solvik kommune {number % 1000}",
        "telecom": [{"system": "phone", "value": "+4755501235"}],
        "address": [_address(number)],
    }


def _practitioner(number: int) -> Json:
    return {
        "resourceType": "Practitioner",
        "identifier": [{"system": "http://example.org/practitioner", "value": str(number)}],
        "active": True,
        "name": [{"family": f"Lunde{number % 500}", "given": ["Hanne"], "prefix": ["Dr."]}],
        "telecom": [{"system": "email", "value": f"lunde{number}@example.org", "use": "work"}],
        "address": [_address(number)],
        "gender": "female",
    }


def _patient(number: int, day: str, refs: dict[str, str]) -> Json:
    return {
        "resourceType": "Patient",
        "identifier": [
            {"system": "http://example.org/mrn", "value": f"mrn-{number}"},
            {"system": "http://example.org/other", "value": f"x-{number}"},
        ],
        "active": True,
        "name": [{"use": "official", "family": f"Haugen{number % 5000}", "given": ["Ingrid", "Marie"]}],
        "telecom": [{"system": "phone", "value": f"+47{number:09}", "use": "home"}],
        "gender": "female",
        "birthDate": f"19{number % 90 + 10}-{day[5:]}",
        "address": [_address(number)],
        "maritalStatus": concept(f"{TERMS}/v3-MaritalStatus", "M", "Married"),
        "generalPractitioner": [{"reference": refs["Practitioner"]}],
        "managingOrganization": {"reference": refs["Organization"]},
    }


def _encounter(number: int, day: str, refs: dict[str, str]) -> Json:
    return {
        "resourceType": "Encounter",
        "identifier": [{"system": "http://example.org/encounter", "value": str(number)}],
        "status": "finished",
        "class": {"system": f"{TERMS}/v3-ActCode", "code": "AMB"},
        "type": [concept(SNOMED, "185349003", "Encounter for check up")],
        "subject": {"reference": refs["Patient"]},
        "participant": [{"individual": {"reference": refs["Practitioner"]}}],
        "period": {"start": f"{day}T08:30:00+02:00", "end": f"{day}T09:00:00+02:00"},
        "location": [{"location": {"reference": refs["Location"]}}],
        "serviceProvider": {"reference": refs["Organization"]},
    }


def _observation(chance: random.Random, day: str, refs: dict[str, str]) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [concept(f"{TERMS}/observation-category", "vital-signs", "Vital signs")],
        "code": concept(LOINC, "85354-9", "Blood pressure panel"),
        "subject": {"reference": refs["Patient"]},
        "encounter": {"reference": refs["Encounter"]},
        "effectiveDateTime": f"{day}T08:40:00+02:00",
        "issued": f"{day}T08:40:00.123+02:00",
        "performer": [{"reference": refs["Practitioner"]}],
        "component": [
            _pressure("8462-4", "Diastolic blood pressure", chance.randint(60, 95)),
            _pressure("8480-6", "Systolic blood pressure", chance.randint(105, 160)),
        ],
    }


def _pressure(code: str, text: str, value: int) -> Json:
    unit = {"unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}
    return {"code": concept(LOINC, code, text), "valueQuantity": {"value": value, **unit}}


def _medication(day: str, refs: dict[str, str]) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": concept("http://www.whocc.no/atc", "C07AB02", "Metoprolol"),
        "subject": {"reference": refs["Patient"]},
        "encounter": {"reference": refs["Encounter"]},
        "authoredOn": f"{day}T08:50:00+02:00",
        "requester": {"reference": refs["Practitioner"]},
        "dosageInstruction": [
            {
                "sequence": 1,
                "text": "1 tablett morgen",
                "asNeededBoolean": False,
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            }
        ],
    }


def _claim(day: str, refs: dict[str, str]) -> Json:
    return {
        "resourceType": "Claim",
        "status": "active",
        "type": concept(f"{TERMS}/claim-type", "professional", "Professional"),
        "use": "claim",
        "patient": {"reference": refs["Patient"]},
        "billablePeriod": {"start": f"{day}T08:30:00+02:00", "end": f"{day}T09:00:00+02:00"},
        "created": f"{day}T10:00:00+02:00",
        "provider": {"reference": refs["Organization"]},
        "priority": concept(f"{TERMS}/processpriority", "normal", "Normal"),
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "Helfo"}}],
        "item": [
            {
                "sequence": 1,
                "productOrService": concept(SNOMED, "185349003", "Encounter for check up"),
                "encounter": [{"reference": refs["Encounter"]}],
            }
        ],
        "total": money(540.5),
    }


def _benefit(day: str, refs: dict[str, str]) -> Json:
    return {
        "resourceType": "ExplanationOfBenefit",
        "status": "active",
        "type": concept(f"{TERMS}/claim-type", "professional", "Professional"),
        "use": "claim",
        "patient": {"reference": refs["Patient"]},
        "created": f"{day}T10:05:00+02:00",
        "insurer": {"display": "Helfo"},
        "provider": {"reference": refs["Practitioner"]},
        "claim": {"reference": refs["Claim"]},
        "outcome": "complete",
        "careTeam": [{"sequence": 1, "provider": {"reference": refs["Practitioner"]}}],
        "insurance": [{"focal": True, "coverage": {"display": "Helfo"}}],
        "item": [
            {
                "sequence": 1,
                "productOrService": concept(SNOMED, "185349003", "Encounter for check up"),
                "encounter": [{"reference": refs["Encounter"]}],
            }
        ],
        "total": [
            {"category": concept(f"{TERMS}/adjudication", "submitted", "Submitted"), "amount": money(540.5)}
        ],
    }


class Mix:
    """Iterations of the mix on some connections, until the time is over; times by kind of request."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.kinds = {name: Result(f"CRUD mix: {name}", 0) for name in ("create", "read", "update", "delete")}

    async def run(self, connections: int, seconds: float) -> Result:
        """All requests together."""
        for kind in self.kinds.values():
            kind.connections = connections
            kind.times.clear()
            kind.refused.clear()
            kind.bad = 0
        opened = [await connect(self.port) for _ in range(connections)]
        began = time.perf_counter()
        stop = began + seconds
        await asyncio.gather(*[self._work(c, random.Random(i), stop) for i, c in enumerate(opened)])
        whole = Result("CRUD mix", connections, time.perf_counter() - began)
        for kind in self.kinds.values():
            kind.seconds = whole.seconds
            whole.times += kind.times
            whole.bad += kind.bad
            whole.refused += kind.refused
        for connection in opened:
            connection.close()
        return whole

    async def _work(self, connection: Connection, chance: random.Random, stop: float) -> None:
        while time.perf_counter() < stop:
            await self._iteration(connection, chance)

    async def _iteration(self, connection: Connection, chance: random.Random) -> None:
        refs: dict[str, str] = {}
        made: dict[str, Json] = {}
        for kind, body in bodies(chance, refs):
            answer = await self._ask(connection, "create", request("POST", kind, orjson.dumps(body)), 201)
            made[kind] = orjson.loads(answer)
            if made[kind].get("resourceType") != kind:
                return  # refused, and counted so: the rest of the iteration refers to it
            refs[kind] = f"{kind}/{made[kind]['id']}"
        for kind in KINDS:
            await self._ask(connection, "read", request("GET", refs[kind]), 200)
        for kind in KINDS:
            changed = made[kind] | {"language": "nb"}
            await self._ask(connection, "update", request("PUT", refs[kind], orjson.dumps(changed)), 200)
        for kind in reversed(KINDS):
            # Both are right by the specification: without a body, and with an OperationOutcome.
            await self._ask(connection, "delete", request("DELETE", refs[kind]), 204, 200)

    async def _ask(self, connection: Connection, kind: str, raw: bytes, *expected: int) -> bytes:
        started = time.perf_counter()
        status, body = await connection.send(raw)
        result = self.kinds[kind]
        result.times.append(time.perf_counter() - started)
        if status not in expected:
            result.count(status)
        return body


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:  # noqa: ARG001
    server = Served(folder / "data")
    try:
        results = hosting.run(_measure(server, seconds))
        size = server.database_size(folder / "data")
    finally:
        server.stop()
    return f"""## CRUD mix

Nine linked resource types ({", ".join(KINDS)}), each created, read, updated and deleted by a request of its own: 36 an iteration.
Published for servers with 8 cores beside a database with 8 (2026-06): Aidbox 5,212 requests/s, HAPI 3,058, Medplum 1,420; that is
326, 191 and 89 a core. The database folder took {size:,.0f} MB at the end.

{report.table(results)}
"""


async def _measure(server: Served, seconds: float) -> list[Result]:
    results = []
    for connections in (1, 16, 32, 64):
        mix = Mix(server.port)
        await mix.run(connections, 1)
        with server.watched() as used:
            whole = await mix.run(connections, seconds)
        whole.worker_cpu, whole.database_cpu = used
        results.append(whole)
        if connections == 16:
            results += mix.kinds.values()
    return results

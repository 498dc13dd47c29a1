"""A node with its whole door: DPoP, rules, scope and a durable row in the access log, beside the open engine on the same record.

Personnel of another organisation read the record of the Synthea people at the journal node, each with a token for one patient.
The tokens are signed with the trust anchor's own key, the proofs a few seconds before they are sent.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import Key

from akson.cli import hosting
from akson.demo.nodes import nodes
from akson.kit.ids import new_id
from akson.kit.norwegian import FNR
from akson.record.context import Place
from akson.rest.direct import Direct
from akson.rest.open import anything
from akson.security import dpop, keys
from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.jose import sign
from akson.security.policy import judge
from akson.security.tokens import ASSURANCE, HPR, PARENT, PID
from akson.store.database.embedded import Embedded
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from bench import chart, report, workloads
from bench.client import Result, load, request
from bench.server import Served, below, ticks
from bench.single import Sample

PATIENTS = 20
AHEAD = 4
"""Seconds by which a proof is dated ahead, so that it lives through a round."""
CLIENTS = 16
ROUND = 5.0
MOST = 3000
"""Requests a second for which proofs are made."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A patient whose record is looked into, the token for it, and what there is to read."""

    patient: str
    token: str
    observations: list[str]


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:  # noqa: ARG001
    program, port = chart.up(folder / "nodes")
    chart.down(program)
    patients, _ = hosting.run(chart.load(folder / "nodes", bundles, port))
    known = hosting.run(_known(folder / "nodes", patients, port))
    program, port = chart.up(folder / "nodes", port)
    try:
        results = hosting.run(_measure(folder / "nodes", port, program.pid, known))
    finally:
        chart.down(program)
    server = workloads.filled(folder / "open", bundles)
    try:
        beside = hosting.run(_open(server))
    finally:
        server.stop()
    more = [
        f"{secured.name} {secured.percentile(0.95) - free.percentile(0.95):.1f} ms"
        for secured, free in zip([each for each in results if each.connections > 1], beside, strict=True)
    ]
    return f"""## Through the whole door

`akson up` with all its nodes in one process. Reads by id and searches of 20 rows of one patient at the journal node, with a
DPoP proof each, decided, scoped, and logged in the same transaction; no answer leaves before its row is on disk. The proofs are
signed before a load begins, so that the generator takes no processor time for them while it counts. The decision itself takes
**{_decision():.1f} µs** (goal: under 20). Beside it the open engine, which asks nobody who they are and logs nothing, on the same record
in the same run. The door adds to its p95 with {CLIENTS} clients: {", ".join(more)}.

{report.table([*results, *beside])}
"""


def _decision() -> float:
    """Microseconds of processor time of one decision of the policy for a nurse, her roles and units known."""
    nurse = Actor(
        Kind.PERSONNEL, role="hjemmesykepleier", practitioner="Practitioner/h", assurance=4, authorization="SP",
        units=frozenset({"Organization/nord"}), hpr="9144900",
    )  # fmt: skip
    kinds = ("Observation", "Patient", "Condition", "MedicationRequest")
    # Worked out anew each time: `decide` remembers what it has said of an actor.
    many, began = 20_000, time.process_time()
    for number in range(many):
        judge(nurse, Action.READ, kinds[number % 4], Purpose.TREATMENT)
    return (time.process_time() - began) / many * 1e6


async def _open(server: Served) -> list[Result]:
    """The same loads on the open engine, which holds the same Bundles."""
    sample = await Sample().fill(server.port)
    makes = {
        "read by id": lambda chance: request("GET", f"Observation/{chance.choice(sample.observations)}"),
        "search, 20 rows of one patient": lambda chance: request(
            "GET", f"Observation?patient={chance.choice(sample.pairs)[0]}&_count=20"
        ),
    }
    results = []
    for name, make in makes.items():
        with server.watched() as used:
            result = await load(
                f"open engine: {name}", server.port, make, connections=CLIENTS, seconds=ROUND, expected=200
            )
        result.worker_cpu, result.database_cpu = used
        results.append(result)
    return results


async def _measure(folder: Path, port: int, program: int, known: list[dict[str, Any]]) -> list[Result]:
    proof = keys.load(folder, "sykehus-dpop").current
    looked = [
        Looked(each["id"], _token(folder, port, proof, each["pid"]), each["observations"]) for each in known
    ]
    base = f"http://localhost:{port}/journal/fhir"
    loads = [(name, path, many) for name, path in KINDS.items() for many in (1, CLIENTS)]
    return [
        await _load(name, (port, program, base), proof, (looked, path, many)) for name, path, many in loads
    ]


async def _known(folder: Path, patients: list[str], port: int) -> list[dict[str, Any]]:
    """Patients with at least a page of observations: their ids, identity numbers and ids of observations."""
    server = Embedded(folder)
    server.start()
    database = Database(server.uri("akson_journal"), 2, reader=OWNER)
    await database.open()
    node = next(node for node in nodes(f"http://localhost:{port}") if node.name == "journal")
    direct = Direct(Place(node, database, anything))
    found: list[dict[str, Any]] = []
    try:
        for patient in patients:
            person, page = await _ask(
                direct, f"Patient/{patient}", f"Observation?patient={patient}&_count=200&_elements=id"
            )
            ids = [entry["resource"]["id"] for entry in page.get("entry", [])]
            pid = next(each["value"] for each in person["identifier"] if each["system"] == FNR)
            if len(ids) >= 20 and len(found) < PATIENTS:
                found.append({"id": patient, "pid": pid, "observations": ids})
    finally:
        await database.close()
        server.stop()
    return found


async def _ask(direct: Direct, *paths: str) -> list[dict[str, Any]]:
    entries = [{"request": {"method": "GET", "url": path}} for path in paths]
    _, answer = await direct.post({"resourceType": "Bundle", "type": "batch", "entry": entries})
    return [entry["resource"] for entry in answer["entry"]]


def _read(one: Looked, chance: random.Random) -> str:
    return f"Observation/{chance.choice(one.observations)}"


def _search(one: Looked, _chance: random.Random) -> str:
    return f"Observation?patient={one.patient}&_count=20"


KINDS: dict[str, Callable[[Looked, random.Random], str]] = {
    "read by id": _read,
    "search, 20 rows of one patient": _search,
}


async def _load(
    name: str,
    where: tuple[int, int, str],
    proof: Key,
    what: tuple[list[Looked], Callable[[Looked, random.Random], str], int],
) -> Result:
    port, program, base = where
    looked, path, connections = what
    chance = random.Random(5)
    many = int(ROUND * MOST) if connections > 1 else int(ROUND * MOST / 3)
    made = iter(
        [
            _request(base, proof, each, path(each, chance))
            for each in (chance.choice(looked) for _ in range(many))
        ]
    )
    before = _cpu(program)
    result = await load(
        name, port, lambda _chance: next(made), connections=connections, seconds=ROUND, expected=200
    )
    after = _cpu(program)
    result.worker_cpu, result.database_cpu = (b - a for a, b in zip(before, after, strict=True))
    return result


def _request(base: str, proof: Key, one: Looked, path: str) -> bytes:
    url = f"{base}/{path}"
    signed = _proof(proof, url.partition("?")[0], one.token)
    where = f"/journal/fhir/{path}"
    return (
        f"GET {where} HTTP/1.1\r\nHost: {base.split('/')[2]}\r\nAccept: application/fhir+json\r\n"
        f"Authorization: DPoP {one.token}\r\nDPoP: {signed}\r\n\r\n"
    ).encode()


def _proof(key: Key, url: str, token: str) -> str:
    public = {
        name: part for name, part in key.as_dict(private=False).items() if name in {"kty", "crv", "x", "y"}
    }
    claims = {
        "jti": new_id(), "htm": "GET", "htu": url, "iat": int(time.time()) + AHEAD, "ath": dpop.token_hash(token),
    }  # fmt: skip
    return sign(claims, key, "dpop+jwt", jwk=public)


def _token(folder: Path, port: int, proof: Key, pid: str) -> str:
    """An access token of a physician at the hospital, for one patient."""
    base = f"http://localhost:{port}"
    anchor = keys.load(folder, "tillitsanker-signing").current
    hospital = next(node for node in nodes(base) if node.name == "sykehus")
    own = {"id": "22818009686", "system": FNR}
    place = {"id": hospital.organization, "system": "urn:oid:2.16.578.1.12.4.1.4.101", "name": hospital.title}
    moment = int(time.time())
    attest = {
        "type": "nhn:tillitsrammeverk:parameters",
        "practitioner": {
            "identifier": own,
            "authorization": {"code": "LE", "system": "urn:oid:2.16.578.1.12.4.1.1.9060"},
            "legal_entity": place,
            "point_of_care": place,
        },
        "care_relationship": {
            "purpose_of_use": {"code": "TREAT", "system": "urn:oid:2.16.840.1.113883.1.11.20448"},
            "decision_ref": {"id": new_id(), "user_selected": False},
        },
        "patients": [{"identifier": {"id": pid, "system": FNR}}],
        "toa": moment,
    }
    claims = {
        "iss": f"{base}/tillitsanker", "aud": f"{base}/journal", "iat": moment, "nbf": moment, "exp": moment + 300,
        "jti": new_id(), "client_id": hospital.client_id, "scope": ["akson:journal/fhir"],
        "cnf": {"jkt": keys.thumbprint(proof)}, PARENT: hospital.organization, PID: own["id"],
        HPR: "9100210", ASSURANCE: "high", "nhn:tillitsrammeverk:parameters": attest,
    }  # fmt: skip
    return sign(claims, anchor, "at+jwt")


def _cpu(program: int) -> tuple[float, float]:
    database = sum(
        ticks(int(entry.name))
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and below(int(entry.name), program)
    )
    return ticks(program, own=True) / 100, database / 100

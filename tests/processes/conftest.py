"""A trust anchor, the platform and a record system as three programs that know each other by address alone."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from bench.server import free_port
from joserfc.jwk import import_key

from akson.demo.nodes import persons
from akson.demo.units import BY_KEY
from tests.processes.helseid import REDIRECT, Client
from tests.processes.programs import NODES, Program
from tests.processes.relay import Relay
from tests.world import TODAY

PIDS = {person.key: person.pid for person in persons(TODAY)}
SYSTEM = "fremmed-journal"
SCOPES = ("akson:samhandling/fhir", "akson:journal/fhir")


@dataclass
class Town:
    """The three programs, what stands before the anchor, and a system that was registered by command."""

    programs: dict[str, Program]
    relay: Relay
    client: Client

    @property
    def anchor(self) -> Program:
        return self.programs["tillitsanker"]

    @property
    def journal(self) -> Program:
        return self.programs["journal"]

    @property
    def platform(self) -> Program:
        return self.programs["samhandling"]

    def as_node(self, name: str) -> Client:
        """What the node itself is at the anchor, by the keys in its data folder. Close it."""
        ring = json.loads((self.programs[name].data / "keys" / f"{name}-client.json").read_text())
        return Client(self.anchor.base, f"akson-{name}", import_key(ring["keys"][0])).discover()


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    home, relay = Path(tmp_path_factory.mktemp("town")), Relay()
    ports = {name: free_port() for name in NODES}
    origins = {name: f"http://localhost:{ports[name]}" for name in NODES} | {"tillitsanker": relay.origin}
    settings = {
        "AKSON_ADDRESSES": ",".join(f"{name}={origin}" for name, origin in origins.items()),
        "AKSON_PEER_TIMEOUT": "1",
        "AKSON_REVOCATION_SECONDS": "2",
    }
    programs = {
        name: Program(name, home / name, f"{origins[name]}/{name}", ports[name], settings) for name in NODES
    }
    relay.behind = f"http://127.0.0.1:{ports['tillitsanker']}"
    made = Town(programs, relay, Client(programs["tillitsanker"].base, SYSTEM))
    try:
        for program in programs.values():
            program.start()
        for program in programs.values():
            program.wait()
        register(made, home)
        made.client.discover()
        yield made
    finally:
        made.client.close()
        for program in programs.values():
            program.stop()
        relay.close()


def register(town: Town, home: Path) -> None:
    """As an operator does: public keys are shown at the nodes and made known at the anchor."""

    def shown(name: str) -> Path:
        path = home / f"{name}.jwks"
        path.write_text(town.programs[name].command("keys", "show", f"{name}-client"))
        return path

    with ThreadPoolExecutor() as pool:
        own = dict(zip(("samhandling", "journal"), pool.map(shown, ("samhandling", "journal")), strict=True))
    for name, path in own.items():
        town.anchor.command("systems", "keys", f"akson-{name}", "--jwks", str(path))
    path = home / "client.jwks"
    path.write_text(json.dumps(town.client.jwks()))
    # fmt: off
    town.anchor.command(
        "systems", "add", SYSTEM, "--name", "Fremmed journal", "--organization", organization(), "--jwks", str(path),
        "--redirect", REDIRECT, *(part for scope in SCOPES for part in ("--scope", scope)),
    )
    # fmt: on


def organization() -> str:
    return BY_KEY["fjellheim"].organization_number


def attest(patient: str, **changed: object) -> dict[str, object]:
    """What a nurse of the foreign system attests about a patient."""
    place = {"id": organization(), "system": "urn:oid:2.16.578.1.12.4.1.4.101"}
    made = {
        "type": "nhn:tillitsrammeverk:parameters",
        "practitioner": {
            "authorization": {"code": "SP", "system": "urn:oid:2.16.578.1.12.4.1.1.9060"},
            "legal_entity": place,
            "point_of_care": place,
        },
        "care_relationship": {
            "purpose_of_use": {"code": "TREAT", "system": "urn:oid:2.16.840.1.113883.1.11.20448"},
            "decision_ref": {"id": "avgjerd-17", "user_selected": False},
        },
        "patients": [{"identifier": {"id": PIDS[patient], "system": "urn:oid:2.16.578.1.12.4.1.4.1"}}],
    }
    return made | changed

"""The foreign record system of `examples` takes part in one service of each mode, as its how-to says: commands, and HTTP."""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from bench.server import free_port
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from akson.demo.units import BY_KEY
from tests.house.source import ROOT
from tests.processes.conftest import PIDS
from tests.processes.programs import BIN, Program

pytestmark = [pytest.mark.slow, pytest.mark.store]
EXAMPLE = ROOT / "examples" / "foreign-record"
NAME, TITLE, OWN_ADDRESS = "vestbygd", "Vestbygd journal", "9000990"
ORGANIZATION = "314000017"


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Akson as `akson up` serves it, and the foreign system beside it, made known by command."""
    home, port, own = tmp_path_factory.mktemp("foreign"), free_port(), free_port()
    akson, here = f"http://localhost:{port}", f"http://localhost:{own}"
    sources = {"AKSON_NODES": "", "AKSON_SOURCES": f"{NAME}={here}/fhir|{TITLE}"}
    program = Program("tillitsanker", home / "akson", f"{akson}/tillitsanker", port, sources)
    patient = {"number": PIDS["ingrid"], "family": "Haugen", "given": "Ingrid"}
    environment = os.environ | {
        "ANCHOR": f"{akson}/tillitsanker", "PLATFORM": f"{akson}/samhandling", "HERE": here, "NAME": NAME,
        "ORGANIZATION": ORGANIZATION, "HER_ID": OWN_ADDRESS, "PATIENT": json.dumps(patient), "KEY": str(home / "key.pem"),
        "CERTIFICATE": str(home / "certificate.pem"),
    }  # fmt: skip
    command = [
        str(BIN / "granian"),
        "--interface",
        "asgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(own),
        "record:app",
    ]
    made_key(home)
    program.start()
    with (home / "log").open("wb") as log:
        foreign = subprocess.Popen(command, cwd=EXAMPLE, env=environment, stdout=log, stderr=log)
        try:
            program.wait()
            (home / "client.jwks").write_text(httpx.get(f"{here}/jwks").text)
            registered(program, here, home)
            yield akson, here
        finally:
            foreign.terminate()
            foreign.wait(30)
            program.stop()
            sys.stderr.write((home / "log").read_text())


def made_key(home):
    """As `openssl req -x509` makes them."""
    key, name, now = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name.from_rfc4514_string(f"CN={NAME}"),
        datetime.now(UTC),
    )
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=9)
    )
    certificate = made.sign(key, hashes.SHA256())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (home / "key.pem").write_bytes(key.private_bytes(*form))
    (home / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def registered(program, here, home):
    """As docs/howto/connect-your-system.md says."""
    scopes = ("fhir", "msh", "hotell")
    program.command(
        "systems", "add", NAME, "--name", TITLE, "--organization", ORGANIZATION, "--jwks", str(home / "client.jwks"),
        "--redirect", f"{here}/callback", *(part for each in scopes for part in ("--scope", f"akson:samhandling/{each}")),
        "--scope", f"akson:{NAME}/fhir", "--api", f"{here}/fhir", "--asked-by", "akson-samhandling",
    )  # fmt: skip
    program.command("systems", "member", ORGANIZATION, "--agreement", "2026-01-01")
    program.command(
        "register", "address", OWN_ADDRESS, "--organization", ORGANIZATION, "--name", "Vestbygd kommune",
        "--certificate", str(home / "certificate.pem"), "--takes", "DIALOG_HELSEFAGLIG", "--node", "samhandling",
    )  # fmt: skip


@pytest.fixture
def browse():
    """Opens browsers, which are closed afterwards."""
    with ExitStack() as opened:
        yield lambda base: opened.enter_context(
            httpx.Client(base_url=base, timeout=60, follow_redirects=True)
        )


def signed_in(browser, akson, person="hanne-lunde"):
    """A nurse has signed in to the foreign system."""
    page = browser.get("/login")
    assert str(page.url).startswith(f"{akson}/tillitsanker/eid/"), page.text
    answer = browser.post(str(page.url), data={"person": person, "level": "4"})
    assert answer.json() == {"signed_in": True}, answer.text
    return browser


def test_it_takes_part_in_a_service_of_each_mode(both, browse):
    akson, here = both
    nurse = signed_in(browse(here), akson)
    assert nurse.get("/critical").json() == []
    told = nurse.post("/critical", json={"what": "Penicillin"})
    assert told.json() == ["Penicillin"], told.text
    found = nurse.get("/problems").json()
    assert "Demens" in found["found"]
    assert found["silent"] == []

    # The others see what it registered, and what it answers when it is asked.
    citizen = browse(akson)
    page = citizen.get("/innbygger/login", params={"person": "ingrid"})
    citizen.post(str(page.url), data={"person": "ingrid", "level": "4"})
    assert "Penicillin" in citizen.get("/innbygger/").text
    others = citizen.get("/innbygger/opplysninger/problem-og-diagnose/andre").text
    assert "Gammelt kneproblem" in others
    assert TITLE in others
    assert "svarer ikke" not in others

    # A letter to the municipality's home care comes to its inbox, and its receipt comes back.
    sent = nurse.post(
        "/letters", json={"to": BY_KEY["solvik-hjemmetjeneste"].her_id, "text": "Hun er hos oss i helgen."}
    )
    assert sent.status_code == 200, sent.text
    until = time.monotonic() + 30
    while not (receipts := nurse.get("/letters").json()):
        assert time.monotonic() < until
        time.sleep(0.5)
    assert '<Status V="1"' in receipts[0]["letter"], receipts


def test_it_is_asked_by_nobody_without_a_good_token(both):
    _, here = both
    body = {"resourceType": "Bundle", "type": "batch", "entry": []}
    for headers in ({}, {"authorization": "DPoP x.y.z", "dpop": "x"}, {"authorization": "Bearer x"}):
        assert httpx.post(f"{here}/fhir/", json=body, headers=headers).status_code == 401
    assert httpx.get(f"{here}/problems").status_code == 401

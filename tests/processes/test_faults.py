"""What goes wrong between programs: replay at another process and after a kill, an anchor that is down, slow or lies."""

import json
import time
from contextlib import closing, suppress

import httpx
import pytest
from joserfc.jwk import ECKey, import_key

from akson.security.jose import sign
from helseid_negatives.forge import sign_raw
from tests.patience import in_time
from tests.processes.conftest import PIDS
from tests.processes.helseid import Client, read
from tests.processes.programs import soaked
from tests.processes.relay import SILENT, SLOW

pytestmark = [pytest.mark.slow, pytest.mark.store]

JOURNAL = "akson:journal/fhir"
CONFIGURATION = "/tillitsanker/.well-known/openid-configuration"
JWKS = f"{CONFIGURATION}/jwks"
ITSELF = {"grant_type": "client_credentials", "scope": JOURNAL}


@pytest.fixture
def token(town):
    return town.client.by_itself(JOURNAL)


def reached(answer):
    """The token was taken: a system reads no patients, which the rules say and not the door."""
    return answer.status_code == 403 and "The token" not in answer.text


def refused(answer, error, status=401):
    """Refused with this error, and with nothing of anybody in the answer."""
    said = answer.headers.get("www-authenticate", "") + answer.text
    assert not any(pid in said for pid in PIDS.values())
    return answer.status_code == status and error in said


def shown(town, token, proof, at=""):
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    return httpx.get(f"{at or town.journal.direct}/fhir/Patient", headers=headers, timeout=20)


def test_what_was_used_is_used_at_every_process_and_after_a_kill(town, token):
    client, url = town.client, f"{town.journal.base}/fhir/Patient"
    where = client.metadata["token_endpoint"]
    with town.journal.worker() as journal, town.anchor.worker() as anchor:
        proof, other, assertion = *(client.proof("GET", url, token) for _ in range(2)), client.assertion()

        def asked(at=where):
            form = client.authenticated(ITSELF, assertion)
            return client.http.post(at, data=form, headers={"DPoP": client.proof("POST", where)})

        assert reached(shown(town, token, proof))
        again = shown(town, token, proof, journal.direct)
        assert refused(again, "invalid_dpop_proof")
        assert "used before" in again.text
        assert reached(shown(town, token, other, journal.direct))
        assert asked().status_code == 200
        assert refused(asked(f"{anchor.direct}/connect/token"), "invalid_client")
    began = time.monotonic()
    town.anchor.kill()
    town.anchor.start().wait()
    assert refused(asked(), "invalid_client")
    assert "used before" in asked().text or time.monotonic() - began > 20
    began, latest = time.monotonic(), client.proof("GET", url, token, iat=client.now() + 4)
    assert reached(shown(town, token, latest))
    town.journal.kill()
    town.journal.start().wait()
    again = shown(town, token, latest)
    assert refused(again, "invalid_dpop_proof")
    assert "used before" in again.text or time.monotonic() - began > 9  # else it is too old by now
    assert reached(shown(town, token, client.proof("GET", url, token)))
    assert client.ask(ITSELF).status_code == 200


def test_the_journal_goes_on_without_the_anchor_and_says_that_nobody_can_sign_in(town, token):
    client, url = town.client, f"{town.journal.base}/fhir/Patient"
    assert reached(client.call(token, url))
    origin = town.journal.base.rpartition("/")[0]
    for fault in (SILENT, SLOW, (500, {}, b"Internal Server Error"), (200, {}, b"<html>")):
        with town.relay.being(lambda _path, fault=fault: fault):
            assert reached(client.call(token, url))
            began = time.monotonic()
            page = httpx.get(f"{origin}/journal/login", timeout=30)
            assert in_time(time.monotonic() - began, 4)
            assert page.status_code == 503
            assert "Innloggingen svarer ikke nå" in page.text
    assert httpx.get(f"{origin}/journal/login", timeout=30).status_code == 303


def as_json(value):
    return 200, {"Content-Type": "application/json"}, json.dumps(value).encode()


def lies(town):
    """What is told instead of metadata or keys, and how a request with a right token is answered then."""
    said = json.loads(town.relay.real(CONFIGURATION))
    elsewhere = {"Location": "http://127.0.0.1:9/"}
    return (
        (
            "another's metadata",
            CONFIGURATION,
            as_json(said | {"issuer": "http://localhost:1/tillitsanker"}),
            502,
        ),
        ("a slash more", CONFIGURATION, as_json(said | {"issuer": f"{said['issuer']}/"}), 502),
        ("no address of keys", CONFIGURATION, as_json(said | {"jwks_uri": None}), 502),
        ("keys where nobody is", CONFIGURATION, as_json(said | {"jwks_uri": "http://127.0.0.1:9/jwks"}), 504),
        ("a list", CONFIGURATION, as_json([]), 502),
        ("garbage", CONFIGURATION, (200, {}, b"\xff\x00<html>"), 502),
        ("an error", CONFIGURATION, (500, {}, b"Traceback"), 502),
        ("an error instead of keys", JWKS, (503, {}, b""), 502),
        ("a redirect", CONFIGURATION, (302, elsewhere, b""), 502),
        ("a redirect of keys", JWKS, (307, elsewhere, b""), 502),
        ("silence", CONFIGURATION, SILENT, 504),
        ("slowness", JWKS, SLOW, 504),
    )


@soaked
def test_a_process_that_starts_beside_a_lying_anchor_takes_no_token_and_recovers(town, token):
    """Last of all somebody gives out a key of their own under the right name: their tokens live no longer than that."""
    client, url = town.client, f"{town.journal.base}/fhir/Patient"
    real = json.loads(town.relay.real(JWKS))
    evil = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": real["keys"][0]["kid"]})
    forged = sign(read(token), evil, "at+jwt")
    assert refused(client.call(forged, url), "signature does not fit")
    # The lies follow each other without a gap: a node that runs asks its anchor at every moment. Who was told the right
    # metadata during a lie about keys is told no keys during the next.
    with town.relay.being(SILENT), town.journal.worker() as fresh:
        at = f"{fresh.direct}/fhir/Patient"
        for name, path, lie, status in lies(town):
            town.relay.fault = {JWKS: SILENT, path: lie}.get
            answer = client.call(token, url, at=at)
            assert answer.status_code == status, (name, answer.text)
            assert "Traceback" not in answer.text
        town.relay.fault = {JWKS: as_json({"keys": [evil.as_dict(private=False)]})}.get
        assert refused(client.call(token, url, at=at), "signature does not fit")
        town.relay.fault = None
        until = time.monotonic() + 30
        while not reached(client.call(token, url, at=at)):
            assert time.monotonic() < until
            time.sleep(0.5)
        assert refused(client.call(forged, url, at=at), "signature does not fit")


@soaked
def test_the_anchor_changes_its_key_beside_running_nodes(town, token):
    client, url = town.client, f"{town.journal.base}/fhir/Patient"
    added = town.anchor.command("keys", "add", "tillitsanker-signing").split()[1].rstrip(":")
    before = json.loads(town.anchor.command("keys", "show", "tillitsanker-signing"))["keys"][0]["kid"]
    town.anchor.command("keys", "use", "tillitsanker-signing", added)
    fresh = client.by_itself(JOURNAL)
    assert reached(client.call(fresh, url))
    assert reached(client.call(token, url))  # both are published
    town.anchor.command("keys", "drop", "tillitsanker-signing", before)
    with town.journal.worker() as other:
        assert reached(client.call(fresh, url, at=f"{other.direct}/fhir/Patient"))
        assert refused(client.call(token, url, at=f"{other.direct}/fhir/Patient"), "unknown key")


@pytest.mark.parametrize(
    ("drift", "passes"), [(3, True), (-3, True), (3600, False), (-3600, False), (45, False)]
)
def test_clocks_that_differ(town, token, drift, passes):
    with closing(Client(town.client.issuer, town.client.client_id, town.client.key).discover()) as client:
        client.proof_key, client.drift = town.client.proof_key, drift
        called = client.call(token, f"{town.journal.base}/fhir/Patient")
        asked = client.ask(ITSELF)
    if passes:
        assert reached(called)
        assert asked.status_code == 200
    else:
        assert refused(called, "invalid_dpop_proof")
        assert asked.status_code in {400, 401}
        assert asked.json()["error"] in {"invalid_client", "invalid_dpop_proof"}


def test_what_is_too_large_or_stands_twice(town, token):
    client, url = town.client, f"{town.journal.base}/fhir/Patient"
    ring = json.loads((town.anchor.data / "keys" / "tillitsanker-signing.json").read_text())
    anchor_key = import_key(ring["keys"][0])
    header = {"alg": "ES256", "typ": "at+jwt", "kid": anchor_key.kid}
    claims = json.dumps(read(token))
    assert reached(client.call(sign_raw(header, claims, anchor_key), url))  # so much for the control
    for member in ("aud", "scope", "exp", "cnf"):
        twice = f'{claims[:-1]}, "{member}": {json.dumps(read(token)[member])}}}'
        assert refused(client.call(sign_raw(header, twice, anchor_key), url), "invalid_token")
    large = sign_raw(header, read(token) | {"fill": "x" * 12_000}, anchor_key)
    assert refused(client.call(large, url), "invalid_token")
    beyond = sign_raw(header, read(token) | {"fill": "x" * 2_000_000}, anchor_key)
    with suppress(httpx.HTTPError):  # hung up on, which is as good
        assert client.call(beyond, url).status_code in {400, 401, 413, 431}
    assert httpx.get(f"{town.journal.base}/health").status_code == 200

    where = client.metadata["token_endpoint"]
    made = client.authenticated(ITSELF, client.assertion())
    for form in (
        [*made.items(), ("scope", JOURNAL)],
        [*made.items(), ("client_assertion", made["client_assertion"])],
    ):
        answer = client.http.post(
            where, content=httpx.QueryParams(form).__str__(),
            headers={"DPoP": client.proof("POST", where), "Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    at = client.now()
    said = json.dumps(
        {
            "iss": client.client_id,
            "sub": client.client_id,
            "aud": client.issuer,
            "iat": at,
            "nbf": at,
            "exp": at + 30,
            "jti": "j",
        }
    )
    double = sign_raw(
        {"alg": "ES256", "typ": "client-authentication+jwt", "kid": client.key.kid},
        f'{said[:-1]}, "iss": "{client.client_id}"}}', client.key,
    )  # fmt: skip
    form = client.authenticated(ITSELF, double)
    answer = client.http.post(where, data=form, headers={"DPoP": client.proof("POST", where)})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

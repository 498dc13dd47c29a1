"""A client written for HelseID goes through the whole profile, over HTTP, at programs that are not in this process."""

import time
from contextlib import closing

import httpx
import psycopg
import pytest

from tests.processes.conftest import PIDS, attest
from tests.processes.helseid import read

pytestmark = [pytest.mark.slow, pytest.mark.store]

WHO = "openid profile offline_access helseid://scopes/identity/pid helseid://scopes/identity/security_level"
ATTEST = "nhn:tillitsrammeverk:parameters"
PLATFORM, JOURNAL = "akson:samhandling/fhir", "akson:journal/fhir"


def rows(program, statement, *values):
    uri = program.database().replace("/postgres?", f"/akson_{program.name}?")
    with psycopg.connect(uri) as connection:
        return connection.execute(statement, values).fetchall()


@pytest.mark.proves("T5")
def test_a_system_and_a_person_by_the_whole_profile(town):
    client = town.client
    assert httpx.get(f"{town.journal.base}/health").json() == {"status": "up", "node": "journal"}
    alone = client.by_itself(JOURNAL)
    assert read(alone)["aud"] == town.journal.base
    assert (
        client.call(alone, f"{town.journal.base}/fhir/Patient").status_code == 403
    )  # a system has no patients

    tokens = client.sign_in("hanne-lunde", f"{WHO} {PLATFORM} {JOURNAL}")
    assert read(tokens["id_token"])["helseid://claims/identity/pid"] == PIDS["hanne-lunde"]
    assert read(tokens["id_token"])["helseid://claims/identity/security_level"] == "4"
    first = client.refresh(tokens["refresh_token"], PLATFORM, attest("ingrid"))
    second = client.refresh(first["refresh_token"], PLATFORM, attest("ingrid"))
    assert len({tokens["refresh_token"], first["refresh_token"], second["refresh_token"]}) == 3
    with closing(town.as_node("samhandling")) as hub:
        called_on(town, hub, second["access_token"])

    # What was used is used up, and whoever shows it again ends the sign-in.
    for used in (first, second):
        form = {"grant_type": "refresh_token", "refresh_token": used["refresh_token"], "scope": PLATFORM}
        again = client.ask(form)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def called_on(town, hub, token):
    """As the platform does when it was called so: on to the journal, for the same person and with the same attest."""
    onward = hub.exchange(token, JOURNAL)
    said = read(onward)
    assert said[ATTEST] == read(token)[ATTEST]
    assert said["act"]["client_id"] == town.client.client_id
    found = hub.call(onward, f"{town.journal.base}/fhir/Patient").json()
    (patient,) = [entry["resource"] for entry in found["entry"] if entry["search"]["mode"] == "match"]
    assert PIDS["ingrid"] in {each["value"] for each in patient["identifier"]}
    other = hub.call(onward, f"{town.journal.base}/fhir/Patient/somebody-else")
    assert other.status_code == 403
    assert "attestation_is_for_another_patient" in other.text

    asked = "select actor_name, reason, granted, decision from audit where token = %s and pat <> 0"
    logged = rows(town.journal, asked, said["jti"])
    assert ("Hanne Lunde", "reason.attested_care", True, "avgjerd-17") in logged


def test_nodes_call_each_other(town):
    """A citizen's page at the platform asks the journal, and shows the look that was made there."""
    with httpx.Client(follow_redirects=True, timeout=30) as browser:
        origin = town.platform.base.rpartition("/")[0]
        page = browser.get(f"{origin}/innbygger/login", params={"person": "ingrid"})
        page = browser.post(str(page.url), data={"person": "ingrid", "level": "4"})
        assert page.status_code == 200, page.text
        assert str(page.url) == f"{origin}/innbygger/"
        log = browser.get(f"{origin}/innbygger/innsyn")
        assert log.status_code == 200
        assert "Hanne Lunde" in log.text
        assert "Solvik kommune" in log.text


def test_what_the_anchor_takes_back_ends_at_the_other_programs(town):
    """Goal: 60 s, as for all that ends access. The programs of this suite ask every two seconds."""
    client, url = town.client, f"{town.journal.base}/fhir/Patient"
    tokens = client.sign_in("hanne-lunde", f"{WHO} {PLATFORM} {JOURNAL}")
    revoked = client.by_itself(JOURNAL)
    ended = client.refresh(tokens["refresh_token"], JOURNAL, attest("ingrid"))
    stays = client.by_itself(JOURNAL)
    for token in (revoked, ended["access_token"], stays):
        assert client.call(token, url).status_code != 401
    client.revoke(revoked)
    client.revoke(ended["refresh_token"])
    began = time.monotonic()
    for token in (revoked, ended["access_token"]):
        while (answer := client.call(token, url)).status_code != 401:
            assert time.monotonic() - began < 60
            time.sleep(0.1)
        assert "taken back" in answer.text
    assert client.call(stays, url).status_code != 401

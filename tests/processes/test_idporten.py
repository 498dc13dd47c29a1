"""ID-porten as the e-ID behind the anchor, by settings alone: signing in, levels, step-up, who is unknown, what is wrong."""

import json
import re
import time
from contextlib import contextmanager
from datetime import date

import httpx
import pytest

from akson.kit.norwegian import Sex, make
from tests.leaving import left_by
from tests.processes.conftest import PIDS
from tests.processes.idporten import LEVELS, IdPorten, Sitting
from tests.processes.programs import soaked
from tests.processes.test_client import rows

pytestmark = [pytest.mark.slow, pytest.mark.store]

SUBSTANTIAL, HIGH = LEVELS
OTHER = make(date(1991, 3, 2), Sex.FEMALE)


@pytest.fixture(scope="module")
def provider(town):
    """The anchor served by a process with other settings, behind the same address."""
    # The ring is made by whoever is first to use it.
    issuer, before = town.anchor.base, town.relay.behind
    ring = town.anchor.data / "keys" / "tillitsanker-client.json"
    assert ring.exists()
    jwks = json.loads(town.anchor.command("keys", "show", "tillitsanker-client"))
    idporten = IdPorten("anker", jwks, f"{issuer}/eid/back", f"{issuer}/eid/out")
    with town.anchor.worker(AKSON_EID=idporten.issuer, AKSON_EID_CLIENT="anker") as worker:
        town.relay.behind = worker.direct.rpartition("/")[0]
        yield idporten
        town.relay.behind = before
    idporten.close()


@contextmanager
def browser():
    with httpx.Client(follow_redirects=True, timeout=30) as client:
        yield client


def portal(town, path=""):
    return f"{town.platform.base.rpartition('/')[0]}/innbygger/{path}"


@pytest.mark.proves("T4")
def test_one_signs_in_with_id_porten(town, provider):
    provider.sit(Sitting(PIDS["ingrid"]))
    with browser() as client:
        page = client.get(portal(town, "login"))
        assert (page.status_code, str(page.url)) == (200, portal(town))
        assert "Ingrid" in page.text
        seen = [str(each.url) for each in (*page.history, page)]
        assert any(each.startswith(provider.issuer) for each in seen)
        assert not any(PIDS["ingrid"] in each for each in seen)

        secret = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
        left = client.post(portal(town, "logout"), data={"csrf_token": secret})
        for _ in range(2):  # to the anchor, and on to the e-ID
            endpoint, form = left_by(left.text)
            left = client.post(endpoint, data=form)
            seen += [str(each.url) for each in (*left.history, left)]
        assert not any("eyJ" in each for each in seen), "a token in an address names a person"
        assert provider.signed_out[-1]["pid"] == PIDS["ingrid"]
        assert str(left.url) == f"{town.platform.base.rpartition('/')[0]}/"


@soaked
def test_personnel_are_known_by_their_number_and_the_token_says_where_they_identified(town, provider):
    provider.sit(Sitting(PIDS["hanne-lunde"]))
    with browser() as client:
        page = client.get(f"{town.journal.base}/login")
        assert page.status_code == 200, page.text
        assert "Hanne Lunde" in page.text
    known = rows(
        town.anchor, "select actor_name, assurance from audit where granted order by number desc limit 1"
    )
    assert known


def test_substantial_is_sent_on_to_step_up_as_the_same_person(town, provider):
    low = Sitting(PIDS["ingrid"], SUBSTANTIAL)
    provider.sit(low, Sitting(PIDS["ingrid"]))
    with browser() as client:
        page = client.get(portal(town, "login"))
        assert (page.status_code, str(page.url)) == (200, portal(town))
        assert "Ingrid" in page.text
    asked = [each["acr_values"] for each in provider.asked[-2:]]
    assert asked == [SUBSTANTIAL, HIGH]
    assert provider.asked[-1]["prompt"] == "login"


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(Sitting(OTHER), id="another person"),
        pytest.param(Sitting(PIDS["ingrid"], SUBSTANTIAL), id="too low", marks=soaked),
        pytest.param(
            Sitting(PIDS["ingrid"], changed={"auth_time": int(time.time()) - 600}),
            id="identified earlier",
            marks=soaked,
        ),
        pytest.param(Sitting(PIDS["ingrid"], changed={"auth_time": None}), id="no time told", marks=soaked),
    ],
)
def test_what_is_no_step_up(town, provider, second):
    provider.sit(Sitting(PIDS["ingrid"], SUBSTANTIAL), second)
    with browser() as client:
        page = client.get(portal(town, "login"))
        assert page.status_code in {401, 403}
        assert "/callback" in str(page.url)
        assert client.get(portal(town, "innsyn"), follow_redirects=False).status_code != 200


@soaked
def test_whoever_is_unknown_is_a_citizen_of_whom_nothing_is_shown(town, provider):
    provider.sit(Sitting(OTHER))
    with browser() as client:
        page = client.get(portal(town, "login"))
        assert page.status_code < 500
        assert "Ingrid" not in page.text
        assert OTHER not in page.text


WRONG = {
    "cancelled": Sitting(PIDS["ingrid"], cancels=True),
    "another issuer answers": Sitting(PIDS["ingrid"], iss="http://localhost:1"),
    "a token of another issuer": Sitting(PIDS["ingrid"], changed={"iss": "http://localhost:1"}),
    "a token for another client": Sitting(PIDS["ingrid"], changed={"aud": "other"}),
    "another nonce": Sitting(PIDS["ingrid"], changed={"nonce": "x"}),
    "expired": Sitting(PIDS["ingrid"], changed={"exp": 1}),
    "no number": Sitting(PIDS["ingrid"], changed={"pid": None}),
    "a number that is none": Sitting("12345678901"),
    "no level": Sitting(PIDS["ingrid"], changed={"acr": None}),
    "a level that nobody knows": Sitting(PIDS["ingrid"], "idporten-loa-low"),
}


TELLING = {"another issuer answers", "another nonce", "a number that is none"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in TELLING else soaked) for name in WRONG]
)
def test_what_is_wrong_lets_nobody_in(town, provider, name):
    provider.sit(WRONG[name])
    with browser() as client:
        page = client.get(portal(town, "login"))
        assert page.status_code in {400, 401}
        assert PIDS["ingrid"] not in page.text + str(page.url)
        assert not any(each.name == "akson_innbygger" for each in client.cookies.jar)


def test_nobody_picks_a_person_and_no_answer_counts_twice_or_in_another_browser(town, provider):
    provider.sit(Sitting(PIDS["ingrid"]))
    with browser() as client:
        client.follow_redirects = False
        answer = client.get(portal(town, "login"))
        steps = []
        while answer.status_code in {302, 303}:
            steps.append(str(answer.next_request.url))
            if "/eid/" in steps[-1] and "/back" not in steps[-1]:
                posted = client.post(steps[-1], data={"person": "ingrid", "level": "4"})
                assert posted.status_code == 405
            answer = client.get(steps[-1])
        back = next(each for each in steps if "/eid/back" in each)
        assert client.get(back).status_code == 400
    provider.sit(Sitting(PIDS["ingrid"]))
    with browser() as client, browser() as other:
        client.follow_redirects = False
        answer = client.get(portal(town, "login"))
        while "/eid/back" not in (where := str(answer.next_request.url)):
            answer = client.get(where)
        assert other.get(where).status_code == 400


def test_a_provider_that_is_down_is_said_so(town, provider):
    provider._server.shutdown()
    provider._server.server_close()
    with browser() as client:
        page = client.get(portal(town, "login"))
        assert page.status_code == 503
        assert "E-ID-en svarer ikke nå" in page.text

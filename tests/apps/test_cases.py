"""Whoever may write a Task keeps to the machine of cases: an app with a user's rights, over HTTP, in every way that FHIR writes."""

import asyncio

import pytest
import pytest_asyncio

from akson.fhir.strict_json import loads
from akson.kit.ids import new_id
from akson.record import gate
from akson.record.casework import FINAL, FIRST, KIND, Side, State, follows, needs_words
from akson.record.context import NODE_ITSELF, opened
from tests.apps.client import INGRID, hosted

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]
FHIR = {"content-type": "application/fhir+json"}
PATCH = {"content-type": "application/json-patch+json"}
THEIRS = {"identifier": {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "9999999"}, "display": "Andre"}
EVERY = [(before, to) for before in State for to in State if before is not to]


@pytest_asyncio.fixture(loop_scope="module")
async def own(world, nurse):
    """Reference to the nurse's unit."""
    journal = hosted(world, "journal")
    secret = next(cookie.value for cookie in nurse.cookies.jar if "journal" in cookie.name)
    session = await journal.sessions.find(secret)
    actor = await journal.people.find_actor(session.caller)
    return {"reference": min(actor.units)}


@pytest_asyncio.fixture(loop_scope="module")
async def token(app, nurse):
    return (await app.tokens(nurse, "user/Task.cruds user/Patient.rs user/Organization.rs"))["access_token"]


def case(state, owner, requester, kind="anmodning"):
    return {
        "resourceType": "Task",
        "id": new_id(),
        "status": state,
        "intent": "order",
        "code": {"coding": [{"system": KIND, "code": kind}]},
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{new_id()}"}],
        "for": {"reference": f"Patient/{INGRID}"},
        "authoredOn": "2026-11-23T08:00:00Z",
        "owner": owner,
        "requester": requester,
    }


async def standing(world, task):
    """A case as it stands at the node, which it may have come to by messages."""
    async with opened(hosted(world, "journal").place, NODE_ITSELF) as ctx:
        await gate.create(ctx, task)
    return task


async def state_of(world, task):
    async with opened(hosted(world, "journal").place, NODE_ITSELF) as ctx:
        return loads((await gate.read(ctx, "Task", task["id"])).body)["status"]


def said(task, to, **more):
    return task | {"status": to, "statusReason": {"text": "Det er bedt om noe annet."}} | more


def refused(answer, *elements):
    assert answer.status_code == 422, answer.text
    issue, *others = answer.json()["issue"]
    assert not others, answer.text
    assert issue["code"] == "business-rule"
    assert set(elements) <= set(issue["expression"]), issue


@pytest.mark.parametrize("whose", list(Side))
async def test_every_transition_is_let_through_or_refused_as_the_machine_says(world, app, token, own, whose):
    parties = (THEIRS, own) if whose is Side.ASKER else (own, THEIRS)
    for before, to in EVERY:
        task = await standing(world, case(before.value, *parties))
        answer = await app.call(token, f"Task/{task['id']}", "PUT", json=said(task, to.value), headers=FHIR)
        if to in follows(before, whose):
            assert answer.status_code == 200, (before, to, answer.text)
            assert await state_of(world, task) == to
        else:
            refused(answer, "Task.status")
            assert await state_of(world, task) == before


@pytest.mark.parametrize("state", list(State))
async def test_a_case_is_opened_in_a_first_state_by_one_of_its_parties(world, app, token, own, state):
    task = case(state.value, THEIRS, own)
    answer = await app.call(token, "Task", "POST", json=task, headers=FHIR)
    if state in FIRST:
        assert answer.status_code == 201, answer.text
    else:
        refused(answer, "Task.status")
    foreign = await app.call(token, "Task", "POST", json=case(state.value, THEIRS, THEIRS), headers=FHIR)
    refused(foreign, "Task.requester" if state in FIRST else "Task.status")


async def test_one_who_is_no_party_moves_nothing(world, app, token):
    task = await standing(world, case("received", THEIRS, THEIRS))
    for to in ("accepted", "cancelled"):
        refused(
            await app.call(token, f"Task/{task['id']}", "PUT", json=said(task, to), headers=FHIR),
            "Task.status",
        )


async def test_a_patch_a_condition_and_a_bundle_keep_to_it_too(world, app, token, own):
    task = await standing(world, case("received", THEIRS, own))
    named = task["identifier"][0]
    patch = [{"op": "replace", "path": "/status", "value": "completed"}]
    refused(await app.call(token, f"Task/{task['id']}", "PATCH", json=patch, headers=PATCH), "Task.status")
    where = f"Task?identifier={named['system']}|{named['value']}"
    refused(await app.call(token, where, "PATCH", json=patch, headers=PATCH), "Task.status")
    refused(await app.call(token, where, "PUT", json=said(task, "completed"), headers=FHIR), "Task.status")

    other = {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{new_id()}"}
    beside = {"resourceType": "Task", "identifier": [other], "status": "requested", "intent": "order",
              "for": task["for"], "owner": own}  # fmt: skip
    entries = [
        {"resource": beside, "request": {"method": "POST", "url": "Task"}},
        {"resource": said(task, "completed"), "request": {"method": "PUT", "url": f"Task/{task['id']}"}},
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    answer = await app.call(token, "", "POST", json=bundle, headers=FHIR)
    refused(answer, "Task.status")
    found = await app.call(token, f"Task?identifier={other['value']}")
    assert "entry" not in found.json()  # nothing of a bundle that is refused
    batch = bundle | {"type": "batch"}
    done = await app.call(token, "", "POST", json=batch, headers=FHIR)
    assert [each["response"]["status"][:3] for each in done.json()["entry"]] == ["201", "422"]
    assert await state_of(world, task) == "received"

    allowed = [{"op": "replace", "path": "/status", "value": "cancelled"},
               {"op": "add", "path": "/statusReason", "value": {"text": "Frisk"}}]  # fmt: skip
    done = await app.call(token, where, "PATCH", json=allowed, headers=PATCH)
    assert done.status_code == 200, done.text


async def test_words_are_asked_for_where_the_other_side_must_know_why(world, app, token, own):
    for before, whose in ((b, s) for b in State if b not in FINAL for s in Side):
        for to in follows(before, whose):
            parties = (THEIRS, own) if whose is Side.ASKER else (own, THEIRS)
            task = await standing(world, case(before.value, *parties))
            bare = await app.call(
                token, f"Task/{task['id']}", "PUT", json=task | {"status": to.value}, headers=FHIR
            )
            if needs_words(before, to):
                refused(bare, "Task.statusReason")
            else:
                assert bare.status_code == 200, bare.text


@pytest.mark.parametrize(
    ("changed", "element"),
    [
        ({"owner": {"reference": "Organization/annen"}}, "Task.owner"),
        ({"requester": THEIRS | {"identifier": {"value": "1"}}}, "Task.requester"),
        ({"code": {"text": "Noe annet"}}, "Task.code"),
        ({"status": "entered-in-error"}, "Task.status"),
        ({"status": "ready"}, "Task.status"),
    ],
)
async def test_a_case_stays_whose_it_is_and_what_it_is_about(world, app, token, own, changed, element):
    task = await standing(world, case("received", own, THEIRS))
    answer = await app.call(token, f"Task/{task['id']}", "PUT", json=task | changed, headers=FHIR)
    refused(answer, element)


async def test_a_case_is_not_deleted_and_a_task_does_not_become_one_underway(world, app, token, own):
    task = await standing(world, case("received", own, THEIRS))
    refused(await app.call(token, f"Task/{task['id']}", "DELETE"), "Task.status")
    plain = await standing(world, {k: v for k, v in case("in-progress", own, own).items() if k != "code"})
    answer = await app.call(
        token,
        f"Task/{plain['id']}",
        "PUT",
        json=case("in-progress", own, own) | {"id": plain["id"]},
        headers=FHIR,
    )
    refused(answer, "Task.status")
    assert (await app.call(token, f"Task/{plain['id']}", "DELETE")).status_code in (200, 204)


async def test_two_who_move_a_case_at_once_are_one_after_the_other(world, app, token, own):
    task = await standing(world, case("received", own, THEIRS))
    wanted = [said(task, to) for to in ("accepted", "rejected", "completed", "on-hold")]
    answers = await asyncio.gather(
        *(app.call(token, f"Task/{task['id']}", "PUT", json=each, headers=FHIR) for each in wanted)
    )
    # Each was let through from the state that it met, or refused.
    assert {each.status_code for each in answers} <= {200, 422}
    final = await state_of(world, task)
    assert final in {"accepted", "rejected", "completed", "on-hold"}

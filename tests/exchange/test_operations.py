"""$everything, $expunge and $import on a node with real tokens: who may, who may not, and how much the scope gives."""

import asyncio
import json

import pytest
from tests.exchange.asking import ADMIN, PIDS, READ, As, allow, ask, attested_nurse, side

from akson.fhir.strict_json import loads
from akson.fhir.validate import structure
from akson.kit.errors import NotFound
from akson.kit.norwegian import FNR
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.security.system import AnchorRefused
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store

JSON = {"content-type": "application/fhir+json"}
NDJSON = {"content-type": "application/fhir+ndjson", "prefer": "respond-async"}
LINE = {
    "resourceType": "Flag",
    "id": "line",
    "status": "active",
    "code": {"text": "x"},
    "subject": {"reference": "Patient/o"},
}


@pytest.fixture
async def records(world):
    """Ingrid and Olav at the platform and in the hospital under ids of the tests, each with a warning of the other kind."""
    for name in ("samhandling", "sykehus"):
        place = side(world, name).place
        async with opened(place, NODE_ITSELF) as ctx:
            ids = {}
            for person in ("ingrid", "olav"):
                found = await side(world, name).people.patient(ctx.tx, PIDS[person])
                known = found or {
                    "resourceType": "Patient",
                    "identifier": [{"system": FNR, "value": PIDS[person]}],
                }
                ids[person] = known.get("id") or (await gate.create(ctx, known)).stored.id
            for person, other in (("ingrid", "olav"), ("olav", "ingrid")):
                await gate.update(ctx, {
                    "resourceType": "Flag", "id": f"flag-{person}", "status": "active", "code": {"text": person},
                    "subject": {"reference": f"Patient/{ids[person]}"},
                })  # fmt: skip
                # Of one, and in the compartment of the other too.
                await gate.update(ctx, {
                    "resourceType": "Observation", "id": f"seen-{person}", "status": "final", "code": {"text": "x"},
                    "subject": {"reference": f"Patient/{ids[person]}"}, "performer": [{"reference": f"Patient/{ids[other]}"}],
                })  # fmt: skip
            await gate.update(ctx, {
                "resourceType": "Invoice", "id": "bill", "status": "issued",
                "subject": {"reference": f"Patient/{ids['ingrid']}"},
            })  # fmt: skip
        setattr(world, name, ids)
    return world


def matches(answer):
    assert answer.status_code == 200, answer.text
    bundle = loads(answer.content)
    assert structure.check(bundle) == []
    return [
        f"{e['resource']['resourceType']}/{e['resource']['id']}"
        for e in bundle["entry"]
        if e["search"]["mode"] == "match"
    ]


def refusal(answer):
    """Status and code of an answer that must be an OperationOutcome, and tell nothing more."""
    outcome = loads(answer.content)
    assert structure.check(outcome) == []
    assert outcome["resourceType"] == "OperationOutcome"
    assert answer.headers["content-type"].startswith("application/fhir+json")
    (issue,) = outcome["issue"]
    assert issue["severity"] == "error"
    assert issue["diagnostics"]
    assert not set(issue["diagnostics"].split()) & {"Ingrid", "Olav", *PIDS.values()}
    return answer.status_code, issue["code"]


async def nurse_of(world, patient="ingrid"):
    ask_ = await attested_nurse(world, await world.sign_in("journal", "hanne-lunde"), patient)

    async def asked(method, path, **options):
        return await ask_(method, f"{world.base}/samhandling/fhir/{path}", **options)

    return asked


# $everything


async def test_an_attest_opens_everything_of_the_one_patient_that_it_names(records):
    nurse, ids = await nurse_of(records), records.samhandling
    whole = matches(await nurse("GET", f"Patient/{ids['ingrid']}/$everything"))
    assert whole[0] == f"Patient/{ids['ingrid']}"
    assert {"Flag/flag-ingrid", "Observation/seen-ingrid"} <= set(whole)
    # Not what her care does not need, and not what is another's, though it is in this compartment too.
    assert not {"Invoice/bill", "Observation/seen-olav", "Flag/flag-olav"} & set(whole)
    assert set(matches(await nurse("GET", "Patient/$everything?_count=1000"))) >= set(whole)
    assert not {"Flag/flag-olav", f"Patient/{ids['olav']}"} & set(
        matches(await nurse("GET", "Patient/$everything?_count=1000"))
    )
    hidden = await nurse("GET", f"Patient/{ids['olav']}/$everything")
    absent = await nurse("GET", "Patient/nobody/$everything")
    assert refusal(hidden) == refusal(absent) == (403, "forbidden")
    assert "attestation_is_for_another_patient" in hidden.text
    assert hidden.content == absent.content


async def test_pages_and_narrower_questions_lead_no_further(records):
    nurse, ids = await nurse_of(records), records.samhandling
    everything = f"Patient/{ids['ingrid']}/$everything"
    before = set(matches(await nurse("GET", everything)))
    found, url = set(), f"{everything}?_count=1"
    async with asyncio.timeout(60):
        while url:
            answer = await nurse("GET", url)
            found |= set(matches(answer)) if b'"entry"' in answer.content else set()
            links = {each["relation"]: each["url"] for each in loads(answer.content)["link"]}
            url = links.get("next", "").partition("/fhir/")[2]
    narrowed = set(matches(await nurse("GET", f"{everything}?_type=Observation,Invoice")))
    after = set(matches(await nurse("GET", everything)))
    # The data hotel copies from the hospital meanwhile: more may come, and only from there.
    assert all("/sykehus." in each for each in after - before)
    assert before <= found <= after
    observed = [{each for each in whole if each.startswith("Observation/")} for whole in (before, after)]
    assert observed[0] <= narrowed <= observed[1]


async def test_a_citizen_has_the_own_record_whole_and_nobody_elses(records):
    ingrid, ids = As(records, await records.sign_in("innbygger", "ingrid")), records.sykehus
    whole = set(matches(await ingrid("GET", "sykehus", f"Patient/{ids['ingrid']}/$everything")))
    assert {f"Patient/{ids['ingrid']}", "Flag/flag-ingrid", "Observation/seen-ingrid"} <= whole
    assert not {"Observation/seen-olav", "Flag/flag-olav", f"Patient/{ids['olav']}"} & whole
    other = await ingrid("GET", "sykehus", f"Patient/{ids['olav']}/$everything")
    assert refusal(other) == (404, "not-found")


@pytest.mark.parametrize("scope", [READ, ADMIN])
async def test_no_system_has_anybodys_record_by_itself(records, scope):
    await allow(records, "journal")
    for path in (f"Patient/{records.samhandling['ingrid']}/$everything", "Patient/$everything"):
        assert refusal(await ask(records, "journal", path, scope)) == (403, "forbidden")


async def test_every_look_at_everything_is_in_the_log(records):
    nurse, ids = await nurse_of(records), records.samhandling
    await nurse("GET", f"Patient/{ids['ingrid']}/$everything")
    await nurse("GET", f"Patient/{ids['olav']}/$everything")
    async with side(records, "samhandling").place.database.transaction(reader=OWNER) as tx:
        rows = await tx.fetch(
            "select granted, action, type, id, reason from audit where actor_kind = 'personnel' and type = 'Patient'"
            " order by number"
        )
    assert (True, "search", "Patient", ids["ingrid"], "reason.attested_care") in rows
    assert (False, "read", "Patient", ids["olav"], "reason.outside_scope") in rows


# $expunge and $import


def what(value):
    body = {"resourceType": "Parameters", "parameter": [{"name": "what", "valueCode": value}]}
    return {"content": json.dumps(body).encode(), "headers": JSON}


def imported():
    return {"content": json.dumps(LINE).encode(), "headers": NDJSON}


CALLS = {
    "expunge-record": lambda ids: (f"Patient/{ids['olav']}/$expunge", what("compartment")),
    "expunge-one": lambda _: ("Flag/flag-olav/$expunge", what("instance")),
    "expunge-type": lambda _: ("Flag/$expunge", what("versions")),
    "expunge-all": lambda _: ("$expunge", what("deleted")),
    "import": lambda _: ("$import", imported()),
}


@pytest.mark.parametrize("call", CALLS)
async def test_who_does_not_administer_the_node_neither_erases_nor_imports(records, call):
    path, options = CALLS[call](records.samhandling)
    await allow(records, "journal")
    nurse = await nurse_of(records, "ingrid")
    olav = As(records, await records.sign_in("innbygger", "olav"))
    answers = [
        await ask(records, "journal", path, READ, "POST", **options),
        await ask(records, "sykehus", path, READ, "POST", **options),
        await nurse("POST", path, **options),
        await olav("POST", "sykehus", CALLS[call](records.sykehus)[0], **options),
    ]
    assert [refusal(answer) for answer in answers] == [(403, "forbidden")] * 4
    with pytest.raises(AnchorRefused):  # which gives no token with a right that it does not know of
        await ask(records, "sykehus", path, ADMIN, "POST", **options)
    async with records.browser() as stranger:
        assert refusal(await stranger.post(f"/samhandling/fhir/{path}", **options)) == (401, "login")
    place = side(records, "samhandling").place
    async with opened(place, NODE_ITSELF) as ctx:
        assert (await gate.read(ctx, "Flag", "flag-olav")).version == 1
        assert (await ctx.tx.one("select count(*) from transfer"))[0] == 0
        with pytest.raises(NotFound):
            await gate.read(ctx, "Flag", "line")
    assert await refused_at(records, "samhandling") == ["personnel", "system", "system"]
    assert await refused_at(records, "sykehus") == ["citizen"]


async def refused_at(world, name):
    """Kinds of those who were refused to administer a node, or named another patient than their attest, as its log has them."""
    async with side(world, name).place.database.transaction(reader=OWNER) as tx:
        rows = await tx.fetch(
            "select actor_kind from audit where not granted and (action = 'administer' or reason = 'reason.other_patient')"
        )
    return sorted(kind for (kind,) in rows)


async def test_a_right_to_administer_another_node_is_none_here(records):
    await allow(records, "journal")
    path, options = CALLS["expunge-one"]({})
    url = f"{side(records, 'sykehus').node.fhir}/{path}"
    with pytest.raises(AnchorRefused):
        await ask(records, "journal", url, "akson:sykehus/fhir akson:sykehus/admin", "POST", **options)
    refused = await side(records, "samhandling").peer.request(
        "POST", url, scope="akson:sykehus/fhir", **options
    )
    assert refusal(refused) == (403, "forbidden")


async def test_who_administers_erases_a_record_and_the_citizen_finds_nothing_and_the_log(records):
    await allow(records, "journal")
    ids = records.samhandling
    path, options = CALLS["expunge-record"](ids)
    answer = await ask(records, "journal", path, ADMIN, "POST", **options)
    assert answer.status_code == 200, answer.text
    counts = {each["name"]: each["valueInteger"] for each in answer.json()["parameter"]}
    assert counts["resources"] >= 3
    again = await ask(records, "journal", path, ADMIN, "POST", **options)
    assert refusal(again) == (404, "not-found")
    nurse = await nurse_of(records, "olav")
    assert refusal(await nurse("GET", f"Patient/{ids['olav']}/$everything")) == (404, "not-found")
    nurse = await nurse_of(records)
    kept = matches(await nurse("GET", f"Patient/{ids['ingrid']}/$everything"))
    assert "Observation/seen-ingrid" in kept
    async with side(records, "samhandling").place.database.transaction(reader=OWNER) as tx:
        rows = await tx.fetch("select count from audit where action = 'administer' and granted and pat <> 0")
    assert rows == [(counts["resources"],)]


async def test_who_administers_imports_and_every_resource_is_in_the_log(records):
    await allow(records, "journal")
    begun = await ask(records, "journal", "$import", ADMIN, "POST", **imported())
    assert begun.status_code == 202, begun.text
    where = begun.headers["content-location"]
    assert refusal(await ask(records, "journal", where, READ)) == (403, "forbidden")
    async with asyncio.timeout(90):
        while (answer := await ask(records, "journal", where)).status_code == 202:  # noqa: ASYNC110
            await asyncio.sleep(0.3)
    assert answer.json()["output"] == [
        {"type": "Flag", "count": 1, "created": 1, "updated": 0, "unchanged": 0}
    ]
    async with side(records, "samhandling").place.database.transaction(reader=OWNER) as tx:
        rows = await tx.fetch("select action, actor_kind, client_id from audit where id = 'line'")
    assert rows == [("create", "system", side(records, "journal").node.client_id)]

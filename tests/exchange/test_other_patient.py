"""An attest is for one patient: a posted search, a Bundle's entry or a body about another is refused, and nothing is written."""

import pytest
from tests.exchange.asking import PIDS, attested_nurse, side

from akson.fhir.strict_json import dumps, loads
from akson.kit.norwegian import FNR
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store

JSON = {"content-type": "application/fhir+json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
ROWS = "select count(*) from audit where not granted and reason = 'reason.other_patient'"


@pytest.fixture
async def nurse(world):
    """Asks the platform with an attest for Ingrid; knows the ids of Ingrid and of Olav there."""
    place, people = side(world, "samhandling").place, side(world, "samhandling").people
    ids = {}
    async with opened(place, NODE_ITSELF) as ctx:
        for person in ("ingrid", "olav"):
            found = (
                await people.patient(ctx.tx, PIDS[person])
                or (
                    await gate.create(
                        ctx,
                        {"resourceType": "Patient", "identifier": [{"system": FNR, "value": PIDS[person]}]},
                    )
                ).resource
            )
            ids[person] = found["id"]
    ask = await attested_nurse(world, await world.sign_in("journal", "hanne-lunde"), "ingrid")

    async def asked(method, path="", **options):
        where = f"{world.base}/samhandling/fhir"
        return await ask(method, f"{where}/{path}" if path else where, **options)

    return asked, ids


def warning(patient):
    return {
        "resourceType": "Flag", "status": "active", "code": {"text": "other-patient"},
        "subject": {"reference": f"Patient/{patient}"},
    }  # fmt: skip


def bundle(kind, *entries):
    made = [{"request": {"method": method, "url": url}, **({"resource": body} if body else {})}
            for method, url, body in entries]  # fmt: skip
    return {"content": dumps({"resourceType": "Bundle", "type": kind, "entry": made}), "headers": JSON}


async def test_another_patient_is_refused_wherever_it_is_named(world, nurse):
    ask, ids = nurse
    own, other = ids["ingrid"], ids["olav"]
    asked = [
        ("POST", "Flag/_search", {"content": f"patient={other}", "headers": FORM}),
        ("POST", "Flag/_search", {"content": f"subject=Patient%2F{other}", "headers": FORM}),
        ("POST", "Patient/_search", {"content": f"identifier={FNR}%7C{PIDS['olav']}", "headers": FORM}),
        ("POST", "", bundle("batch", ("GET", f"Patient/{own}", None), ("GET", f"Patient/{other}", None))),
        ("POST", "", bundle("batch", ("GET", f"Flag?patient={other}", None))),
        ("POST", "", bundle("batch", ("POST", f"Flag/_search?patient={other}", None))),
        ("POST", "", bundle("transaction", ("POST", "Flag", warning(own)), ("POST", "Flag", warning(other)))),
        ("POST", "Flag", {"content": dumps(warning(other)), "headers": JSON}),
        ("POST", "Flag", {"content": dumps(warning("nobody")), "headers": JSON}),
    ]
    bodies = set()
    for method, path, options in asked:
        answer = await ask(method, path, **options)
        assert answer.status_code == 403, (path, options, answer.text)
        assert "attestation_is_for_another_patient" in answer.text
        bodies.add(answer.content)
    assert len(bodies) == 1  # whether the other exists or not

    place = side(world, "samhandling").place
    async with place.database.transaction(reader=OWNER) as tx:
        (refused,) = (await tx.fetch(ROWS))[0]
        (written,) = (await tx.fetch("select count(*) from resource where body like '%other-patient%'"))[0]
    assert (refused, written) == (len(asked), 0)


async def test_the_one_patient_is_answered_in_all_these_ways(world, nurse):
    """Without this the refusals would prove nothing."""
    ask, ids = nurse
    own = ids["ingrid"]
    found = await ask("POST", "Flag/_search", content=f"patient={own}", headers=FORM)
    assert found.status_code == 200, found.text
    both = await ask(
        "POST", **bundle("batch", ("GET", f"Patient/{own}", None), ("GET", f"Flag?patient={own}", None))
    )
    assert [each["response"]["status"] for each in loads(both.content)["entry"]] == ["200 OK", "200 OK"]
    made = await ask("POST", **bundle("transaction", ("POST", "Flag", warning(own))))
    assert made.status_code == 200, made.text

"""No route of a running node answers 401 or 403 without a row in the access log that says who was turned away, and why."""

import re
from collections import Counter

import pytest
from starlette.routing import Mount, Route
from tests.exchange.asking import side
from tests.leaving import left_by

from akson.kit.text import catalogue
from akson.record import sealing
from akson.security.door_log import SINGLY
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store

BAD = {"Authorization": "DPoP nonsense"}
HTMX = {"HX-Request": "true"}
FHIR = (
    "",
    "/metadata",
    "/Patient",
    "/Patient/x",
    "/Patient/x/_history",
    "/Patient/$everything",
    "/AuditEvent",
    "/$export",
)
MOUNTED = {"/tillitsanker": "tillitsanker", "/innbygger": "samhandling", "/partner": "samhandling"}


def inner(app):
    """The routes behind the node's authentication."""
    while not hasattr(app, "routes"):
        app = app._app
    return app.routes


def paths(routes, prefix):
    """(method, path) of every route below a mount, with something for each parameter."""
    for each in routes:
        if isinstance(each, Mount) and not each.routes:  # the FHIR API
            yield from (("GET", f"{prefix}{each.path}{path}") for path in FHIR)
            yield from (
                ("POST", f"{prefix}{each.path}{path}") for path in ("", "/Patient", "/AuditEvent/_search")
            )
        elif isinstance(each, Mount):
            yield from paths(each.routes, prefix + each.path)
        elif isinstance(each, Route):
            path = re.sub(r"\{[^}]*:int\}", "1", each.path)
            for method in (each.methods or {"GET"}) - {"HEAD"}:
                yield method, prefix + re.sub(r"\{[^}]*\}", "x", path)


def all_paths(world):
    """(node, method, path) of everything that the nodes of the program serve."""
    nodes = {each.node.name for each in world.app.state.hosted}
    for mount in world.app.routes:
        first = mount.path.split("/")[1]
        node = MOUNTED.get(f"/{first}", first)
        if isinstance(mount, Mount) and node in nodes:
            for method, path in dict.fromkeys(paths(inner(mount.app), mount.path)):
                yield node, method, path


async def refused(world, node):
    """How many rows of refusals a node's log has, and the reason of the last."""
    async with side(world, node).place.database.transaction(reader=OWNER) as tx:
        rows = await tx.fetch(
            "select reason, count, decision_text, moment from audit where not granted order by number"
        )
        # What is only counted: none is lost, in the minute and when it has got its row.
        counted = await tx.fetch(
            "select reason, seen - %s, minute from refusal_count where seen > %s", [SINGLY, SINGLY]
        )
    told = sum(count if " more in the minute " in text else 1 for _, count, text, _ in rows)
    last = max(
        [(row[3], row[0]) for row in rows[-1:]] + [(row[2], row[0]) for row in counted], default=(None, "")
    )
    return told + sum(row[1] for row in counted), rows[-1][0] if rows else last[1]


async def test_nobody_fills_the_log_and_no_refusal_is_lost(world):
    journal = side(world, "journal")
    async with world.browser() as nobody:
        before, _ = await refused(world, "journal")
        for _ in range(SINGLY + 15):
            assert (await nobody.get("/journal/fhir/Patient")).status_code == 401
        for _ in range(5):
            bad = await nobody.get("/journal/fhir/Patient", headers={"Authorization": "DPoP x.y.z"})
            assert bad.status_code == 401
    after, _ = await refused(world, "journal")
    assert after - before == SINGLY + 20
    async with journal.place.database.transaction(reader=OWNER) as tx:
        rows = await tx.fetch("select reason, count(*) from audit where not granted group by reason")
        assert all(count <= 2 * SINGLY for _, count in rows), "more than a minute's worth of rows"
        await tx.execute("update refusal_count set minute = minute - interval '1 minute'")
    await sealing.seal(journal.place.database, journal.log_keys)
    assert (await refused(world, "journal"))[0] == after
    async with journal.place.database.transaction(reader=OWNER) as tx:
        assert (await tx.one("select count(*) from refusal_count"))[0] == 0
        told = await tx.fetch(
            "select actor_kind, count from audit where decision_text like '% more in the minute %'"
        )
    assert all(kind == "anyone" for kind, _ in told)
    signed_in = await world.sign_in("journal", "hanne-lunde")
    for _ in range(3):
        assert (await signed_in.get("/journal/logg")).status_code == 403
    assert (await refused(world, "journal"))[0] == after + 3


async def turned_away(world, browser, headers):
    """Ask everything; how often each node refused, for which reason."""
    counted = Counter()
    for node, method, path in all_paths(world):
        if path.endswith("/logout") or (path.endswith("/strom") and browser.cookies):
            continue  # one would end the session, the other never ends
        before, _ = await refused(world, node)
        answer = await browser.request(method, path, headers=headers, follow_redirects=False)
        assert answer.status_code < 500, (method, path, answer.text[:500])
        if answer.status_code in {401, 403}:
            after, reason = await refused(world, node)
            assert after > before, (method, path, answer.status_code)
            assert reason in catalogue("nb"), reason
            counted[node, reason] += 1
    return counted


@pytest.mark.parametrize("headers", [{}, HTMX, BAD], ids=["nobody", "fragment", "bad token"])
async def test_everyone_who_is_nobody_here_is_turned_away_with_a_row(world, headers):
    counted = await turned_away(world, world.browser(), headers)
    assert {node for node, _ in counted} >= {"journal", "sykehus", "samhandling", "fjellheim"}
    expected = "reason.bad_token" if headers == BAD else "reason.not_signed_in"
    assert {reason for _, reason in counted} <= {
        expected,
        "reason.no_business",
        "reason.no_token",
        "reason.sign_in_refused",
    }
    assert expected in {reason for _, reason in counted}


@pytest.mark.parametrize(
    ("surface", "person", "node"),
    [("journal", "hanne-lunde", "journal"), ("innbygger", "ingrid", "samhandling")],
)
async def test_forms_without_their_secret_are_refused_with_a_row(world, surface, person, node):
    browser = await world.sign_in(surface, person)
    counted = await turned_away(world, browser, {})
    assert counted[node, "reason.forged_form"] > 0


async def test_signing_in_and_out_and_taking_a_role_are_in_the_logs_of_both_sides(world):
    browser = await world.sign_in("journal", "hanne-lunde")
    page = await browser.get("/journal/")
    secret = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    endpoint, form = left_by((await browser.post("/journal/logout", data={"csrf_token": secret})).text)
    assert (await browser.post(endpoint, data=form)).status_code == 200

    async def rows(node):
        async with side(world, node).place.database.transaction(reader=OWNER) as tx:
            return await tx.fetch(
                "select action, actor_name, reason from audit where action in ('login', 'logout', 'role') and granted"
            )

    own = await rows("journal")
    assert {row[0] for row in own} == {"login", "logout", "role"}
    assert {row[1] for row in own} == {"Hanne Lunde"}
    anchors = await rows("tillitsanker")
    assert ("login", "Hanne Lunde", "reason.signed_in") in anchors
    assert "logout" in {row[0] for row in anchors}


async def test_a_sign_in_that_fails_is_in_the_log(world):
    browser = world.browser()
    assert (await browser.get("/journal/callback?state=x&code=y")).status_code == 401
    assert (await refused(world, "journal"))[1] == "reason.sign_in_refused"
    assert (await browser.get("/tillitsanker/connect/authorize?client_id=x&request_uri=y")).status_code == 400
    assert (await refused(world, "tillitsanker"))[1] == "reason.sign_in_refused"
